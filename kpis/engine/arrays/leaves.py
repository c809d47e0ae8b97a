"""Sums at the leaves (one unit, person, channel, campaign, role), rolled up to every scope of every period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kpis.engine.ratios import largest
from kpis.engine.results import exact_whole
from kpis.engine.scoping import SUBJECT_TABLES
from kpis.engine.specs import ScopeKind

if TYPE_CHECKING:
    from kpis.engine.arrays.buckets import Buckets
    from kpis.engine.arrays.work import Kinds, Pairs, Reach, Work
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Exacts
    from kpis.engine.specs import TableSpec

_SAFE = 1 << 52  # sums of whole numbers below it are exact in a float of 64 bits
_HALF = 24


def added(index: Counts, values: Exacts, size: int) -> Exacts:
    """Return the sum of the values at each index, exact."""
    if values.dtype == object:
        found = np.zeros(size, dtype=object)
        np.add.at(found, index, values)
        return found
    most = largest(values) * len(values)
    if most < _SAFE:
        return np.bincount(index, weights=values, minlength=size).astype(np.int64)
    if most >= 1 << 61 and float(np.abs(values.astype(np.float64)).sum()) >= 1 << 61:
        return added(index, values.astype(object), size)
    high = np.bincount(index, weights=values >> _HALF, minlength=size).astype(np.int64)
    low = np.bincount(index, weights=values & ((1 << _HALF) - 1), minlength=size).astype(np.int64)
    return (high << _HALF) + low


def leaf_kinds(spec: TableSpec, kinds: Kinds) -> list[ScopeKind]:
    """Return the kinds in whose columns rows of a table are put together, for figures at some kinds of scopes."""
    direct: list[ScopeKind] = [
        kind for kind in ScopeKind if kind in spec.scopes and kind in kinds and kind is not ScopeKind.UNIT
    ]
    if ScopeKind.UNIT not in kinds:
        return direct
    leaf = ScopeKind.UNIT if ScopeKind.UNIT in spec.scopes else ScopeKind.EMPLOYEE
    return direct if leaf in direct or leaf not in spec.scopes else [*direct, leaf]


@dataclass(frozen=True, slots=True)
class _Place:
    """How rows reach a kind: which rows, the number of the leaf of each, and the pairs if a leaf is no scope itself."""

    rows: Counts
    leaves: Codes
    size: int
    reach: Reach | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Aggregates by bucket, leaf and what else they were asked by, one row each.

    `names` says which column an aggregate is in, and which bit of `_marks` the rows have that count (None: all do).
    """

    table: pa.Table
    names: Mapping[str, tuple[str, int | None]]


