"""Two or three roles side by side: what they have in common, what only some have, and what they hand each other. Pure.

KPIs are the same when their ids are; duties and abilities when they are worded the same in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from omnichannel.core.text import Bilingual
from roles.catalogue import ExpectationLevel, RoleCatalogue, RoleKey, RoleLink, RoleSpec, RoleSplit, SubtypeKey

FEWEST, MOST = 2, 3


@dataclass(frozen=True, slots=True)
class Share:
    """A KPI, duty or ability and which of the roles have it, in their order. `key` is the KPI's id, else empty."""

    key: str
    names: Bilingual
    roles: tuple[RoleKey, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One part of the comparison: what all have, what some of three have, and what each has alone."""

    shared: tuple[Share, ...]
    partly: tuple[Share, ...]
    alone: Mapping[RoleKey, tuple[Share, ...]]

    @property
    def total(self) -> int:
        """How many different ones there are."""
        return len(self.shared) + len(self.partly) + sum(len(each) for each in self.alone.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that can be told from the roles themselves. `both_ways` are the neighbours all have in common."""

    roles: tuple[RoleSpec, ...]
    kpis: Side
    duties: Side
    abilities: Side
    links: tuple[RoleLink, ...]
    givers: tuple[RoleKey, ...]
    takers: tuple[RoleKey, ...]
    splits: tuple[RoleSplit, ...]
    expectations: Mapping[SubtypeKey, tuple[ExpectationLevel, ...]]


def compare_roles(
    roles: Sequence[RoleSpec], catalogue: RoleCatalogue, kpi_names: Mapping[str, Bilingual]
) -> Comparison:
    """Compare roles of the catalogue; a KPI that is not defined any more goes by its id."""
    keys = [role.key for role in roles]
    shares = [_pairs(role.kpis, lambda kpi: (kpi, kpi_names.get(kpi, Bilingual(kpi, kpi)))) for role in roles]
    return Comparison(
        tuple(roles),
        _side(keys, shares),
        _side(keys, [_pairs(role.duties, _worded) for role in roles]),
        _side(keys, [_pairs(role.abilities, _worded) for role in roles]),
        tuple(link for link in catalogue.links if {link.from_role, link.to_role} <= set(keys)),
        _common(catalogue, keys, catalogue.links_to, "from_role"),
        _common(catalogue, keys, catalogue.links_from, "to_role"),
        tuple(
            split
            for split in catalogue.splits.values()
            if any(set(pair) == set(split.roles) for pair in combinations(keys, 2))
        ),
        {subtype: tuple(catalogue.expected(key, subtype) for key in keys) for subtype in SubtypeKey},
    )


Pairs = dict[Hashable, Bilingual]


def _pairs(values: Sequence[object], told: Callable[..., tuple[Hashable, Bilingual]]) -> Pairs:
    return dict(told(value) for value in values)


def _worded(text: Bilingual) -> tuple[Hashable, Bilingual]:
    return (text.zh, text.en), text


def _side(roles: Sequence[RoleKey], owned: Sequence[Pairs]) -> Side:
    names: Pairs = {}
    for pairs in owned:
        for key, text in pairs.items():
            names.setdefault(key, text)
    found = [
        Share(
            key if isinstance(key, str) else "",
            text,
            tuple(role for role, pairs in zip(roles, owned, strict=True) if key in pairs),
        )
        for key, text in names.items()
    ]
    return Side(
        tuple(one for one in found if len(one.roles) == len(roles)),
        tuple(one for one in found if 1 < len(one.roles) < len(roles)),
        {role: tuple(one for one in found if one.roles == (role,)) for role in roles},
    )


def _common(
    catalogue: RoleCatalogue, keys: Sequence[RoleKey], links: Callable[[RoleKey], tuple[RoleLink, ...]], end: str
) -> tuple[RoleKey, ...]:
    """Return the other roles that every one of the roles is linked with in this direction, in the map's order."""
    linked = [{getattr(link, end) for link in links(key)} for key in keys]
    common = set.intersection(*linked) - set(keys)
    return tuple(key for key in catalogue.roles if key in common)
