"""Vacancies: core roles that nobody holds and planned seats that nobody sits in, with how long they have been open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from omnichannel.core.text import Bilingual
from roles.holdings import Holding
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders
from roles.queries.stages import adopted_stages
from roles.queries.vacancies import empty_seats, vacant_days
from talent.choices import OpenKind
from talent.queries.core_roles import CoreRole, core_of
from talent.queries.pools import Stay, role_names, stays_on


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """Something vacant. `since` is the first day nobody was there, None where no day is known; `days` up to the day.

    `seat` and `title` stand for a seat only, whose role may be empty. `successors` of the unit are in a pool for it.
    """

    kind: OpenKind
    unit: str
    unit_name: str
    role: str
    names: Bilingual | None
    seat: str
    title: str
    since: date | None
    days: int | None
    successors: int


@dataclass(frozen=True, slots=True)
class OpenPlaces:
    """All vacancies of the bounds, the longest open first, on the tree of the day.

    `asked` are the core roles of the bounds, held or not; `stays` in pools and `holdings` are everybody's of the day.
    """

    tree: UnitTree
    places: tuple[OpenPlace, ...]
    asked: tuple[CoreRole, ...]
    stays: tuple[Stay, ...]
    holdings: tuple[Holding, ...]

    @property
    def roles(self) -> tuple[OpenPlace, ...]:
        """Return the core roles that nobody holds."""
        return tuple(one for one in self.places if one.kind is OpenKind.ROLE)

    @property
    def longest(self) -> OpenPlace | None:
        """Return what has been open for the most days."""
        return next((one for one in self.places if one.days is not None), None)


def open_places(*, as_of: date, within: str | None = None) -> OpenPlaces:
    """Return the vacancies of the bounds in a fixed number of queries, however large the organisation is."""
    tree = unit_tree(as_of=as_of)
    bounds = None if within is None else tree.subtree(within)
    held = holders(as_of=as_of, tree=tree)
    stays = stays_on(as_of=as_of, tree=tree)
    asked = core_of(held, tree=tree, stages=adopted_stages(as_of, tree=tree), within=within)
    missing = [one for one in asked if not one.held]
    since = vacant_days([(one.unit, one.role, one.adopted) for one in missing], tree=tree) if missing else {}
    found = [
        _place(OpenKind.ROLE, one.unit, one.role.value, since[one.unit, one.role], stays=stays, tree=tree)
        for one in missing
    ]
    found += [
        _place(
            OpenKind.SEAT, seat.unit, seat.role, seat.since,
            stays=stays, tree=tree, seat=seat.external_id, title=seat.title,
        )
        for seat in empty_seats(as_of)
        if bounds is None or seat.unit in bounds
    ]  # fmt: skip
    return OpenPlaces(tree, tuple(sorted(found, key=_longest_first)), asked, stays, held)


def _longest_first(one: OpenPlace) -> tuple[bool, int, str, str, str]:
    return (one.days is None, -(one.days or 0), one.unit, one.role, one.seat)


def _place(
    kind: OpenKind,
    unit: str,
    role: str,
    since: date | None,
    *,
    stays: tuple[Stay, ...],
    tree: UnitTree,
    seat: str = "",
    title: str = "",
) -> OpenPlace:
    inside = tree.subtree(unit)
    ready = {stay.person for stay in stays if role and stay.target_role == role and stay.unit in inside}
    return OpenPlace(
        kind=kind,
        unit=unit,
        unit_name=tree.nodes[unit].name if unit in tree else unit,
        role=role,
        names=role_names(role),
        seat=seat,
        title=title,
        since=since,
        days=None if since is None else (tree.as_of - since).days,
        successors=len(ready),
    )
