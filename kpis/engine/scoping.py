"""Whose figure: every row is repeated once per scope it counts for, so one query answers all scopes at the same time.

A unit's figure includes its descendants (closure). A table with an employee but no unit takes the employee's unit.
A table without scopes of its own inherits those of the table its time is read from (order_lines from orders).
Reviews name their subject: `subject_kind`/`subject_id` are their employee, role or unit, and a person's review counts
for the person's unit too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from kpis.engine.results import KINDS
from kpis.engine.specs import Library, Scope, ScopeKind, TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Relations, Row

SUBJECT_TABLES = frozenset({"reviews"})
SUBJECT_KINDS = frozenset({ScopeKind.EMPLOYEE, ScopeKind.ROLE, ScopeKind.UNIT})


@dataclass(frozen=True, slots=True)
class UnitTree:
    """The closure of the org chart: (ancestor, unit) pairs, each unit being its own ancestor too."""

    closure: frozenset[tuple[str, str]]

    @classmethod
    def from_parents(cls, parents: Mapping[str, str | None]) -> UnitTree:
        """Build the closure from `unit -> parent`. A loop ends where it meets itself."""
        pairs = set()
        for unit in parents:
            ancestor: str | None = unit
            while ancestor is not None and (ancestor, unit) not in pairs:
                pairs.add((ancestor, unit))
                ancestor = parents.get(ancestor)
        return cls(frozenset(pairs))

    def units(self) -> list[str]:
        """Return every unit id, sorted."""
        return sorted({ancestor for ancestor, _ in self.closure})


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation of one day: its tree, and its small tables (None: those that are open stay)."""

    units: UnitTree
    frames: Mapping[str, pa.Table] | None = None


@dataclass(frozen=True, slots=True)
class ScopeRequest:
    """The kinds to compute beside the company, each for every id, or only for `ids[kind]` when given.

    `kpis_at[kind]` limits a kind to some of the KPIs asked for (what is read at people, of all that is computed).
    `keep_unavailable=False` leaves out the NOT_AT_SCOPE values of the other kinds (thousands of employees have them).
    """

    kinds: frozenset[ScopeKind] = frozenset({ScopeKind.COMPANY})
    ids: Mapping[ScopeKind, frozenset[str]] | None = None
    keep_unavailable: bool = True
    kpis_at: Mapping[ScopeKind, frozenset[str]] | None = None

    def reports(self, kpi: str, kind: ScopeKind) -> bool:
        """Tell whether the KPI is reported at scopes of the kind."""
        limited = None if self.kpis_at is None else self.kpis_at.get(kind)
        return limited is None or kpi in limited

    def wanted(self, kind: ScopeKind) -> frozenset[str] | None:
        """Return the ids asked for, or None for all."""
        return None if self.ids is None else self.ids.get(kind)


def scope_of(row: Row) -> Scope:
    """Return the scope of a result row of a query over `spread` rows."""
    return Scope(KINDS[int(str(row["_kind"]))], str(row["_scope"]))


