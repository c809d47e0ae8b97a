"""The rules: one function per part of the pattern, each from the ground to its elements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from omnichannel.core.text import Bilingual
from orgstages.catalogue import Relation, load_stages
from orgstages.facts import say
from orgstages.patterns import words
from orgstages.patterns.parts import Element, Finding, Ground, Part
from orgstages.queries.wording import in_both
from roles.catalogue import ExpectationLevel, RoleKey, StageKey, SubtypeKey, roles_here
from roles.choices import UnitLevel
from roles.coverage import CoverState, RoleCover, against_expectation, cover_by_role

PLACE_OF = {StageKey.PROJECT: "a", StageKey.STRONG_DEPARTMENT: "b", StageKey.FIRST_LEVEL: "c"}
TOP_LEVELS = frozenset({UnitLevel.GROUP, UnitLevel.HQ, UnitLevel.BUSINESS_UNIT})
FIELD_LEVELS = frozenset({UnitLevel.REGION, UnitLevel.STORE})
# What a platform builds once for all units; other roles of theirs the brands may have beside it.
PLATFORM_ROLES = frozenset({RoleKey.DATA_ANALYSIS, RoleKey.PRODUCT_OPS})
CARRIERS = frozenset({RoleKey.USER_OPS, RoleKey.TRAINING_ENABLEMENT})
LARGE_REGION = 20
MOST_NAMED = 5


def lay_over(ground: Ground) -> tuple[Element, ...]:
    """Return every expectation of the sub-type with what was found, in the order a page tells them."""
    return tuple(element for rule in RULES for element in rule(ground))


def leading_place(ground: Ground) -> list[Element]:
    """A unit leads, and stands where this stage puts it."""
    spec, lead = ground.spec, ground.lead
    steers = load_stages().departments[spec.relations[0].from_department].names
    names = say(words.LEADING_UNIT, department=steers)
    if lead is None:
        return [Element(Part.LEADING, names, Finding.MISSING, words.NOBODY_LEADS)]
    units = (lead.unit.external_id,)
    if lead.place == PLACE_OF[spec.stage]:
        return [Element(Part.LEADING, names, Finding.FOUND, lead.told, units), *_host(ground)]
    reason = say(words.BUT, found=_clause(lead.told), expected=words.PLACES[spec.stage])
    return [Element(Part.LEADING, names, Finding.WRONG, reason, units), *_host(ground)]


def _host(ground: Ground) -> list[Element]:
    """A team of the strong-department stage sits inside the department that leads."""
    spec, lead = ground.spec, ground.lead
    if spec.leading_department == spec.relations[0].from_department or lead is None:
        return []
    department = load_stages().departments[spec.leading_department].names
    names = say(words.HOST, department=department)
    found = ground.units_of(spec.leading_department)
    if not found:
        reason = say(words.HOST_UNKNOWN, department=department)
        return [Element(Part.LEADING, names, Finding.MISSING, reason)]
    is_inside = found[0] in ground.tree.ancestors(lead.unit.external_id)
    template = words.HOST_FOUND if is_inside else words.HOST_WRONG
    reason = say(template, team=lead.unit.name, host=ground.name(found[0]))
    return [Element(Part.LEADING, names, Finding.FOUND if is_inside else Finding.WRONG, reason, found)]


def reporting_line(ground: Ground) -> list[Element]:
    """The lead's line manager works where the sub-type wants it."""
    lead = ground.lead
    who = Bilingual(*("/".join(each.in_language(code) for each in ground.spec.reports_to) for code in ("zh", "en")))
    names = say(words.LINE, who=who)
    if lead is None:
        return [Element(Part.LINE, names, Finding.MISSING, words.NO_LEADING)]
    units = (lead.unit.external_id,)
    if not lead.person:
        return [Element(Part.LINE, names, Finding.MISSING, say(words.NO_LEAD, unit=lead.unit.name), units)]
    if lead.manager_unit is None:
        return [Element(Part.LINE, names, Finding.MISSING, say(words.NO_MANAGER, unit=lead.unit.name), units)]
    above = lead.manager_unit
    manager = ground.name(above.external_id)
    told = say(words.REPORTS_IN, unit=lead.unit.name, manager=manager, level=in_both(above.level.label))
    if _is_right_line(ground, above.external_id):
        return [Element(Part.LINE, names, Finding.FOUND, told, (above.external_id,))]
    reason = say(words.BUT, found=told, expected=say(words.LINE_WRONG, who=who))
    return [Element(Part.LINE, names, Finding.WRONG, reason, (above.external_id,))]


def _is_right_line(ground: Ground, manager_unit: str) -> bool:
    """A project has any sponsor; a team in a department its head; a first-level department the top of the unit."""
    if ground.spec.stage is StageKey.PROJECT:
        return True
    if ground.spec.stage is StageKey.STRONG_DEPARTMENT:
        hosts = ground.units_of(ground.spec.leading_department)
        return any(manager_unit in ground.tree.subtree(host) for host in hosts)
    level = ground.tree.nodes[manager_unit].level
    around = {ground.unit.external_id, *ground.tree.ancestors(ground.unit.external_id)}
    near = manager_unit in around or (ground.tree.nodes[manager_unit].parent or "") in around
    return level in TOP_LEVELS and near


