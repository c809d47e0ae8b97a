"""Seats and people whose pay lies outside the workspace's band on a day. For those who see pay only.

A seat is compared by its budget, a person by the monthly cost, each for one full-time equivalent. The role is the
seat's own, else what its title means; a person's is the role with the largest share of time. The level is read from
the title; without one the span of all levels counts. The city is the unit's or that of the nearest unit above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache, partial
from typing import Any

from omnichannel.core.collecting import uncollected
from roles.choices import FillMode
from roles.queries.exports import Roster, roster_rows
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.titles import TitleSense, title_sense
from roles.titles import TitleRule
from talent.people.pay import Bounds, Level, Place, distance, level_of, place_of
from talent.queries.pay_bands import PayBands, pay_bands

CENT = Decimal("0.01")


class PostKind(StrEnum):
    """What is compared."""

    SEAT = "seat"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class PostCheck:
    """A seat or a person against the band. `monthly` is CNY for one full-time equivalent, `distance` from the band.

    `rule` says how a seat's title led to the role; it is empty where the role is entered. `level_word` told the level.
    """

    kind: PostKind
    id: str
    name: str
    title: str
    unit: str
    unit_name: str
    city: str
    role: str
    rule: str
    level: Level | None
    level_word: str
    fte: Decimal
    monthly: Decimal
    bounds: Bounds | None
    place: Place

    @property
    def distance(self) -> Decimal | None:
        """How far outside, negative below; None without a band."""
        return None if self.bounds is None else distance(self.monthly, self.bounds)


@dataclass(frozen=True, slots=True)
class PayCheck:
    """Every post that could be compared, and how many could not: no sum, no role, or not the firm's own staff."""

    posts: tuple[PostCheck, ...]
    without_sum: int
    without_role: int
    outside_staff: int

    def count(self, place: Place) -> int:
        """Return how many posts stand so."""
        return sum(one.place is place for one in self.posts)


@dataclass(frozen=True, slots=True)
class _Post:
    """What is known of a post before it is compared."""

    kind: PostKind
    id: str
    name: str
    title: str
    unit: str
    role: str
    rule: str
    fte: Decimal
    total: Decimal


@uncollected()
def pay_check(*, as_of: date) -> PayCheck:
    """Compare every seat and person of the day, in a fixed number of queries."""
    roster, tree, bands = Roster(as_of, with_pay=True), unit_tree(as_of=as_of), pay_bands(as_of=as_of)
    sense = title_sense()
    seats = roster_rows("seats", roster)
    people = [row for row in roster_rows("employees", roster) if row["left_on"] is None or row["left_on"] > as_of]
    main = _main_roles(roster_rows("role_assignments", roster))
    titles = {row["seat_id"]: row["title"] for row in seats}
    outside = [row for row in people if row["fill_mode"] == FillMode.OUTSOURCED]
    own = [row for row in people if row["fill_mode"] != FillMode.OUTSOURCED]
    posts = [
        *(_seat(row, sense) for row in seats if row["monthly_budget"] is not None),
        *(_person(row, titles, main, sense) for row in own if row["monthly_cost"] is not None and row["fte"] > 0),
    ]
    compared = tuple(_compared([post for post in posts if post.role], tree, bands))
    sums = sum(row["monthly_budget"] is None for row in seats) + sum(row["monthly_cost"] is None for row in own)
    return PayCheck(compared, sums, len(posts) - len(compared), len(outside))


def _seat(row: Mapping[str, Any], sense: TitleSense) -> _Post:
    role, rule = _role(row["role_id"] or "", row["title"], sense)
    name = (row["seat_id"], row["title"], row["title"])
    return _Post(PostKind.SEAT, *name, row["unit_id"], role, rule, row["planned_fte"], row["monthly_budget"])


def _person(row: Mapping[str, Any], titles: Mapping[str, str], main: Mapping[str, str], sense: TitleSense) -> _Post:
    title = titles.get(row["seat_id"] or "", "")
    role, rule = _role(main.get(row["employee_id"], ""), title, sense)
    name = (row["employee_id"], row["display_name"] or row["employee_id"], title)
    return _Post(PostKind.PERSON, *name, row["unit_id"], role, rule, row["fte"], row["monthly_cost"])


def _role(entered: str, title: str, sense: TitleSense) -> tuple[str, str]:
    if entered or not title:
        return entered, ""
    mapped = sense.of(title)
    return mapped.role, "" if mapped.rule is TitleRule.NONE else mapped.rule.value


def _main_roles(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the role that takes most of a person's time, by person; the smaller id of two equal ones."""
    found: dict[str, tuple[Decimal, str]] = {}
    for row in sorted(rows, key=lambda each: str(each["role_id"])):
        best = found.get(row["employee_id"])
        if best is None or row["share"] > best[0]:
            found[row["employee_id"]] = (row["share"], str(row["role_id"]))
    return {person: role for person, (_share, role) in found.items()}


def _compared(posts: Iterable[_Post], tree: UnitTree, bands: PayBands) -> Iterator[PostCheck]:
    """Compare the posts. Thousands have a unit, a title or a role in a city in common: each is looked at once."""
    city_in, level_by, span = cache(partial(city_of, tree=tree)), cache(level_of), cache(bands.span)
    for post in posts:
        city, (level, word) = city_in(post.unit), level_by(post.title)
        monthly = (post.total / post.fte).quantize(CENT, ROUND_HALF_UP)
        bounds = span(post.role, level, city=city)
        yield PostCheck(
            kind=post.kind,
            id=post.id,
            name=post.name,
            title=post.title,
            unit=post.unit,
            unit_name=tree.nodes[post.unit].name if post.unit in tree else post.unit,
            city=city,
            role=post.role,
            rule=post.rule,
            level=level,
            level_word=word,
            fte=post.fte,
            monthly=monthly,
            bounds=bounds,
            place=place_of(monthly, bounds),
        )


def city_of(unit: str, tree: UnitTree) -> str:
    """Return the city of a unit, else of the nearest unit above that has one, else nothing."""
    here: str | None = unit
    while here is not None and here in tree:
        node = tree.nodes[here]
        if node.city:
            return node.city
        here = node.parent
    return ""
