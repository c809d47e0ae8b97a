"""Titles in use on a day with the roles they mean, the workspace's own mappings, and roles found by any title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.scoping import read_once
from roles.choices import TitleSay
from roles.models import Employment, SeatVersion, TitleMapping
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree, unit_tree
from roles.titles import FoundRole, Mapped, NamedRole, TitleRule, find_roles, map_title, plain_title

KEPT = "title_mappings"


class Counted(TypedDict):
    """What is counted of a title while rows are gathered."""

    written: dict[str, int]
    seats: int
    people: int
    roles: dict[str, int]


@dataclass(frozen=True, slots=True)
class TitleLine:
    """A title in use: its seats, the people sitting there, its role and the rule, and the roles its seats name.

    `told` are the roles that seats of the title are entered with, and how many of them; it may differ from the rule.
    """

    title: str
    plain: str
    seats: int
    people: int
    mapped: Mapped
    names: Bilingual | None
    told: tuple[tuple[str, Bilingual, int], ...]

    @property
    def differs(self) -> bool:
        """True where seats of this title are entered with another role than the title means."""
        return bool(self.mapped.role) and any(role != self.mapped.role for role, _names, _count in self.told)


@dataclass(frozen=True, slots=True)
class TitleEvent:
    """One thing said about a title; `names` are those of the role it was mapped to."""

    pk: int
    title: str
    says: TitleSay
    role: str
    names: Bilingual | None
    note: str
    author: str
    said_at: datetime


def own_mappings() -> dict[str, str]:
    """Return the workspace's own mappings by plain title; an empty role: the title means none. One query a request."""
    return read_once(KEPT, _own_mappings)


def _own_mappings() -> dict[str, str]:
    return {plain: role for plain, (says, role) in _newest().items() if says != TitleSay.RULES}


def _newest() -> dict[str, tuple[str, str]]:
    rows = TitleMapping.objects.order_by("plain", "-pk").distinct("plain").values_list("plain", "says", "role_key")
    return {plain: (says, role) for plain, says, role in rows}


def named_roles(*, with_own: bool = True) -> tuple[NamedRole, ...]:
    """Return every role with its names, its other titles, and `with_own` the titles mapped to it here."""
    mapped: dict[str, list[str]] = {}
    if with_own:
        kept = own_mappings()
        rows = TitleMapping.objects.filter(plain__in=[plain for plain, role in kept.items() if role])
        shown = dict(rows.order_by("pk").values_list("plain", "title"))
        for plain, role in kept.items():
            if role:
                mapped.setdefault(role, []).append(shown[plain])
    return tuple(
        NamedRole(
            str(key),
            (
                role.names.zh,
                role.names.en,
                *role.aliases.zh,
                *role.aliases.en,
                *sorted(mapped.get(str(key), ())),
            ),
        )
        for key, role in role_library().roles.items()
        if not role.is_hidden
    )


def roles_called(words: str) -> tuple[FoundRole, ...]:
    """Return the roles that go by the words in either language, in pinyin, or by a title of the workspace."""
    return find_roles(words, named_roles())


@dataclass(frozen=True, slots=True)
class TitleSense:
    """What titles mean in the workspace, read once for many of them."""

    roles: tuple[NamedRole, ...]
    own: Mapping[str, str]
    seen: dict[str, Mapped] = field(default_factory=dict, init=False, compare=False, repr=False)

    def of(self, title: str) -> Mapped:
        """Return the role that a title means, and why; thousands of seats have the same few titles."""
        if title not in self.seen:
            self.seen[title] = map_title(title, self.roles, self.own)
        return self.seen[title]


def title_sense() -> TitleSense:
    """Return what titles mean here."""
    return TitleSense(named_roles(with_own=False), own_mappings())


def titles_in_use(*, as_of: date, within: str | None = None, tree: UnitTree | None = None) -> tuple[TitleLine, ...]:
    """Return the titles of the day's seats, unmapped ones first, then by how often; five queries however many."""
    units = None if within is None else (tree or unit_tree(as_of=as_of)).subtree(within)
    seats = SeatVersion.objects.on(as_of)
    if units is not None:
        seats = seats.filter(unit__external_id__in=units)
    seated: dict[int, int] = {}
    for seat in Employment.objects.on(as_of).exclude(seat=None).values_list("seat_id", flat=True):
        if seat is not None:
            seated[seat] = seated.get(seat, 0) + 1
    found: dict[str, Counted] = {}
    for seat, title, role in seats.values_list("seat_id", "title", "role_key"):
        counted = found.setdefault(plain_title(title), {"written": {}, "seats": 0, "people": 0, "roles": {}})
        counted["written"][title] = counted["written"].get(title, 0) + 1
        counted["seats"] += 1
        counted["people"] += seated.get(seat, 0)
        if role:
            counted["roles"][role] = counted["roles"].get(role, 0) + 1
    return _lines(found)


def _lines(found: Mapping[str, Counted]) -> tuple[TitleLine, ...]:
    sense = title_sense()
    names = {str(key): role.names for key, role in role_library().roles.items()}
    lines = []
    for plain, counted in found.items():
        title = max(counted["written"], key=lambda each: (counted["written"][each], each))
        mapped = sense.of(title)
        told = tuple((role, names.get(role, Bilingual(role, role)), n) for role, n in sorted(counted["roles"].items()))
        lines.append(TitleLine(title, plain, counted["seats"], counted["people"], mapped, names.get(mapped.role), told))
    return tuple(sorted(lines, key=lambda one: (one.mapped.rule is not TitleRule.NONE, -one.seats, one.title)))


def title_history(plain: str = "", *, most: int = 50) -> tuple[TitleEvent, ...]:
    """Return what was said about a title, or about all of them, the newest first."""
    rows: Iterable[TitleMapping] = TitleMapping.objects.select_related("author").order_by("-pk")
    if plain:
        rows = TitleMapping.objects.select_related("author").filter(plain=plain).order_by("-pk")
    names = {str(key): role.names for key, role in role_library().roles.items()}
    return tuple(
        TitleEvent(
            row.pk,
            row.title,
            TitleSay(row.says),
            row.role_key,
            names.get(row.role_key),
            row.note,
            str(row.author) if row.author else "",
            row.created_at,
        )
        for row in list(rows)[:most]
    )
