"""What has changed since: each thing that was touched, as it is now, in the order of its last change.

The first reading goes through everything there is, then the changes follow on, those included that came meanwhile. A
thing that is changed while its page is read is told again later, so a reader who keeps the last state of each is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Q

from roles.choices import Thing
from roles.models import OrgChange, OrgRevision
from roles.queries.documents import Document, documents, listed, stage_documents

ORDER = (Thing.UNITS, Thing.SEATS, Thing.PEOPLE, Thing.ASSIGNMENTS, Thing.LINES, Thing.STAGES)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come: the last revision heard of, and the last thing told of it.

    In a first reading (`is_full`) `number` is the revision at its start, from which changes are told afterwards.
    """

    number: int
    thing: str = ""
    external_id: str = ""
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A thing as it is now; without a document it is not there (any more)."""

    thing: Thing
    external_id: str
    revision: int
    document: Document | None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the feed, and where the next one begins."""

    told: tuple[Told, ...]
    next: Position
    has_more: bool


def newest_revision() -> int:
    """Return the number of the last revision; 0 before there is one."""
    return OrgRevision.objects.aggregate(number=Max("number"))["number"] or 0


def feed(position: Position | None, *, as_of: date, most: int) -> Page:
    """Return the next part of the feed; without a position it begins."""
    if position is None:
        position = Position(newest_revision(), is_full=True)
    return _everything(position, as_of=as_of, most=most) if position.is_full else _changes(position, as_of, most)


def _everything(position: Position, *, as_of: date, most: int) -> Page:
    left = list(ORDER[ORDER.index(Thing(position.thing)) :]) if position.thing else list(ORDER)
    told: list[Told] = []
    after = position.external_id
    for thing in left:
        rows = _present(thing, after=after, as_of=as_of, most=most - len(told) + 1)
        told += [Told(thing, row["external_id"], row["revision"], row) for row in rows]
        after = ""
        if len(told) > most:
            last = told[most - 1]
            onward = Position(position.number, last.thing.value, last.external_id, is_full=True)
            return Page(tuple(told[:most]), onward, has_more=True)
    begun = Position(position.number)
    return Page(tuple(told), begun, has_more=newest_revision() > position.number)


def _present(thing: Thing, *, after: str, as_of: date, most: int) -> Sequence[Document]:
    if thing is Thing.STAGES:
        decided = sorted(_decided(None, as_of=as_of).items())
        return [row for key, row in decided if key > after][:most]
    keys = listed(thing, as_of=as_of).order_by("external_id").values_list("external_id", flat=True)
    chosen = list(keys.filter(external_id__gt=after)[:most] if after else keys[:most])
    found = documents(thing, chosen, as_of=as_of)
    return [found[key] for key in chosen if key in found]


def _changes(position: Position, as_of: date, most: int) -> Page:
    rows = (
        OrgChange.objects.order_by()
        .filter(revision__number__gte=position.number)
        .values("thing", "external_id")
        .annotate(last=Max("revision__number"))
        .filter(_beyond(position))
        .order_by("last", "thing", "external_id")
        .values_list("last", "thing", "external_id")
    )
    found = list(rows[: most + 1])
    told = tuple(_told(found[:most], as_of=as_of))
    if not found:
        return Page((), position, has_more=False)
    last, thing, external_id = found[:most][-1]
    return Page(told, Position(last, thing, external_id), has_more=len(found) > most)


def _beyond(position: Position) -> Q:
    """Return what comes after the position. One without a thing has heard everything of its revision."""
    if not position.thing:
        return Q(last__gt=position.number)
    same = Q(last=position.number)
    return (
        Q(last__gt=position.number)
        | (same & Q(thing__gt=position.thing))
        | (same & Q(thing=position.thing, external_id__gt=position.external_id))
    )


def _told(rows: Iterable[tuple[int, str, str]], *, as_of: date) -> Iterable[Told]:
    keys: dict[Thing, list[str]] = {}
    rows = list(rows)
    for _last, thing, key in rows:
        keys.setdefault(Thing(thing), []).append(key)
    found = {
        thing: _decided(some, as_of=as_of) if thing is Thing.STAGES else documents(thing, some, as_of=as_of)
        for thing, some in keys.items()
    }
    for last, thing, key in rows:
        yield Told(Thing(thing), key, last, found[Thing(thing)].get(key))


def _decided(keys: Sequence[str] | None, *, as_of: date) -> dict[str, Document]:
    """Return the decisions of units themselves; what others inherit follows from the tree."""
    found = stage_documents(keys, as_of=as_of)
    return {key: row for key, row in found.items() if row["decided_in"] == key}
