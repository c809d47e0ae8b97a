"""The few words the pictures need beside the catalogue's own."""

from __future__ import annotations

from collections.abc import Iterable

from omnichannel.core.text import Bilingual
from orgstages.catalogue import SubtypeSpec

LAYERS = {
    "hq": Bilingual("总部", "Headquarters"),
    "region": Bilingual("区域", "Region"),
    "store": Bilingual("门店", "Store"),
}
REPORTS_TO = Bilingual("向上汇报：{who}", "Reports to: {who}")
LEADS = Bilingual("牵头部门", "leading department")
RELATIONS = Bilingual("{count} 条协作关系 · {roles} 个核心岗位", "{count} relations · {roles} core roles")
WEEKS = Bilingual("{count} 周", "{count} wk")
SKIPS = Bilingual("跨越（须确认），{count} 周", "skips a stage (to be confirmed), {count} weeks")
LOST = Bilingual("（还原）", " · reconstructed")
OVERVIEW = Bilingual("组织全景图：三个阶段，五种子类型", "Panorama of organisations: three stages, five sub-types")
BETWEEN = Bilingual("、", ", ")


def told(text: Bilingual, language: str, **parts: object) -> str:
    """Fill a text in a language."""
    return text.in_language(language).format(**parts)


def listed(texts: Iterable[Bilingual], language: str) -> str:
    """Join texts as the language lists them."""
    return BETWEEN.in_language(language).join(text.in_language(language) for text in texts)


def reports_to(spec: SubtypeSpec, language: str) -> str:
    """Return whom the leading unit reports to, as the pictures write it."""
    return told(REPORTS_TO, language, who=listed(spec.reports_to, language))
