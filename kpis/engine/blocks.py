"""The values of one period in columns; a `Value` is made when somebody looks at it one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.ratios import PLACES
from kpis.engine.specs import NoData, Scope, ScopeKind, Value

if TYPE_CHECKING:
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Exacts, Flags
    from omnichannel.core.periods import Period

REASONS: tuple[NoData | None, ...] = (None, *NoData)


@dataclass(frozen=True, slots=True)
class Column:
    """One KPI at the scopes of one kind, in their order. Numbers are millionths; the masks say where there is one.

    `reason` is a place in `REASONS`; `detail` one in `details`, whose first is empty.
    """

    kpi: str
    kind: ScopeKind
    scopes: Sequence[Scope]
    value: Exacts
    valued: Flags
    numerator: Exacts
    over: Flags
    denominator: Exacts
    under: Flags
    rows: Counts
    reason: Codes
    detail: Codes
    details: Sequence[str]

    def __len__(self) -> int:
        return len(self.scopes)

    def __iter__(self) -> Iterator[Value]:
        columns = zip(
            self.scopes,
            self.value.tolist(),
            self.valued.tolist(),
            self.numerator.tolist(),
            self.over.tolist(),
            self.denominator.tolist(),
            self.under.tolist(),
            self.rows.tolist(),
            self.reason.tolist(),
            self.detail.tolist(),
            strict=True,
        )
        for scope, value, valued, top, over, bottom, under, rows, reason, detail in columns:
            yield Value(
                self.kpi,
                scope,
                _millionths(value) if valued else None,
                _millionths(top) if over else None,
                _millionths(bottom) if under else None,
                rows,
                REASONS[reason],
                self.details[detail],
            )

    def taken(self, chosen: Flags) -> Column:
        """Return the column at the chosen scopes."""
        if bool(chosen.all()):
            return self
        places = np.flatnonzero(chosen)
        arrays = {name: getattr(self, name)[places] for name in _ARRAYS}
        return replace(self, scopes=[self.scopes[place] for place in places.tolist()], **arrays)


_ARRAYS = ("value", "valued", "numerator", "over", "denominator", "under", "rows", "reason", "detail")


@dataclass(frozen=True, slots=True)
class ValueBlock:
    """All values of one period, sorted by KPI (as asked), kind and id of the scope."""

    period: Period
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return sum(map(len, self.columns))

    def __iter__(self) -> Iterator[Value]:
        for column in self.columns:
            yield from column


def _millionths(whole: int) -> Decimal:
    return Decimal(whole).scaleb(-PLACES)


def nothing(size: int) -> Exacts:
    """Return a column of zeros."""
    return np.zeros(size, dtype=np.int64)


def unavailable(kpi: str, kind: ScopeKind, scopes: Sequence[Scope], measure: str) -> Column:
    """Return the column of a KPI that is not there at a kind of scope, because of a measure."""
    size = len(scopes)
    never, ones = np.zeros(size, dtype=bool), np.ones(size, dtype=np.int32)
    zeros = nothing(size)
    reason = ones * REASONS.index(NoData.NOT_AT_SCOPE)
    return Column(kpi, kind, scopes, zeros, never, zeros, never, zeros, never, zeros, reason, ones, ["", measure])
