"""Stage areas: which part of a unit works under which adopted stage, and how much of a driver falls on each part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from roles.queries.org_chart import UnitNode, UnitTree
from roles.queries.posts import Post
from roles.queries.stages import DEFAULT, Adopted
from talent.choices import DriverSource
from talent.headcount.staffing import ZERO
from talent.queries.drivers import ROLES_SERVED, TENANT, DriverValue, UnitDrivers, roles_served

NOT_ADDED = frozenset({TENANT, ROLES_SERVED})  # a role that two areas hold is served in each of them


@dataclass(frozen=True, slots=True)
class Area:
    """A unit with what is below it, but for the areas nested in it, whose heads are `inner`."""

    head: UnitNode
    adopted: Adopted
    units: frozenset[str]
    inner: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the id of the unit at the head."""
        return self.head.external_id


def stage_areas(tops: Iterable[str], *, tree: UnitTree, adopted: Mapping[str, Adopted]) -> tuple[Area, ...]:
    """Divide the units with all below them: one area for each of them, and for each unit below that chose its stage.

    No unit is in two areas. The area of a unit in the midst of one is what can be seen of it from there.
    """
    chosen = set(tops)
    head_of: dict[str, str] = {}
    inner: dict[str, list[str]] = {}
    for node in tree:
        above = head_of.get(node.parent or "")
        is_own = above is not None and adopted.get(node.external_id, DEFAULT).unit_external_id == node.external_id
        if node.external_id in chosen or is_own:
            head_of[node.external_id] = node.external_id
            inner[node.external_id] = []
            if above is not None:
                inner[above].append(node.external_id)
        elif above is not None:
            head_of[node.external_id] = above
    units: dict[str, set[str]] = {head: set() for head in inner}
    for unit, head in head_of.items():
        units[head].add(unit)
    return tuple(
        Area(tree.nodes[head], adopted.get(head, DEFAULT), frozenset(units[head]), tuple(inner[head])) for head in inner
    )


def own_drivers(area: Area, drivers: Mapping[str, UnitDrivers], *, posts: Sequence[Post]) -> Mapping[str, DriverValue]:
    """Return what falls on the area itself of the drivers of its head: what its nested areas have counts there.

    A nested area of which nobody knows the value takes nothing away.
    """
    served = Decimal(len(roles_served(posts, area.units)))
    return {
        driver: _own(value, area, [drivers[head].counting[driver] for head in area.inner], served)
        for driver, value in drivers[area.key].counting.items()
    }


def _own(value: DriverValue, area: Area, inner: Sequence[DriverValue], served: Decimal) -> DriverValue:
    if value.driver == ROLES_SERVED and value.source is DriverSource.COUNTED:
        return replace(value, value=served)
    if value.driver in NOT_ADDED or value.value is None:
        return value
    elsewhere = sum((each.value for each in inner if each.value is not None), ZERO)
    return replace(value, value=max(ZERO, value.value - elsewhere), elsewhere=elsewhere)
