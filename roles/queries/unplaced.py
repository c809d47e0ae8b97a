"""What has no proper place in the organisation of a day: listed as problems of the data, never dropped from sight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext_lazy as _

from roles.choices import FREE_ROOTS, Thing
from roles.holdings import assignment_key
from roles.models import Assignment, Employment, Person, SeatVersion, UnitVersion


class ProblemKind(models.TextChoices):
    """Why something is listed."""

    NOWHERE = "nowhere", _("Hired, but works nowhere on this day")
    IN_NO_UNIT = "in_no_unit", _("Works in a unit that is not there on this day")
    NO_WAY_UP = "no_way_up", _("Unit without a way up to the root")
    MANAGER_GONE = "manager_gone", _("The manager has left or has not started")
    SEAT_IN_NO_UNIT = "seat_in_no_unit", _("Seat in a unit that is not there on this day")
    ROLE_IN_NO_UNIT = "role_in_no_unit", _("Role held in a unit that is not there on this day")
    ROLE_OF_NOBODY = "role_of_nobody", _("Role held by somebody who does not work here on this day")
    DOUBLE = "double", _("Same name and same day hired")
    SEAT_OVERFULL = "seat_overfull", _("Sits in a seat that plans less time")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. `about` is what is wrong with it: the unit, the manager, the other ids."""

    kind: ProblemKind
    thing: Thing
    external_id: str
    name: str
    about: str = ""


def unplaced(day: date) -> tuple[Problem, ...]:
    """Return everything that is out of place on the day, in nine queries."""
    there = UnitVersion.objects.on(day).values("unit_id")
    working = Employment.objects.on(day).values("person_id")
    return (
        *_people(ProblemKind.NOWHERE, _alive(day).exclude(pk__in=working)),
        *_employed(ProblemKind.IN_NO_UNIT, Employment.objects.on(day).exclude(unit_id__in=there), about="unit"),
        *_units(day),
        *_employed(
            ProblemKind.MANAGER_GONE,
            Employment.objects.on(day).exclude(manager=None).exclude(manager_id__in=working),
            about="manager",
        ),
        *_seats(SeatVersion.objects.on(day).exclude(unit_id__in=there)),
        *_held(ProblemKind.ROLE_IN_NO_UNIT, Assignment.objects.on(day).exclude(unit_id__in=there)),
        *_held(ProblemKind.ROLE_OF_NOBODY, Assignment.objects.on(day).exclude(person_id__in=working)),
        *_doubles(day),
        *_overfull(day),
    )


def _alive(day: date) -> QuerySet[Person]:
    return Person.objects.filter(Q(left_on=None) | Q(left_on__gt=day), hired_on__lte=day)


def _people(kind: ProblemKind, rows: QuerySet[Person]) -> Iterator[Problem]:
    for key, name, hired in rows.order_by("external_id").values_list("external_id", "display_name", "hired_on"):
        yield Problem(kind, Thing.PEOPLE, key, name or key, str(hired))


def _employed(kind: ProblemKind, rows: QuerySet[Employment], *, about: str) -> Iterator[Problem]:
    columns = ("person__external_id", "person__display_name", f"{about}__external_id")
    for key, name, other in rows.order_by("person__external_id").values_list(*columns):
        yield Problem(kind, Thing.PEOPLE, key, name or key, other)


def _units(day: date) -> Iterator[Problem]:
    """Yield the units whose way up ends at something that is not there, in a loop, or at a second root."""
    columns = ("unit__external_id", "parent__external_id", "name", "level")
    rows = {
        key: other for key, *other in UnitVersion.objects.on(day).order_by("unit__external_id").values_list(*columns)
    }
    parents = {key: parent for key, (parent, _name, _level) in rows.items()}
    tops = {key: _top(key, parents) for key in parents}
    sizes: dict[str | None, int] = {}
    for top in tops.values():
        sizes[top] = sizes.get(top, 0) + 1
    roots = [key for key, parent in parents.items() if parent is None]
    main = max(roots, key=lambda key: sizes[key], default=None)
    for key, (parent, name, level) in rows.items():
        is_second_root = parent is None and key != main and level not in FREE_ROOTS
        if is_second_root or tops[key] is None or (parent is not None and parent not in parents):
            yield Problem(ProblemKind.NO_WAY_UP, Thing.UNITS, key, name, parent or "")


def _top(unit: str, parents: Mapping[str, str | None]) -> str | None:
    """Return the unit at which the way up ends; None when it never does."""
    seen: set[str] = set()
    here = unit
    while here not in seen:
        seen.add(here)
        above = parents[here]
        if above is None or above not in parents:
            return here
        here = above
    return None


def _seats(rows: QuerySet[SeatVersion]) -> Iterator[Problem]:
    columns = ("seat__external_id", "title", "unit__external_id")
    for key, title, unit in rows.order_by("seat__external_id").values_list(*columns):
        yield Problem(ProblemKind.SEAT_IN_NO_UNIT, Thing.SEATS, key, title, unit)


def _held(kind: ProblemKind, rows: QuerySet[Assignment]) -> Iterator[Problem]:
    columns = ("person__external_id", "person__display_name", "role_key", "during", "unit__external_id")
    for person, name, role, during, unit in rows.order_by("person__external_id", "role_key").values_list(*columns):
        yield Problem(kind, Thing.ASSIGNMENTS, assignment_key(person, role, during.lower), name or person, unit)


def _overfull(day: date) -> Iterator[Problem]:
    """Yield who came after the first into a seat whose people work more than it plans, all together."""
    held = Employment.objects.on(day).filter(seat_id=OuterRef("seat_id")).order_by().values("seat_id")
    seats = SeatVersion.objects.on(day).annotate(held=Subquery(held.annotate(n=Sum("fte")).values("n")))
    full = list(seats.filter(held__gt=F("planned_fte")).values_list("seat_id", flat=True))
    if not full:
        return
    rows = Employment.objects.on(day).filter(seat_id__in=full).order_by("seat_id", "during", "person__external_id")
    columns = ("person__external_id", "person__display_name", "seat__external_id")
    for seat, people in groupby(rows.values_list(*columns), key=itemgetter(2)):
        for key, name, _seat in list(people)[1:]:
            yield Problem(ProblemKind.SEAT_OVERFULL, Thing.PEOPLE, key, name or key, seat)


def _doubles(day: date) -> Iterator[Problem]:
    """Yield all but the first of people who share their name and the day they were hired."""
    same: dict[tuple[Any, ...], list[str]] = {}
    twice = _alive(day).exclude(display_name="").values("display_name", "hired_on").annotate(n=Count("pk"))
    pairs = list(twice.filter(n__gt=1).values_list("display_name", "hired_on"))
    if not pairs:
        return
    rows = _alive(day).filter(display_name__in={name for name, _hired in pairs}).order_by("external_id")
    for key, name, hired in rows.values_list("external_id", "display_name", "hired_on"):
        if (name, hired) in pairs:
            same.setdefault((name, hired), []).append(key)
    for (name, _hired), keys in same.items():
        for key in keys[1:]:
            yield Problem(ProblemKind.DOUBLE, Thing.PEOPLE, key, name, keys[0])
