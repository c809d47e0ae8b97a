"""Days of people's work that were written once and stand nowhere now, although the person is here on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from roles.models import Employment, Person
from roles.tree_safety import common, days_of, open_day, stretches, without


@dataclass(frozen=True, slots=True)
class LostDays:
    """From `start` up to, not including, `end` a person works nowhere; `unit` is where they were last said to.

    `is_between`: they work somewhere before and afterwards, so nobody has meant it. Else a directory may have said so.
    """

    person: str
    unit: str
    start: date
    end: date | None
    is_between: bool


def lost_days() -> list[LostDays]:
    """Return the days of present stays on which no employment holds, but one of an earlier knowledge did."""
    people = Person.objects.values_list("external_id", "hired_on", "left_on")
    stays = {key: days_of(hired, left) for key, hired, left in people}
    now = Employment.objects.values_list("person__external_id", "during")
    held = stretches((key, days_of(during.lower, during.upper)) for key, during in now)
    earlier = Employment.ever.exclude(superseded_at=None).order_by(
        "person__external_id", "-superseded_at", "-recorded_at"
    )
    told = {key: list(days) for key, days in held.items()}
    found: list[LostDays] = []
    for key, unit, during in earlier.values_list("person__external_id", "unit__external_id", "during"):
        here = common(days_of(during.lower, during.upper), stays[key]) if key in stays else None
        for gap in without(here, sorted(told.get(key, ()))) if here is not None else ():
            own = held.get(key, ())
            is_between = any(end <= gap[0] for _start, end in own) and any(start >= gap[1] for start, _end in own)
            found.append(LostDays(key, unit, gap[0], open_day(gap[1]), is_between))
            told.setdefault(key, []).append(gap)
    return sorted(found, key=lambda one: (one.person, one.start))
