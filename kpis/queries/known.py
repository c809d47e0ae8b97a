"""Moments of the past as people write them: a day, which means up to its end, or a timestamp."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from omnichannel.core.periods import parse_day


def moment_of(text: str, *, zone: str) -> datetime | None:
    """Return the moment a day (its end) or a full timestamp names; None for what is neither, or lies ahead."""
    found: datetime | None
    try:
        day = parse_day(text)
        found = datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))
    except ValueError:
        found = _timestamp(text, zone=zone)
    return found if found is not None and found <= timezone.now() else None


def _timestamp(text: str, *, zone: str) -> datetime | None:
    try:
        found = parse_datetime(text.strip().replace(" ", "+"))  # a plus sign in an address arrives as a blank
    except ValueError:
        return None
    return found.replace(tzinfo=ZoneInfo(zone)) if found is not None and found.tzinfo is None else found
