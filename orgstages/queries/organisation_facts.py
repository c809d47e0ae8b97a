"""Facts from the organisation: who does omnichannel work in a unit, who leads it, to whom the lead reports."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from omnichannel.core.text import Bilingual
from orgstages import sentences as words
from orgstages.facts import Fact, Source, SourceKind, decide, measured, say, unanswered
from orgstages.queries.evidence import Evidence, Staff
from orgstages.queries.wording import in_both
from roles.catalogue import RoleKey
from roles.choices import FillMode, UnitLevel
from roles.coverage import DEDICATED_SHARE
from roles.queries.org_chart import UnitNode

# Whoever holds these leads omnichannel work, the first before the second.
LEADING_ROLES = (RoleKey.OMNI_STRATEGY, RoleKey.USER_OPS)
# Units in which people may stand without a team of their own.
WITHOUT_TEAM = frozenset({UnitLevel.GROUP, UnitLevel.HQ, UnitLevel.BUSINESS_UNIT})
NOBODY, YES, NO = "none", "yes", "no"


@dataclass(frozen=True, slots=True)
class Leading:
    """The unit that leads omnichannel work, and whether the organisation says so or its FTE do."""

    unit: UnitNode
    is_marked: bool
    fte: Decimal


def dedicated_time(evidence: Evidence, unit: str) -> Fact:
    """A1: FTE of people with a role share of 0.8 or more / FTE of all people holding a role."""
    held = evidence.held_in(unit)
    if not held:
        return unanswered("A1", _in_unit(words.NO_HOLDERS, evidence, unit))
    shares: dict[tuple[str, RoleKey], Decimal] = defaultdict(Decimal)
    fte: dict[str, Decimal] = {}
    for holding in held:
        shares[holding.person_external_id, holding.role_key] += holding.share
        fte[holding.person_external_id] = holding.person_fte
    dedicated = {person for (person, _role), share in shares.items() if share >= DEDICATED_SHARE}
    part, total = sum((fte[person] for person in dedicated), Decimal(0)), sum(fte.values(), Decimal(0))
    if not total:
        return unanswered("A1", _in_unit(words.NO_HOLDERS, evidence, unit))
    value = _percent(part, total)
    text = say(
        words.DEDICATED,
        people=(Decimal(len(fte)), "people"),
        total=(total, ""),
        part=(part, ""),
        value=(value, "percent"),
    )
    return measured("A1", value, text, source=_of(unit), parts=(part, total))


def leading_team(evidence: Evidence, unit: str) -> Fact:
    """A2: whether the leading team is a project team, sits inside a department, or is a department of the first level.

    A team that has no staff of its own is a virtual one: files know no level for it.
    """
    leading = leading_unit(evidence, unit)
    if leading is None:
        return unanswered("A2", _in_unit(words.NO_LEADERS, evidence, unit))
    node = leading.unit
    if node.level in WITHOUT_TEAM:
        text = say(words.NO_TEAM, unit=node.name, level=in_both(node.level.label))
        return unanswered("A2", text, source=_of(node.external_id))
    observed = place_of(evidence, node)
    option = decide("A2", observed)
    place = _placed(option, node)
    found = words.LEADING_FLAG if leading.is_marked else words.LEADING_FTE
    parent = evidence.tree.nodes[node.parent].name if node.parent else ""
    template = Bilingual(found.zh + place.zh, found.en + place.en)
    text = say(template, unit=node.name, fte=(leading.fte, ""), parent=parent)
    return Fact("A2", text, option, value=leading.fte, source=_of(node.external_id), observed=observed)


def lead_reports_to(evidence: Evidence, unit: str) -> Fact:
    """A3: the level of the unit in which the lead's line manager works."""
    leading = leading_unit(evidence, unit)
    if leading is None:
        return unanswered("A3", _in_unit(words.NO_LEADERS, evidence, unit))
    node = leading.unit
    lead = lead_of(evidence, node)
    if lead is None:
        return unanswered("A3", say(words.NO_LEAD, unit=node.name), source=_of(node.external_id))
    manager = evidence.staff.get(lead.manager) if lead.manager else None
    above = evidence.tree.nodes.get(manager.unit) if manager else None
    if above is None:
        text = say(words.LEAD_ALONE, unit=node.name)
    else:
        text = say(words.LEAD_REPORTS, unit=node.name, manager_unit=above.name, level=in_both(above.level.label))
    observed = {"manager_level": above.level.value if above else NOBODY}
    return Fact("A3", text, decide("A3", observed), source=_of(node.external_id), observed=observed)


def roles_filled(evidence: Evidence, unit: str) -> Fact:
    """A5: how many of the 12 roles have a holder."""
    held = {holding.role_key for holding in evidence.held_in(unit)}
    value = Decimal(sum(not role.is_own for role in held))
    text = say(words.ROLES_FILLED, value=(value, "count"))
    return measured("A5", value, text, source=_of(unit), parts=(value, Decimal(len(RoleKey))), parts_unit="count")


