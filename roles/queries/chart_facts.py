"""The rows the org chart of a day is made of, those planned for later included; each kind in one query."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Q

from roles.catalogue import RoleKey
from roles.chart.nodes import Kind, Line, key_of
from roles.choices import FillMode, LineKind, UnitLevel
from roles.holdings import Holding
from roles.models import Assignment, Employment, ReportingLine, SeatVersion, UnitVersion
from roles.models.dated import reaching
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.stages import Adopted, adopted_stages


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A version of a unit that ends, or begins after the day."""

    external_id: str
    name: str
    level: UnitLevel
    parent: str | None
    city: str
    is_leading: bool
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class WorkRow:
    """Where a person works on the day, or will work."""

    external_id: str
    name: str
    unit: str
    manager: str | None
    fill_mode: FillMode
    fte: Decimal
    seat: str | None
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class SeatRow:
    """What a seat is on the day, or will be."""

    external_id: str
    title: str
    role: RoleKey | None
    grade: str
    unit: str
    planned_fte: Decimal
    is_head: bool
    start: date | None
    end: date | None


Row = TypeVar("Row", bound=UnitRow | WorkRow | SeatRow)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of a day and what is planned after it: rows per id, earliest first."""

    as_of: date
    tree: UnitTree
    stages: Mapping[str, Adopted]
    units: Mapping[str, tuple[UnitRow, ...]]
    work: Mapping[str, tuple[WorkRow, ...]]
    seats: Mapping[str, tuple[SeatRow, ...]]
    holdings: tuple[Holding, ...]
    lines: tuple[Line, ...]
    vacant_since: Mapping[str, date | None]


def read_facts(as_of: date) -> Facts:
    """Read the day in nine queries, however large the organisation is."""
    tree = unit_tree(as_of=as_of)
    work = _by_id(_work(as_of))
    seats = _by_id(_seats(as_of))
    held = {row.seat for rows in work.values() for row in rows if is_on(row, as_of)}
    vacant = [key for key, rows in seats.items() if key not in held and is_on(rows[0], as_of)]
    return Facts(
        as_of=as_of,
        tree=tree,
        stages=adopted_stages(as_of, tree=tree),
        units=_by_id(_units(as_of)),
        work=work,
        seats=seats,
        holdings=_holdings(as_of, tree=tree, work=work),
        lines=_lines(as_of),
        vacant_since=seats_empty_since(vacant, as_of),
    )


def is_on(row: UnitRow | WorkRow | SeatRow, day: date) -> bool:
    """Tell whether the row holds on the day."""
    return (row.start is None or row.start <= day) and (row.end is None or day < row.end)


def _by_id(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    """Gather rows per id, earliest first as they come."""
    found: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        found[row.external_id] = (*found.get(row.external_id, ()), row)
    return found


def _units(as_of: date) -> list[UnitRow]:
    """Return what ends or begins after the day; the tree has the rest."""
    rows = UnitVersion.objects.filter(Q(during__startswith__gt=as_of) | Q(during__endswith__gt=as_of)).order_by(
        "during"
    )
    columns = ("unit__external_id", "name", "level", "parent__external_id", "city", "is_leading", "during")
    return [
        UnitRow(key, name, UnitLevel(level), parent, city, is_leading, during.lower, during.upper)
        for key, name, level, parent, city, is_leading, during in rows.values_list(*columns)
    ]


def _work(as_of: date) -> list[WorkRow]:
    columns = (
        "person__external_id", "person__display_name", "unit__external_id", "manager__external_id", "fill_mode", "fte",
        "seat__external_id", "during",
    )  # fmt: skip
    rows = Employment.objects.filter(reaching(as_of)).order_by("during", "person__external_id")
    return [
        WorkRow(key, name or key, unit, manager, FillMode(mode), fte, seat, during.lower, during.upper)
        for key, name, unit, manager, mode, fte, seat, during in rows.values_list(*columns)
    ]


def _seats(as_of: date) -> list[SeatRow]:
    columns = (
        "seat__external_id", "title", "role_key", "grade", "unit__external_id", "planned_fte", "is_head", "during",
    )  # fmt: skip
    rows = SeatVersion.objects.filter(reaching(as_of)).order_by("during", "seat__external_id")
    return [
        SeatRow(key, title, RoleKey(role) if role else None, grade, unit, fte, is_head, during.lower, during.upper)
        for key, title, role, grade, unit, fte, is_head, during in rows.values_list(*columns)
    ]


def _holdings(as_of: date, *, tree: UnitTree, work: Mapping[str, tuple[WorkRow, ...]]) -> tuple[Holding, ...]:
    columns = ("person__external_id", "person__display_name", "role_key", "unit__external_id", "share", "during")
    rows = Assignment.objects.on(as_of).order_by("-share", "role_key", "person__external_id").values_list(*columns)
    return tuple(
        Holding(
            person_external_id=person,
            person_name=name or person,
            role_key=RoleKey(role),
            unit_external_id=unit,
            unit_name=tree.nodes[unit].name if unit in tree else unit,
            share=share,
            person_fte=next((row.fte for row in work.get(person, ()) if is_on(row, as_of)), Decimal(1)),
            start=during.lower,
            end=during.upper,
        )
        for person, name, role, unit, share, during in rows
    )


def _lines(as_of: date) -> tuple[Line, ...]:
    columns = (
        "external_id", "kind", "unit__external_id", "to_unit__external_id", "person__external_id",
        "to_person__external_id", "note",
    )  # fmt: skip
    return tuple(
        Line(
            key,
            LineKind(kind),
            key_of(Kind.UNIT, unit) if unit else key_of(Kind.PERSON, person),
            key_of(Kind.UNIT, to_unit) if unit else key_of(Kind.PERSON, to_person),
            note,
        )
        for key, kind, unit, to_unit, person, to_person, note in ReportingLine.objects.on(as_of)
        .order_by("external_id")
        .values_list(*columns)
    )


def seats_empty_since(seats: Collection[str], as_of: date) -> dict[str, date | None]:
    """Return since when nobody holds the seats: the last holder's end, else the seat's own first day, else None."""
    spans: dict[str, list[Any]] = {}
    versions = SeatVersion.objects.filter(seat__external_id__in=seats).order_by("-during")
    for seat, during in versions.values_list("seat__external_id", "during"):
        if during.lower is None or during.lower <= as_of:
            spans.setdefault(seat, []).append(during)
    found = {seat: _begin(versions) for seat, versions in spans.items()}
    ended = Employment.objects.filter(seat__external_id__in=seats, during__endswith__lte=as_of)
    for seat, during in ended.values_list("seat__external_id", "during"):
        begun = found.get(seat)
        found[seat] = during.upper if begun is None else max(begun, during.upper)
    return found


def _begin(versions: Sequence[Any]) -> date | None:
    """Return when the seat began that the latest of its versions continues, latest first."""
    start: date | None = versions[0].lower
    for earlier in versions[1:]:
        if earlier.upper != start:
            break
        start = earlier.lower
    return start
