"""What rules without a number look at, in words of both languages. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from omnichannel.core.text import Bilingual
from orgstages.catalogue import Case

NAMES = {
    "level": Bilingual("牵头组织的层级", "level of the leading unit"),
    "own_staff": Bilingual("有自己的在编人员", "it has staff of its own"),
    "parent": Bilingual("上级组织的层级", "level of the unit above"),
    "manager_level": Bilingual("上级所在组织的层级", "level of the manager's unit"),
    "larger": Bilingual("较大的一项", "the larger amount"),
}
VALUES = {
    "group": Bilingual("集团", "group"),
    "hq": Bilingual("总部", "headquarters"),
    "business_unit": Bilingual("事业部", "business unit"),
    "department": Bilingual("部门", "department"),
    "region": Bilingual("区域", "region"),
    "store": Bilingual("门店", "store"),
    "project_team": Bilingual("项目组", "project team"),
    "none": Bilingual("没有", "none"),
    "yes": Bilingual("有", "yes"),
    "no": Bilingual("没有", "no"),
    "brand": Bilingual("内容、活动与广告", "content, campaigns and ads"),
    "labour": Bilingual("门店人力", "labour of stores"),
}
ELSE = Bilingual("其余情形", "otherwise")


def case_words(cases: Iterable[Case], option: str) -> Bilingual:
    """Say when an option is chosen: its cases with their place in the order they are tried."""
    told = [_case(number, case) for number, case in enumerate(cases, start=1) if case.option == option]
    return Bilingual("；".join(text.zh for text in told), "; ".join(text.en for text in told))


def _case(number: int, case: Case) -> Bilingual:
    if not case.when:
        return Bilingual(f"{number}. {ELSE.zh}", f"{number}. {ELSE.en}")
    said = {
        name: Bilingual("、".join(VALUES[key].zh for key in keys), ", ".join(VALUES[key].en for key in keys))
        for name, keys in case.when.items()
    }
    zh = "，".join(f"{NAMES[name].zh}：{text.zh}" for name, text in said.items())
    en = ", ".join(f"{NAMES[name].en}: {text.en}" for name, text in said.items())
    return Bilingual(f"{number}. {zh}", f"{number}. {en}")