def departments(ground: Ground) -> list[Element]:
    """Each department that the sub-type is drawn with has a unit that stands for it."""
    spec = ground.spec
    hidden = {spec.leading_department, spec.relations[0].from_department, *("region", "store")}
    return [_department(ground, each) for each in spec.departments if each not in hidden]


def _department(ground: Ground, department: str) -> Element:
    names = load_stages().departments[department].names
    found = ground.recognised.get(department)
    if found is None:
        reason = say(words.DEPARTMENT_MISSING, unit=ground.unit.name)
        numbers = ", ".join(str(row.number) for row in ground.spec.relations if row.to_department == department)
        reason = say(words.NO_RECEIVER, reason=reason, numbers=numbers) if numbers else reason
        return Element(Part.DEPARTMENT, names, Finding.MISSING, reason, is_core=bool(numbers))
    count = Decimal(len(found.units))
    if department == "business-unit" and len(found.units) < 2:
        reason = say(words.ONE_BUSINESS, count=(count, "count"))
        return Element(Part.DEPARTMENT, names, Finding.WRONG, reason, found.units)
    template = words.DEPARTMENT_FOUND[found.how]
    reason = say(template, units=_named(ground, found.units), count=(count, "count"))
    reason = say(words.SHARED_AT, found=reason) if found.is_shared else reason
    return Element(Part.DEPARTMENT, names, Finding.FOUND, reason, found.units)


def roles(ground: Ground) -> list[Element]:
    """Each role is held as the sub-type expects."""
    covers = cover_by_role(ground.holdings)
    return [_role(ground, line) for line in against_expectation(covers, subtype=ground.spec.key)]


def _role(ground: Ground, line: RoleCover) -> Element:
    names, is_core = roles_here().roles[line.role].names, line.expected is ExpectationLevel.CORE
    held = say(
        words.HELD,
        people=(Decimal(line.cover.people), "people"),
        fte=(line.cover.fte.quantize(Decimal("0.01")), ""),
        dedicated=(Decimal(line.cover.dedicated), "count"),
    )
    finding, reason = {
        CoverState.FILLED: (Finding.FOUND, held),
        CoverState.SHARED: (Finding.WRONG, say(words.PART_TIME, held=held)),
        CoverState.MISSING: (Finding.MISSING, words.CORE_MISSING if is_core else words.SHARED_MISSING),
        CoverState.NOT_NEEDED: (Finding.NOT_NEEDED, words.NOT_NEEDED),
    }[line.state]
    return Element(Part.ROLE, names, finding, reason, (ground.unit.external_id,), line.role, is_core=is_core)


def doubled(ground: Ground) -> list[Element]:
    """A core role is led in one place only: no two leads in units of which neither is above the other."""
    found = [element for role in _single_roles(ground.spec.key) if (element := _doubled(ground, role))]
    return found or [Element(Part.DOUBLED, words.ONE_PLACE, Finding.FOUND, words.SINGLE)]


def _single_roles(subtype: SubtypeKey) -> list[RoleKey]:
    """Return the core roles; guides stand in every store, and brands under a platform have people of their own."""
    core = [role for role in roles_here().roles if roles_here().expected(role, subtype) is ExpectationLevel.CORE]
    single = PLATFORM_ROLES if subtype is SubtypeKey.DIGITAL_ENABLEMENT else frozenset(core) - {RoleKey.DIGITAL_GUIDE}
    return [role for role in core if role in single]


def _doubled(ground: Ground, role: RoleKey) -> Element | None:
    held = [each for each in ground.holdings if each.role_key is role and not _is_field(ground, each.unit_external_id)]
    people = {each.person_external_id for each in held}
    leads = [each for each in held if ground.managers.get(each.person_external_id) not in people]
    places = dict.fromkeys(each.unit_external_id for each in leads)
    top = [unit for unit in places if not any(above in places for above in ground.tree.ancestors(unit))]
    if len(top) < 2:
        return None
    names = roles_here().roles[role].names
    reason = say(words.DOUBLED, role=names, count=(Decimal(len(top)), "count"), units=_named(ground, top))
    return Element(Part.DOUBLED, names, Finding.DOUBLED, reason, tuple(top), role)


def _is_field(ground: Ground, unit: str) -> bool:
    return any(ground.tree.nodes[each].level in FIELD_LEVELS for each in (unit, *ground.tree.ancestors(unit)))


def relations(ground: Ground) -> list[Element]:
    """Each numbered relation has both ends, and somebody who sees to it."""
    return [_relation(ground, row) for row in ground.spec.relations]


