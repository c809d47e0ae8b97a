"""What keeps a kept state from being put back: uses, references that are gone, days that are taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db import models
from django.db.models import ManyToOneRel
from django.utils.translation import gettext as _

from roles.choices import Thing
from roles.holdings import assignment_key, split_assignment_key
from roles.models import (
    AdoptedStage,
    Assignment,
    Employment,
    Person,
    ReportingLine,
    Seat,
    SeatVersion,
    Unit,
    UnitVersion,
)
from roles.models.dated import Identity
from roles.services.sync.states import FACTS
from roles.state_diff import State

States = Mapping[str, State | None]
IDENTITIES: Mapping[Thing, type[Identity]] = {Thing.UNITS: Unit, Thing.SEATS: Seat, Thing.PEOPLE: Person}


@dataclass(frozen=True, slots=True)
class StateIssue:
    """Why a fact cannot be put back; `changed` when it no longer is as expected.

    `cause` is what the fact points to, where that is the other half of the fault.
    """

    key: str
    message: str
    changed: bool = False
    cause: tuple[Thing, str] | None = None


def day_of(text: str | None) -> date | None:
    """Read the day of a state."""
    return None if text is None else date.fromisoformat(text)


def in_use(thing: Thing, gone: Sequence[str]) -> list[StateIssue]:
    """Name the units, seats and people that are to go and that something still points to."""
    if thing not in IDENTITIES or not gone:
        return []
    model, own = IDENTITIES[thing], FACTS[thing]
    leaving = dict(model.ever.filter(external_id__in=gone).values_list("pk", "external_id"))
    issues = []
    # those without a reverse name are hidden, and most of what must not dangle is among them
    relations = [field for field in model._meta.get_fields(include_hidden=True) if isinstance(field, ManyToOneRel)]
    for relation in relations:
        holder: type[models.Model] = relation.field.model
        field = relation.field.name
        rows = holder.objects.filter(**{f"{field}__in": list(leaving)})  # type: ignore[attr-defined]
        if holder is own.model:
            # versions and employments of facts that go as well are no obstacle
            rows = rows.exclude(**{f"{own.owner}__in": list(leaving)})
        used = set(rows.values_list(field, flat=True))
        by = _using(holder, thing)
        issues += [StateIssue(leaving[pk], _("It is still used: %(by)s.") % {"by": by}) for pk in sorted(used)]
    return issues


def _using(model: type[models.Model], thing: Thing) -> str:
    words: dict[type[models.Model], str] = {
        UnitVersion: _("units below it"),
        Employment: _("people they lead") if thing is Thing.PEOPLE else _("people who work there"),
        Assignment: _("role assignments"),
        AdoptedStage: _("an adopted stage"),
        SeatVersion: _("seats"),
        ReportingLine: _("secondary lines"),
    }
    return words.get(model, _("other records"))


def dangling(thing: Thing, wanted: States, *, coming: Mapping[Thing, Collection[str]]) -> list[StateIssue]:
    """Name the things whose wanted state points to a unit, seat or person that neither is there nor comes along."""
    asked: dict[Thing, set[tuple[str, str]]] = {}
    for key, state in wanted.items():
        if state is not None:
            for kind, one in _named_in(thing, key, state):
                asked.setdefault(kind, set()).add((key, one))
    missing: set[tuple[str, str]] = set()
    for kind, pairs in asked.items():
        ids = {one for _key, one in pairs}
        there = set(IDENTITIES[kind].objects.filter(external_id__in=ids).values_list("external_id", flat=True))
        there |= set(coming.get(kind, ()))
        missing |= {pair for pair in pairs if pair[1] not in there}
    return [StateIssue(key, _("%(id)s is not there any more.") % {"id": one}) for key, one in sorted(missing)]


def _named_in(thing: Thing, key: str, state: State) -> Iterable[tuple[Thing, str]]:
    """Yield everything that a state points to."""
    facts = FACTS[thing]
    if thing is Thing.ASSIGNMENTS:
        yield Thing.PEOPLE, split_assignment_key(key)[0]
    if thing is Thing.STAGES:
        yield Thing.UNITS, key
    for span in state["spans"]:
        for column in facts.columns:
            if column in facts.links and span[column] is not None:
                yield facts.links[column], span[column]


def overlaps(wanted: States) -> list[StateIssue]:
    """Name the assignments whose wanted days are taken by another assignment of the same role in the same unit."""
    people = {split_assignment_key(key)[0] for key in wanted}
    rows = Assignment.objects.filter(person__external_id__in=people)
    columns = ("person__external_id", "role_key", "unit__external_id", "during")
    held = [
        (assignment_key(person, role, during.lower), (person, role, unit), during.lower, during.upper)
        for person, role, unit, during in rows.values_list(*columns)
    ]
    held = [each for each in held if each[0] not in wanted]
    for key, state in wanted.items():
        if state is not None:
            person, role, start = split_assignment_key(key)
            span = state["spans"][0]
            held.append((key, (person, role, span["unit"]), date.fromisoformat(start), day_of(span["end"])))
    held.sort(key=lambda each: (each[1], each[2]))
    message = _("The same role in the same unit is held on these days by another assignment.")
    return [
        StateIssue(first[0] if first[0] in wanted else second[0], message)
        for first, second in pairwise(held)
        if first[1] == second[1] and (first[3] or date.max) > second[2]
    ]
