"""Filters for spans of time and speed: seconds as people say them, units per second or minute."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
SHORT = 10  # seconds below which a tenth counts


@register.filter
def duration(seconds: float | None) -> str:
    """Write seconds with at most two units: `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`; None is empty."""
    if seconds is None:
        return ""
    if seconds < SHORT:
        return gettext("%(n)s s") % {"n": f"{seconds:.1f}"}
    whole = round(seconds)
    if whole < MINUTE:
        return gettext("%(n)s s") % {"n": whole}
    if whole < HOUR:
        return gettext("%(n)s min %(s)s s") % {"n": whole // MINUTE, "s": whole % MINUTE}
    if whole < DAY:
        return gettext("%(n)s h %(m)s min") % {"n": whole // HOUR, "m": whole % HOUR // MINUTE}
    return gettext("%(n)s d %(h)s h") % {"n": whole // DAY, "h": whole % DAY // HOUR}


@register.filter
def speed(rate: float | None) -> str:
    """Write a rate of so many a second; below one a second it is told by the minute. None is empty."""
    if rate is None:
        return ""
    if rate >= 1:
        return gettext("%(n)s / s") % {"n": f"{rate:,.0f}"}
    return gettext("%(n)s / min") % {"n": f"{rate * MINUTE:,.1f}"}
