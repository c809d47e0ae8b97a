"""Results of measures for many periods at once: per kind of scope a grid of periods by ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpis.engine.results import MeasureResult
from kpis.engine.specs import NoData, ScopeKind

if TYPE_CHECKING:
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.ratios import Exacts, Flags

Codes = npt.NDArray[np.int32] | npt.NDArray[np.int16]
Counts = npt.NDArray[np.int64]
_LIMIT_32 = 1 << 31


class Axis:
    """The ids of one kind of scope, numbered in the order they are met."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def code(self, each: str) -> int:
        """Return the number of an id, a new one when it is new."""
        found = self._codes.setdefault(each, len(self.ids))
        if found == len(self.ids):
            self.ids.append(each)
        return found

    def codes(self, ids: Iterable[str]) -> Codes:
        """Return the numbers of ids."""
        asked = list(ids)
        found = list(map(self._codes.get, asked))
        if None in found:
            found = [self.code(each) for each in asked]
        return np.array(found, dtype=np.int32)

    def read(self, column: pa.ChunkedArray | pa.Array) -> Codes:
        """Number a column of texts; null is -1."""
        coded = column.dictionary_encode()
        whole = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        if not isinstance(whole, pa.DictionaryArray):
            return np.zeros(0, dtype=np.int32)
        lookup = np.append(self.codes(whole.dictionary.to_pylist()), np.int32(-1))
        found: Codes = lookup[np.asarray(whole.indices.fill_null(len(lookup) - 1))]
        return found


@dataclass
class Grid:
    """One measure at one kind of scope; rows are periods, columns the numbers of ids (those met later have nothing).

    The amount is `amount / per`; an average is that over `weight / weight_per`. Where not `known` there is none: too
    few customers where `few` is not negative (it is how many there are), else the table has nothing to say. `per` may
    be a grid. Nothing was counted where the grid ends: there the value is 0 if `covered`, else missing.
    """

    amount: Exacts
    rows: Counts
    known: Flags
    covered: Flags
    per: int | Exacts = 1
    weight: Exacts | None = None
    weight_per: int = 1
    few: Counts | None = None

    def of(self, periods: slice) -> Grid:
        """Return the grid of some periods."""
        return self._each(lambda column: column[periods])

    def narrowed(self) -> Grid:
        """Return the same numbers in 32 bits, where all of a column fit."""
        return self._each(lambda column: column.astype(np.int32) if _fits_32(column) else column)

    def _each(self, made: Callable[[Exacts], Exacts]) -> Grid:
        return replace(
            self,
            amount=made(self.amount),
            rows=made(self.rows),
            known=made(self.known),
            covered=made(self.covered),
            per=self.per if isinstance(self.per, int) else made(self.per),
            weight=None if self.weight is None else made(self.weight),
            few=None if self.few is None else made(self.few),
        )

    def at(self, codes: Codes | None) -> Grid:
        """Return the grid with its columns at these numbers, the first ones that there are; None: as they are."""
        if codes is None:
            return self
        here = codes[: self.amount.shape[1]]
        bare = self._each(lambda column: column[:, :0] if column.ndim > 1 else column)
        whole = bare.padded(int(here.max(initial=-1)) + 1)
        for name in ("amount", "rows", "known", "per", "weight", "few"):
            column = getattr(self, name)
            if isinstance(column, np.ndarray):
                getattr(whole, name)[:, here] = column
        return whole

    def padded(self, size: int) -> Grid:
        """Return the grid with columns for ids that were met later: nothing was counted there."""
        more = size - self.amount.shape[1]
        if more <= 0:
            return self
        beyond = np.broadcast_to(self.covered[:, None], (len(self.covered), more))
        return replace(
            self,
            amount=widened(self.amount, size),
            rows=widened(self.rows, size),
            known=np.hstack([self.known, beyond & (self.few is None)]),
            per=self.per if isinstance(self.per, int) else widened(self.per, size, 1),
            weight=None if self.weight is None else widened(self.weight, size),
            few=None if self.few is None else np.hstack([self.few, np.where(beyond, 0, -1)]),
        )


@dataclass
class Missing:
    """A measure that has no value anywhere."""

    reason: NoData
    detail: str


@dataclass
class Grids:
    """Everything the measures came to. `seen[kind]` are the ids of a period that have any row."""

    periods: int
    axes: dict[ScopeKind, Axis] = field(default_factory=lambda: {kind: Axis() for kind in ScopeKind})
    kinds: dict[MeasureRef, frozenset[ScopeKind]] = field(default_factory=dict)
    found: dict[tuple[MeasureRef, ScopeKind], Grid] = field(default_factory=dict)
    missing: dict[MeasureRef, Missing] = field(default_factory=dict)
    seen: dict[ScopeKind, Flags] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.axes[ScopeKind.COMPANY].code("")

    def narrow(self, refs: Iterable[MeasureRef]) -> None:
        """Hold what has been found of these in as little memory as it needs; nothing is added to it any more."""
        for ref in refs:
            for kind in self.kinds[ref]:
                if (grid := self.found.get((ref, kind))) is not None:
                    self.found[ref, kind] = grid.narrowed()

    def see(self, kind: ScopeKind, here: Flags) -> None:
        """Note which ids of each period have rows."""
        before = self.seen.get(kind)
        if before is None:
            self.seen[kind] = here.copy()
            return
        if before.shape[1] < here.shape[1]:
            before = widened(before, here.shape[1])
        before[:, : here.shape[1]] |= here
        self.seen[kind] = before


