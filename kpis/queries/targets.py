"""Reads of targets and reviews, as grading and the engine want them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from kpis.engine.specs import Scope, ScopeKind
from kpis.models import Review, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from omnichannel.core.periods import Period

REVIEW_COLUMNS = ("period", "kpi_id", "subject_kind", "subject_id", "reviewer_id", "score", "evidence")


def targets_of(period: Period, *, kpis: Collection[str] | None = None) -> Mapping[tuple[str, Scope], Decimal]:
    """Return the targets of exactly this period by KPI and scope. A quarter's target is no month's target."""
    found = Target.objects.filter(period=str(period))
    if kpis is not None:
        found = found.filter(kpi__in=kpis)
    rows = found.values_list("kpi", "scope_kind", "scope_id", "value").iterator(chunk_size=5000)
    return {(kpi, Scope(ScopeKind(kind), scope)): value for kpi, kind, scope, value in rows}


def review_rows() -> list[dict[str, object]]:
    """Return every review with the column names of the canonical table, for the engine."""
    columns = ("period", "kpi", "subject_kind", "subject_id", "reviewer_id", "score", "evidence")
    rows = Review.objects.order_by("pk").values_list(*columns).iterator(chunk_size=5000)
    return [dict(zip(REVIEW_COLUMNS, row, strict=True)) for row in rows]
