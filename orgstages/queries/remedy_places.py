"""How the leading team comes to stand elsewhere, and the lead to report elsewhere, in the organisation of the day."""

from __future__ import annotations

from collections.abc import Iterable

from omnichannel.core.text import Bilingual
from orgstages import remedies as words
from orgstages.facts import say
from orgstages.queries.evidence import Evidence, Staff
from orgstages.queries.organisation_facts import (
    LEADING_ROLES,
    NO,
    WITHOUT_TEAM,
    lead_of,
    leading_unit,
    place_of,
)
from orgstages.queries.wording import in_both, listed
from orgstages.remedies import Deed, Remedy, Step
from roles.choices import FillMode, UnitLevel
from roles.queries.org_chart import UnitNode

ABOVE = (UnitLevel.GROUP, UnitLevel.HQ)
BESIDE = (UnitLevel.DEPARTMENT, UnitLevel.BUSINESS_UNIT, UnitLevel.REGION)


def team_placed(evidence: Evidence, unit: str, after: str) -> Remedy:
    """A2: make the leading team a project team, put it into a department, or make it one of the first level."""
    leading = leading_unit(evidence, unit)
    if leading is None or leading.unit.level in WITHOUT_TEAM:
        return Remedy(words.NEED_TEAM)
    node = leading.unit
    if after == "a":
        return Remedy(say(words.MAKE_PROJECT, unit=node.name), (_level(node, UnitLevel.PROJECT_TEAM),))
    told, steps = [], []
    if place_of(evidence, node)["own_staff"] == NO:
        lead = lead_of(evidence, node)
        if lead is None:
            return Remedy(words.NEED_LEAD)
        told.append(say(words.EMPLOY_LEAD, unit=node.name))
        values = {"unit_external_id": node.external_id, "fill_mode": FillMode.INTERNAL.value}
        steps.append(Step(Deed.EDIT_PERSON, lead.id, values))
    target = _top(evidence, node) if after == "c" else _host(evidence, unit, node)
    if target is None:
        return Remedy(words.NEED_HOST)
    if node.level is UnitLevel.PROJECT_TEAM or (after == "c" and node.level is not UnitLevel.DEPARTMENT):
        told.append(say(words.MAKE_DEPARTMENT, unit=node.name))
        steps.append(_level(node, UnitLevel.DEPARTMENT))
    if node.parent != target.external_id:
        told.append(say(words.MOVE_UP if after == "c" else words.MOVE_INTO, unit=node.name, parent=target.name))
        steps.append(Step(Deed.MOVE_UNIT, node.external_id, {"to": target.external_id}))
    return Remedy(_all(told), tuple(steps))


def _top(evidence: Evidence, node: UnitNode) -> UnitNode | None:
    """Return the nearest unit above in which a department stands at the first level."""
    above = (evidence.tree.nodes[each] for each in evidence.tree.ancestors(node.external_id))
    return next((each for each in above if each.level in WITHOUT_TEAM), None)


def _host(evidence: Evidence, unit: str, node: UnitNode) -> UnitNode | None:
    """Return the department that would take the team in: the one it is in, the manager's, else the largest."""
    below = evidence.tree.subtree(node.external_id)
    hosts = [
        each
        for each in evidence.within(unit)
        if each.level is UnitLevel.DEPARTMENT and each.external_id not in below and each.external_id != unit
    ]
    lead = lead_of(evidence, node)
    manager = evidence.staff.get(lead.manager) if lead and lead.manager else None
    size: dict[str, int] = {}
    for person in evidence.staff.values():
        size[person.unit] = size.get(person.unit, 0) + 1
    at = manager.unit if manager else ""
    return min(
        hosts,
        key=lambda each: (each.external_id != node.parent, each.external_id != at, -size.get(each.external_id, 0)),
        default=None,
    )


def lead_reporting(evidence: Evidence, unit: str, after: str) -> Remedy:
    """A3: let the lead report to group or headquarters, to a department or a business, or to nobody."""
    leading = leading_unit(evidence, unit)
    lead = lead_of(evidence, leading.unit) if leading else None
    if leading is None or lead is None:
        return Remedy(words.NEED_LEAD)
    name = leading.unit.name
    if after == "a":
        step = Step(Deed.EDIT_PERSON, lead.id, {"manager_external_id": None})
        return Remedy(say(words.REPORT_TO_NOBODY, unit=name), (step,))
    levels = ABOVE if after == "c" else BESIDE
    head = _head(evidence, lead, levels, unit=unit)
    if head is None:
        return Remedy(say(words.NEED_MANAGER, levels=listed([in_both(level.label) for level in levels])))
    above = evidence.tree.nodes[head.unit]
    text = say(words.REPORT_TO, unit=name, above=above.name, level=in_both(above.level.label))
    return Remedy(text, (Step(Deed.EDIT_PERSON, lead.id, {"manager_external_id": head.id}),))


def _head(evidence: Evidence, lead: Staff, levels: Iterable[UnitLevel], *, unit: str) -> Staff | None:
    """Return who could be the lead's manager: nearest in the tree, head of their unit, not among the lead's reports."""
    path = [lead.unit, *evidence.tree.ancestors(lead.unit)]
    leaders = {each.person_external_id for each in evidence.held_in(unit) if each.role_key in LEADING_ROLES}
    open_to = [
        person
        for person in evidence.staff.values()
        if person.unit in evidence.tree
        and evidence.tree.nodes[person.unit].level in levels
        and person.id not in leaders
        and not _reports_to(evidence, person, lead.id)
    ]
    return min(
        open_to,
        key=lambda person: (
            path.index(person.unit) if person.unit in path else len(path) + evidence.tree.nodes[person.unit].depth,
            _same_unit(evidence, person),
            person.id,
        ),
        default=None,
    )


def _same_unit(evidence: Evidence, person: Staff) -> bool:
    """Tell whether somebody in the same unit is above the person, who then is not its head."""
    manager = evidence.staff.get(person.manager) if person.manager else None
    return manager is not None and manager.unit == person.unit


def _reports_to(evidence: Evidence, person: Staff, boss: str) -> bool:
    seen: set[str] = set()
    here: str | None = person.id
    while here is not None and here not in seen:
        if here == boss:
            return True
        seen.add(here)
        found = evidence.staff.get(here)
        here = found.manager if found else None
    return False


def _level(node: UnitNode, level: UnitLevel) -> Step:
    return Step(Deed.EDIT_UNIT, node.external_id, {"level": level.value})


def _all(texts: list[Bilingual]) -> Bilingual:
    return Bilingual("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))
