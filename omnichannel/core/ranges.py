"""Reading ranges of days off the database quickly: most rows of an organisation share a few ranges, read each once."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from psycopg2.extensions import new_type, register_type
from psycopg2.extras import DateRange

DATERANGE = 3912  # PostgreSQL's own number for the type; the same in every database
KEPT = 65_536


def read_ranges_once() -> None:
    """Let every connection of this process read each text of a range once only."""
    register_type(new_type((DATERANGE,), "DATERANGE", _read))


def _read(text: str | None, _cursor: object) -> DateRange | None:
    return None if text is None else _parsed(text)


@lru_cache(maxsize=KEPT)
def _parsed(text: str) -> DateRange:
    """Read `[2024-03-01,2025-01-01)`: PostgreSQL writes ranges of days in this form alone, or as `empty`."""
    if text == "empty":
        return DateRange(empty=True)
    lower, upper = text[1:-1].split(",")
    return DateRange(_day(lower), _day(upper), text[0] + text[-1])


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
