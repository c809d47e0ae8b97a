"""What a figure stands beside: its own history and the best of the own stores. Never part of a score."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kpis.engine.arithmetic import rounded
from kpis.engine.explain import Shape
from kpis.engine.specs import Direction, KpiSpec, Scope, ScopeKind, Value
from kpis.models import KpiValue
from kpis.queries.figure_places import Place
from kpis.queries.values import FIELDS, as_value, figures_known
from omnichannel.core.periods import Period
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitTree

YEAR = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to hold a figure against: when or where it was reached."""

    value: Decimal
    period: Period
    scope: Scope


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """The best month of the own history, the month a year ago, the mean of twelve months, the best own store.

    The mean of a ratio is that of its numerators over its denominators, not of ratios. `months` counts what is in it.
    """

    best: Mark | None
    year_ago: Mark | None
    mean: Decimal | None
    months: int
    best_store: Mark | None


def history(place: Place, months: Sequence[Period]) -> dict[Period, Value]:
    """Return the stored figures of one scope over some months, in one query, as known at the place's moment."""
    at = {str(month): month for month in months}
    rows = KpiValue.objects.filter(
        figures_known(place.known_at),
        kpi=place.kpi,
        period__in=list(at),
        scope_kind=place.scope.kind.value,
        scope_id=place.scope.id,
    )
    return {at[row[0]]: as_value(row[1:]) for row in rows.values_list("period", *FIELDS)}


def benchmarks(
    spec: KpiSpec, shape: Shape, place: Place, past: Mapping[Period, Value], *, stores: UnitTree | None
) -> Benchmarks:
    """Hold a figure against its past and the stores of a tree (None: the reader sees no stores)."""
    known = {period: value.value for period, value in past.items() if value.value is not None}
    earlier = place.period.year_earlier()
    last_year = [past[month] for month in sorted(past)[-YEAR:] if past[month].value is not None]
    best_month = _best(spec, {(period, place.scope): value for period, value in known.items()})
    return Benchmarks(
        best=best_month,
        year_ago=Mark(known[earlier], earlier, place.scope) if earlier in known else None,
        mean=_mean(shape, last_year),
        months=len(last_year),
        best_store=None if stores is None else _best(spec, _of_stores(place, stores)),
    )


def _best(spec: KpiSpec, found: Mapping[tuple[Period, Scope], Decimal]) -> Mark | None:
    """Return the best by the KPI's direction; for a band, nothing is better than being inside."""
    if not found or spec.target_band is not None:
        return None
    choose = max if spec.direction is Direction.UP else min
    (period, scope), value = choose(found.items(), key=lambda item: (item[1], item[0][0].start))
    return Mark(value, period, scope)


def _mean(shape: Shape, values: Sequence[Value]) -> Decimal | None:
    if not values:
        return None
    if shape.is_ratio and all(value.numerator is not None and value.denominator for value in values):
        top = sum((Fraction(value.numerator or 0) for value in values), Fraction(0))
        bottom = sum((Fraction(value.denominator or 0) for value in values), Fraction(0))
        return rounded(top / bottom * shape.factor) if bottom else None
    return rounded(sum((Fraction(value.value or 0) for value in values), Fraction(0)) / len(values))


def _of_stores(place: Place, tree: UnitTree) -> dict[tuple[Period, Scope], Decimal]:
    """Return the stores' figures of the period; a store alone is no comparison."""
    stores: Collection[str] = [node.external_id for node in tree if node.level is UnitLevel.STORE]
    if len(stores) < 2:
        return {}
    rows = KpiValue.objects.filter(
        figures_known(place.known_at), kpi=place.kpi, period=str(place.period), scope_kind=ScopeKind.UNIT.value,
        scope_id__in=stores, value__isnull=False,
    ).values_list("scope_id", "value")  # fmt: skip
    return {(place.period, Scope(ScopeKind.UNIT, key)): value for key, value in rows if value is not None}
