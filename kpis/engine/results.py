"""Exact results of measures, before any KPI arithmetic: whole numbers over a divisor, in columns over many scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpis.engine.specs import NoData, Scope, ScopeKind

if TYPE_CHECKING:
    from typing import Self

# whole numbers of any size: money times a weight does not fit 64 bits for long
Exacts = npt.NDArray[np.object_]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Gap = tuple[NoData, str]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measure at one scope. `weight` is what an average was divided by; `rows` the table rows that were counted."""

    amount: Fraction | None
    weight: Fraction | None = None
    rows: int = 0
    reason: NoData | None = None
    detail: str = ""

    @property
    def value(self) -> Fraction | None:
        """Return the exact value: the amount, or amount / weight for an average."""
        if self.amount is None or self.weight is None:
            return self.amount
        return self.amount / self.weight


ZERO = Quantity(Fraction(0))


def no_rows(rows: int = 0) -> Quantity:
    """Return the quantity of a table that has nothing to say about the asked window."""
    return Quantity(None, rows=rows, reason=NoData.NO_ROWS)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Exact numbers in a column: `whole / per`. `known` is False where the database said null (then `whole` is 0)."""

    whole: Exacts
    per: int | Exacts
    known: Flags

    @classmethod
    def read(cls, column: pa.ChunkedArray) -> Self:
        """Read a column of integers or decimals. TypeError for floats: they would have lost the exact value."""
        flat = column.combine_chunks()
        known = np.asarray(flat.is_valid())
        if pa.types.is_integer(flat.type):
            return cls(np.asarray(flat.fill_null(0)).astype(object), 1, known)
        if not pa.types.is_decimal(flat.type):
            raise TypeError(f"expected integers or decimals, got {flat.type}")
        return cls(_unscaled(flat), 10**flat.type.scale, known)

    @classmethod
    def of(cls, values: Sequence[Fraction | None]) -> Self:
        """Put fractions into a column."""
        known = np.array([value is not None for value in values], dtype=bool)
        whole, per = np.zeros(len(values), dtype=object), np.ones(len(values), dtype=object)
        for place, value in enumerate(values):
            if value is not None:
                whole[place], per[place] = value.numerator, value.denominator
        return cls(whole, per, known)

    def at(self, place: int) -> Fraction | None:
        """Return one number."""
        per = self.per if isinstance(self.per, int) else self.per[place]
        return Fraction(int(self.whole[place]), int(per)) if self.known[place] else None


def _unscaled(flat: pa.Array) -> Exacts:
    """Return decimals as whole numbers of their last place; null is 0."""
    if not len(flat):
        return np.zeros(0, dtype=object)
    words = np.frombuffer(flat.buffers()[1], dtype=np.int64)[2 * flat.offset : 2 * (flat.offset + len(flat))]
    low, high = words[0::2], words[1::2]
    if flat.type.bit_width == 128 and bool(np.all((low >> 63) == high)):
        found = low.astype(object)
    else:
        scale = flat.type.scale
        found = np.array([0 if each is None else int(each.scaleb(scale)) for each in flat.to_pylist()], dtype=object)
    if flat.null_count:
        found[~np.asarray(flat.is_valid())] = 0
    return found


KINDS = tuple(ScopeKind)
_NOWHERE: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Cells:
    """The scopes of one answer, in its order: the place of the kind in `KINDS`, and the id."""

    kind: npt.NDArray[np.int8]
    ids: Sequence[str]

    @classmethod
    def read(cls, answer: pa.Table) -> Self:
        """Read the scopes of a query over `spread` rows."""
        kinds = answer.column("_kind").to_numpy().astype(np.int8)
        return cls(kinds, answer.column("_scope").to_pylist())

    @classmethod
    def of(cls, scopes: Iterable[Scope]) -> Self:
        """Put scopes into columns."""
        found = list(scopes)
        kinds = np.array([KINDS.index(scope.kind) for scope in found], dtype=np.int8)
        return cls(kinds, [scope.id for scope in found])

    def scopes(self) -> list[Scope]:
        """Return the scopes one by one."""
        return [Scope(KINDS[kind], each) for kind, each in zip(self.kind.tolist(), self.ids, strict=True)]

    @cached_property
    def by_kind(self) -> Mapping[ScopeKind, tuple[npt.NDArray[np.int64], Sequence[str]]]:
        """Return the places and ids of each kind that is there."""
        found = {}
        for index, kind in enumerate(KINDS):
            places = np.flatnonzero(self.kind == index)
            if len(places):
                found[kind] = places, [self.ids[place] for place in places.tolist()]
        return found


@dataclass(frozen=True)
class MeasureResult:
    """A measure at every scope of some kinds. A scope without a cell has the value `otherwise`.

    The columns have one entry per cell, in the order of `cells`, which the results of one query share. A place that is
    not `held` is no cell; a held one without an amount says why in `gaps`, else that there were no rows.
    """

    kinds: frozenset[ScopeKind]
    cells: Cells
    held: Flags
    amount: Numbers
    weight: Numbers | None
    rows: Counts
    otherwise: Quantity
    gaps: Mapping[int, Gap]

    @classmethod
    def of(cls, kinds: frozenset[ScopeKind], cells: Mapping[Scope, Quantity], otherwise: Quantity) -> Self:
        """Build the columns from single quantities."""
        found = list(cells.values())
        averages = any(cell.weight is not None for cell in found)
        weight = Numbers.of([cell.weight or Fraction(1) for cell in found]) if averages else None
        return cls(
            kinds,
            Cells.of(cells),
            np.ones(len(found), dtype=bool),
            Numbers.of([cell.amount for cell in found]),
            weight,
            np.array([cell.rows for cell in found], dtype=np.int64),
            otherwise,
            {place: (cell.reason, cell.detail) for place, cell in enumerate(found) if cell.reason is not None},
        )

    def at(self, scope: Scope) -> Quantity:
        """Return the quantity; the caller has checked that the scope's kind is one of `kinds`."""
        place = self._places.get(scope)
        if place is None:
            return self.otherwise
        rows, amount = int(self.rows[place]), self.amount.at(place)
        if amount is None:
            reason, detail = self.gaps.get(place, (NoData.NO_ROWS, ""))
            return Quantity(None, rows=rows, reason=reason, detail=detail)
        return Quantity(amount, None if self.weight is None else self.weight.at(place), rows)

    def ids(self, kind: ScopeKind) -> list[str]:
        """Return the ids of the kind that have a cell."""
        places, ids = self.cells.by_kind.get(kind, (_NOWHERE, ()))
        held = self.held[places].tolist()
        return [each for each, here in zip(ids, held, strict=True) if here]

    @cached_property
    def _places(self) -> dict[Scope, int]:
        scopes = self.cells.scopes()
        return {scopes[place]: int(place) for place in np.flatnonzero(self.held)}


