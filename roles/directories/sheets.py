"""Departments and members out of spreadsheet rows: headers found, paths of departments resolved, leaders by id or name.

Where a file names departments by path only, a department's id is `path:` and the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from roles.directories.columns import (
    BETWEEN,
    DEPARTMENT,
    MEMBER,
    NEEDED_OF_DEPARTMENT,
    NEEDED_OF_MEMBER,
    STEPS,
    WORDS_FOR_DISABLED,
    kind_of,
    matched,
    personal,
)
from roles.directories.faults import DirectoryFault
from roles.directories.placing import tree_of
from roles.directories.shapes import Department, Directory, Kind, Member, Membership, Note, gathered
from roles.directories.tables import Rows
from roles.directories.values import is_set, number, parent_of

HEADER_WITHIN = 30
PATH = "path:"
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
NAMED = re.compile(r"(?P<name>[^(（]+)[(（](?P<id>[^)）]+)[)）]")
SEVERAL = re.compile(r"[;；,，|]")
MOST_NAMED = 5


@dataclass(slots=True)
class Sheets:
    """Collects the rows of a directory's files, departments and members apart."""

    kind: Kind | None = None
    departments: list[Department] = field(default_factory=list)
    members: list[dict[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True while no file has brought anything."""
        return not self.departments and not self.members

    def add(self, rows: Rows, *, name: str) -> None:
        """Take the rows of a sheet; one without a header that is known is put aside."""
        for index, headers in enumerate(rows[:HEADER_WITHIN]):
            as_departments = matched(headers, DEPARTMENT)
            as_members = matched(headers, MEMBER)
            if all(name in as_departments for name in NEEDED_OF_DEPARTMENT):
                self.departments += [_department(row) for row in _records(rows[index + 1 :], as_departments)]
            elif all(name in as_members for name in NEEDED_OF_MEMBER):
                self.members += [*_records(rows[index + 1 :], as_members)]
            else:
                continue
            self.headers += headers
            self.dropped += personal(headers)
            return
        if any(any(row) for row in rows):
            self.unread.append(name)

    def directory(self) -> Directory:
        """Return what the files say together."""
        if self.is_empty:
            raise DirectoryFault("file", number="unknown", said=", ".join(self.unread))
        kind = self.kind or kind_of(self.headers)
        nameless = [row.get("name", "") for row in self.members if not row.get("id")]
        if nameless:
            raise DirectoryFault("file", number="no_ids", said=", ".join(nameless[:MOST_NAMED]))
        ranked = [replace(one, rank=_smaller_first(kind, one.rank)) for one in self.departments]
        reader = _Paths(kind, {one.id: one for one in ranked})
        members = gathered([_member(row, reader) for row in self.members])
        departments = tuple(reader.departments.values())
        if not departments:
            raise DirectoryFault("file", number="no_departments")
        notes = (Note("personal_dropped", more=", ".join(dict.fromkeys(self.dropped))),) if self.dropped else ()
        leaders = _Names(members)
        return Directory(
            kind,
            tuple(replace(one, leaders=tuple(map(leaders.id_of, one.leaders))) for one in departments),
            tuple(replace(one, managers=tuple(map(leaders.id_of, one.managers))) for one in members),
            notes=notes,
        )


def _smaller_first(kind: Kind, order: int | None) -> int | None:
    return -order if order is not None and kind is Kind.WECOM else order


def _records(rows: Rows, columns: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Yield the rows that say something, each as its known fields."""
    for row in rows:
        found = {name: row[index] for name, index in columns.items() if index < len(row) and row[index]}
        if found:
            yield found


def _department(row: Mapping[str, str]) -> Department:
    key = row.get("id", "")
    if not key:
        raise DirectoryFault("file", number="no_ids", said=row.get("name", ""))
    leaders = tuple(each for each in SEVERAL.split(row.get("leaders", "")) if each.strip())
    return Department(key, row.get("name", key), parent_of(row.get("parent")), number(row.get("order")), leaders)


@dataclass(slots=True)
class _Paths:
    """Finds departments by id or by path; a path that nothing else names makes the departments on it."""

    kind: Kind
    departments: dict[str, Department]
    by_path: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tree = tree_of(list(self.departments.values()), known={})
        for key in tree.departments:
            names = tuple(tree.departments[each].name for each in reversed(tree.above(key)))
            self.by_path.setdefault(names, key)

    def found(self, said: str) -> list[str]:
        """Return the departments that a cell names, in its order."""
        parts = [part.strip() for part in re.split(f"[{re.escape(BETWEEN[self.kind])}]", said)]
        return [self._one(part) for part in parts if part]

    def _one(self, part: str) -> str:
        if part in self.departments:
            return part
        names = tuple(step.strip() for step in part.split(STEPS[self.kind]) if step.strip())
        for depth in range(1, len(names) + 1):
            path = names[:depth]
            if path not in self.by_path:
                key = PATH + STEPS[self.kind].join(path)
                parent = self.by_path[path[:-1]] if depth > 1 else None
                self.departments[key] = Department(key, path[-1], parent)
                self.by_path[path] = key
        return self.by_path[names] if names else part


def _member(row: Mapping[str, str], paths: _Paths) -> Member:
    departments = paths.found(row.get("departments", ""))
    flags = SEVERAL.split(row.get("is_leader", ""))
    orders = SEVERAL.split(row.get("order", ""))
    memberships = tuple(
        Membership(
            department,
            is_set(flags[index].strip()) if index < len(flags) else False,
            _smaller_first(paths.kind, number(orders[index])) if index < len(orders) else None,
        )
        for index, department in enumerate(dict.fromkeys(departments))
    )
    return Member(
        id=row["id"],
        name=row.get("name", ""),
        memberships=memberships,
        managers=(row["manager"],) if row.get("manager") else (),
        title=row.get("title", ""),
        hired_on=_day(row.get("hired_on", "")),
        is_active=row.get("disabled", "").strip().lower() not in WORDS_FOR_DISABLED,
    )


def _day(said: str) -> date | None:
    found = DAY.search(said)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


class _Names:
    """Turns `张三`, `zhangsan` and `张三(zhangsan)` into the id; a name that several bear stays as it is."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.ids = {one.id for one in members}
        named: dict[str, list[str]] = {}
        for one in members:
            named.setdefault(one.name, []).append(one.id)
        self.by_name = {name: ids[0] for name, ids in named.items() if len(ids) == 1}

    def id_of(self, said: str) -> str:
        """Return the id of whom a cell names."""
        said = said.strip()
        if said in self.ids:
            return said
        both = NAMED.fullmatch(said)
        if both and both["id"].strip() in self.ids:
            return both["id"].strip()
        return self.by_name.get(said, said)
