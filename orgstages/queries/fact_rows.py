"""The very rows that an automatic fact counts: their totals are its numerator and its denominator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import Scope, ScopeKind, Value
from kpis.library import library_extras
from kpis.queries.definitions import library_at
from kpis.queries.scope_words import scope_text
from omnichannel.core.text import Bilingual
from orgstages import sentences as words
from orgstages.catalogue import load_stages
from orgstages.facts import Fact, joined, say
from orgstages.queries.evidence import ALL_SALES, MALL, Evidence
from orgstages.queries.facts import FACTS
from orgstages.queries.figure_facts import BRAND_COSTS, LABOUR
from orgstages.queries.organisation_facts import (
    lead_of,
    leading_unit,
    time_of,
)
from orgstages.queries.wording import listed
from roles.catalogue import RoleKey, roles_here
from roles.choices import FillMode, UnitLevel
from roles.coverage import DEDICATED_SHARE
from roles.holdings import Holding

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row: `part` is what it adds to the numerator, `counted` what it adds to the denominator.

    `kpi`, `period` and `scope` name the figure behind an amount, where there is one.
    """

    unit: str = ""
    person: str = ""
    note: Bilingual = words.NOTHING
    part: Decimal = ZERO
    counted: Decimal = ZERO
    kpi: str = ""
    period: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class FactRows:
    """A fact with its rows; the totals are over all of them, however many a page shows."""

    fact: Fact
    rows: tuple[FactRow, ...]

    @property
    def part(self) -> Decimal:
        """Return what the rows add up to above the line."""
        return sum((row.part for row in self.rows), ZERO)

    @property
    def counted(self) -> Decimal:
        """Return what the rows add up to below the line."""
        return sum((row.counted for row in self.rows), ZERO)


def fact_rows(question: str, unit: str, *, evidence: Evidence) -> FactRows:
    """Return the fact of an automatic question with the rows it was read from. KeyError for any other question."""
    fact = FACTS[question](evidence, unit)
    return FactRows(fact, tuple(ROWS[question](evidence, unit)))


def _dedicated(evidence: Evidence, unit: str) -> list[FactRow]:
    held: dict[str, list[Holding]] = {}
    for holding in evidence.held_in(unit):
        held.setdefault(holding.person_external_id, []).append(holding)
    rows = []
    for person, mine in held.items():
        shares: dict[RoleKey, Decimal] = {}
        for holding in mine:
            shares[holding.role_key] = shares.get(holding.role_key, ZERO) + holding.share
        fte = mine[-1].person_fte
        part = fte if any(share >= DEDICATED_SHARE for share in shares.values()) else ZERO
        note = listed([_role_share(role, share) for role, share in shares.items()])
        rows.append(FactRow(mine[0].unit_external_id, person, note, part, fte))
    return rows


def _candidates(evidence: Evidence, unit: str) -> list[FactRow]:
    """A2: the units that hold the leading roles, or are marked; the leading one first."""
    found = leading_unit(evidence, unit)
    time = time_of(evidence, unit)
    marked = {node.external_id for node in evidence.within(unit) if node.is_leading}
    first = found.unit.external_id if found else ""
    return [
        FactRow(each, note=words.MARKED if each in marked else words.NOTHING, part=time.get(each, ZERO))
        for each in sorted({*time, *marked}, key=lambda each: (each != first, -time.get(each, ZERO), each))
    ]


def _leaders(evidence: Evidence, unit: str) -> list[FactRow]:
    """A3: the lead and their manager."""
    found = leading_unit(evidence, unit)
    lead = lead_of(evidence, found.unit) if found else None
    if lead is None:
        return []
    manager = evidence.staff.get(lead.manager) if lead.manager else None
    rows = [FactRow(lead.unit, lead.id, words.THE_LEAD)]
    return rows if manager is None else [*rows, FactRow(manager.unit, manager.id, words.THE_MANAGER)]


def _roles(evidence: Evidence, unit: str) -> list[FactRow]:
    people: dict[RoleKey, set[str]] = {}
    for holding in evidence.held_in(unit):
        people.setdefault(holding.role_key, set()).add(holding.person_external_id)
    return [
        FactRow(
            note=joined(roles_here().roles[role].names, say(words.HOLDERS, count=(Decimal(len(held)), "people"))),
            part=ONE if held else ZERO,
            counted=ONE,
        )
        for role, held in ((role, people.get(role, set())) for role in RoleKey)
    ]


def _assignments(evidence: Evidence, unit: str) -> list[FactRow]:
    rows, seen = [], set()
    for holding in sorted(evidence.held_in(unit), key=lambda each: (each.person_external_id, each.role_key)):
        person = holding.person_external_id
        note = _role_share(holding.role_key, holding.share)
        rows.append(FactRow(holding.unit_external_id, person, note, ONE, ZERO if person in seen else ONE))
        seen.add(person)
    return rows


def _staff(evidence: Evidence, unit: str) -> list[FactRow]:
    below = evidence.tree.subtree(unit)
    staff = sorted((each for each in evidence.staff.values() if each.unit in below), key=lambda each: each.id)
    return [
        FactRow(
            each.unit,
            each.id,
            words.IS_OUTSOURCED if each.fill_mode is FillMode.OUTSOURCED else words.NOTHING,
            each.fte if each.fill_mode is FillMode.OUTSOURCED else ZERO,
            each.fte,
        )
        for each in staff
    ]