def _relation(ground: Ground, row: Relation) -> Element:
    def element(finding: Finding, reason: Bilingual, units: tuple[str, ...] = ()) -> Element:
        return Element(Part.RELATION, row.names, finding, reason, units, number=row.number)

    givers, receivers = ground.units_of(row.from_department), ground.units_of(row.to_department)
    if not givers:
        return element(Finding.MISSING, words.NO_GIVER)
    if not receivers and ground.spec.stage is StageKey.PROJECT and row.to_department not in ground.spec.departments:
        return element(Finding.NOT_NEEDED, words.LATER)
    if not receivers:
        department = load_stages().departments[row.to_department].names
        return element(Finding.MISSING, say(words.NOBODY_RECEIVES, department=department))
    ends = say(words.ENDS, giver=_named(ground, givers), receiver=_named(ground, receivers))
    if row.number in ground.owned:
        return element(Finding.FOUND, say(words.OWNED, ends=ends), receivers)
    return element(Finding.UNOWNED, say(words.UNOWNED, ends=ends), receivers)


def enablement(ground: Ground) -> list[Element]:
    """Regions and stores have those who carry out what headquarters plans."""
    held: Mapping[str, set[RoleKey]] = defaultdict(set)
    for holding in ground.holdings:
        for unit in (holding.unit_external_id, *ground.tree.ancestors(holding.unit_external_id)):
            held[unit].add(holding.role_key)
    below = [ground.tree.nodes[each] for each in ground.tree.walk(ground.unit.external_id)]
    regions = [node.external_id for node in below if node.level is UnitLevel.REGION]
    stores = [node.external_id for node in below if node.level is UnitLevel.STORE]
    return [*_regions(ground, regions, held), *_stores(ground, stores, held)]


def _regions(ground: Ground, regions: list[str], held: Mapping[str, set[RoleKey]]) -> list[Element]:
    if ground.spec.stage is StageKey.PROJECT:
        return []
    most = (Decimal(LARGE_REGION), "count")
    is_large = ground.spec.key is SubtypeKey.MARKET_LED
    names = say(words.LARGE_REGIONS, most=most) if is_large else words.REGIONS
    asked = [each for each in regions if _store_count(ground, each) >= LARGE_REGION] if is_large else regions
    if not asked:
        reason = say(words.NO_LARGE, most=most) if regions else words.NO_REGIONS
        return [Element(Part.ENABLEMENT, names, Finding.NOT_NEEDED, reason)]
    gaps = [each for each in asked if not held[each] & CARRIERS]
    count = (Decimal(len(asked)), "count")
    if not gaps:
        return [Element(Part.ENABLEMENT, names, Finding.FOUND, say(words.REGION_FOUND, count=count), tuple(asked))]
    reason = say(words.REGION_MISSING, count=count, gaps=(Decimal(len(gaps)), "count"), units=_named(ground, gaps))
    return [Element(Part.ENABLEMENT, names, Finding.MISSING, reason, tuple(gaps))]


def _stores(ground: Ground, stores: list[str], held: Mapping[str, set[RoleKey]]) -> list[Element]:
    if roles_here().expected(RoleKey.DIGITAL_GUIDE, ground.spec.key) is not ExpectationLevel.CORE:
        return []
    role = RoleKey.DIGITAL_GUIDE
    if not stores:
        return [Element(Part.ENABLEMENT, words.STORES, Finding.NOT_NEEDED, words.NO_STORES, role=role)]
    gaps = tuple(each for each in stores if role not in held[each])
    count = (Decimal(len(stores)), "count")
    if ground.spec.stage is StageKey.PROJECT and len(gaps) < len(stores):
        reason = say(words.PILOT_FOUND, held=(Decimal(len(stores) - len(gaps)), "count"))
        return [Element(Part.ENABLEMENT, words.STORES, Finding.FOUND, reason, role=role)]
    if not gaps:
        reason = say(words.STORE_FOUND, count=count)
        return [Element(Part.ENABLEMENT, words.STORES, Finding.FOUND, reason, role=role)]
    reason = say(words.STORE_MISSING, count=count, gaps=(Decimal(len(gaps)), "count"))
    return [Element(Part.ENABLEMENT, words.STORES, Finding.MISSING, reason, gaps, role)]


def _store_count(ground: Ground, region: str) -> int:
    return sum(ground.tree.nodes[each].level is UnitLevel.STORE for each in ground.tree.walk(region))


def _clause(text: Bilingual) -> Bilingual:
    """Return a sentence without its full stop, for another to follow."""
    return Bilingual(text.zh.rstrip("。"), text.en.rstrip("."))


def _named(ground: Ground, units: Iterable[str]) -> Bilingual:
    """Name the first few units."""
    found = [ground.name(unit) for unit in units]
    names = Bilingual("、".join(found[:MOST_NAMED]), ", ".join(found[:MOST_NAMED]))
    return say(words.AND_MORE, names=names) if len(found) > MOST_NAMED else names


RULES: tuple[Callable[[Ground], list[Element]], ...] = (
    leading_place,
    reporting_line,
    departments,
    roles,
    doubled,
    relations,
    enablement,
)
