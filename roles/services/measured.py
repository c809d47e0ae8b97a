"""Who is told that a role of the workspace's own names other KPIs. The app that grades registers itself."""

from __future__ import annotations

from typing import Protocol

from roles.catalogue import RoleKey


class Grader(Protocol):
    """Grades a role again, within the transaction that changed its KPIs."""

    def __call__(self, role: RoleKey, *, actor_id: int | None) -> None:
        """Grade every month that has figures."""


_graders: list[Grader] = []


def register_grader(grade: Grader) -> None:
    """Let `grade` follow each change of the KPIs of an own role."""
    _graders[:] = [grade]


def kpis_changed(role: RoleKey, *, actor_id: int | None) -> None:
    """Tell whoever grades that the role is measured by other KPIs from now on."""
    for grade in _graders:
        grade(role, actor_id=actor_id)
