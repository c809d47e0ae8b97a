"""What the parts of a computation of many periods share: definitions, rows, organisations, numbered ids, results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kpis.engine.arrays.layers import depths_of, lookups_of
from kpis.engine.arrays.slabs import CUSTOMERS
from kpis.engine.context import Context
from kpis.engine.grids import Grids
from kpis.engine.scoping import SUBJECT_TABLES, Scoping, listed_ids
from kpis.engine.sources import Coverage, Source, source
from kpis.engine.specs import ScopeKind
from kpis.engine.windows import Span, span_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.arrays.members import Members
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags
    from kpis.engine.relations import Relations
    from kpis.engine.scoping import Organisation, ScopeRequest
    from kpis.engine.specs import Library, Params, SimpleMeasure, TableSpec
    from omnichannel.core.periods import Period

Kinds = frozenset[ScopeKind]
DIRECT = (ScopeKind.EMPLOYEE, ScopeKind.CHANNEL, ScopeKind.CAMPAIGN, ScopeKind.ROLE)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which leaves count for which unit: numbers of units and of units or people, sorted by unit, then leaf."""

    units: Codes
    leaves: Codes

    @classmethod
    def of(cls, units: Codes, leaves: Codes) -> Pairs:
        """Sort the pairs."""
        order = np.lexsort((leaves, units))
        return cls(units[order], leaves[order])

    @cached_property
    def starts(self) -> Counts:
        """Return where the leaves of each unit begin."""
        return np.flatnonzero(np.append(True, self.units[1:] != self.units[:-1])) if len(self.units) else _NOWHERE

    def same(self, other: Pairs) -> bool:
        """Tell whether both hold the same pairs."""
        return np.array_equal(self.units, other.units) and np.array_equal(self.leaves, other.leaves)


_NOWHERE: Counts = np.zeros(0, dtype=np.int64)


