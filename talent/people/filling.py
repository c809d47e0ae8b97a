"""Who could fill a role in a unit: the parts of the rule, the points each person reaches, and the order. Pure.

Five parts give points, 100 in all. A part that cannot be judged (nobody has rated the person, no programme certifies
for the role) is left out of the person's sum and of what could be reached; it never counts as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from omnichannel.core.text import Bilingual
from roles.coverage import MOST_ROLES, MOST_SHARE

FULL = Decimal(1)
TENTH = Decimal("0.1")


class Part(StrEnum):
    """What the rule looks at, in its order."""

    FIT = "fit"
    ROOM = "room"
    NEAR = "near"
    READY = "ready"
    CERTIFIED = "certified"


class Near(StrEnum):
    """Where a person works, seen from the unit: in it or below, in the unit above, two above, or elsewhere."""

    HERE = "here"
    BRANCH = "branch"
    REGION = "region"
    ELSEWHERE = "elsewhere"


MOST: Mapping[Part, Decimal] = {
    Part.FIT: Decimal(40),
    Part.ROOM: Decimal(20),
    Part.NEAR: Decimal(20),
    Part.READY: Decimal(10),
    Part.CERTIFIED: Decimal(10),
}
NEAR_POINTS: Mapping[Near, Decimal] = {
    Near.HERE: Decimal(20),
    Near.BRANCH: Decimal(12),
    Near.REGION: Decimal(6),
    Near.ELSEWHERE: Decimal(0),
}


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate that counts for the role."""

    programme: Bilingual
    number: str
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a person for a role in a unit.

    `fit` None: never rated for it. `present` is the time promised to all roles, `roles` are those held. `here` is the
    share held of this very role in this very unit. `ready` is how many years off somebody in the pool for the role is
    (0 is now), None where the person stands in no pool for it. `certificates` None: no programme certifies for it.
    """

    person: str
    name: str
    unit: str
    unit_name: str
    fill_mode: str
    near: Near
    fit: Decimal | None
    present: Decimal
    roles: frozenset[str]
    here: Decimal = Decimal(0)
    ready: int | None = None
    certificates: tuple[Certified, ...] | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """What a person reaches in one part; None where it cannot be judged."""

    part: Part
    reached: Decimal | None

    @property
    def most(self) -> Decimal:
        """Return what can be reached."""
        return MOST[self.part]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A person with the points of each part; `score` is the percent reached of what could be judged."""

    standing: Standing
    points: tuple[Points, ...]
    score: Decimal
    after: Decimal
    roles_after: int

    @property
    def is_too_much(self) -> bool:
        """True where the person would have too many roles or too much time promised: a mark, not an error."""
        return self.after > MOST_SHARE or self.roles_after > MOST_ROLES

    @property
    def judged(self) -> Decimal:
        """Return how many of the 100 points could be judged."""
        return sum((each.most for each in self.points if each.reached is not None), Decimal(0))


def suggest(standings: Iterable[Standing], *, role: str, share: Decimal) -> tuple[Suggestion, ...]:
    """Rank people for a share of a role, as `place_of` says.

    Who gives the role that share of time here already is left out.
    """
    found = [suggestion_of(each, role=role, share=share) for each in standings if each.here < share]
    return tuple(sorted(found, key=place_of))


def place_of(each: Suggestion) -> tuple[bool, bool, Decimal, Decimal, str, str]:
    """Order: who works in the unit itself, then who is rated, then the score, the time left, the name, the id.

    A percent of few points that could be judged says less than one of many, so it is compared among equals only.
    """
    standing = each.standing
    is_here = standing.near is Near.HERE
    return (not is_here, standing.fit is None, -each.score, each.after, standing.name, standing.person)


def suggestion_of(standing: Standing, *, role: str, share: Decimal) -> Suggestion:
    """Judge one person; `share` is what they would give the role here in all."""
    after = standing.present - standing.here + share
    points = (
        Points(Part.FIT, None if standing.fit is None else _tenths(MOST[Part.FIT] * standing.fit)),
        Points(Part.ROOM, _room(standing, share)),
        Points(Part.NEAR, NEAR_POINTS[standing.near]),
        Points(Part.READY, _ready(standing.ready)),
        Points(Part.CERTIFIED, _certified(standing.certificates)),
    )
    judged = [each for each in points if each.reached is not None]
    reached = sum((each.reached for each in judged if each.reached is not None), Decimal(0))
    score = _tenths(reached * 100 / sum((each.most for each in judged), Decimal(0)))
    return Suggestion(standing, points, score, after, len(standing.roles | {role}))


def near_of(unit: str, works_in: str, *, ancestors: Mapping[str, tuple[str, ...]]) -> Near:
    """Tell how near somebody works; `ancestors` are the units above each unit, nearest first.

    Who works in a unit above counts by the branch it opens: the unit above is the branch, the next one the region.
    """
    path = (works_in, *ancestors.get(works_in, ()))
    above = ancestors.get(unit, ())
    for near, each in zip((Near.HERE, Near.BRANCH, Near.REGION), (unit, *above), strict=False):
        if each in path:
            return near
    return Near.ELSEWHERE


def _room(standing: Standing, share: Decimal) -> Decimal:
    """Points for the part of the share asked for that fits into a full week beside everything else."""
    free = max(Decimal(0), FULL - (standing.present - standing.here))
    return _tenths(MOST[Part.ROOM] * min(FULL, free / share))


def _ready(years: int | None) -> Decimal:
    """Ten points for who is ready now, three less for each year off; none for who stands in no pool for the role."""
    return Decimal(0) if years is None else max(Decimal(0), MOST[Part.READY] - 3 * years)


def _certified(certificates: tuple[Certified, ...] | None) -> Decimal | None:
    if certificates is None:
        return None
    return MOST[Part.CERTIFIED] if any(each.is_valid for each in certificates) else Decimal(0)


def _tenths(number: Decimal) -> Decimal:
    return number.quantize(TENTH, rounding=ROUND_HALF_UP)
