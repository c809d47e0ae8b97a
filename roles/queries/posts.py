"""Posts of a day for planning: who fills them, with how much time and in which way, and which seats are empty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from roles.choices import FillMode
from roles.models import Assignment, Employment, SeatVersion
from roles.queries.people import with_employment

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Post:
    """One person's holding of a role as a part of a post: `fte` is share of time x the person's own FTE.

    `cost` is the part of the person's monthly cost that falls on the role, CNY; None where the cost is not known.
    """

    role: str
    unit: str
    person: str
    fte: Decimal
    fill_mode: FillMode
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """A seat for a role. `is_vacant` where nobody sits in it on the day."""

    role: str
    unit: str
    fte: Decimal
    is_vacant: bool


def posts_held(*, as_of: date, units: Iterable[str] | None = None) -> tuple[Post, ...]:
    """Return the posts of the day in the units (all of them without any), in one query.

    The cost of a person with several roles falls on them by share of time; time that no role takes bears its own part.
    """
    rows = with_employment(Assignment.objects.on(as_of), as_of=as_of).values_list(  # type: ignore[misc]
        "role_key", "unit__external_id", "person__external_id", "share",
        "employed__fte", "employed__fill_mode", "employed__monthly_cost",
    )  # fmt: skip
    held = list(rows.order_by("role_key", "unit__external_id", "person__external_id", "share"))
    shares: Mapping[str, Decimal] = _share_totals(held)
    inside = None if units is None else set(units)
    return tuple(
        Post(
            role,
            unit,
            person,
            share * (ONE if fte is None else fte),
            FillMode(mode or FillMode.INTERNAL),
            None if cost is None else cost * share / max(ONE, shares[person]),
        )
        for role, unit, person, share, fte, mode, cost in held
        if inside is None or unit in inside
    )


def _share_totals(held: Iterable[tuple[object, ...]]) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for _role, _unit, person, share, *_rest in held:
        found[str(person)] += Decimal(str(share))
    return found


def planned_posts(*, as_of: date, units: Iterable[str] | None = None) -> tuple[PlannedPost, ...]:
    """Return the seats of the day that are planned for a role, in one query."""
    seated = Employment.objects.on(as_of).filter(seat_id=OuterRef("seat_id"))
    rows = SeatVersion.objects.on(as_of).filter(~Q(role_key="")).annotate(taken=Exists(seated))
    if units is not None:
        rows = rows.filter(unit__external_id__in=list(units))
    columns = rows.values_list("role_key", "unit__external_id", "planned_fte", "taken")
    return tuple(PlannedPost(role, unit, fte, not taken) for role, unit, fte, taken in columns)
