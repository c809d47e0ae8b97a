"""Posts needed against posts filled and planned: per role, in a unit with everything below it, on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from roles.catalogue import ExpectationLevel, RoleKey
from roles.choices import FillMode
from roles.queries.library import role_library
from roles.queries.org_chart import UnitNode, UnitTree
from roles.queries.posts import PlannedPost, Post, planned_posts, posts_held
from roles.queries.stages import DEFAULT, Adopted, adopted_stages
from talent.headcount.staffing import CENT, ZERO, Outsourced, fte_needed
from talent.queries.drivers import DriverValue, NormRow, UnitDrivers, norms_on, planned_roles, unit_drivers


@dataclass(frozen=True, slots=True)
class Need:
    """A role in a unit: `needed` is None without a norm or a value of its driver. FTE throughout."""

    role: str
    level: ExpectationLevel
    norm: NormRow | None
    driver: DriverValue | None
    beside: DriverValue | None
    needed: Decimal | None
    held: Mapping[FillMode, Decimal]
    people: int
    planned: Decimal
    vacant: Decimal

    @property
    def in_post(self) -> Decimal:
        """Return the posts filled, in whichever way."""
        return sum(self.held.values(), ZERO)

    @property
    def gap(self) -> Decimal | None:
        """Return how many posts are missing; negative where more are filled than needed."""
        return None if self.needed is None else self.needed - self.in_post


@dataclass(frozen=True, slots=True)
class Headcount:
    """A unit's posts on a day, role by role in the order of the map."""

    unit: UnitNode
    adopted: Adopted
    needs: tuple[Need, ...]
    drivers: UnitDrivers

    @property
    def needed(self) -> Decimal:
        """Return the posts needed where that is known."""
        return sum((need.needed for need in self.needs if need.needed is not None), ZERO)

    @property
    def in_post(self) -> Decimal:
        """Return the posts filled in all roles."""
        return sum((need.in_post for need in self.needs), ZERO)

    @property
    def in_post_known(self) -> Decimal:
        """Return the posts filled in the roles whose need is known: what `needed` may be held against."""
        return sum((need.in_post for need in self.needs if need.needed is not None), ZERO)

    @property
    def missing(self) -> Decimal:
        """Return the posts missing in the roles that have too few; what others have too many of fills no gap."""
        return sum((max(ZERO, need.gap) for need in self.needs if need.gap is not None), ZERO)

    @property
    def planned(self) -> Decimal:
        """Return the posts for which there are seats."""
        return sum((need.planned for need in self.needs), ZERO)

    @property
    def vacant(self) -> Decimal:
        """Return the posts whose seats are empty."""
        return sum((need.vacant for need in self.needs), ZERO)

    @property
    def unknown(self) -> tuple[Need, ...]:
        """Return the roles whose need is not known."""
        return tuple(need for need in self.needs if need.needed is None)


def headcount(unit: str, *, tree: UnitTree, as_of: date) -> Headcount:
    """Return the posts of a unit that is in the tree, in eight queries."""
    inside = tree.subtree(unit)
    posts, seats = posts_held(as_of=as_of, units=inside), planned_posts(as_of=as_of, units=inside)
    adopted = adopted_stages(as_of, tree=tree).get(unit, DEFAULT)
    norms, drivers = norms_on(as_of), unit_drivers([unit], tree=tree, posts=posts, as_of=as_of)[unit]
    by_role: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        by_role[post.role].append(post)
    levels = levels_of(adopted)
    needs = tuple(
        _need(
            role, levels[role], norms.get(role), drivers, by_role[role], [seat for seat in seats if seat.role == role]
        )
        for role in planned_roles()
    )
    return Headcount(tree.nodes[unit], adopted, needs, drivers)


def levels_of(adopted: Adopted) -> dict[str, ExpectationLevel]:
    """Return what the sub-type expects of every role that is planned for."""
    catalogue = role_library().catalogue
    return {role: catalogue.expected(RoleKey(role), adopted.subtype) for role in planned_roles()}


def _need(
    role: str,
    level: ExpectationLevel,
    norm: NormRow | None,
    drivers: UnitDrivers,
    posts: Iterable[Post],
    seats: Iterable[PlannedPost],
) -> Need:
    driver = drivers.counting.get(norm.norm.driver) if norm else None
    held: dict[FillMode, Decimal] = dict.fromkeys(FillMode, ZERO)
    people = set()
    for post in posts:
        held[post.fill_mode] += post.fte
        people.add(post.person)
    needed = fte_needed(norm.norm, driver.value if driver else None, level) if norm else None
    some = list(seats)
    return Need(
        role,
        level,
        norm,
        driver,
        drivers.beside.get(norm.norm.driver) if norm else None,
        needed,
        held,
        len(people),
        sum((seat.fte for seat in some), ZERO),
        sum((seat.fte for seat in some if seat.is_vacant), ZERO),
    )


def outsourced_posts(posts: Iterable[Post], *, units: frozenset[str]) -> dict[str, Outsourced]:
    """Return the posts that outside firms fill in the units and what they invoice; roles without are absent."""
    fte: dict[str, Decimal] = defaultdict(Decimal)
    invoice: dict[str, Decimal] = defaultdict(Decimal)
    for post in posts:
        if post.unit in units and post.fill_mode is FillMode.OUTSOURCED and post.cost is not None:
            fte[post.role] += post.fte
            invoice[post.role] += post.cost
    return {
        role: Outsourced(fte[role].quantize(Decimal("0.0001"), ROUND_HALF_UP), cost.quantize(CENT, ROUND_HALF_UP))
        for role, cost in invoice.items()
    }
