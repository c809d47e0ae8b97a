"""Moments of the past as people write them: a day, which means up to its end, or a timestamp. No models."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from omnichannel.core.periods import YEARS, parse_day


def moment_of(text: str, *, zone: str) -> datetime | None:
    """Return the moment a day (its end) or a full timestamp names; None for what is neither, or lies ahead."""
    try:
        found = parse_moment(text, zone=zone)
    except ValueError:
        return None
    return found if found <= timezone.now() else None


def parse_moment(text: str, *, zone: str) -> datetime:
    """Read a day (as its end) or a full timestamp. ValueError for neither, or no year a business has rows of."""
    written = text.strip()
    if len(written) <= len("2024-11-30"):
        return datetime.combine(parse_day(written) + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))
    found = parse_datetime(written.replace(" ", "+"))  # a plus sign in an address arrives as a blank
    if found is None or found.year not in YEARS:
        raise ValueError(text)
    return found.replace(tzinfo=ZoneInfo(zone)) if found.tzinfo is None else found