def _fits_32(column: Exacts) -> bool:
    if column.dtype != np.int64 or not column.size:
        return False
    return int(column.min()) >= -_LIMIT_32 and int(column.max()) < _LIMIT_32


def stacked(grids: Sequence[Grid | None]) -> Grid | None:
    """Return the grids of periods as one; None where there are none. ArithmeticError where they do not fit."""
    held = [grid for grid in grids if grid is not None]
    if not held:
        return None
    size = max(grid.amount.shape[1] for grid in held)
    wide = [grid.padded(size) for grid in held]
    columns: dict[str, Any] = {
        each.name: _stacked([getattr(grid, each.name) for grid in wide], len(grids)) for each in fields(Grid)
    }
    return Grid(**columns)


def _stacked(parts: Sequence[Exacts | int | None], periods: int) -> Exacts | int | None:
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if len(arrays) == periods:
        found: Exacts = np.concatenate(arrays)
        return found
    if len(parts) < periods or arrays or any(part != parts[0] for part in parts):
        raise ArithmeticError("the parts of one measure have different divisors")
    return parts[0]


def spread(grid: Exacts, codes: Codes | None) -> Exacts:
    """Return the grid with its columns at these numbers (None: as they are), and nothing elsewhere."""
    if codes is None:
        return grid
    here = codes[: grid.shape[1]]
    found = np.zeros((grid.shape[0], int(here.max(initial=-1)) + 1), dtype=grid.dtype)
    found[:, here] = grid
    return found


def widened(grid: Exacts, size: int, fill: int = 0) -> Exacts:
    """Return the grid with columns added that hold one value."""
    wide = np.full((grid.shape[0], size), fill, dtype=grid.dtype)
    wide[:, : grid.shape[1]] = grid
    return wide


def from_results(results: dict[MeasureRef, MeasureResult], kinds: Collection[ScopeKind]) -> Grids:
    """Lay out the results of one period that were computed one measure at a time."""
    grids = Grids(1)
    for ref, result in results.items():
        grids.kinds[ref] = result.kinds
        if result.otherwise.reason is NoData.TABLE_MISSING:
            grids.missing[ref] = Missing(NoData.TABLE_MISSING, result.otherwise.detail)
            continue
        for kind in kinds:
            places, ids = result.cells.by_kind.get(kind, (np.zeros(0, dtype=np.int64), ()))
            held = result.held[places]
            here, own = places[held], [each for each, is_held in zip(ids, held.tolist(), strict=True) if is_held]
            codes = grids.axes[kind].codes(own)
            seen = np.zeros((1, len(grids.axes[kind])), dtype=bool)
            seen[0, codes] = True
            grids.see(kind, seen)
            if kind in result.kinds:
                grids.found[ref, kind] = _laid_out(result, here, codes, len(grids.axes[kind]))
    return grids


def _laid_out(result: MeasureResult, here: Counts, codes: Codes, size: int) -> Grid:
    otherwise = result.otherwise
    covered = np.array([otherwise.amount is not None])
    few = None
    if otherwise.reason is NoData.TOO_FEW_CUSTOMERS or any(
        reason is NoData.TOO_FEW_CUSTOMERS for reason, _ in result.gaps.values()
    ):
        few = np.full((1, size), 0 if otherwise.reason is NoData.TOO_FEW_CUSTOMERS else -1)
        few[0, codes] = [_size(result, place) for place in here.tolist()]
    grid = Grid(
        _spread(result.amount.whole[here], codes, size),
        _spread(result.rows[here], codes, size, np.int64),
        np.full((1, size), bool(covered[0])),
        covered,
        per=result.amount.per
        if isinstance(result.amount.per, int)
        else _spread(result.amount.per[here], codes, size, empty=1),
        few=few,
    )
    grid.known[0, codes] = result.amount.known[here]
    if result.weight is not None:
        grid.weight = _spread(_common(result.weight.whole, result.weight.per)[here], codes, size, empty=1)
        grid.weight_per = result.weight.per if isinstance(result.weight.per, int) else _common_per(result.weight.per)
    return grid


def _size(result: MeasureResult, place: int) -> int:
    reason, detail = result.gaps.get(place, (NoData.NO_ROWS, ""))
    return int(detail) if reason is NoData.TOO_FEW_CUSTOMERS else -1


def _common(whole: Exacts, per: int | Exacts) -> Exacts:
    if isinstance(per, int):
        return whole
    scaled: Exacts = whole * (_common_per(per) // per)
    return scaled


def _common_per(per: Exacts) -> int:
    return int(np.lcm.reduce(per)) if len(per) else 1


def _spread(
    values: Sequence[int] | Exacts, codes: Codes, size: int, dtype: npt.DTypeLike = object, *, empty: int = 0
) -> Exacts:
    grid = np.full((1, size), empty, dtype=dtype)
    grid[0, codes] = values
    return grid
