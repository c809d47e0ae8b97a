"""What of the talent map is chosen, and which of its roles and links that leaves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from roles.catalogue import ExpectationLevel, RoleCatalogue, RoleKey, RoleLink, RoleSpec, SubtypeKey


class Way(StrEnum):
    """Which links of the chosen roles are meant."""

    BOTH = "both"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class MapChoice:
    """The roles, the place in the map and the sub-type chosen; empty means all. `way` looks from what is chosen."""

    roles: frozenset[RoleKey] = frozenset()
    place: str = ""
    subtype: SubtypeKey | None = None
    way: Way = Way.BOTH

    @property
    def is_open(self) -> bool:
        """True while nothing is chosen."""
        return not self.roles and not self.place and self.subtype is None


def read_choice(
    roles: Iterable[str], *, place: str, subtype: str, way: str, known: Mapping[RoleKey, RoleSpec]
) -> MapChoice:
    """Read a choice as it stands in a URL; what is not known counts as not said."""
    keys = {key.value: key for key in known}
    return MapChoice(
        frozenset(keys[each] for each in roles if each in keys),
        place if place in {spec.position for spec in known.values()} else "",
        SubtypeKey(subtype) if subtype in list(SubtypeKey) else None,
        Way(way) if way in list(Way) else Way.BOTH,
    )


def chosen_roles(catalogue: RoleCatalogue, choice: MapChoice, shown: Iterable[RoleKey]) -> frozenset[RoleKey]:
    """Return the roles that the choice is about: those named, at the place, and asked for by the sub-type."""
    return frozenset(
        key
        for key in shown
        if (not choice.roles or key in choice.roles)
        and (not choice.place or catalogue.roles[key].position == choice.place)
        and (choice.subtype is None or is_asked_for(catalogue, key, choice.subtype))
    )


def is_asked_for(catalogue: RoleCatalogue, role: RoleKey, subtype: SubtypeKey) -> bool:
    """Tell whether the sub-type expects a holder, dedicated or shared, of the role."""
    return catalogue.expected(role, subtype) is not ExpectationLevel.OPTIONAL


def chosen_links(catalogue: RoleCatalogue, choice: MapChoice, shown: Iterable[RoleKey]) -> tuple[RoleLink, ...]:
    """Return the links of the chosen roles. With a sub-type both ends must be asked for by it."""
    here = frozenset(shown)
    about = chosen_roles(catalogue, choice, here)
    return tuple(
        link
        for link in catalogue.links
        if {link.from_role, link.to_role} <= here
        and _is_about(link, about, choice.way)
        and (
            choice.subtype is None
            or all(is_asked_for(catalogue, end, choice.subtype) for end in (link.from_role, link.to_role))
        )
    )


def _is_about(link: RoleLink, about: frozenset[RoleKey], way: Way) -> bool:
    out, into = link.from_role in about, link.to_role in about
    return {Way.BOTH: out or into, Way.OUT: out, Way.IN: into}[way]
