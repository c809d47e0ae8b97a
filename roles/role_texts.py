"""What a workspace has made of the roles: its own texts laid over the library's, hidden and added roles. Pure.

The state of one role is JSON, kept with every change:
`{"is_hidden": false, "fields": {"names": {"base": …, "mine": …}}}` for a role of the library,
`{"is_hidden": false, "own": {"names": …, "kind": …, "expectations": {…}, "links": […], …}}` for an added one, with
`"is_removed": true` once it has been taken back. A link says which way it runs, seen from the added role:
`{"way": "in" | "out", "role": KEY, "what": {"zh": …, "en": …}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from omnichannel.core.text import Bilingual
from roles.catalogue import (
    Aliases,
    ExpectationLevel,
    RoleCatalogue,
    RoleKey,
    RoleKind,
    RoleLink,
    RoleSpec,
    SubtypeKey,
)
from roles.role_merge import merge_field

TEXTS = ("names", "definition")
ITEMS = ("duties", "abilities")
FIELDS = ("names", "aliases", "definition", "position", "duties", "abilities", "kpis")
OWN_ONLY = ("kind", "expectations", "links")
OWN_SOURCE = "workspace"
State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EffectiveRole(RoleSpec):
    """A role as the workspace has it. `changed` names the fields whose text is its own."""

    is_hidden: bool = False
    is_own: bool = False
    changed: frozenset[str] = frozenset()

    @property
    def titles(self) -> tuple[str, ...]:
        """Return every title that the role goes by: names and market titles in both languages, and its key."""
        return (self.names.zh, self.names.en, *self.aliases.zh, *self.aliases.en, self.key.value)


@dataclass(frozen=True, slots=True)
class RoleLibrary:
    """All roles of a workspace, those of the library first; `catalogue` is the whole map with them in it."""

    roles: Mapping[RoleKey, EffectiveRole]
    catalogue: RoleCatalogue

    @property
    def offered(self) -> tuple[EffectiveRole, ...]:
        """Return the roles that may be chosen: all that are not hidden."""
        return tuple(role for role in self.roles.values() if not role.is_hidden)


def content_of(spec: RoleSpec) -> dict[str, Any]:
    """Return the fields of a role as JSON."""
    return {field: field_of(spec, field) for field in FIELDS}


def field_of(spec: RoleSpec, field: str) -> Any:
    """Return one field of a role as JSON."""
    value = getattr(spec, field)
    if field in TEXTS:
        return value.as_json()
    if field in ITEMS:
        return [each.as_json() for each in value]
    if field == "aliases":
        return {"zh": list(value.zh), "en": list(value.en)}
    return list(value) if field == "kpis" else value


def typed(field: str, value: Any) -> Any:
    """Return one field as a role holds it."""
    if field in TEXTS:
        return Bilingual(value["zh"], value["en"])
    if field in ITEMS:
        return tuple(Bilingual(each["zh"], each["en"]) for each in value)
    if field == "aliases":
        return Aliases(tuple(value["zh"]), tuple(value["en"]))
    return tuple(value) if field == "kpis" else value


def effective(spec: RoleSpec, state: State) -> EffectiveRole:
    """Lay a workspace's texts over a role of the library."""
    role = from_library(spec)
    edited = state.get("fields", {})
    texts = {
        field: typed(field, merge_field(field, kept["base"], kept["mine"], field_of(spec, field)))
        for field, kept in edited.items()
    }
    hidden = bool(state.get("is_hidden"))
    source = MappingProxyType({**spec.source, **{_source_key(field): OWN_SOURCE for field in edited}})
    return replace(role, **texts, is_hidden=hidden, changed=frozenset(edited), source=source)


def from_library(spec: RoleSpec) -> EffectiveRole:
    """Return a role of the library that nobody has changed."""
    return EffectiveRole(**{name: getattr(spec, name) for name in spec.__slots__})


def added(key: str, state: State) -> EffectiveRole:
    """Return a role that the workspace has added."""
    own = state["own"]
    return EffectiveRole(
        key=RoleKey(key),
        kind=RoleKind(own["kind"]),
        upstream=(),
        downstream=(),
        source=MappingProxyType({_source_key(field): OWN_SOURCE for field in FIELDS if field != "aliases"}),
        is_hidden=bool(state.get("is_hidden")),
        is_own=True,
        **{field: typed(field, own[field]) for field in FIELDS},
    )


def expectations_of(state: State) -> dict[SubtypeKey, ExpectationLevel]:
    """Return what each sub-type expects of an added role; optional where it says nothing."""
    said = state["own"].get("expectations", {})
    return {subtype: ExpectationLevel(said.get(subtype.value, ExpectationLevel.OPTIONAL)) for subtype in SubtypeKey}


def links_of(key: str, state: State) -> tuple[RoleLink, ...]:
    """Return what an added role receives and hands on."""
    return tuple(
        RoleLink(*(ends if each["way"] == "out" else ends[::-1]), typed("names", each["what"]), OWN_SOURCE)
        for each in state["own"].get("links", ())
        for ends in [(RoleKey(key), RoleKey(each["role"]))]
    )


def composed(catalogue: RoleCatalogue, states: Mapping[str, State]) -> RoleLibrary:
    """Return all roles of a workspace. `states` come in the order in which roles were added."""
    roles: dict[RoleKey, EffectiveRole] = {
        key: effective(spec, states.get(key.value, {})) for key, spec in catalogue.roles.items()
    }
    expected, links = dict(catalogue.expectations), list[RoleLink]()
    # nobody can be asked to hold what nobody may choose
    expected |= {cell: ExpectationLevel.OPTIONAL for cell in expected if roles[cell[0]].is_hidden}
    for text, state in states.items():
        if "own" in state and not state.get("is_removed"):
            role = added(text, state)
            roles[role.key] = role
            levels = {} if role.is_hidden else expectations_of(state)
            expected |= {(role.key, each): levels.get(each, ExpectationLevel.OPTIONAL) for each in SubtypeKey}
            links += links_of(text, state)
    # an added role at the other end may have been taken back since, or be linked from both sides
    pairs = {(link.from_role, link.to_role): link for link in reversed(links)}
    own_links = [link for (one, two), link in reversed(pairs.items()) if one in roles and two in roles]
    together = replace(
        catalogue,
        roles=MappingProxyType(roles),
        links=(*catalogue.links, *own_links),
        expectations=MappingProxyType(expected),
    )
    return RoleLibrary(MappingProxyType(roles), together)


def _source_key(field: str) -> str:
    """Return what the sources of a role call a field."""
    return "name" if field == "names" else field
