"""Which things a document ends: those its source owns, that are still there and that it names no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Q

from roles.choices import PARTS, Thing
from roles.holdings import assignment_key
from roles.models import Assignment, ReportingLine
from roles.models.dated import reaching
from roles.queries.source_ids import owned_by, owned_by_others
from roles.services.documents.chart import ChartDocument
from roles.services.sync.states import FACTS

MOST_LEAVERS = 10  # per cent of those there are; more need the words of the refusal
Leaving = Mapping[Thing, Collection[str]]


def present(thing: Thing, *, on: date) -> set[str]:
    """Return the ids of the things that are there on the day. What is only planned is none of a document's business."""
    if thing is Thing.ASSIGNMENTS:
        columns = Assignment.objects.on(on).values_list("person__external_id", "role_key", "during")
        return {assignment_key(person, role, during.lower) for person, role, during in columns}
    return set(FACTS[thing].model.objects.on(on).values_list(FACTS[thing].key, flat=True))


def owned(thing: Thing, *, owner: str, among: Collection[str]) -> set[str]:
    """Return what the source alone speaks for; without a name, what no outside source owns."""
    others = owned_by_others(owner, thing)
    return {*among} - others if not owner else {*among} & owned_by(owner, thing) - others


def leaving(document: ChartDocument, *, owner: str, on: date) -> tuple[dict[Thing, set[str]], dict[Thing, int]]:
    """Return what ends, and of how many that the source speaks for."""
    gone: dict[Thing, set[str]] = {}
    spoken_for: dict[Thing, int] = {}
    for thing in PARTS:
        if document.rows(thing) is not None:
            ours = owned(thing, owner=owner, among=present(thing, on=on))
            gone[thing] = ours - document.keys(thing)
            spoken_for[thing] = len(ours)
    _follow(gone, on=on)
    return gone, spoken_for


def _follow(gone: dict[Thing, set[str]], *, on: date) -> None:
    """Let the roles and secondary lines of who leaves end with them, whoever had entered those."""
    people, units = gone.get(Thing.PEOPLE, ()), gone.get(Thing.UNITS, ())
    if people:
        held = Assignment.objects.filter(reaching(on), person__external_id__in=list(people))
        columns = held.values_list("person__external_id", "role_key", "during")
        keys = {assignment_key(person, role, during.lower) for person, role, during in columns}
        gone.setdefault(Thing.ASSIGNMENTS, set()).update(keys)
    if people or units:
        at_units = Q(unit__external_id__in=list(units)) | Q(to_unit__external_id__in=list(units))
        at_people = Q(person__external_id__in=list(people)) | Q(to_person__external_id__in=list(people))
        lines = ReportingLine.objects.filter(reaching(on), at_units | at_people)
        gone.setdefault(Thing.LINES, set()).update(lines.values_list("external_id", flat=True))


def confirmation(gone: Leaving, *, newly_left: int, spoken_for: Mapping[Thing, int]) -> str:
    """Return the words that must come along when more than 10 % of the people leave or of the units close."""
    counts = {
        Thing.PEOPLE: (len(gone.get(Thing.PEOPLE, ())) + newly_left, "{:,} leavers", "{:,} leaver"),
        Thing.UNITS: (len(gone.get(Thing.UNITS, ())), "{:,} closed units", "{:,} closed unit"),
    }
    return ", ".join(
        (one if count == 1 else many).format(count)
        for thing, (count, many, one) in counts.items()
        if count * 100 > spoken_for.get(thing, 0) * MOST_LEAVERS
    )
