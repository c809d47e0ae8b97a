"""The secondary lines of one unit or person on a day, seen from that end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from roles.choices import LineKind, Thing
from roles.models import ReportingLine
from roles.models.dated import reaching
from roles.queries.naming import names_of


@dataclass(frozen=True, slots=True)
class Secondary:
    """A line; `is_out` when it leads from here to the other end."""

    external_id: str
    kind: LineKind
    other: str
    other_name: str
    is_out: bool
    start: date | None
    end: date | None
    note: str


def lines_of(thing: Thing, external_id: str, *, as_of: date) -> tuple[Secondary, ...]:
    """Return the lines from and to a unit or person, by kind, in two queries; planned ones stand last."""
    here, there = ("unit", "to_unit") if thing is Thing.UNITS else ("person", "to_person")
    touching = Q(**{f"{here}__external_id": external_id}) | Q(**{f"{there}__external_id": external_id})
    rows = list(
        ReportingLine.objects.filter(touching, reaching(as_of))
        .order_by("during", "kind", "external_id")
        .values_list("external_id", "kind", "during", "note", f"{here}__external_id", f"{there}__external_id")
    )
    ends = {(thing, end) for *_others, start, to in rows for end in (start, to)}
    names = names_of(ends - {(thing, external_id)})
    return tuple(
        Secondary(
            external_id=key,
            kind=LineKind(kind),
            other=other,
            other_name=names.get((thing, other), other),
            is_out=start == external_id,
            start=during.lower,
            end=during.upper,
            note=note,
        )
        for key, kind, during, note, start, to in rows
        for other in [to if start == external_id else start]
    )
