"""The organisation of a day as flat documents for REST clients: lists ready for cursor paging, and single things.

A document is a dict of plain values. Each has an `external_id`; that of an assignment is person, role and first day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, Max, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, Lower, Upper

from roles.choices import Thing
from roles.holdings import split_assignment_key
from roles.models import Assignment, Employment, OrgChange, ReportingLine, SeatVersion, UnitVersion
from roles.models.dated import DatedFact
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_within
from roles.queries.source_ids import ids_by_source, owned_by
from roles.queries.stages import adopted_stages

Document = dict[str, Any]
Rows = QuerySet[Any, Document]

_START: Mapping[str, Combinable] = {"since": Lower("during"), "until": Upper("during")}
_DAYS: Mapping[str, Combinable] = {"start_on": Lower("during"), "end_on": Upper("during")}
_KEY = Concat(
    F("person__external_id"),
    Value("/"),
    F("role_key"),
    Value("/"),
    Cast(Lower("during"), CharField()),
    output_field=CharField(),
)
_IS_UNITS = Q(unit__isnull=False)

# What a document says, and where it stands; a name that is a column of its own is listed under `OWN`.
OWN: Mapping[Thing, tuple[str, ...]] = {
    Thing.UNITS: ("name", "level", "ownership", "city", "is_leading", "rank"),
    Thing.SEATS: ("title", "grade", "planned_fte", "monthly_budget", "is_head"),
    Thing.PEOPLE: ("fill_mode", "fte", "monthly_cost"),
    Thing.ASSIGNMENTS: ("share",),
    Thing.LINES: ("kind", "note"),
}
LED: Mapping[Thing, Mapping[str, Combinable]] = {
    Thing.UNITS: {
        "external_id": F("unit__external_id"),
        "parent_external_id": F("parent__external_id"),
        **_START,
    },
    Thing.SEATS: {
        "external_id": F("seat__external_id"),
        "unit_external_id": F("unit__external_id"),
        "role": F("role_key"),
        **_START,
    },
    Thing.PEOPLE: {
        "external_id": F("person__external_id"),
        "display_name": F("person__display_name"),
        "unit_external_id": F("unit__external_id"),
        "manager_external_id": F("manager__external_id"),
        "seat_external_id": F("seat__external_id"),
        "hired_on": F("person__hired_on"),
        "left_on": F("person__left_on"),
        **_START,
    },
    Thing.ASSIGNMENTS: {
        "external_id": _KEY,
        "person_external_id": F("person__external_id"),
        "role": F("role_key"),
        "unit_external_id": F("unit__external_id"),
        **_DAYS,
    },
    Thing.LINES: {
        "from_external_id": Coalesce(F("unit__external_id"), F("person__external_id")),
        "to_external_id": Coalesce(F("to_unit__external_id"), F("to_person__external_id")),
        "is_units": _IS_UNITS,  # type: ignore[dict-item]
        **_DAYS,
    },
}
MODELS: Mapping[Thing, type[DatedFact]] = {
    Thing.UNITS: UnitVersion,
    Thing.SEATS: SeatVersion,
    Thing.PEOPLE: Employment,
    Thing.ASSIGNMENTS: Assignment,
    Thing.LINES: ReportingLine,
}


def listed(
    thing: Thing, *, as_of: date, within: str | None = None, person: str | None = None, people_too: bool = True
) -> Rows:
    """Return the things of the day as documents, within a unit's subtree or of one person alone.

    Lines between people are left out where the reader may not see people (`people_too` false).
    """
    rows: QuerySet[Any] = MODELS[thing].objects.on(as_of)
    if within is not None:
        rows = _within(thing, rows, within, as_of=as_of)
    if person is not None:
        rows = rows.filter(_of_person(thing, person))
    if thing is Thing.LINES and not people_too:
        rows = rows.filter(_IS_UNITS)
    named = ("external_id",) if thing is Thing.LINES else ()
    return rows.values(*OWN[thing], *named, **LED[thing])


def _within(thing: Thing, rows: QuerySet[Any], unit: str, *, as_of: date) -> QuerySet[Any]:
    units = unit_tree(as_of=as_of).subtree(unit)
    if thing is Thing.PEOPLE:
        return people_within(units, as_of=as_of)
    if thing is not Thing.LINES:
        return rows.filter(unit__external_id__in=units)
    people = people_within(units, as_of=as_of).values("person")
    return rows.filter(
        Q(unit__external_id__in=units, to_unit__external_id__in=units) | Q(person__in=people, to_person__in=people)
    )


def _of_person(thing: Thing, person: str) -> Q:
    if thing is Thing.LINES:
        return Q(person__external_id=person) | Q(to_person__external_id=person)
    return Q(person__external_id=person)


def narrowed(thing: Thing, rows: Rows, *, as_of: date, source: str = "", role: str = "", vacant: bool = False) -> Rows:
    """Keep what a source has an id for, people who hold a role on the day, seats in which nobody sits."""
    if source:
        rows = rows.filter(external_id__in=owned_by(source, thing))
    if role:
        holders = Assignment.objects.on(as_of).filter(role_key=role)
        rows = rows.filter(person__in=holders.values("person"))
    if vacant:
        taken = Employment.objects.on(as_of).exclude(seat=None)
        rows = rows.exclude(seat__in=taken.values("seat"))
    return rows


def touched_since(thing: Thing, rows: Rows, moment: datetime) -> Rows:
    """Keep what a revision of that moment or later has touched."""
    changes = OrgChange.objects.filter(thing=thing.value, revision__at__gte=moment)
    return rows.filter(external_id__in=changes.values("external_id"))


def document(thing: Thing, external_id: str, *, rows: Rows) -> Document | None:
    """Return one of the listed things."""
    key = "external_id" if thing is Thing.ASSIGNMENTS else _key_path(thing)
    return next(iter(finished(thing, rows.filter(**{key: external_id})[:1])), None)


def documents(thing: Thing, keys: Collection[str], *, as_of: date) -> dict[str, Document]:
    """Return the given things as they are on the day; those that are not there are absent."""
    if thing is Thing.STAGES:
        return stage_documents(keys, as_of=as_of)
    rows = listed(thing, as_of=as_of)
    if thing is Thing.ASSIGNMENTS:
        people = {split_assignment_key(key)[0] for key in keys}
        rows = rows.filter(person__external_id__in=people, external_id__in=list(keys))
    else:
        rows = rows.filter(**{f"{_key_path(thing)}__in": list(keys)})
    return {found["external_id"]: found for found in finished(thing, rows)}


def _key_path(thing: Thing) -> str:
    return {Thing.UNITS: "unit__external_id", Thing.SEATS: "seat__external_id"}.get(
        thing, "person__external_id" if thing is Thing.PEOPLE else "external_id"
    )


def finished(thing: Thing, rows: Iterable[Document]) -> list[Document]:
    """Add what stands elsewhere: the ids of the sources, and the last revision that touched each."""
    found = list(rows)
    keys = [row["external_id"] for row in found]
    called, numbers = ids_by_source(thing, keys), last_revisions(thing, keys)
    for row in found:
        if thing is Thing.LINES:
            row["between"] = (Thing.UNITS if row.pop("is_units") else Thing.PEOPLE).value
        row["source_ids"] = called.get(row["external_id"], {})
        row["revision"] = numbers.get(row["external_id"], 0)
    return found


def last_revisions(thing: Thing, keys: Collection[str]) -> dict[str, int]:
    """Return the number of the last revision that touched each; those from before there were revisions are absent."""
    rows = OrgChange.objects.filter(thing=thing.value, external_id__in=list(keys)).order_by()
    return dict(rows.values("external_id").annotate(last=Max("revision__number")).values_list("external_id", "last"))


def stage_documents(keys: Collection[str] | None, *, as_of: date, within: str | None = None) -> dict[str, Document]:
    """Return the stage of each unit on the day: its own decision, or that of the unit it inherits it from."""
    tree = unit_tree(as_of=as_of)
    wanted = [unit for unit in (tree if within is None else tree.below(within)).nodes if keys is None or unit in keys]
    adopted = adopted_stages(as_of, tree=tree)
    numbers = last_revisions(Thing.STAGES, wanted)
    return {
        unit: {
            "external_id": unit,
            "stage": adopted[unit].stage.value,
            "subtype": adopted[unit].subtype.value,
            "decided_in": adopted[unit].unit_external_id,
            "since": adopted[unit].since,
            "note": adopted[unit].note,
            "revision": numbers.get(unit, 0),
        }
        for unit in wanted
    }
