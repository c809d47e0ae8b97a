"""Targets worked out from others: a year split by its season, last year and so much more, handed down by shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.engine.targets import (
    additivity,
    as_percents,
    even_shares,
    grown,
    places_of,
    scaled_with,
    seasonal_shares,
    split,
)
from kpis.queries.definitions import library_at
from kpis.queries.target_actuals import Actuals
from kpis.queries.target_grid import LAYERS, has_personal_targets, units_below
from kpis.queries.targets import Aim, aims
from kpis.services.target_asks import (
    COMPANYS,
    EVEN,
    NEWEST,
    OWN,
    TYPED,
    Operation,
    Plan,
    PlanAsk,
    Planned,
    Reach,
    Skipped,
)
from kpis.services.target_checks import Bound, TargetInput
from omnichannel.core.periods import Period
from roles.queries.listing import listed_people
from roles.queries.org_chart import UnitTree


def make_plan(ask: PlanAsk, *, tree: UnitTree, bound: Bound | None = None) -> Plan:
    """Work the targets out; nothing is written. Only those the caller may set are planned."""
    planner = _Planner.of(ask, tree=tree, bound=bound or Bound())
    return planner.plan(WORKED[ask.operation](planner))


Wanted = Iterator[tuple[Scope, Period, Aim]]


@dataclass(frozen=True, slots=True)
class _Planner:
    """The question with everything that answers it."""

    ask: PlanAsk
    tree: UnitTree
    bound: Bound
    unit: str
    time: bool
    adds: bool
    scopes: tuple[Scope, ...]
    names: Mapping[Scope, str]
    people: Mapping[str, Sequence[Scope]]
    found: Mapping[tuple[Scope, str], Aim]
    actuals: Actuals
    skipped: Counter[Skipped] = field(default_factory=Counter)
    curves: dict[str, Any] = field(default_factory=dict)
    bases: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, ask: PlanAsk, *, tree: UnitTree, bound: Bound) -> _Planner:
        library = library_at(ask.year.last_day)
        spec, adds = library.kpis[ask.kpi], additivity(library, ask.kpi)
        personal = has_personal_targets(spec) and bound.with_people
        inside = _units_in(ask, tree)
        names = {Scope(ScopeKind.UNIT, unit): tree.nodes[unit].name for unit in inside}
        people = _people(inside, tree, names) if personal and _wants_people(ask) else {}
        everyone = [person for several in people.values() for person in several]
        scopes = _scopes(ask, inside, everyone)
        touched = scopes if ask.operation is not Operation.CASCADE else (*names, *everyone)
        every = tuple(dict.fromkeys([ask.scope, COMPANY, *touched]))
        periods = dict.fromkeys([ask.year, *ask.parts, *ask.chosen, *(each.previous() for each in ask.chosen)])
        earlier = dict.fromkeys([*periods, *(each.year_earlier() for each in periods)])
        units = [scope.id for scope in every if scope.kind is ScopeKind.UNIT]
        found = aims(ask.kpi, map(str, earlier), people=[scope.id for scope in everyone], units=units)
        actuals = Actuals.read(ask.kpi, ask.year.previous(), scopes=every, adds=adds.time)
        return cls(ask, tree, bound, spec.unit, adds.time, adds.units, scopes, names, people, found, actuals)

    @property
    def places(self) -> int:
        return places_of(self.unit)

    def plan(self, wanted: Wanted) -> Plan:
        rows = []
        for scope, period, aim in wanted:
            before = self.found.get((scope, str(period)))
            if not self.may_set(scope):
                continue
            if before is not None and self.ask.keep:
                self.skipped[Skipped.KEPT] += 1
            elif before is not None and _parts(before) == _parts(aim):
                self.skipped[Skipped.SAME] += 1
            else:
                row = TargetInput(
                    str(period), self.ask.kpi, scope.kind.value, scope.id, aim.value, aim.floor, aim.stretch
                )
                rows.append(Planned(row, self.names.get(scope, ""), before))
        curve, source = self.curves.get("shares", ()), self.curves.get("source", "")
        return Plan(self.ask, tuple(rows), dict(self.skipped), curve, source, dict(self.bases))

    def may_set(self, scope: Scope) -> bool:
        within = self.bound.within
        return within is None or scope.kind is ScopeKind.EMPLOYEE or (scope.id != within and scope != COMPANY)

    def curve(self, scope: Scope) -> tuple[Fraction, ...]:
        """Return shares: as typed, of the scope's last year or newest twelve months, of the company's, else equal."""
        asked = seasonal_shares(self.ask.curve)
        last, newest = self.actuals.line, self.actuals.newest_line
        lines = ((OWN, last, scope), (NEWEST, newest, scope), (COMPANYS, last, COMPANY), (COMPANYS, newest, COMPANY))
        known = ((source, seasonal_shares(read(whose, self.ask.parts))) for source, read, whose in lines)
        offers = ((TYPED, asked), *known, (EVEN, even_shares(len(self.ask.parts))))
        source, shares = next((source, shares) for source, shares in offers if shares is not None)
        if scope == self.ask.scope:
            self.curves.update(shares=tuple(as_percents(shares)), source=source)
        return shares

    def split(self) -> Wanted:
        """Split each year's target over its parts; what cannot be added keeps its level."""
        if self.time:
            self.curve(self.ask.scope)
        for scope in self.scopes:
            aim = self.found.get((scope, str(self.ask.year)))
            if aim is None:
                self.skipped[Skipped.NO_YEAR] += 1
                continue
            shares = self.curve(scope) if self.time else ()
            for period, part in zip(self.ask.parts, self.spread(aim, shares, len(self.ask.parts)), strict=True):
                yield scope, period, part

    def spread(self, aim: Aim, shares: Sequence[Fraction], count: int) -> list[Aim]:
        """Return the aim's parts by shares; without shares the same level `count` times."""
        if not shares:
            return [Aim(aim.value, aim.floor, aim.stretch)] * count
        lines = []
        for layer in LAYERS:
            whole = aim.part(layer)
            lines.append([None] * count if whole is None else split(whole, shares, places=self.places))
        return [Aim(value, floor, stretch) for value, floor, stretch in zip(*lines, strict=True) if value is not None]

    def last_year(self) -> Wanted:
        """Take last year's figures or targets and so many percent more; the year is the sum of its parts."""
        for scope in self.scopes:
            planned = {period: self.more(scope, period) for period in self.ask.chosen}
            for period, aim in planned.items():
                if aim is None:
                    self.skipped[Skipped.NO_BASE] += 1
                else:
                    yield scope, period, aim
            whole = [aim for aim in planned.values() if aim is not None]
            if self.time and not self.ask.period and len(whole) == len(planned):
                before = self.found.get((scope, str(self.ask.year)))
                yield scope, self.ask.year, self.moved(before, sum((aim.value for aim in whole), Decimal(0)))

    def more(self, scope: Scope, period: Period) -> Aim | None:
        earlier = period.year_earlier()
        if self.ask.from_actual:
            value = self.actuals.at(scope, earlier)
            # nothing of nothing is no target: a department without sales is not told to sell for 0
            after = grown(value, self.ask.percent, places=self.places) if value else None
            return None if after is None else self.moved(self.found.get((scope, str(period))), after)
        return self.grown(self.found.get((scope, str(earlier))))

    def moved(self, before: Aim | None, value: Decimal) -> Aim:
        """Return the new value with floor and stretch moved in proportion."""
        if before is None:
            return Aim(value)
        floor, stretch = (
            scaled_with(part, before=before.value, after=value, places=self.places)
            for part in (before.floor, before.stretch)
        )
        return Aim(value, floor, stretch)

    def grown(self, base: Aim | None) -> Aim | None:
        if base is None:
            return None
        value, floor, stretch = (
            None if part is None else grown(part, self.ask.percent, places=self.places)
            for part in (base.value, base.floor, base.stretch)
        )
        return Aim(value or Decimal(0), floor, stretch)

    def previous(self) -> Wanted:
        """Carry on the target of the period before the first chosen one."""
        source = self.ask.chosen[0].previous()
        for scope in self.scopes:
            aim = self.grown(self.found.get((scope, str(source))))
            if aim is None:
                self.skipped[Skipped.NO_BASE] += 1
                continue
            for period in self.ask.chosen:
                yield scope, period, aim

    def cascade(self) -> Wanted:
        """Hand each chosen period's target down by what those below did in the same period of last year.

        Where the parts of the year make it up above, they do below: a year shared by itself would miss its months.
        """
        summed = self.is_made_of_parts()
        made: dict[Scope, list[Aim]] = {}
        for period in self.ask.parts if summed else self.ask.chosen:
            top = self.found.get((self.ask.scope, str(period)))
            if top is None:
                self.skipped[Skipped.NO_PARENT] += 1
                continue
            for child, part in self.below(top, period):
                made.setdefault(child, []).append(part)
                yield child, period, part
        if summed:
            for child, several in made.items():
                yield child, self.ask.year, _summed(several)

    def is_made_of_parts(self) -> bool:
        """Tell whether the year and its parts are handed down together, and the parts above add up to the year."""
        if not self.time or self.ask.year not in self.ask.chosen:
            return False
        whole, *parts = (self.found.get((self.ask.scope, str(each))) for each in (self.ask.year, *self.ask.parts))
        known = [part for part in parts if part is not None]
        return whole is not None and len(known) == len(parts) and _parts(whole) == _parts(_summed(known))

    def below(self, top: Aim, period: Period) -> Iterator[tuple[Scope, Aim]]:
        waiting = [(self.ask.scope, top)]
        while waiting:
            scope, aim = waiting.pop()
            for child, part in self.handed_down(scope, aim, period):
                yield child, part
                if self.ask.deep:
                    waiting.append((child, part))

    def handed_down(self, scope: Scope, aim: Aim, period: Period) -> Sequence[tuple[Scope, Aim]]:
        children = self.children(scope)
        if not children:
            return ()
        source, known = self.weighed(children, period)
        if self.adds:
            self.bases[source] += 1
        self.skipped[Skipped.NO_HISTORY] += len(children) - len(known)
        shares = even_shares(len(known)) if source == EVEN else seasonal_shares(list(known.values()))
        parts = self.spread(aim, shares or () if self.adds else (), len(known))
        return list(zip(known, parts, strict=True))

    def weighed(self, children: Sequence[Scope], period: Period) -> tuple[str, Mapping[Scope, Decimal]]:
        """Return by what children share, and those who do: last year, else the newest year that is there, else all."""
        reads = ((OWN, self.actuals.at), (NEWEST, self.actuals.newest_at))
        for source, read in reads:
            known = {child: value for child in children if (value := read(child, period.year_earlier()))}
            if known and min(known.values()) > 0:
                return source, known
        return EVEN, dict.fromkeys(children, Decimal(1))

    def children(self, scope: Scope) -> Sequence[Scope]:
        if scope.kind is ScopeKind.EMPLOYEE:
            return ()
        units = [Scope(ScopeKind.UNIT, unit) for unit in units_below(scope, self.tree)]
        return units or list(self.people.get(scope.id, ()))


