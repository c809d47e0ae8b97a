"""Values as the systems write them: numbers as texts and texts as numbers, null, lists of unequal length."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

# Days of hire are moments at midnight in China.
CHINA = timezone(timedelta(hours=8))
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2100, 1, 1)


def text(value: Any) -> str:
    """Return an id or a name as text; null and objects are empty. Zero bytes, which no database takes, go."""
    if isinstance(value, str):
        return value.replace("\x00", "").strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of ids as texts; a single id counts as a list of one."""
    found = value if isinstance(value, list) else [value]
    return tuple(one for one in map(text, found) if one)


def number(value: Any) -> int | None:
    """Return a whole number; None for what is none."""
    try:
        return int(text(value))
    except ValueError:
        return None


def is_set(value: Any) -> bool:
    """Return a flag: true, 1, "1" and "true"."""
    return value is True or text(value).lower() in {"1", "true", "是"}


def at(values: Any, index: int) -> Any:
    """Return the item of a list that should be as long as another one; None where it is not."""
    return values[index] if isinstance(values, list) and index < len(values) else None


def parent_of(value: Any) -> str | None:
    """Return the parent's id; null, empty, 0 and "0" are the top."""
    found = text(value)
    return found if found not in {"", "0"} else None


def day_of(value: Any, *, unit: int) -> date | None:
    """Return the day of a moment counted in 1/`unit` seconds; None for what is none."""
    moment = number(value)
    if not moment or moment < 0 or moment // unit > 4_102_444_800:
        return None
    return datetime.fromtimestamp(moment // unit, UTC).astimezone(CHINA).date()


def within(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an inner object; an empty one where there is none."""
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}