class Work:
    """One computation of several periods of one grain, whose organisations have the same tables."""

    def __init__(
        self,
        library: Library,
        relations: Relations,
        request: ScopeRequest,
        chunk: Sequence[tuple[Period, Organisation]],
        params: Params,
    ) -> None:
        self.library = library
        self.relations = relations
        self.request = request
        self.periods = tuple(period for period, _ in chunk)
        self.organisations = tuple(organisation for _, organisation in chunk)
        self.params = params
        self.grids = Grids(len(chunk))
        self.turn_to(0)
        scoping = Scoping(library, relations, self.organisations[0].units, request)
        self.coverage = Coverage(relations, library)
        self.context = Context(library, relations, scoping, self.coverage, self.periods[0], params)
        self._reach: dict[bool, Reach] = {}
        self._lookups: dict[int, list[Codes]] = {}
        # how many ids of each kind the engine has numbers of
        self.shared: dict[ScopeKind, int] = {}
        self.numbered: set[tuple[str, ScopeKind]] = set()
        self._listed: set[ScopeKind] = set()
        self.customers_numbered = False
        # of customers, once they have been read
        self.members: Members | None = None
        # held by who adds to a table that several threads add to
        self.adding = Lock()

    def turn_to(self, period: int) -> None:
        """Show the small tables of a period."""
        frames = self.organisations[period].frames
        if frames is not None and frames is not getattr(self, "_shown", None):
            self.relations.replace_frames(frames)
            self._shown = frames

    def alike(self, tables: Iterable[str]) -> list[list[int]]:
        """Put the periods together for which all of these tables are the same."""
        names = sorted(tables)
        found: list[tuple[list[pa.Table | None], list[int]]] = []
        for period, organisation in enumerate(self.organisations):
            frames = [None if organisation.frames is None else organisation.frames.get(name) for name in names]
            for known, periods in found:
                if all(_equal(one, other) for one, other in zip(known, frames, strict=True)):
                    periods.append(period)
                    break
            else:
                found.append((frames, [period]))
        return [periods for _, periods in found]

    def asked(self, ref: MeasureRef, wanted: Kinds) -> Asked:
        """Return the reference with its span in each period and the kinds it is counted for."""
        spans = tuple(span_of(period, ref.window) for period in self.periods)
        return Asked(ref, spans, self.grids.kinds[ref] & wanted)

    def covers(self, table: str, spans: Sequence[Span]) -> Flags:
        """Return for which of the spans the table has any row."""
        return np.array([self.coverage.has(table, span.start, span.end) for span in spans], dtype=bool)

    def table(self, name: str) -> ir.Table:
        """Return a loaded table; LookupError otherwise (the plan has checked)."""
        table = self.relations.table(name)
        if table is None:
            raise LookupError(f"{name} is not loaded")
        return table

    def kinds(self, *tables: str) -> Kinds:
        """Return the requested kinds that the rows of all of these tables can be counted for."""
        return frozenset.intersection(*(self.context.scoping.kinds(self.library.tables[table]) for table in tables))

    def wanted(self, kind: ScopeKind) -> Codes | None:
        """Return the numbers of the ids asked for, None for all."""
        ids = self.request.wanted(kind)
        return None if ids is None else self.grids.axes[kind].codes(sorted(ids))

    def reach(self, spec: TableSpec) -> Reach:
        """Return which leaves of the table's rows count for which unit in each period."""
        return self._reached(by_staff=ScopeKind.UNIT not in spec.scopes and spec.id not in SUBJECT_TABLES)

    def _reached(self, *, by_staff: bool) -> Reach:
        if by_staff not in self._reach:
            self._reach[by_staff] = self._staff() if by_staff else self._units()
        return self._reach[by_staff]

    def lookups(self, period: int, *, by_staff: bool) -> list[Codes]:
        """Return what leads from a leaf to each of its units, by the depth of the unit."""
        pairs = self._reached(by_staff=by_staff).pairs[period]
        if id(pairs) not in self._lookups:
            units = self._reached(by_staff=False).pairs[period]
            depth = depths_of(units, len(self.grids.axes[ScopeKind.UNIT]))
            self._lookups[id(pairs)] = lookups_of(pairs, depth)
        return self._lookups[id(pairs)]

    def prepare(self, specs: Iterable[TableSpec]) -> None:
        """Have everything at hand that layers of these tables ask for: threads only look it up."""
        for kind in self.request.kinds:
            self.wanted(kind)
        for spec in specs:
            if ScopeKind.UNIT in self.request.kinds and spec.scopes.keys() & {ScopeKind.UNIT, ScopeKind.EMPLOYEE}:
                by_staff = ScopeKind.UNIT not in spec.scopes
                for period in range(len(self.periods)):
                    self.lookups(period, by_staff=by_staff)

    def source(self, measures: Sequence[SimpleMeasure]) -> Source:
        """Return the joined rows of measures of one table, of these only those that can count for somebody asked."""
        read = source(self.relations, self.library, measures)
        counted = self.counted(read.rows, read.scope_spec, prefix=read.scope_prefix)
        return read if counted is None else replace(read, rows=read.rows.filter(counted))

    def counted(self, rows: ir.Table, spec: TableSpec, *, prefix: str = "") -> ir.BooleanValue | None:
        """Return the condition that a row can count for a unit asked for; None where all rows have to be looked at.

        A draft asks for the few units it moves something between: their rows are few, those of the firm are many.
        """
        some_units = self.request.kinds == {ScopeKind.UNIT} and self.request.wanted(ScopeKind.UNIT) is not None
        if not some_units or len(self.periods) > 1 or spec.id in SUBJECT_TABLES:
            return None
        leaf = ScopeKind.UNIT if ScopeKind.UNIT in spec.scopes else ScopeKind.EMPLOYEE
        if leaf not in spec.scopes:
            return None
        ids = self.grids.axes[leaf].ids
        leaves = pa.table({"id": pa.array([ids[code] for code in self._leaves(spec)], pa.string())})
        known = self.relations.small(f"counted_{leaf.value}", leaves)
        return rows[prefix + spec.scopes[leaf]].isin(known["id"])

    def _leaves(self, spec: TableSpec) -> list[int]:
        (pairs,) = self.reach(spec).pairs
        found: list[int] = np.unique(pairs.leaves).tolist()
        return found

    def number_listed(self, kind: ScopeKind) -> None:
        """Number the ids that the organisation or the library lists, once; others are numbered where they are met."""
        if kind not in self._listed:
            self._listed.add(kind)
            if kind is ScopeKind.UNIT:
                self._reached(by_staff=False)
            else:
                self.grids.axes[kind].codes(sorted(listed_ids(self.relations, self.library, kind)))

    def number_customers(self) -> None:
        """Number the customers of the master data; others get their numbers where they are met."""
        if not self.customers_numbered and (customers := self.relations.table("customers")) is not None:
            self.relations.numbered(CUSTOMERS, customers.select(id="customer_id"))
        self.customers_numbered = True

    def staff_reach(self) -> Reach:
        """Return which people count for which unit in each period."""
        return self._reached(by_staff=True)

    def _units(self) -> Reach:
        axis, wanted = self.grids.axes[ScopeKind.UNIT], self.request.wanted(ScopeKind.UNIT)
        known: dict[int, Pairs] = {}
        found = []
        for organisation in self.organisations:
            closure = organisation.units.closure
            if id(closure) not in known:
                pairs = sorted(closure)
                units, leaves = axis.codes(one for one, _ in pairs), axis.codes(other for _, other in pairs)
                if wanted is not None:
                    here = np.isin(units, axis.codes(sorted(wanted)))
                    units, leaves = units[here], leaves[here]
                known[id(closure)] = Pairs.of(units, leaves)
            found.append(known[id(closure)])
        return Reach(found)

    def _staff(self) -> Reach:
        units = self._reached(by_staff=False)
        found: list[Pairs] = []
        for periods in self.alike(["employees"]):
            self.turn_to(periods[0])
            people = self.relations.answer(self.table("employees").select("employee_id", "unit_id"))
            who = self.grids.axes[ScopeKind.EMPLOYEE].read(people.column("employee_id"))
            where = self.grids.axes[ScopeKind.UNIT].read(people.column("unit_id"))
            found.extend([Pairs(_NONE, _NONE)] * (max(periods) + 1 - len(found)))
            for pairs, same in units.groups(periods):
                joined = _joined(pairs, who, where)
                for period in same:
                    found[period] = joined
        return Reach(found)


