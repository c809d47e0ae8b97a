"""Posts needed against posts filled and planned: per role, in a unit with everything below it, on a day.

A unit's need is the sum of its stage areas': each by its own sub-type, its own part of the driver and its own minimum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from roles.catalogue import ExpectationLevel, RoleKey
from roles.choices import FillMode
from roles.queries.library import role_library
from roles.queries.org_chart import UnitNode, UnitTree
from roles.queries.posts import PlannedPost, Post, planned_posts, posts_held
from roles.queries.stages import DEFAULT, Adopted, adopted_stages
from talent.headcount.staffing import CENT, ZERO, Outsourced, fte_needed
from talent.queries.areas import Area, own_drivers, stage_areas
from talent.queries.drivers import DriverValue, NormRow, UnitDrivers, norms_on, planned_roles, unit_drivers


@dataclass(frozen=True, slots=True)
class AreaNeed:
    """A role in a stage area: `needed` is None without a norm or a value of its driver. FTE throughout."""

    area: Area
    level: ExpectationLevel
    driver: DriverValue | None
    needed: Decimal | None
    held: Mapping[FillMode, Decimal]
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
class Need:
    """A role in a unit, in the one area or the several that the unit is made of. FTE throughout."""

    role: str
    norm: NormRow | None
    areas: tuple[AreaNeed, ...]

    @property
    def level(self) -> ExpectationLevel | None:
        """Return what the sub-types expect; None where they differ."""
        levels = {area.level for area in self.areas}
        return levels.pop() if len(levels) == 1 else None

    @property
    def driver(self) -> DriverValue | None:
        """Return the driver of the unit that is one area; of several each has its own."""
        return self.areas[0].driver if len(self.areas) == 1 else None

    @property
    def known(self) -> tuple[AreaNeed, ...]:
        """Return the areas whose need is known."""
        return tuple(area for area in self.areas if area.needed is not None)

    @property
    def needed(self) -> Decimal | None:
        """Return the posts needed where that is known; None where it is known nowhere."""
        return sum((area.needed for area in self.known if area.needed is not None), ZERO) if self.known else None

    @property
    def is_partial(self) -> bool:
        """True where the need is known of some areas only."""
        return 0 < len(self.known) < len(self.areas)

    @property
    def held(self) -> Mapping[FillMode, Decimal]:
        """Return the posts filled by the way they are filled."""
        return {mode: sum((area.held[mode] for area in self.areas), ZERO) for mode in FillMode}

    @property
    def in_post(self) -> Decimal:
        """Return the posts filled, in whichever way."""
        return sum((area.in_post for area in self.areas), ZERO)

    @property
    def in_post_known(self) -> Decimal:
        """Return the posts filled where the need is known: what `needed` may be held against."""
        return sum((area.in_post for area in self.known), ZERO)

    @property
    def gap(self) -> Decimal | None:
        """Return how many posts are missing where the need is known; negative where there are too many."""
        return None if self.needed is None else self.needed - self.in_post_known

    @property
    def planned(self) -> Decimal:
        """Return the posts for which there are seats."""
        return sum((area.planned for area in self.areas), ZERO)

    @property
    def vacant(self) -> Decimal:
        """Return the posts whose seats are empty."""
        return sum((area.vacant for area in self.areas), ZERO)


@dataclass(frozen=True, slots=True)
class Headcount:
    """A unit's posts on a day, role by role in the order of the map."""

    unit: UnitNode
    adopted: Adopted
    areas: tuple[Area, ...]
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
        """Return the posts filled where the need of the role is known: what `needed` may be held against."""
        return sum((need.in_post_known for need in self.needs), ZERO)

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
        """Return the roles whose need is known nowhere."""
        return tuple(need for need in self.needs if need.needed is None)

    @property
    def partial(self) -> tuple[Need, ...]:
        """Return the roles whose need is known of a part only."""
        return tuple(need for need in self.needs if need.is_partial)


def headcount(unit: str, *, tree: UnitTree) -> Headcount:
    """Return the posts of a unit on the day of the tree, in eight queries however many areas it is made of.

    The tree is the whole one: a stage may have been adopted above what the reader sees.
    """
    as_of = tree.as_of
    inside, adopted = tree.subtree(unit), adopted_stages(as_of, tree=tree)
    posts, seats = posts_held(as_of=as_of, units=inside), planned_posts(as_of=as_of, units=inside)
    areas = stage_areas([unit], tree=tree, adopted=adopted)
    drivers = unit_drivers([area.key for area in areas], tree=tree, posts=posts, as_of=as_of)
    norms = norms_on(as_of)
    parts: dict[str, list[AreaNeed]] = {role: [] for role in planned_roles()}
    for area in areas:
        needs = _area_needs(
            area,
            norms,
            own_drivers(area, drivers, posts=posts),
            [post for post in posts if post.unit in area.units],
            [seat for seat in seats if seat.unit in area.units],
        )
        for role, need in needs.items():
            parts[role].append(need)
    found = tuple(Need(role, norms.get(role), tuple(needs)) for role, needs in parts.items())
    return Headcount(tree.nodes[unit], adopted.get(unit, DEFAULT), areas, found, drivers[unit])


def filled_by_area(units: Iterable[str], *, tree: UnitTree) -> Mapping[tuple[str, str], Decimal]:
    """Return the FTE in post by head of stage area and role, on the day of the tree."""
    areas = stage_areas(units, tree=tree, adopted=adopted_stages(tree.as_of, tree=tree))
    head_of = {unit: area.key for area in areas for unit in area.units}
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for post in posts_held(as_of=tree.as_of, units=head_of):
        found[head_of[post.unit], post.role] += post.fte
    return found


def levels_of(adopted: Adopted) -> dict[str, ExpectationLevel]:
    """Return what the sub-type expects of every role that is planned for."""
    catalogue = role_library().catalogue
    return {role: catalogue.expected(RoleKey(role), adopted.subtype) for role in planned_roles()}


def _area_needs(
    area: Area,
    norms: Mapping[str, NormRow],
    drivers: Mapping[str, DriverValue],
    posts: Sequence[Post],
    seats: Sequence[PlannedPost],
) -> Mapping[str, AreaNeed]:
    levels, found = levels_of(area.adopted), {}
    for role, level in levels.items():
        norm = norms[role].norm if role in norms else None
        driver = drivers[norm.driver] if norm else None
        held: dict[FillMode, Decimal] = dict.fromkeys(FillMode, ZERO)
        for post in posts:
            if post.role == role:
                held[post.fill_mode] += post.fte
        planned = [seat for seat in seats if seat.role == role]
        found[role] = AreaNeed(
            area,
            level,
            driver,
            fte_needed(norm, driver.value if driver else None, level) if norm else None,
            held,
            sum((seat.fte for seat in planned), ZERO),
            sum((seat.fte for seat in planned if seat.is_vacant), ZERO),
        )
    return found


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
