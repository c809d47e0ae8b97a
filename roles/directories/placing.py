"""The tree of departments, made whole: what a directory says wrongly about itself is told and not followed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roles.directories.shapes import Department, Note
from roles.tree_safety import find_loops, loop_text, turned_to


@dataclass(frozen=True, slots=True)
class DepartmentTree:
    """Departments by id, each with a parent that is among them or None, and without a loop."""

    departments: Mapping[str, Department]
    parents: Mapping[str, str | None]
    depths: Mapping[str, int]
    notes: tuple[Note, ...]

    def above(self, department: str) -> list[str]:
        """Return the department and what it belongs to, nearest first."""
        found = []
        at: str | None = department
        while at is not None:
            found.append(at)
            at = self.parents[at]
        return found


def tree_of(departments: Sequence[Department], *, known: Mapping[str, str | None]) -> DepartmentTree:
    """Return the tree. `known` are the parents as they stand with us: what goes round in circles stays where it was.

    A parent that the directory does not show (the app may see a part only) leaves its children at the top.
    """
    notes: list[Note] = []
    found: dict[str, Department] = {}
    for one in departments:
        if one.id in found:
            if one != found[one.id]:
                notes.append(Note("department_twice", one.id))
            continue
        found[one.id] = one
    parents: dict[str, str | None] = {}
    for key, one in found.items():
        parents[key] = one.parent if one.parent in found else None
        if one.parent is not None and one.parent not in found:
            notes.append(Note("parent_not_shown", key, one.parent))
    _untie(parents, known=known, notes=notes)
    return DepartmentTree(found, parents, _depths(parents), tuple(notes))


def loops_in(parents: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    """Return each loop once, from its smallest id on."""
    return [turned_to(min(loop), loop) for loop in find_loops(parents, among=parents)]


def _untie(parents: dict[str, str | None], *, known: Mapping[str, str | None], notes: list[Note]) -> None:
    """Open every loop: first by where its departments stood before, then, where that does not help, at the top."""
    for attempt in (1, 2):
        for loop in loops_in(parents):
            if attempt == 1:
                notes.append(Note("department_loop", loop[0], loop_text(loop)))
            kept = {key: known[key] for key in loop if key in known and known[key] not in loop}
            if attempt == 1 and kept:
                parents.update({key: parent if parent in parents else None for key, parent in kept.items()})
            else:
                parents[loop[0]] = _top(parents, apart_from=loop)


def _top(parents: Mapping[str, str | None], *, apart_from: Sequence[str]) -> str | None:
    tops = [key for key, parent in parents.items() if parent is None and key not in apart_from]
    return tops[0] if len(tops) == 1 else None


def _depths(parents: Mapping[str, str | None]) -> dict[str, int]:
    depths: dict[str, int] = {}
    for start in parents:
        path = []
        at: str | None = start
        while at is not None and at not in depths:
            path.append(at)
            at = parents[at]
        base = depths[at] if at is not None else -1
        for step, key in enumerate(reversed(path), 1):
            depths[key] = base + step
    return depths
