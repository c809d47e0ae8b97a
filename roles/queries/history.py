"""The log of the organisation: revisions, newest first, and one of them with everything it touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from roles.choices import ChangeKind, OrgSource, Thing
from roles.holdings import split_assignment_key
from roles.models import OrgChange, OrgRevision
from roles.queries.naming import names_of
from roles.state_diff import State


@dataclass(frozen=True, slots=True)
class ThingCount:
    """How many things of a kind a revision touched in a way."""

    thing: Thing
    change: ChangeKind
    count: int


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One revision in a list. `actor` is empty where no user wrote it.

    `first_effective` is the earliest day on which anything differs by it; None where that is from the first records
    on. `undoes` and `undone_by` are numbers of other revisions. `names` are the first few things it touched.
    """

    number: int
    at: datetime
    actor: str
    source: OrgSource
    note: str
    undoes: int | None
    undone_by: int | None
    first_effective: date | None
    last_effective: date | None
    counts: tuple[ThingCount, ...]
    names: tuple[str, ...]

    @property
    def total(self) -> int:
        """Return how many things the revision touched."""
        return sum(each.count for each in self.counts)


@dataclass(frozen=True, slots=True)
class ChangedThing:
    """One thing that a revision touched, with its states before and after (`roles.state_diff`)."""

    thing: Thing
    external_id: str
    name: str
    change: ChangeKind
    fields: tuple[str, ...]
    effective_on: date | None
    before: State | None
    after: State | None


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """One revision and what it touched, by kind and id; `total` counts also what lies past the page."""

    line: RevisionLine
    changes: tuple[ChangedThing, ...]
    total: int


NAMED = 3
MOST_CHANGES = 200


def revisions(
    *,
    before: int | None = None,
    thing: Thing | None = None,
    external_id: str = "",
    source: OrgSource | None = None,
    actor_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    most: int = 50,
) -> tuple[RevisionLine, ...]:
    """Return revisions below the number `before`, newest first, in at most seven queries.

    `thing` and `external_id` keep those that touched it; `since` and `until` (included) bound the days of writing.
    """
    rows = OrgRevision.objects.all()
    if before is not None:
        rows = rows.filter(number__lt=before)
    if thing is not None or external_id:
        touched = OrgChange.objects.all()
        touched = touched.filter(thing=thing) if thing is not None else touched
        touched = touched.filter(external_id=external_id) if external_id else touched
        rows = rows.filter(pk__in=touched.values("revision_id"))
    if source is not None:
        rows = rows.filter(source=source)
    if actor_id is not None:
        rows = rows.filter(actor_id=actor_id)
    if since is not None:
        rows = rows.filter(at__date__gte=since)
    if until is not None:
        rows = rows.filter(at__date__lte=until)
    return _lines(rows.order_by("-number")[:most])


def revision_of(
    number: int, *, offset: int = 0, most: int = MOST_CHANGES, thing: Thing | None = None
) -> RevisionPage | None:
    """Return a revision with a page of what it touched, or None when there is none of that number."""
    lines = _lines(OrgRevision.objects.filter(number=number))
    if not lines:
        return None
    rows = OrgChange.objects.filter(revision__number=number)
    if thing is not None:
        rows = rows.filter(thing=thing)
    page = list(rows.order_by("thing", "external_id")[offset : offset + most])
    named = _names(page)
    changes = tuple(
        ChangedThing(
            Thing(row.thing),
            row.external_id,
            named[row.thing, row.external_id],
            ChangeKind(row.change),
            tuple(row.fields),
            row.effective_on,
            row.before,
            row.after,
        )
        for row in page
    )
    return RevisionPage(lines[0], changes, rows.count())


def _lines(rows: QuerySet[OrgRevision]) -> tuple[RevisionLine, ...]:
    found = list(rows.select_related("actor", "undoes"))
    keys = [row.pk for row in found]
    touched = OrgChange.objects.filter(revision_id__in=keys).order_by()
    grouped = touched.values("revision_id", "thing", "change").annotate(
        count=Count("pk"),
        first=Min("effective_on"),
        last=Max("effective_on"),
        undated=Count("pk", filter=Q(effective_on=None)),
    )
    groups: dict[int, list[Mapping[str, Any]]] = {}
    for group in grouped.order_by("thing", "change"):
        groups.setdefault(group["revision_id"], []).append(group)
    undone = dict(OrgRevision.objects.filter(undoes_id__in=keys).values_list("undoes_id", "number"))
    names = _first_names(touched)
    return tuple(_line(row, groups.get(row.pk, ()), names.get(row.pk, ()), undone.get(row.pk)) for row in found)


def _line(
    row: OrgRevision, groups: Sequence[Mapping[str, Any]], names: Sequence[str], undone_by: int | None
) -> RevisionLine:
    is_undated = any(group["undated"] for group in groups)
    firsts = [group["first"] for group in groups if group["first"] is not None]
    return RevisionLine(
        number=row.number,
        at=row.at,
        actor=str(row.actor or ""),
        source=OrgSource(row.source),
        note=row.note,
        undoes=row.undoes.number if row.undoes else None,
        undone_by=undone_by,
        first_effective=None if is_undated else min(firsts, default=None),
        last_effective=max((group["last"] for group in groups if group["last"] is not None), default=None),
        counts=tuple(
            ThingCount(Thing(group["thing"]), ChangeKind(group["change"]), group["count"]) for group in groups
        ),
        names=tuple(names),
    )


def _first_names(touched: QuerySet[OrgChange]) -> dict[int, tuple[str, ...]]:
    place = Window(RowNumber(), partition_by="revision_id", order_by=("thing", "external_id"))
    rows = touched.annotate(place=place).filter(place__lte=NAMED).order_by("revision_id", "place")
    first: dict[int, list[tuple[Thing, str]]] = {}
    for revision, thing, key in rows.values_list("revision_id", "thing", "external_id"):
        first.setdefault(revision, []).append((Thing(thing), key))
    known = names_of({each for pairs in first.values() for pair in pairs for each in (pair, _holder(pair))})
    return {number: tuple(_called(pair, known) for pair in pairs) for number, pairs in first.items()}


def _names(rows: Iterable[OrgChange]) -> dict[tuple[str, str], str]:
    pairs = {(Thing(row.thing), row.external_id) for row in rows}
    known = names_of({each for pair in pairs for each in (pair, _holder(pair))})
    return {(thing.value, key): _called((thing, key), known) for thing, key in pairs}


def _holder(pair: tuple[Thing, str]) -> tuple[Thing, str]:
    """Return whose name something goes by that has none: an assignment by the person, a stage by the unit."""
    thing, key = pair
    if thing is Thing.ASSIGNMENTS:
        return Thing.PEOPLE, split_assignment_key(key)[0]
    return (Thing.UNITS, key) if thing is Thing.STAGES else pair


def _called(pair: tuple[Thing, str], known: Mapping[tuple[Thing, str], str]) -> str:
    return known.get(pair) or known.get(_holder(pair)) or pair[1]
