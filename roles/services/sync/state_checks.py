"""What keeps a kept state from being put back: uses, references that are gone, days that are taken, loops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import models
from django.db.models import ManyToOneRel
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.models import AdoptedStage, Assignment, Employment, Person, Unit, UnitVersion
from roles.services.sync.checks import find_loops, loop_text

State = dict[str, Any]
States = Mapping[str, State | None]
UNITS, PEOPLE, ASSIGNMENTS = "units", "people", "assignments"


@dataclass(frozen=True, slots=True)
class StateIssue:
    """Why a fact cannot be put back; `changed` when it no longer is as expected."""

    key: str
    message: str
    changed: bool = False


def day_of(text: str | None) -> date | None:
    """Read the day of a state."""
    return None if text is None else date.fromisoformat(text)


def in_use(kind: str, gone: Sequence[str]) -> list[StateIssue]:
    """Name the units and people that are to go and that something still points to."""
    if kind == ASSIGNMENTS or not gone:
        return []
    model: type[models.Model] = Unit if kind == UNITS else Person
    own = UnitVersion if kind == UNITS else Employment
    found = model._default_manager.filter(external_id__in=gone, workspace_id=current_workspace_id())
    leaving = dict(found.values_list("pk", "external_id"))
    issues = []
    # those without a reverse name are hidden, and most of what must not dangle is among them
    relations = [field for field in model._meta.get_fields(include_hidden=True) if isinstance(field, ManyToOneRel)]
    for relation in relations:
        holder: type[models.Model] = relation.field.model
        rows = holder._default_manager.filter(workspace_id=current_workspace_id())
        field = relation.field.name
        rows = rows.filter(**{f"{field}__in": list(leaving)})
        if holder is own:
            # versions and employments of facts that go as well are no obstacle
            rows = rows.exclude(**{f"{'unit' if kind == UNITS else 'person'}__in": list(leaving)})
        used = set(rows.values_list(field, flat=True))
        by = _using(holder, kind)
        issues += [StateIssue(leaving[pk], _("It is still used: %(by)s.") % {"by": by}) for pk in sorted(used)]
    return issues


def _using(model: type[models.Model], kind: str) -> str:
    words: dict[type[models.Model], str] = {
        UnitVersion: _("units below it"),
        Employment: _("people who work there") if kind == UNITS else _("people they lead"),
        Assignment: _("role assignments"),
        AdoptedStage: _("an adopted stage"),
    }
    return words.get(model, _("other records"))


def dangling(kind: str, wanted: States) -> list[StateIssue]:
    """Name the facts whose wanted state points to a unit or person that is no longer there."""
    units, people = set(), set()
    for key, state in wanted.items():
        if state is not None:
            units |= {(key, unit) for unit in _units_in(kind, state)}
            people |= {(key, person) for person in _people_in(kind, key, state)}
    there = set(Unit.objects.filter(external_id__in={one for _key, one in units}).values_list("external_id", flat=True))
    known = set(
        Person.objects.filter(external_id__in={one for _key, one in people}).values_list("external_id", flat=True)
    )
    there |= {key for key, state in wanted.items() if state is not None} if kind == UNITS else set()
    known |= {key for key, state in wanted.items() if state is not None} if kind == PEOPLE else set()
    missing = sorted(
        {pair for pair in units if pair[1] not in there} | {pair for pair in people if pair[1] not in known}
    )
    return [StateIssue(key, _("%(id)s is not there any more.") % {"id": one}) for key, one in missing]


def _units_in(kind: str, state: State) -> Iterable[str]:
    if kind == UNITS:
        return [version["parent"] for version in state["versions"] if version["parent"] is not None]
    return [work["unit"] for work in state["employments"]] if kind == PEOPLE else [state["unit"]]


def _people_in(kind: str, key: str, state: State) -> Iterable[str]:
    if kind == PEOPLE:
        return [work["manager"] for work in state["employments"] if work["manager"] is not None]
    return [key.rsplit("/", 2)[0]] if kind == ASSIGNMENTS else []


def overlaps(wanted: States) -> list[StateIssue]:
    """Name the assignments whose wanted days are taken by another assignment of the same role in the same unit."""
    people = {key.rsplit("/", 2)[0] for key in wanted}
    rows = Assignment.objects.filter(person__external_id__in=people)
    columns = ("person__external_id", "role_key", "unit__external_id", "during")
    held = [
        (f"{person}/{role}/{during.lower}", (person, role, unit), during.lower, during.upper)
        for person, role, unit, during in rows.values_list(*columns)
    ]
    held = [each for each in held if each[0] not in wanted]
    for key, state in wanted.items():
        if state is not None:
            person, role, start = key.rsplit("/", 2)
            held.append((key, (person, role, state["unit"]), date.fromisoformat(start), day_of(state["end"])))
    held.sort(key=lambda each: (each[1], each[2]))
    message = _("The same role in the same unit is held on these days by another assignment.")
    return [
        StateIssue(first[0] if first[0] in wanted else second[0], message)
        for first, second in pairwise(held)
        if first[1] == second[1] and (first[3] or date.max) > second[2]
    ]


def loops(kind: str, wanted: States) -> list[StateIssue]:
    """Name loops of units or managers, on each day on which something of the written facts begins."""
    if kind == ASSIGNMENTS:
        return []
    spans = "versions" if kind == UNITS else "employments"
    days = {span["start"] for state in wanted.values() if state is not None for span in state[spans]}
    told: dict[tuple[str, ...], str] = {}
    for text in sorted(day or "0001-01-01" for day in days):
        day = date.fromisoformat(text)
        if kind == UNITS:
            above = dict(UnitVersion.objects.on(day).values_list("unit__external_id", "parent__external_id"))
        else:
            above = dict(Employment.objects.on(day).values_list("person__external_id", "manager__external_id"))
        for loop in find_loops(above, among=[key for key in wanted if wanted[key] is not None]):
            told.setdefault(loop, loop[0])
    message = _("The units form a loop: %(loop)s.") if kind == UNITS else _("The managers form a loop: %(loop)s.")
    return [StateIssue(key, message % {"loop": loop_text(loop)}) for loop, key in told.items()]
