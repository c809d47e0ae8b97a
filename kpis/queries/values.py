"""Reads of computed figures: pages and commands never compute, they read the current rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from kpis.engine.narrowing import unavailable_at
from kpis.engine.specs import COMPANY, Library, NoData, Scope, ScopeKind, Value
from kpis.library import load_library
from kpis.models import Computation, KpiValue, Part, Upload
from kpis.queries.uploads import newest_day, visible
from omnichannel.core.periods import Grain, Period, month_of, parse_period

CHUNK = 5000
MONTHS_AT_MOST = 24
FEW_KPIS, FEW_SCOPES = 8, 200  # more scopes are picked out of all of their kind
FIELDS = ("kpi", "scope_kind", "scope_id", "value", "numerator", "denominator", "rows", "reason", "detail")
Book = Mapping[tuple[str, Scope], Value]
# looked up, not called: an enumeration takes four times as long, and figures come by tens of thousands
_KINDS = {kind.value: kind for kind in ScopeKind}
_REASONS = {"": None, **{reason.value: reason for reason in NoData}}


def stored_periods(grain: Grain = Grain.MONTH) -> list[Period]:
    """Return the periods with current figures, newest first."""
    # Every computation stores every KPI of the company, so one of them tells the periods.
    some_kpi = next(iter(load_library().kpis))
    keys = KpiValue.objects.filter(kpi=some_kpi, scope_kind=ScopeKind.COMPANY, scope_id="", is_current=True)
    found = [parse_period(key) for key in keys.order_by("-period_start").values_list("period", flat=True)]
    return [period for period in found if period.grain is grain]


def periods_touched(effective_from: date) -> list[Period]:
    """Return the months with figures that what counts from this day on concerns, newest first."""
    return [period for period in stored_periods() if period.last_day >= effective_from]


def months_to_compute(touched: Sequence[str]) -> list[Period]:
    """Return the months whose figures a load moves: the newest 24, and all that have figures, which must not go stale.

    A load without months (organisation, products, targets) concerns the newest month with data.
    """
    newest = newest_day()
    if newest is None:
        return []
    last = month_of(newest)
    months = {month_of(date.fromisoformat(f"{month}-01")) for month in touched}
    return newest_and_stored(month for month in months or {last} if month <= last)


def newest_and_stored(months: Iterable[Period], *, most: int = MONTHS_AT_MOST) -> list[Period]:
    """Return the newest of the months, and of the older ones those that have figures."""
    ordered = sorted(months)
    older = set(ordered[:-most])
    return [*sorted(older.intersection(stored_periods()) if older else ()), *ordered[-most:]]


def newest_computation() -> Computation | None:
    """Return the last computation of values."""
    return Computation.objects.filter(kind="values").first()


def current_values(
    period: Period,
    *,
    kpis: Collection[str] | None = None,
    kinds: Collection[ScopeKind] | None = None,
    scopes: Collection[Scope] | None = None,
) -> Iterator[Value]:
    """Yield the current figures of a period, all of them or only those of some KPIs, scope kinds or scopes."""
    rows = KpiValue.objects.filter(period=str(period), is_current=True)
    if kpis is not None:
        rows = rows.filter(kpi__in=list(kpis))
    if kinds is not None:
        rows = rows.filter(scope_kind__in=[kind.value for kind in kinds])
    if scopes is not None:
        rows = rows.filter(scope_kind__in={s.kind.value for s in scopes})
        # a few KPIs of many scopes are read by KPI: by scope the database would walk over all figures of each
        if kpis is None or len(kpis) > FEW_KPIS or len(scopes) <= FEW_SCOPES:
            rows = rows.filter(scope_id__in={s.id for s in scopes})
    wanted = None if scopes is None else {(scope.kind.value, scope.id) for scope in scopes}
    for row in rows.values_list(*FIELDS).iterator(chunk_size=CHUNK):
        if wanted is None or row[1:3] in wanted:
            yield as_value(row)


def missing_reason(library: Library, kpi: str, value: Value | None, kind: ScopeKind) -> str:
    """Return why a figure has no number, in codes of `templatetags.numbers`; of one never stored, if it could be."""
    if value is not None:
        return value.reason.value if value.reason else ""
    return "not_computed" if unavailable_at(library, kpi, kind) is None else NoData.NOT_AT_SCOPE.value


def figures_known(known_at: datetime | None) -> Q:
    """Return the condition of the figures that count now, or counted at a moment: one of each period and scope."""
    if known_at is None:
        return Q(is_current=True)
    lasted = Q(is_current=True) | Q(ended_at__gt=known_at)
    return Q(computation__finished_at__lte=known_at) & lasted


def as_value(row: Sequence[Any]) -> Value:
    """Turn the columns FIELDS of a row into the engine's value."""
    kpi, kind, scope_id, value, numerator, denominator, rows, reason, detail = row
    return Value(
        kpi=kpi,
        scope=Scope(_KINDS[kind], scope_id),
        value=value,
        numerator=numerator,
        denominator=denominator,
        rows=rows,
        reason=_REASONS[reason],
        detail=detail,
    )


def as_book(values: Iterable[Value]) -> Book:
    """Index figures of one period by KPI and scope."""
    return {(value.kpi, value.scope): value for value in values}


def trends(
    kpis: Collection[str],
    periods: Sequence[Period],
    *,
    scopes: Collection[Scope] = (COMPANY,),
    known_at: datetime | None = None,
) -> dict[tuple[str, Scope], list[Decimal | None]]:
    """Return the figures of some KPIs over the periods given, in their order; None where there is none."""
    at = {str(period): index for index, period in enumerate(periods)}
    rows = KpiValue.objects.filter(
        figures_known(known_at),
        kpi__in=list(kpis),
        period__in=at,
        scope_kind__in={scope.kind.value for scope in scopes},
        scope_id__in={scope.id for scope in scopes},
    ).values_list("kpi", "scope_kind", "scope_id", "period", "value")
    found: dict[tuple[str, Scope], list[Decimal | None]] = {
        (kpi, scope): [None] * len(periods) for kpi in kpis for scope in scopes
    }
    for kpi, kind, scope_id, period, value in rows:
        line = found.get((kpi, Scope(ScopeKind(kind), scope_id)))
        if line is not None:
            line[at[period]] = value
    return found


def months_before(period: Period, count: int) -> list[Period]:
    """Return `count` periods of the same grain that end with this one, earliest first."""
    return [period.previous(step) for step in range(count - 1, -1, -1)]


def computed_at(period: Period) -> datetime | None:
    """Return when the newest figure of the period was computed."""
    row = (
        KpiValue.objects.filter(period=str(period), scope_kind=ScopeKind.COMPANY, scope_id="", is_current=True)
        .order_by("-computation_id")
        .select_related("computation")
        .first()
    )
    return row.computation.finished_at if row else None


def has_computed() -> bool:
    """Tell whether any figure has been computed in this workspace."""
    return KpiValue.objects.filter(is_current=True).exists()


def months_with_data(limit: int = 24) -> list[Period]:
    """Return the newest months for which operating data has been loaded, earliest first; none in the future."""
    newest = newest_day()
    if newest is None:
        return []
    keys = Part.objects.filter(upload__in=Upload.objects.filter(visible()), month__lte=f"{newest:%Y-%m}")
    found = {parse_period(key) for key in keys.exclude(month="").values_list("month", flat=True).distinct()}
    return sorted(found)[-limit:]
