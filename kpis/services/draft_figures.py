"""The figures of a draft that the engine has to find anew: of units that count other rows, before and after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from kpis.engine.narrowing import unavailable_at
from kpis.engine.scoping import Organisation as EngineOrganisation
from kpis.engine.scoping import ScopeRequest
from kpis.engine.scoping import UnitTree as EngineTree
from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.queries.counting import tables_read
from kpis.queries.definitions import library_at
from kpis.queries.subjects import Organisation
from kpis.queries.values import Book, as_book, current_values
from kpis.queries.warehouse import World, organisation_on
from kpis.services.values import is_fresh, measuring
from omnichannel.core.periods import Period
from roles.queries.frames import is_alike

AFTER = "\0after"  # ends the id under which a unit is measured as it will be; no id of a customer holds it


@dataclass(frozen=True, slots=True)
class Ground:
    """The organisation without the changes, read while a scenario that they are made in stood. `names` are people's."""

    found: Organisation
    engine: EngineOrganisation | None
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What changes make of the organisation of a day. `people` move or are changed themselves.

    `units` count other rows then, which the engine finds in `engine` (None: no figure can differ). `people_stay`:
    everybody keeps unit and roles, only units change their places (the small tables of `engine` are the stored ones).
    `everyone`: the cards of all people are compared. `ground` is what the changes are compared with; None for the
    live organisation, which is read when they are compared. `since`: months that end before it stay as they are, once
    the changes are made for good (None: all months).
    """

    day: date
    people: frozenset[str]
    units: frozenset[str]
    found: Organisation
    engine: EngineOrganisation | None
    people_stay: bool
    everyone: bool = False
    ground: Ground | None = None
    since: date | None = None

    def reaches(self, period: Period) -> bool:
        """Tell whether a month is computed again once the changes are made for good."""
        return self.since is not None and self.since <= period.last_day


def unit_scope(unit: str) -> Scope:
    return Scope(ScopeKind.UNIT, unit)


def measured_anew(draft: Draft, *, period: Period, kpis: Collection[str]) -> tuple[Book, Book]:
    """Return the figures of both sides that the changes can touch: of units with other rows, and of the company.

    Where everybody stays, the company counts the same rows as before. Before the changes the figures are found anew as
    well, unless the stored ones rest on the same data and the same organisation.
    """
    if draft.engine is None:
        return {}, {}
    units, only = draft.units, None
    if draft.people_stay:
        kpis = _at_units(kpis, period)
        only = _tables(kpis, period)
    live = (draft.ground.engine if draft.ground is not None else None) or organisation_on(draft.day, only=only)
    if draft.ground is None and is_alike(period.last_day, draft.day) and is_fresh(period):
        company = [] if draft.people_stay else [COMPANY]
        old = as_book(current_values(period, kpis=kpis, scopes=[*company, *map(unit_scope, units)]))
        after = EngineOrganisation(draft.engine.units, draft.engine.frames or live.frames)
        return old, _measured(after, period, units=units, kpis=kpis, company=not draft.people_stay)
    if draft.people_stay:
        return _both(live, draft.engine, period, units=units, kpis=kpis)
    return _measured(live, period, units=units, kpis=kpis), _measured(draft.engine, period, units=units, kpis=kpis)


def _at_units(kpis: Collection[str], period: Period) -> list[str]:
    """Return the KPIs that have figures at units."""
    library = library_at(period.last_day)
    known = [kpi for kpi in kpis if kpi in library.kpis]
    return [kpi for kpi in known if unavailable_at(library, kpi, ScopeKind.UNIT) is None]


def _tables(kpis: Collection[str], period: Period) -> frozenset[str]:
    """Return the tables that the figures of units are read from."""
    library = library_at(period.last_day)
    return frozenset().union(*(tables_read(library, kpi, ScopeKind.UNIT) for kpi in kpis))


def _both(
    before: EngineOrganisation,
    after: EngineOrganisation,
    period: Period,
    *,
    units: frozenset[str],
    kpis: Collection[str],
) -> tuple[Book, Book]:
    """Return the figures before and after in one pass: units as they will be stand beside them under other ids."""
    later = {(unit + AFTER, below) for unit, below in after.units.closure if unit in units}
    together = EngineOrganisation(EngineTree(before.units.closure | later), before.frames)
    every = units | {unit + AFTER for unit in units}
    found = _measured(together, period, units=every, kpis=kpis, company=False)
    new = {
        (kpi, scope): value._replace(scope=scope)
        for (kpi, named), value in found.items()
        if named.id.endswith(AFTER)
        for scope in [unit_scope(named.id.removesuffix(AFTER))]
    }
    return {key: value for key, value in found.items() if not key[1].id.endswith(AFTER)}, new


def _measured(
    organisation: EngineOrganisation,
    period: Period,
    *,
    units: frozenset[str],
    kpis: Collection[str],
    company: bool = True,
) -> Book:
    """Return the figures of some units, and of the company if wanted, with another organisation."""
    kinds = {ScopeKind.COMPANY, ScopeKind.UNIT} if company else {ScopeKind.UNIT}
    request = ScopeRequest(frozenset(kinds), ids={ScopeKind.UNIT: units})
    world = World(days={period.last_day: organisation})
    with measuring(asked=[(sorted(kpis), request)], world=world) as measure:
        return as_book(measure(period))
