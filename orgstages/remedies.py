"""What would have to change in the organisation for a question to be answered otherwise: steps, and the words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from omnichannel.core.text import Bilingual


class Deed(StrEnum):
    """What a step does to the organisation."""

    MOVE_UNIT = "move_unit"
    EDIT_UNIT = "edit_unit"
    ADD_UNIT = "add_unit"
    EDIT_PERSON = "edit_person"
    EDIT_ASSIGNMENT = "edit_assignment"
    END_ASSIGNMENT = "end_assignment"


@dataclass(frozen=True, slots=True)
class Step:
    """One write: `target` is a unit, a person or the key of an assignment; `values` are the fields that change."""

    deed: Deed
    target: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Remedy:
    """How one question comes to another answer. Without steps no scenario can, and `words` say what it takes."""

    words: Bilingual
    steps: tuple[Step, ...] = ()

    @property
    def is_doable(self) -> bool:
        """True when writing the steps makes the fact true."""
        return bool(self.steps)


MOVE_UP = Bilingual(
    "把{unit}移到{parent}之下，成为一级部门", "move {unit} directly under {parent}: a first-level department"
)
MOVE_INTO = Bilingual("把{unit}移到{parent}之下", "move {unit} into {parent}")
MAKE_PROJECT = Bilingual("把{unit}改为项目组", "make {unit} a project team")
MAKE_DEPARTMENT = Bilingual("把{unit}改为部门", "make {unit} a department")
EMPLOY_LEAD = Bilingual("让牵头人编入{unit}，转为在编", "give the lead a post in {unit} itself")
REPORT_TO = Bilingual(
    "让{unit}的牵头人向{above}（{level}）的负责人汇报", "let the lead of {unit} report to the head of {above} ({level})"
)
REPORT_TO_NOBODY = Bilingual(
    "让{unit}的牵头人不再向部门负责人汇报", "let the lead of {unit} report to nobody in the line"
)
DEDICATE = Bilingual(
    "让 {people}以不低于 0.8 的投入专任一类岗位", "let {people} give one role 0.8 or more of their time"
)
DROP_ROLES = Bilingual("结束 {count} 条兼任，岗位都仍有人在任", "end {count} second roles; every role keeps a holder")
BRING_IN = Bilingual("把 {people}由外包转为在编", "employ {people} who are outsourced now")
ADD_UNITS = Bilingual("新设 {count} 个事业部", "set up {count} more business units")

NEED_TEAM = Bilingual(
    "先设一个牵头团队并任命全域战略管理或用户运营",
    "found a leading team first and appoint somebody to omnichannel strategy or user operations",
)
NEED_HOST = Bilingual("先要有一个可以归入的一级部门", "there has to be a first-level department to join")
NEED_LEAD = Bilingual("先要任命牵头人", "appoint a lead first")
NEED_MANAGER = Bilingual(
    "先要在{levels}里任命一位牵头人可以汇报的负责人",
    "appoint a head in a unit of this level whom the lead can report to: {levels}",
)
NEED_HOLDERS = Bilingual(
    "再为至少 {count} 类岗位任命在任者（空缺席位不算）：{roles}",
    "appoint holders for at least {count} more roles (vacant seats do not count): {roles}",
)
NEED_FEWER_ROLES = Bilingual("在任岗位减到 {most} 类以内", "at most {most} roles may have a holder")
NEED_PEOPLE = Bilingual(
    "人手不够分开兼任：先补人，再各专一岗", "second roles cannot be ended without leaving a role empty: hire first"
)
NEED_OTHERWISE = Bilingual(
    "会减少投入，不生成方案。现状：{fact}",
    "this means doing less, so no scenario is offered. Now: {fact}",
)
NEED_FIGURES = Bilingual(
    "由经营数据或目标改变，不靠架构。现状：{fact}", "figures or targets change this, not the chart. Now: {fact}"
)
NEED_DECISION = Bilingual("由人决定并作答", "people decide this and answer it")
NEED_ANSWER = Bilingual(
    "人的答案盖过了数据：先由作答人更新答案",
    "people have overruled the data here: they would have to renew their answers",
)
NEED_MERGER = Bilingual("合并事业部，只剩 {most} 个以内", "merge business units until at most {most} are left")