def roles_per_person(evidence: Evidence, unit: str) -> Fact:
    """A6: open assignments / distinct people."""
    held = evidence.held_in(unit)
    people = len({holding.person_external_id for holding in held})
    if not people:
        return unanswered("A6", _in_unit(words.NO_HOLDERS, evidence, unit))
    count = Decimal(len(held))
    value = (count / people).quantize(Decimal("0.0001"))
    text = say(
        words.ROLES_PER_PERSON,
        numerator=(count, "count"),
        people=(Decimal(people), "people"),
        value=(value, "ratio"),
    )
    return measured("A6", value, text, source=_of(unit), parts=(count, Decimal(people)), parts_unit="count")


def outsourced_time(evidence: Evidence, unit: str) -> Fact:
    """A11: FTE share of outsourced staff."""
    below = evidence.tree.subtree(unit)
    staff = [person for person in evidence.staff.values() if person.unit in below]
    total = sum((person.fte for person in staff), Decimal(0))
    if not total:
        return unanswered("A11", _in_unit(words.NO_STAFF, evidence, unit))
    part = sum((person.fte for person in staff if person.fill_mode is FillMode.OUTSOURCED), Decimal(0))
    value = _percent(part, total)
    text = say(words.OUTSOURCED, total=(total, ""), part=(part, ""), value=(value, "percent"))
    return measured("A11", value, text, source=_of(unit), parts=(part, total))


def business_units(evidence: Evidence, unit: str) -> Fact:
    """B5: how many business units the unit holds, itself included."""
    value = Decimal(sum(node.level is UnitLevel.BUSINESS_UNIT for node in evidence.within(unit)))
    text = say(words.BUSINESS_UNITS, unit=evidence.tree.nodes[unit].name, value=(value, "count"))
    return measured("B5", value, text, source=_of(unit), parts=(value, None), parts_unit="count")


def leading_unit(evidence: Evidence, unit: str) -> Leading | None:
    """Return the unit in the subtree that is marked as leading, else the one with most FTE on the leading roles."""
    fte = time_of(evidence, unit)
    marked = [node for node in evidence.within(unit) if node.is_leading]
    candidates = marked or [evidence.tree.nodes[each] for each in fte]
    if not candidates:
        return None
    best = min(candidates, key=lambda node: (-fte.get(node.external_id, Decimal(0)), node.depth, node.external_id))
    return Leading(best, bool(marked), fte.get(best.external_id, Decimal(0)))


def time_of(evidence: Evidence, unit: str) -> dict[str, Decimal]:
    """Return the FTE on the leading roles per unit of the subtree; units without any are absent."""
    fte: dict[str, Decimal] = {}
    for holding in evidence.held_in(unit):
        if holding.role_key in LEADING_ROLES:
            here = holding.unit_external_id
            fte[here] = fte.get(here, Decimal(0)) + holding.share * holding.person_fte
    return fte


def place_of(evidence: Evidence, node: UnitNode) -> dict[str, str]:
    """Observe where the leading team stands; people nobody employs any more say nothing about its staff."""
    team = [evidence.staff.get(each.person_external_id) for each in evidence.held_in(node.external_id)]
    known = [person for person in team if person is not None]
    below = evidence.tree.subtree(node.external_id)
    own = not known or any(person.unit in below and person.fill_mode is FillMode.INTERNAL for person in known)
    parent = evidence.tree.nodes[node.parent].level.value if node.parent else NOBODY
    return {"level": node.level.value, "own_staff": YES if own else NO, "parent": parent}


def _placed(option: str, node: UnitNode) -> Bilingual:
    if option == "a":
        return words.IS_PROJECT_TEAM if node.level is UnitLevel.PROJECT_TEAM else words.IS_VIRTUAL
    if option == "b":
        return words.IS_INSIDE
    return words.IS_FIRST_LEVEL if node.parent else words.IS_TOP


def lead_of(evidence: Evidence, node: UnitNode) -> Staff | None:
    """Return who leads the unit: of those on the leading role, one who reports to none of the others."""
    held = evidence.held_in(node.external_id)
    for role in LEADING_ROLES:
        time: dict[str, Decimal] = {}
        for holding in held:
            if holding.role_key is role:
                spent = holding.share * holding.person_fte
                time[holding.person_external_id] = time.get(holding.person_external_id, Decimal(0)) + spent
        people = [evidence.staff[person] for person in time if person in evidence.staff]
        top = [person for person in people if person.manager not in time] or people
        if top:
            return min(top, key=lambda person: (-time[person.id], person.id))
    return None


def _in_unit(reason: Bilingual, evidence: Evidence, unit: str) -> Bilingual:
    return say(reason, unit=evidence.tree.nodes[unit].name)


def _of(unit: str) -> Source:
    return Source(SourceKind.UNIT, unit)


def _percent(part: Decimal, total: Decimal) -> Decimal:
    return (part / total * 100).quantize(Decimal("0.0001"))
