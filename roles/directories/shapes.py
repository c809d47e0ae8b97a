"""One shape for every directory: departments, members, and what was odd. Phone and mail have no place here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The systems we read; the values are those of `OrgSource`."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


@dataclass(frozen=True, slots=True)
class Department:
    """A department. `parent` None: at the top. `rank`: smallest first, whatever the system's own rule is.

    `leaders` are ids of members, the first one before their deputies. `key` is the id the firm itself has given it.
    """

    id: str
    name: str
    parent: str | None = None
    rank: int | None = None
    leaders: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """A member in a department, and whether they lead it; `rank` smallest first."""

    department: str
    is_leader: bool = False
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person. The first membership is the main one; `managers` are those the system names, the first one in charge.

    `stable_id` outlives a change of `id` where the system has such a thing; `key` is the id that people know the member
    by, where it is another one. `is_active` False: blocked or gone.
    """

    id: str
    name: str
    memberships: tuple[Membership, ...] = ()
    managers: tuple[str, ...] = ()
    dotted: tuple[str, ...] = ()
    title: str = ""
    hired_on: date | None = None
    is_active: bool = True
    stable_id: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about what was read. `code` is stable; the words are made where they are shown."""

    code: str
    subject: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """All of a directory at one moment. `renames` are pairs of an old and a new id of the same person."""

    kind: Kind
    departments: tuple[Department, ...]
    members: tuple[Member, ...]
    renames: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = field(default=())


def gathered(members: Iterable[Member]) -> tuple[Member, ...]:
    """Join what several lists say of the same person: the memberships of all, the rest as it was said first."""
    found: dict[str, Member] = {}
    for member in members:
        known = found.get(member.id)
        found[member.id] = member if known is None else _joined(known, member)
    return tuple(found.values())


def _joined(first: Member, again: Member) -> Member:
    memberships: dict[str, Membership] = {}
    for one in (*first.memberships, *again.memberships):
        known = memberships.get(one.department)
        memberships[one.department] = (
            one
            if known is None
            else Membership(
                one.department, known.is_leader or one.is_leader, known.rank if known.rank is not None else one.rank
            )
        )
    return Member(
        id=first.id,
        name=first.name or again.name,
        memberships=tuple(memberships.values()),
        managers=first.managers or again.managers,
        dotted=first.dotted or again.dotted,
        title=first.title or again.title,
        hired_on=first.hired_on or again.hired_on,
        is_active=first.is_active and again.is_active,
        stable_id=first.stable_id or again.stable_id,
        key=first.key or again.key,
    )


def as_json(directory: Directory) -> dict[str, Any]:
    """Write a directory as JSON, to be kept between preview and writing."""
    return {
        "kind": directory.kind.value,
        "departments": [{**asdict(one), "leaders": list(one.leaders)} for one in directory.departments],
        "members": [_member_json(one) for one in directory.members],
        "renames": [list(pair) for pair in directory.renames],
        "notes": [[note.code, note.subject, note.more] for note in directory.notes],
    }


def from_json(kept: Mapping[str, Any]) -> Directory:
    """Read what `as_json` wrote."""
    return Directory(
        kind=Kind(kept["kind"]),
        departments=tuple(Department(**{**one, "leaders": tuple(one["leaders"])}) for one in kept["departments"]),
        members=tuple(_member(one) for one in kept["members"]),
        renames=tuple((old, new) for old, new in kept["renames"]),
        notes=tuple(Note(*note) for note in kept["notes"]),
    )


def _member_json(one: Member) -> dict[str, Any]:
    return {
        **asdict(one),
        "memberships": [[each.department, each.is_leader, each.rank] for each in one.memberships],
        "managers": list(one.managers),
        "dotted": list(one.dotted),
        "hired_on": one.hired_on.isoformat() if one.hired_on else None,
    }


def _member(kept: Mapping[str, Any]) -> Member:
    read: dict[str, Any] = {
        **kept,
        "memberships": tuple(Membership(*each) for each in kept["memberships"]),
        "managers": tuple(kept["managers"]),
        "dotted": tuple(kept["dotted"]),
        "hired_on": date.fromisoformat(kept["hired_on"]) if kept["hired_on"] else None,
    }
    return Member(**read)