_NONE: Codes = np.zeros(0, dtype=np.int32)


def _equal(one: pa.Table | None, other: pa.Table | None) -> bool:
    return one is other or (one is not None and other is not None and one.equals(other))


def _joined(units: Pairs, who: Codes, where: Codes) -> Pairs:
    """Return the pairs of unit and person: everyone counts for the units that their unit counts for."""
    people: dict[int, list[int]] = defaultdict(list)
    for person, unit in zip(who.tolist(), where.tolist(), strict=True):
        if person >= 0:
            people[unit].append(person)
    placed = [
        (unit, person)
        for unit, leaf in zip(units.units.tolist(), units.leaves.tolist(), strict=True)
        for person in people.get(leaf, ())
    ]
    both = np.array(placed, dtype=np.int32).reshape(-1, 2)
    return Pairs.of(both[:, 0], both[:, 1])


class Reach:
    """The pairs of every period; those that are the same are one object."""

    def __init__(self, pairs: Sequence[Pairs]) -> None:
        kept: list[Pairs] = []
        self.pairs: list[Pairs] = []
        for each in pairs:
            same = next((one for one in kept if one is each or one.same(each)), None)
            if same is None:
                kept.append(each)
            self.pairs.append(each if same is None else same)

    def groups(self, periods: Iterable[int]) -> list[tuple[Pairs, list[int]]]:
        """Put the periods together that share their pairs."""
        found: dict[int, tuple[Pairs, list[int]]] = {}
        for period in periods:
            found.setdefault(id(self.pairs[period]), (self.pairs[period], []))[1].append(period)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """One measure reference: its span in each period, and the kinds of scopes at which it is counted."""

    ref: MeasureRef
    spans: tuple[Span, ...]
    kinds: Kinds
