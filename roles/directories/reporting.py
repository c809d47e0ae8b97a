"""Who leads a department and who reports to whom, from what a directory says of leaders. Pure.

The direct manager a system names comes first, then the leader of the main department; a leader reports to the leader
of a department above. That rule cannot run in circles: a manager it finds leads higher up than who reports to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from roles.directories.placing import DepartmentTree, loops_in
from roles.directories.shapes import Directory, Kind, Member, Membership, Note

NOWHERE = 1_000_000  # the depth of who leads nothing


@dataclass(frozen=True, slots=True)
class Line:
    """A secondary line from a member to another: because of a second department, or because the system names it."""

    member: str
    to: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Members who work there, where each belongs, who leads, and the lines between them.

    `places` is the main department; `heads` the leader of a department who belongs to it as well.
    """

    members: Mapping[str, Member]
    places: Mapping[str, str]
    heads: Mapping[str, str]
    managers: Mapping[str, str | None]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]

    @property
    def names_anybody(self) -> bool:
        """True when the directory names a leader at all; one that names none says nothing about managers."""
        return any(self.managers.values())


@dataclass(slots=True)
class _Reader:
    tree: DepartmentTree
    members: Mapping[str, Member]
    places: Mapping[str, str]
    by_case: Mapping[str, str]
    notes: list[Note]
    marked: Mapping[str, Sequence[str]]
    leaders: dict[str, list[str]] = field(default_factory=dict)
    tops: dict[str, int] = field(default_factory=dict)

    def member(self, key: str) -> str | None:
        """Return the id as the member has it: WeCom takes ids in any case."""
        return key if key in self.members else self.by_case.get(key.casefold())

    def over(self, key: str, department: str) -> str | None:
        """Return whom the member reports to in the department: its leader, for who leads it the next one above."""
        own = self.tops.get(key, NOWHERE)
        for above in self.tree.above(department):
            for leader in self.leaders.get(above, ()):
                if leader != key and self.tops[leader] < own:
                    return leader
        return None


def reporting_of(directory: Directory, tree: DepartmentTree) -> Reporting:
    """Work out places, heads, managers and secondary lines of those who work there."""
    notes: list[Note] = []
    members = _present(directory, tree, notes)
    places = {key: one.memberships[0].department for key, one in members.items()}
    by_case = {key.casefold(): key for key in members} if directory.kind is Kind.WECOM else {}
    reader = _Reader(tree, members, places, by_case, notes, _marked(members))
    reader.leaders = {key: list(_leaders(reader, key)) for key in tree.departments}
    for department, leaders in reader.leaders.items():
        for leader in leaders:
            reader.tops[leader] = min(reader.tops.get(leader, NOWHERE), tree.depths[department])
    managers = _managers(reader)
    heads = {
        department: head
        for department, leaders in reader.leaders.items()
        if (head := next((one for one in leaders if places[one] == department), None)) is not None
    }
    lines = tuple(dict.fromkeys(_lines(reader, managers)))
    return Reporting(members, places, heads, managers, lines, tuple(dict.fromkeys(notes)))


def _present(directory: Directory, tree: DepartmentTree, notes: list[Note]) -> dict[str, Member]:
    """Keep who works there, each with the departments that are shown; without one they belong to the top."""
    found: dict[str, Member] = {}
    top = min((key for key, parent in tree.parents.items() if parent is None), key=lambda key: _place(tree, key))
    for one in directory.members:
        if not one.is_active:
            notes.append(Note("not_active", one.id))
            continue
        shown = tuple(each for each in one.memberships if each.department in tree.departments)
        if not shown:
            notes.append(Note("member_at_top", one.id))
            shown = (Membership(top),)
        found[one.id] = replace(one, memberships=shown)
    return found


def _place(tree: DepartmentTree, key: str) -> tuple[bool, int, str]:
    rank = tree.departments[key].rank
    return rank is None, rank or 0, key


def _leaders(reader: _Reader, department: str) -> Iterator[str]:
    """Yield the leaders of a department: those it names, then its members who are marked as leaders, by their place."""
    named: dict[str, None] = {}
    for key in reader.tree.departments[department].leaders:
        leader = reader.member(key)
        if leader is None:
            reader.notes.append(Note("leader_not_shown", department, key))
        else:
            named[leader] = None
    yield from {**named, **dict.fromkeys(reader.marked.get(department, ()))}


def _marked(members: Mapping[str, Member]) -> dict[str, list[str]]:
    """Return who is marked as a leader of each department, first those who stand first there."""
    found: dict[str, list[tuple[int, str]]] = {}
    for key, one in members.items():
        for each in one.memberships:
            if each.is_leader:
                found.setdefault(each.department, []).append((each.rank if each.rank is not None else 0, key))
    return {department: [key for _rank, key in sorted(leaders)] for department, leaders in found.items()}


def _managers(reader: _Reader) -> dict[str, str | None]:
    """Take the managers that are named; where those go round in circles, the departments decide for who is in it."""
    by_rule = {key: reader.over(key, reader.places[key]) for key in reader.members}
    managers = dict(by_rule)
    named: set[str] = set()
    for key, one in reader.members.items():
        direct = next((found for said in one.managers if (found := reader.member(said)) not in (None, key)), None)
        if direct is not None:
            managers[key] = direct
            named.add(key)
        elif one.managers:
            reader.notes.append(Note("manager_not_shown", key, one.managers[0]))
    while loops := loops_in(managers):
        for loop in loops:
            reader.notes.append(Note("manager_loop", loop[0], " → ".join((*loop, loop[0]))))
            for key in loop:
                if key in named:
                    managers[key] = by_rule[key]
                    named.discard(key)
    return managers


def _lines(reader: _Reader, managers: Mapping[str, str | None]) -> Iterator[Line]:
    """Yield a line for every further department, manager and dotted line that the primary line does not say already."""
    for key, one in reader.members.items():
        drawn = {key, managers[key]}
        for to in _named(reader, (*one.managers[1:], *one.dotted)):
            if to not in drawn:
                drawn.add(to)
                yield Line(key, to)
        for each in one.memberships[1:]:
            over = reader.over(key, each.department)
            if over is None:
                reader.notes.append(Note("second_department", key, each.department))
            elif over not in drawn:
                drawn.add(over)
                yield Line(key, over, each.department)


def _named(reader: _Reader, keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        found = reader.member(key)
        if found is not None:
            yield found