WORKED: Mapping[Operation, Callable[[_Planner], Wanted]] = {
    Operation.SPLIT: _Planner.split,
    Operation.LAST_YEAR: _Planner.last_year,
    Operation.PREVIOUS: _Planner.previous,
    Operation.CASCADE: _Planner.cascade,
}


def _parts(aim: Aim) -> tuple[Decimal | None, ...]:
    return aim.value, aim.floor, aim.stretch


def _summed(several: Sequence[Aim]) -> Aim:
    """Return the sum by layer; a layer that one of them lacks has none."""
    value, floor, stretch = (
        None if None in layer else sum((each for each in layer if each is not None), Decimal(0))
        for layer in zip(*map(_parts, several), strict=True)
    )
    return Aim(value or Decimal(0), floor, stretch)


def _wants_people(ask: PlanAsk) -> bool:
    return ask.reach is Reach.PEOPLE or ask.operation is Operation.CASCADE


def _units_in(ask: PlanAsk, tree: UnitTree) -> Sequence[str]:
    """Return the scope's units from the top, without the only root, which is the company."""
    if ask.scope.kind is ScopeKind.EMPLOYEE:
        return ()
    if ask.scope == COMPANY:
        return [unit for unit in tree.nodes if len(tree.root_ids) != 1 or unit != tree.root_ids[0]]
    return list(tree.walk(ask.scope.id))


def _people(units: Collection[str], tree: UnitTree, names: dict[Scope, str]) -> Mapping[str, Sequence[Scope]]:
    """Return the people of each unit, and put their names to the others."""
    rows = listed_people(as_of=tree.as_of).filter(unit__external_id__in=list(units)).order_by("person__external_id")
    found: dict[str, list[Scope]] = {}
    columns = ("unit__external_id", "person__external_id", "person__display_name")
    for unit, person, name in rows.values_list(*columns):
        scope = Scope(ScopeKind.EMPLOYEE, person)
        found.setdefault(unit, []).append(scope)
        names[scope] = name or person
    return found


def _scopes(ask: PlanAsk, inside: Sequence[str], people: Sequence[Scope]) -> tuple[Scope, ...]:
    if ask.reach is Reach.PEOPLE:
        return tuple(people)
    below = [Scope(ScopeKind.UNIT, unit) for unit in inside] if ask.reach is Reach.BELOW else []
    return tuple(dict.fromkeys([ask.scope, *below]))