def _business_units(evidence: Evidence, unit: str) -> list[FactRow]:
    return [
        FactRow(node.external_id, part=ONE) for node in evidence.within(unit) if node.level is UnitLevel.BUSINESS_UNIT
    ]


def _departments(evidence: Evidence, unit: str) -> list[FactRow]:
    shared = {kpi for group in library_extras().shared_groups.values() for kpi in group.members}
    kpis: dict[str, list[Bilingual]] = {}
    for kpi, scope in sorted(evidence.targets, key=lambda key: key[0]):
        if scope.kind is ScopeKind.UNIT and kpi in shared:
            kpis.setdefault(scope.id, []).append(library_at().kpis[kpi].names)
    return [
        FactRow(
            node.external_id,
            note=listed(kpis.get(node.external_id, [])),
            part=ONE if node.external_id in kpis else ZERO,
            counted=ONE,
        )
        for node in evidence.within(unit)
        if node.level is UnitLevel.DEPARTMENT
    ]


def _kpi(question: str) -> Callable[[Evidence, str], list[FactRow]]:
    rule = load_stages().questions[question].auto
    kpi = rule.kpi if rule else ""

    def rows(evidence: Evidence, unit: str) -> list[FactRow]:
        figure = evidence.figure(kpi, unit)
        return [] if figure.value is None else [_figure(figure, evidence, figure.numerator, figure.denominator)]

    return rows


def _growth(evidence: Evidence, unit: str) -> list[FactRow]:
    now, before = evidence.figure(MALL, unit), evidence.figure(MALL, unit, book=evidence.year_earlier)
    if evidence.period is None or now.value is None or not before.value or now.scope != before.scope:
        return []
    earlier = str(evidence.period.year_earlier())
    return [
        _figure(now, evidence, now.value, ZERO),
        _figure(before, evidence, -before.value, before.value, period=earlier),
    ]


def _stores(evidence: Evidence, unit: str) -> list[FactRow]:
    stores = evidence.own_stores(unit)
    total = evidence.figure(ALL_SALES, unit)
    if not stores or not total.value or total.scope != evidence.scopes(unit)[0]:
        return []
    period = str(evidence.period or "")
    sold = [
        FactRow(
            store,
            note=library_at().kpis[ALL_SALES].names,
            part=evidence.sold_in(store),
            kpi=ALL_SALES,
            period=period,
            scope=scope_text(Scope(ScopeKind.UNIT, store)),
        )
        for store in stores
    ]
    return [*sold, _figure(total, evidence, ZERO, total.value)]


def _costs(evidence: Evidence, unit: str) -> list[FactRow]:
    nodes = {node.external_id: node for node in evidence.within(unit)}
    top = not evidence.tree.ancestors(unit)
    rows = []
    for (kind, at), cost in sorted(evidence.costs.items()):
        if at not in nodes and not (top and not at):
            continue
        if kind in BRAND_COSTS:
            rows.append(FactRow(at, note=_cost_type(kind), part=cost))
        elif kind == LABOUR and at in nodes and nodes[at].level is UnitLevel.STORE:
            rows.append(FactRow(at, note=_cost_type(kind), counted=cost))
    return rows


def _target(evidence: Evidence, unit: str) -> list[FactRow]:
    rule = load_stages().questions["C3"].auto
    kpi = rule.kpi if rule else ""
    for scope in evidence.scopes(unit):
        if (kpi, scope) in evidence.targets:
            value, period = evidence.targets[kpi, scope]
            note = joined(library_at().kpis[kpi].names, Bilingual(f"（{period}）", f"({period})"))
            return [FactRow(scope.id if scope.kind is ScopeKind.UNIT else "", note=note, part=value)]
    return []


def _figure(
    figure: Value, evidence: Evidence, part: Decimal | None, counted: Decimal | None, *, period: str = ""
) -> FactRow:
    return FactRow(
        figure.scope.id if figure.scope.kind is ScopeKind.UNIT else "",
        note=library_at().kpis[figure.kpi].names,
        part=part or ZERO,
        counted=counted or ZERO,
        kpi=figure.kpi,
        period=period or str(evidence.period or ""),
        scope=scope_text(figure.scope),
    )


def _role_share(role: RoleKey, share: Decimal) -> Bilingual:
    names, told = roles_here().roles[role].names, f"{share.normalize():f}"
    return Bilingual(f"{names.zh} {told}", f"{names.en} {told}")


def _cost_type(kind: str) -> Bilingual:
    return words.COST_TYPES[kind]


ROWS: Mapping[str, Callable[[Evidence, str], list[FactRow]]] = {
    "A1": _dedicated,
    "A2": _candidates,
    "A3": _leaders,
    "A5": _roles,
    "A6": _assignments,
    "A8": _kpi("A8"),
    "A9": _departments,
    "A11": _staff,
    "A12": _kpi("A12"),
    "B1": _stores,
    "B4": _costs,
    "B5": _business_units,
    "C3": _target,
    "E3": _kpi("E3"),
    "E4": _kpi("E4"),
    "E5": _growth,
}
