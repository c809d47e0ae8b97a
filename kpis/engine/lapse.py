"""Time that went by between two columns, in terms that every engine knows: differences of seconds since the epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

DAY = 86_400


def seconds_between(earlier: ir.TimestampValue, later: ir.TimestampValue) -> ir.IntegerValue:
    """Return the seconds from one moment to the other; parts of a second are cut off at each."""
    seconds: ir.IntegerValue = later.epoch_seconds().cast("int64") - earlier.epoch_seconds().cast("int64")
    return seconds


def days_between(earlier: ir.DateValue, later: ir.DateValue) -> ir.IntegerValue:
    """Return the days from one date to the other."""
    days: ir.IntegerValue = seconds_between(earlier.cast("timestamp"), later.cast("timestamp")) // DAY
    return days
