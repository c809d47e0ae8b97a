"""Talent pools: who is in them, how large they are per role, and where a core role has no successor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey
from roles.choices import Thing
from roles.queries.library import role_library
from roles.queries.naming import names_of
from roles.queries.org_chart import UnitTree
from roles.queries.people import places_of
from talent.choices import Pool, Readiness
from talent.models import PoolStay
from talent.queries.core_roles import CoreRole, core_roles


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a pool with the person's name and unit of the day; the unit is empty for who works here no more."""

    pk: int
    person: str
    name: str
    unit: str
    unit_name: str
    pool: Pool
    target_role: str
    target_names: Bilingual | None
    readiness: Readiness
    since: date
    reason: str
    author: str
    until: date | None
    end_reason: str


@dataclass(frozen=True, slots=True)
class PoolSize:
    """How many people are in the pools for a role (empty: for no certain one); a person counts once per pool."""

    role: str
    names: Bilingual | None
    by_pool: Mapping[str, int]
    ready_now: int

    @property
    def total(self) -> int:
        """Return the stays of all pools."""
        return sum(self.by_pool.values())


@dataclass(frozen=True, slots=True)
class SuccessionGap:
    """A core role of a unit for which nobody of the unit is in a pool. `elsewhere` counts successors in other units."""

    unit: str
    unit_name: str
    role: str
    names: Bilingual
    holders: int
    elsewhere: int


def stays_on(*, as_of: date, tree: UnitTree, with_past: bool = False, person: str = "") -> tuple[Stay, ...]:
    """Return the stays of the day, or with those that are over, the newest first; four queries."""
    rows = PoolStay.objects.filter(since__lte=as_of).select_related("author").order_by("-since", "-pk")
    if not with_past:
        rows = rows.filter(Q(until=None) | Q(until__gt=as_of))
    if person:
        rows = rows.filter(person_external_id=person)
    found = list(rows)
    people = {row.person_external_id for row in found}
    units = places_of(people, as_of=as_of, tree=tree)
    names = names_of({(Thing.PEOPLE, each) for each in people}) if people else {}
    return tuple(_stay(row, names.get((Thing.PEOPLE, row.person_external_id), ""), units, tree) for row in found)


def others_here(stays: Iterable[Stay], *, reader: str) -> tuple[Stay, ...]:
    """Return the stays of who works here, but none of the `reader`: nobody learns from a count that they are in it."""
    return tuple(stay for stay in stays if stay.unit and (not reader or stay.person != reader))


def _stay(row: PoolStay, name: str, units: Mapping[str, str], tree: UnitTree) -> Stay:
    unit = units.get(row.person_external_id, "")
    return Stay(
        pk=row.pk,
        person=row.person_external_id,
        name=name or row.person_external_id,
        unit=unit,
        unit_name=tree.nodes[unit].name if unit in tree else unit,
        pool=Pool(row.pool),
        target_role=row.target_role,
        target_names=role_names(row.target_role),
        readiness=Readiness(row.readiness),
        since=row.since,
        reason=row.reason,
        author=str(row.author or ""),
        until=row.until,
        end_reason=row.end_reason,
    )


def role_names(role: str) -> Bilingual | None:
    """Return what a role is called; None for none, its key for one that is gone."""
    if not role:
        return None
    try:
        return role_library().roles[RoleKey(role)].names
    except (KeyError, ValueError):
        return Bilingual(role, role)


def pool_sizes(stays: Sequence[Stay]) -> tuple[PoolSize, ...]:
    """Count who works here per role and pool, a person once; roles in the order of the map, no certain role last."""
    here = [stay for stay in stays if stay.unit]
    in_pools = {(stay.person, stay.target_role, stay.pool.value) for stay in here}
    counts = Counter((role, pool) for _person, role, pool in in_pools)
    ready_ones = {(stay.person, stay.target_role) for stay in here if stay.readiness is Readiness.NOW}
    ready = Counter(role for _person, role in ready_ones)
    order = [*(key.value for key in role_library().roles), ""]
    roles = sorted(
        {role for role, _pool in counts}, key=lambda role: order.index(role) if role in order else len(order)
    )
    return tuple(
        PoolSize(role, role_names(role), {pool: counts[role, pool] for pool in Pool.values}, ready[role])
        for role in roles
    )


def succession_gaps(stays: Sequence[Stay], *, tree: UnitTree) -> tuple[SuccessionGap, ...]:
    """Return the core roles of units without a successor of their own in any pool, in three queries."""
    return tuple(
        SuccessionGap(one.unit, one.unit_name, one.role.value, one.names, len(one.people), elsewhere)
        for one, here, elsewhere in with_successors(core_roles(tree=tree), stays, tree=tree)
        if not here
    )


def with_successors(
    roles: Iterable[CoreRole], stays: Sequence[Stay], *, tree: UnitTree
) -> Iterable[tuple[CoreRole, tuple[Stay, ...], int]]:
    """Yield each core role with the successors of its unit and the number of those elsewhere.

    Nobody succeeds themselves: who holds the role there now is left out, and so is who works here no more.
    """
    for one in roles:
        inside, held = tree.subtree(one.unit), set(one.people)
        wanted = [
            stay for stay in stays if stay.unit and stay.target_role == one.role.value and stay.person not in held
        ]
        here = {stay.person: stay for stay in wanted if stay.unit in inside}
        yield one, tuple(here.values()), len({stay.person for stay in wanted} - set(here))
