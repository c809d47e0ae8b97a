"""Roles compared with what the workspace knows of them: who holds several, and what speaks for a split or merger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from kpis.queries.definitions import kpi_names
from orgstages.queries.coverage_exports import advice_of_units
from orgstages.queries.splitting import UnitAdvice
from roles.catalogue import RoleKey
from roles.coverage import Cover
from roles.queries.library import role_library
from roles.queries.org_chart import unit_tree
from roles.queries.people import holders, role_covers
from talent.people.role_comparison import Comparison, compare_roles


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who holds more than one of the roles, with the share of time for each."""

    person: str
    name: str
    shares: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """The time promised to these roles."""
        return sum(self.shares, Decimal(0))


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison with people and figures of a day. `advice` has one entry per unit that is judged by itself."""

    comparison: Comparison
    covers: tuple[Cover, ...]
    holders: tuple[Holder, ...]
    advice: tuple[UnitAdvice, ...]


def compared(keys: Sequence[RoleKey], *, as_of: date, within: str | None) -> Compared:
    """Compare roles of the workspace, in a fixed number of queries. `within` bounds the reader."""
    library = role_library()
    tree = unit_tree(as_of=as_of)
    found = compare_roles([library.roles[key] for key in keys], library.catalogue, kpi_names())
    covers = role_covers(as_of=as_of, within=within, tree=tree)
    pairs = {split.id for split in found.splits}
    advice = advice_of_units(tree, within=within) if pairs else ()
    told = tuple(
        replace(each, advice=chosen)
        for each in advice
        if (chosen := tuple(one for one in each.advice if one.split.id in pairs))
    )
    return Compared(
        found,
        tuple(covers.get(key, Cover()) for key in keys),
        _holders(keys, as_of=as_of, within=within),
        told,
    )


def _holders(keys: Sequence[RoleKey], *, as_of: date, within: str | None) -> tuple[Holder, ...]:
    shares: dict[str, dict[RoleKey, Decimal]] = {}
    names: dict[str, str] = {}
    for one in holders(as_of=as_of, within=within):
        if one.role_key in keys:
            held = shares.setdefault(one.person_external_id, {})
            held[one.role_key] = held.get(one.role_key, Decimal(0)) + one.share
            names[one.person_external_id] = one.person_name
    return tuple(
        Holder(person, names[person], tuple(held.get(key, Decimal(0)) for key in keys))
        for person, held in sorted(shares.items())
        if len(held) > 1
    )