class Leaves:
    """An answer of `summed_by_leaf`, ready to be summed over windows of buckets."""

    def __init__(
        self, work: Work, spec: TableSpec, answer: Answer, buckets: Buckets, kinds: Kinds, prefix: str
    ) -> None:
        self.work = work
        self.spec = spec
        self.buckets = buckets.places
        self.size = max(len(buckets.values), 1)
        self._answer = answer.table
        self._names = answer.names
        self._prefix = prefix
        self._sets = [] if spec.id in SUBJECT_TABLES else leaf_kinds(spec, kinds)
        self._set = answer.table.column("_set").to_numpy()
        marked = "_marks" in answer.table.column_names
        self._marks = answer.table.column("_marks").to_numpy() if marked else None
        self._whole: dict[str, tuple[Exacts, int]] = {}
        self._places: dict[ScopeKind, list[_Place]] = {}

    def column(self, name: str) -> tuple[Exacts, int]:
        """Return an aggregate, or a column that it was asked by, as whole numbers over a divisor; null is 0."""
        column, bit = self._names.get(name, (name, None))
        if column not in self._whole:
            self._whole[column] = exact_whole(self._answer.column(column))
        whole, per = self._whole[column]
        if bit is None or self._marks is None:
            return whole, per
        return np.where(self._marks & (1 << bit) != 0, whole, 0), per

    def places(self, kind: ScopeKind) -> list[_Place]:
        """Return the ways in which rows count for the kind."""
        if kind not in self._places:
            self._places[kind] = list(self._ways(kind))
        return self._places[kind]

    def _ways(self, kind: ScopeKind) -> list[_Place]:
        if kind is ScopeKind.COMPANY:
            rows = np.flatnonzero(self._set == len(self._sets))
            return [_Place(rows, np.zeros(len(rows), dtype=np.int32), 1, None)]
        if self.spec.id in SUBJECT_TABLES:
            return self._subjects(kind)
        leaf, reach = kind, None
        if kind is ScopeKind.UNIT:
            leaf = kind if kind in self.spec.scopes else ScopeKind.EMPLOYEE
            reach = self.work.reach(self.spec)
        rows = np.flatnonzero(self._set == self._sets.index(leaf))
        ids = self._answer.column(self._prefix + self.spec.scopes[leaf]).take(pa.array(rows))
        codes = self.work.grids.axes[leaf].read(ids)
        here = codes >= 0
        return [_Place(rows[here], codes[here], len(self.work.grids.axes[leaf]), reach)]

    def _subjects(self, kind: ScopeKind) -> list[_Place]:
        axes = self.work.grids.axes
        told = np.array(self._answer.column("subject_kind").to_pylist(), dtype=object)
        ids = self._answer.column("subject_id")

        def mine(leaf: ScopeKind, reach: Reach | None = None) -> _Place:
            rows = np.flatnonzero(np.asarray(told == leaf.value, dtype=bool))
            codes = axes[leaf].read(ids.take(pa.array(rows)))
            return _Place(rows, codes, len(axes[leaf]), reach)

        if kind is not ScopeKind.UNIT:
            return [mine(kind)]
        found = [mine(ScopeKind.UNIT, self.work.reach(self.spec))]
        if self.work.relations.table("employees") is not None:
            found.append(mine(ScopeKind.EMPLOYEE, self.work.staff_reach()))
        return found

    def dense(self, place: _Place, values: Exacts) -> Exacts:
        """Return the sums by bucket and leaf."""
        index = self.buckets[place.rows] * place.size + place.leaves
        found = values[place.rows]
        return added(index, found, self.size * place.size).reshape(self.size, place.size)

    def summed(self, kind: ScopeKind, values: Exacts, windows: Mapping[int, Counts]) -> Exacts:
        """Return the sums by period and scope: `windows` are the buckets that count for each period."""
        total: Exacts | None = None
        for place in self.places(kind):
            leaves = self.dense(place, values)
            spread = np.zeros((self.work.grids.periods, place.size), dtype=leaves.dtype)
            for period, buckets in windows.items():
                spread[period] = leaves[buckets].sum(axis=0)
            found = self.rolled(place, spread, list(windows), kind)
            total = found if total is None else total + found
        if total is None:
            raise LookupError(f"{self.spec.id} has no {kind}")
        return total

    def rolled(self, place: _Place, spread: Exacts, periods: Sequence[int], kind: ScopeKind) -> Exacts:
        """Roll sums by period and leaf up to the scopes of the kind; ids not asked for stay 0."""
        if place.reach is not None:
            return rolled_up(place.reach, spread, periods, len(self.work.grids.axes[ScopeKind.UNIT]))
        wanted = self.work.wanted(kind)
        return spread if wanted is None else only(spread, wanted)


def only(grid: Exacts, wanted: Codes) -> Exacts:
    """Return the grid with everything but some columns put to 0."""
    found = np.zeros_like(grid)
    here = wanted[wanted < grid.shape[1]]
    found[:, here] = grid[:, here]
    return found


def rolled_up(reach: Reach, spread: Exacts, periods: Sequence[int], size: int) -> Exacts:
    """Sum the leaves of each unit, by the pairs of each period."""
    found = np.zeros((spread.shape[0], size), dtype=spread.dtype)
    for pairs, alike in reach.groups(periods):
        found[alike] = rolled_by(pairs, spread[alike], size)
    return found


def rolled_by(pairs: Pairs, spread: Exacts, size: int) -> Exacts:
    """Sum the leaves of each unit in every row."""
    found = np.zeros((spread.shape[0], size), dtype=spread.dtype)
    if not len(pairs.units):
        return found
    inside = pairs.leaves < spread.shape[1]
    columns = spread[:, np.where(inside, pairs.leaves, 0)]
    if not inside.all():
        columns[:, ~inside] = 0
    found[:, pairs.units[pairs.starts]] = np.add.reduceat(columns, pairs.starts, axis=1)
    return found


def kinds_in_order(kinds: Kinds) -> list[ScopeKind]:
    """Return the kinds, always in the same order."""
    return [kind for kind in ScopeKind if kind in kinds]
