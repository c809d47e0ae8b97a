"""What was decided about competing targets: what holds on a day, and every step of it."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from kpis.models import TargetRuling

Pair = tuple[str, str, str, str, str]


def rulings_on(day: date) -> dict[Pair, TargetRuling]:
    """Return the decision that holds on a day, by pair: the one with the latest first day, the newest of these."""
    rows = TargetRuling.objects.filter(undoes=None, undone_by=None, holds_from__lte=day)
    return {row.pair: row for row in rows.select_related("created_by").order_by("holds_from", "id")}


def ruling_history(*, most: int = 50) -> QuerySet[TargetRuling]:
    """Return every decision and what was taken back, the newest first."""
    return TargetRuling.objects.select_related("created_by", "undoes", "undone_by")[:most]
