"""Who could fill a role in a unit on a day: everybody near enough to be considered, with what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from roles.catalogue import ExpectationLevel, RoleKey
from roles.choices import Thing
from roles.coverage import DEDICATED_SHARE, share_total
from roles.holdings import Holding
from roles.queries.coverage_map import MapCell, MapRow, coverage_of
from roles.queries.documents import listed, narrowed
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders, people_within
from roles.role_texts import EffectiveRole
from talent.choices import Readiness
from talent.models import PoolStay
from talent.people.filling import Certified, Near, Standing, Suggestion, near_of, suggest
from talent.queries.certificates import certificates_of
from talent.queries.competence import levels_of
from talent.queries.training import programmes

# what is asked of somebody new where the role wants no dedicated holder
HALF = Decimal("0.5")
YEARS = {Readiness.NOW: 0, Readiness.ONE_YEAR: 1, Readiness.TWO_YEARS: 2}


@dataclass(frozen=True, slots=True)
class Employed:
    """A person at work on the day."""

    person: str
    name: str
    unit: str
    fill_mode: str


@dataclass(frozen=True, slots=True)
class Filling:
    """A cell of the coverage map with who holds it and who could. `seats` are vacant seats of the role in the unit."""

    role: EffectiveRole
    row: MapRow
    cell: MapCell
    held: tuple[Holding, ...]
    seats: tuple[tuple[str, str], ...]
    share: Decimal
    suggestions: tuple[Suggestion, ...]

    @property
    def usual_share(self) -> Decimal:
        """Return the share that is asked for unless somebody says otherwise."""
        return usual_share(self.cell)


def usual_share(cell: MapCell) -> Decimal:
    """Return a dedicated share for a core role, else half of the time."""
    return DEDICATED_SHARE if cell.expected is ExpectationLevel.CORE else HALF


def filling(unit: str, role: str, *, as_of: date, share: Decimal | None = None, reader: str = "") -> Filling | None:
    """Return the cell and everybody considered for it, in a fixed number of queries; None for what is not there.

    Considered are those who work in the branch up to two units above, who stand in a pool for the role, or who hold it
    elsewhere; and whoever holds it here with less than the share asked for. The pools of the `reader` count as none.
    """
    found, tree = role_library().roles.get(RoleKey(role)) if role else None, unit_tree(as_of=as_of)
    if found is None or unit not in tree:
        return None
    row = coverage_of([unit], tree=tree)[0]
    cell = row.cell(found.key)
    asked = share or usual_share(cell)
    held = holders(as_of=as_of, tree=tree)
    pooled = {person: years for person, years in _pooled(role, as_of).items() if person != reader}
    standings = _standings(unit, found.key, tree=tree, held=held, places=pooled)
    below = tree.subtree(unit)
    here = tuple(each for each in held if each.role_key == found.key and each.unit_external_id in below)
    ranked = suggest(standings, role=str(found.key), share=asked)
    return Filling(found, row, cell, here, _vacant_seats(unit, found.key, as_of), asked, ranked)


def _standings(
    unit: str, role: RoleKey, *, tree: UnitTree, held: Sequence[Holding], places: Mapping[str, int]
) -> list[Standing]:
    above = {each: tree.ancestors(each) for each in tree.nodes}
    by_person: dict[str, list[Holding]] = defaultdict(list)
    for holding in held:
        by_person[holding.person_external_id].append(holding)
    branch = (unit, *above[unit])[: len(Near) - 1][-1]
    near = {each.person: each for each in _employed(tree.subtree(branch), tree)}
    holding_it = {person for person, some in by_person.items() if any(each.role_key == role for each in some)}
    known = near | {each.person: each for each in _employed(tree.nodes, tree, among=({*places} | holding_it) - {*near})}
    levels = levels_of(known.keys(), as_of=tree.as_of)
    certificates = _certificates(known.keys(), role, as_of=tree.as_of)
    return [
        _standing(
            each,
            role,
            unit,
            near=near_of(unit, each.unit, ancestors=above),
            tree=tree,
            held=by_person[each.person],
            fit=levels[each.person][str(role)].fit if str(role) in levels.get(each.person, {}) else None,
            ready=places.get(each.person),
            certificates=None if certificates is None else certificates.get(each.person, ()),
        )
        for each in known.values()
    ]


def _standing(
    each: Employed,
    role: RoleKey,
    unit: str,
    *,
    near: Near,
    tree: UnitTree,
    held: Sequence[Holding],
    fit: Decimal | None,
    ready: int | None,
    certificates: tuple[Certified, ...] | None,
) -> Standing:
    own = next((one for one in held if one.role_key == role and one.unit_external_id == unit), None)
    return Standing(
        person=each.person,
        name=each.name,
        unit=each.unit,
        unit_name=tree.nodes[each.unit].name if each.unit in tree else each.unit,
        fill_mode=each.fill_mode,
        near=near,
        fit=fit,
        present=share_total(held),
        roles=frozenset(str(one.role_key) for one in held),
        here=own.share if own else Decimal(0),
        ready=ready,
        certificates=certificates,
    )


def _employed(units: Collection[str], tree: UnitTree, *, among: Collection[str] | None = None) -> list[Employed]:
    """Return who works in the units on the day, or those of them that are named."""
    rows = people_within(units, as_of=tree.as_of)
    if among is not None:
        rows = rows.filter(person__external_id__in=among)
    columns = rows.order_by("person__external_id").values_list(
        "person__external_id", "person__display_name", "unit__external_id", "fill_mode"
    )
    return [Employed(person, name or person, unit, mode) for person, name, unit, mode in columns]


def _pooled(role: str, as_of: date) -> dict[str, int]:
    """Return how many years off those are who stand in a pool for the role on the day; the nearest stay counts."""
    rows = PoolStay.objects.filter(Q(until=None) | Q(until__gt=as_of), target_role=role, since__lte=as_of)
    found: dict[str, int] = {}
    for person, readiness in rows.values_list("person_external_id", "readiness"):
        years = YEARS[Readiness(readiness)]
        found[person] = min(years, found.get(person, years))
    return found


def _certificates(people: Collection[str], role: RoleKey, *, as_of: date) -> Mapping[str, tuple[Certified, ...]] | None:
    """Return what each person has earned in programmes that certify for the role; None where none does."""
    wanted = {key: each.names for key, each in programmes().items() if each.certifies and str(role) in each.audience}
    if not wanted:
        return None
    found = certificates_of(people, as_of=as_of)
    return {
        person: tuple(
            Certified(wanted[one.programme], one.number, one.is_valid) for one in some if one.programme in wanted
        )
        for person, some in found.items()
    }


def _vacant_seats(unit: str, role: RoleKey, as_of: date) -> tuple[tuple[str, str], ...]:
    rows = narrowed(Thing.SEATS, listed(Thing.SEATS, as_of=as_of, within=unit), as_of=as_of, vacant=True)
    return tuple((row["external_id"], row["title"]) for row in rows.filter(role_key=str(role)).order_by("external_id"))
