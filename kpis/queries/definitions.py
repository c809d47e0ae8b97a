"""Which definitions count: the library with what the workspace has changed, on a day and as known at a moment."""

from __future__ import annotations

from datetime import date, datetime

from kpis.engine.specs import Library
from kpis.library import load_library


def library_at(day: date | None = None, *, known_at: datetime | None = None) -> Library:
    """Return the definitions and parameters that count on a day (today when None)."""
    return load_library()
