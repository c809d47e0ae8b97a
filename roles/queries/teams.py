"""Who reports to whom on a day, and whole teams along these lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from roles.models import Employment


def led_on(day: date, *, unit: str | None = None) -> dict[str, list[str]]:
    """Return the reports of every manager on the day; with `unit` only those who work there."""
    rows = Employment.objects.on(day).filter(manager__isnull=False)
    if unit is not None:
        rows = rows.filter(unit__external_id=unit)
    led: dict[str, list[str]] = {}
    for person, manager in rows.order_by("pk").values_list("person__external_id", "manager__external_id"):
        led.setdefault(manager, []).append(person)
    return led


def team_of(person: str, *, led: Mapping[str, Sequence[str]]) -> list[str]:
    """Return who reports to the person at any depth, nearest first."""
    found: dict[str, None] = {}
    waiting = [person]
    for leader in waiting:
        below = [one for one in led.get(leader, ()) if one != person and one not in found]
        found |= dict.fromkeys(below)
        waiting += below
    return list(found)