def counts_of(column: pa.ChunkedArray) -> Counts:
    """Return a column of counts (HUGEINT sums come as decimals); null is 0."""
    numbers = Numbers.read(column)
    return numbers.whole.astype(np.int64)


def exact(value: object) -> Fraction:
    """Return a database number as a fraction. TypeError for a float: it would already have lost the exact value."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"expected an integer or a decimal, got {type(value).__name__}")
    return Fraction(value)


def whole(value: object) -> int:
    """Return a database count as an int; null is 0."""
    return 0 if value is None else int(exact(value))


def exact_whole(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.object_] | Counts, int]:
    """Return integers or decimals as whole numbers over a divisor, with 64 bits if they fit; null is 0."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_integer(flat.type):
        return np.asarray(flat.fill_null(0)).astype(np.int64), 1
    if not pa.types.is_decimal(flat.type):
        raise TypeError(f"expected integers or decimals, got {flat.type}")
    per = 10**flat.type.scale
    if not len(flat):
        return np.zeros(0, dtype=np.int64), per
    if flat.type.bit_width == 64:
        words = np.frombuffer(flat.buffers()[1], dtype=np.int64)[flat.offset : flat.offset + len(flat)]
    else:
        both = np.frombuffer(flat.buffers()[1], dtype=np.int64)[2 * flat.offset : 2 * (flat.offset + len(flat))]
        words, high = both[0::2], both[1::2]
        if flat.null_count:
            high = np.where(np.asarray(flat.is_valid()), high, words >> 63)
        if not bool(np.all((words >> 63) == high)):
            return _unscaled(flat), per
    return (np.where(np.asarray(flat.is_valid()), words, 0) if flat.null_count else words.copy()), per
