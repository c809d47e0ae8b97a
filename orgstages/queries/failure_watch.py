"""The KPIs that would reveal how a sub-type fails: the workspace's newest figures, never a judgement of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product

from kpis.engine.specs import COMPANY, Direction, KpiSpec, Scope, Value
from kpis.queries.definitions import library_at
from kpis.queries.overview import status_of
from kpis.queries.targets import targets_of
from kpis.queries.values import as_book, current_values, months_before, trends
from omnichannel.core.periods import Period
from orgstages.catalogue import FailureMode
from orgstages.queries.evidence import newest_period

MONTHS = 13


@dataclass(frozen=True, slots=True)
class Signal:
    """A KPI that reveals a failure mode. `status` is the band against the target, empty without one.

    `worse` tells whether the figure went the wrong way since the month before; None where that cannot be said.
    """

    spec: KpiSpec
    value: Value | None
    target: Decimal | None
    status: str
    trend: Sequence[Decimal | None]
    worse: bool | None


@dataclass(frozen=True, slots=True)
class WatchedMode:
    """A failure mode with its signals, the plainest first."""

    mode: FailureMode
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class FailureWatch:
    """The failure modes of one sub-type with the figures of a month; `period` is None where nothing is computed."""

    period: Period | None
    scope: Scope
    modes: tuple[WatchedMode, ...]


def failure_watch(modes: Iterable[FailureMode], *, as_of: date, scope: Scope = COMPANY) -> FailureWatch:
    """Return the modes with the figures of the newest month begun by the day, in a fixed number of queries."""
    return failure_watches([(tuple(modes), scope)], period=newest_period(as_of))[0]


def failure_watches(
    asked: Sequence[tuple[Sequence[FailureMode], Scope]], *, period: Period | None
) -> tuple[FailureWatch, ...]:
    """Return several sets of modes, each with the figures of its scope, in the same number of queries as one."""
    kpis = list(dict.fromkeys(kpi for modes, _scope in asked for mode in modes for kpi in mode.revealed_by))
    signals = {} if period is None else _signals(kpis, period, list(dict.fromkeys(scope for _modes, scope in asked)))
    return tuple(
        FailureWatch(period, scope, tuple(_watched(mode, scope, signals) for mode in modes)) for modes, scope in asked
    )


def _watched(mode: FailureMode, scope: Scope, signals: Mapping[tuple[str, Scope], Signal]) -> WatchedMode:
    return WatchedMode(mode, tuple(signals[kpi, scope] for kpi in mode.revealed_by if (kpi, scope) in signals))


def _signals(wanted: Sequence[str], period: Period, scopes: Sequence[Scope]) -> dict[tuple[str, Scope], Signal]:
    library = library_at(period.last_day)
    kpis = [kpi for kpi in wanted if kpi in library.kpis]
    book = as_book(current_values(period, kpis=kpis, scopes=scopes))
    targets = targets_of(period, kpis=kpis, scopes=scopes)
    lines = trends(kpis, months_before(period, MONTHS), scopes=scopes)
    found = {}
    for kpi, scope in product(kpis, scopes):
        spec, value, target = library.kpis[kpi], book.get((kpi, scope)), targets.get((kpi, scope))
        line = lines[kpi, scope]
        number = value.value if value else None
        found[kpi, scope] = Signal(spec, value, target, status_of(spec, number, target), line, _worse(spec, line))
    return found


def _worse(spec: KpiSpec, line: Sequence[Decimal | None]) -> bool | None:
    now, before = line[-1], line[-2]
    if now is None or before is None or spec.target_band is not None:
        return None
    return now < before if spec.direction is Direction.UP else now > before
