"""Recorded verdicts of a unit: its line over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orgstages.models import Diagnosis

NEWEST = 12


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded verdict; `verdict` is its JSON as verdicts.to_json wrote it."""

    id: int
    as_of: date
    revision: int
    verdict: Mapping[str, Any]
    catalogue_version: str
    author: str
    recorded_at: datetime


def recorded_verdicts(unit: str) -> tuple[Recorded, ...]:
    """Return the current recorded verdicts of a unit, the newest day first. They survive moves of the unit."""
    rows = Diagnosis.objects.filter(unit_external_id=unit, is_current=True).select_related("created_by")
    return tuple(
        Recorded(
            row.pk,
            row.as_of,
            row.revision,
            row.verdict,
            row.catalogue_version,
            str(row.created_by or ""),
            row.created_at,
        )
        for row in rows.order_by("-as_of")[:NEWEST]
    )