class Scoping:
    """Spreads rows over the requested scopes."""

    def __init__(self, library: Library, relations: Relations, units: UnitTree, request: ScopeRequest) -> None:
        self.library = library
        self.relations = relations
        self.request = request
        pairs = sorted(units.closure)
        wanted = request.wanted(ScopeKind.UNIT)
        if wanted is not None:
            pairs = [pair for pair in pairs if pair[0] in wanted]
        columns = [pa.array([pair[side] for pair in pairs], pa.string()) for side in (0, 1)]
        self._closure = relations.small("closure", pa.table(columns, names=["_ancestor", "_unit"]))

    def limited_to(self, wanted: Iterable[frozenset[ScopeKind]]) -> Scoping:
        """Return the same scoping for the kinds that somebody wants: what no KPI reports on is not spread over."""
        limited = copy(self)
        limited.request = replace(self.request, kinds=self.request.kinds & {kind for kinds in wanted for kind in kinds})
        return limited

    def kinds(self, spec: TableSpec) -> frozenset[ScopeKind]:
        """Return which of the requested kinds (and always the company) rows of this table can be counted for."""
        found = {ScopeKind.COMPANY, *spec.scopes}
        if spec.id in SUBJECT_TABLES:
            found |= SUBJECT_KINDS
        if ScopeKind.EMPLOYEE in spec.scopes and self.relations.table("employees") is not None:
            found.add(ScopeKind.UNIT)
        return frozenset(found & (self.request.kinds | {ScopeKind.COMPANY}))

    def columns(self, spec: TableSpec) -> list[str]:
        """Return the columns `spread` needs to see on the rows of this table."""
        subject = ["subject_kind", "subject_id"] if spec.id in SUBJECT_TABLES else []
        return sorted({*spec.scopes.values(), *subject})

    def spread(self, rows: ir.Table, spec: TableSpec, keep: Sequence[str], *, prefix: str = "") -> ir.Table:
        """Return `_kind`, `_scope` and the kept columns, each row once for every scope it counts for.

        `prefix` is put before the names of the scope columns when they come from a joined table.
        """
        kinds = self.kinds(spec)
        branches = [
            self.spread_over(rows, spec, kind, keep, prefix=prefix)
            for kind in KINDS
            if kind in kinds or kind is ScopeKind.COMPANY
        ]
        return ibis.union(*branches) if len(branches) > 1 else branches[0]

    def spread_over(
        self, rows: ir.Table, spec: TableSpec, kind: ScopeKind, keep: Sequence[str], *, prefix: str = ""
    ) -> ir.Table:
        """Do what `spread` does for the scopes of one kind, which the rows of the table can be counted for."""
        if kind is ScopeKind.COMPANY:
            return _tagged(rows, kind, ibis.literal(""), keep)
        if spec.id in SUBJECT_TABLES:
            branches = self._subjects(rows, kind, keep)
            return ibis.union(*branches) if len(branches) > 1 else branches[0]
        if kind is not ScopeKind.UNIT:
            return self._by_column(rows, kind, prefix + spec.scopes[kind], keep)
        own = spec.scopes.get(kind)
        column = prefix + (own or spec.scopes[ScopeKind.EMPLOYEE])
        return _in_units(rows, column, self._closure if own else self._staff(), keep)

    def _by_column(self, rows: ir.Table, kind: ScopeKind, column: str, keep: Sequence[str]) -> ir.Table:
        wanted = self.request.wanted(kind)
        chosen = rows.filter(rows[column].notnull() if wanted is None else rows[column].isin(sorted(wanted)))
        return _tagged(chosen, kind, chosen[column], keep)

    def _subjects(self, rows: ir.Table, kind: ScopeKind, keep: Sequence[str]) -> list[ir.Table]:
        mine = rows.filter(rows["subject_kind"] == kind.value)
        if kind is not ScopeKind.UNIT:
            return [self._by_column(mine, kind, "subject_id", keep)]
        found = [_in_units(mine, "subject_id", self._closure, keep)]
        if self.relations.table("employees") is not None:
            people = rows.filter(rows["subject_kind"] == ScopeKind.EMPLOYEE.value)
            found.append(_in_units(people, "subject_id", self._staff(), keep))
        return found

    def _staff(self) -> ir.Table:
        employees = self.relations.table("employees")
        if employees is None:
            raise LookupError("employees is not loaded, so its units are not a scope")
        joined = employees.join(self._closure, employees["unit_id"] == self._closure["_unit"])
        return joined.select("_ancestor", _unit=joined["employee_id"])


# where the ids of a scope kind are listed, so that a scope nothing happened in still gets its values
LISTED: Mapping[ScopeKind, tuple[str, str]] = {
    ScopeKind.EMPLOYEE: ("employees", "employee_id"),
    ScopeKind.CAMPAIGN: ("campaigns", "campaign_id"),
}


def listed_ids(relations: Relations, library: Library, kind: ScopeKind) -> set[str]:
    """Return the ids of a kind that are told by master data or the library; the organisation tells its units."""
    if kind is ScopeKind.CHANNEL:
        return set(library.tables["orders"].column("channel").enum)
    if kind is ScopeKind.ROLE:
        return {role for role, _ in library.weights}
    name, column = LISTED[kind]
    table = relations.table(name)
    if table is None:
        return set()
    return set(relations.answer(table.select(column).distinct()).column(column).to_pylist())


def _in_units(rows: ir.Table, column: str, units: ir.Table, keep: Sequence[str]) -> ir.Table:
    joined = rows.join(units, rows[column] == units["_unit"])
    return _tagged(joined, ScopeKind.UNIT, joined["_ancestor"], keep)


def _tagged(rows: ir.Table, kind: ScopeKind, scope: ir.Value, keep: Sequence[str]) -> ir.Table:
    index = ibis.literal(KINDS.index(kind), type="int8")
    return rows.select(_kind=index, _scope=scope.cast("string"), **{name: rows[name] for name in keep})
