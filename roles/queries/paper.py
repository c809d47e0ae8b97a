"""The branch that is printed: units with their people and vacant seats on a day, in seven queries. Pay is not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from roles.catalogue import RoleKey, roles_here
from roles.choices import FillMode, UnitLevel
from roles.models import Assignment, Employment, SeatVersion
from roles.paper.sorting import sort_key
from roles.paper.specs import PaperChart, PaperPerson, PaperUnit
from roles.queries.org_chart import UnitCount, UnitNode, UnitTree, unit_counts, unit_tree

UNIT_FIELDS = ("level", "city", "counts", "fte")
PERSON_FIELDS = ("roles", "seat", "fill_mode", "person_fte")
FIELDS = ("id", *UNIT_FIELDS, *PERSON_FIELDS)
USUAL = ("id", "level", "counts", "roles")


@dataclass(frozen=True, slots=True)
class PaperAsk:
    """What is to be printed: a branch ("" is all of it), how many levels of it (None: all), with what on the cards."""

    branch: str = ""
    levels: int | None = None
    fields: frozenset[str] = frozenset(USUAL)
    with_people: bool = True
    with_vacant: bool = True


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch ready for the paper, and how much there is of it: what is printed is counted against that."""

    chart: PaperChart
    units: int
    people: int


class _Worker(NamedTuple):
    person: str
    display_name: str
    unit: str
    manager: str | None
    seat_id: int | None
    fill_mode: str
    fte: Decimal


class _Seat(NamedTuple):
    seat_id: int
    external_id: str
    unit: str
    title: str
    grade: str
    is_head: bool


@dataclass(frozen=True, slots=True)
class _Team:
    """What is known of the people of a day: rows by unit, the roles they hold, the seats by id and those vacant."""

    rows: Mapping[str, Sequence[_Worker]]
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seats: Mapping[int, _Seat] = field(default_factory=dict)
    vacant: Mapping[str, Sequence[_Seat]] = field(default_factory=dict)
    bosses: frozenset[str] = frozenset()


def paper_branch(ask: PaperAsk, *, as_of: date, within: str | None = None) -> Branch | None:
    """Return the branch inside the asker's bounds, or None when there is no such unit on the day."""
    tree = unit_tree(as_of=as_of, within=within)
    if ask.branch:
        if ask.branch not in tree:
            return None
        tree = tree.below(ask.branch)
    counts = unit_counts(tree)
    team = _team(tree, ask) if ask.with_people or ask.with_vacant else _Team({})
    printed = [node for node in tree if ask.levels is None or node.depth < ask.levels]
    units = {node.external_id: _unit(node, tree, counts, team, ask=ask) for node in printed}
    people = (
        Employment.objects.on(as_of).count()
        if within is None and not ask.branch
        else sum(counts[root].total_people for root in tree.root_ids)
    )
    return Branch(PaperChart(units, tree.root_ids), len(tree.nodes), people)


def branches(*, as_of: date, within: str | None = None) -> list[tuple[str, str]]:
    """Return (id, name) of the units that can be printed with what is below them, indented by depth."""
    tree = unit_tree(as_of=as_of, within=within)
    return [
        (node.external_id, "\u2003" * node.depth + f"{node.name} · {node.external_id}")
        for node in tree
        if node.children or node.depth < 2
    ]


def _team(tree: UnitTree, ask: PaperAsk) -> _Team:
    day = tree.as_of
    found = Employment.objects.on(day).order_by("person__external_id")
    if len(tree.nodes) < 500:
        found = found.filter(unit__external_id__in=list(tree.nodes))
    columns = (
        "person__external_id", "person__display_name", "unit__external_id", "manager__external_id", "seat_id",
        "fill_mode", "fte",
    )  # fmt: skip
    rows: dict[str, list[_Worker]] = {}
    for row in map(_Worker._make, found.values_list(*columns)):
        rows.setdefault(row.unit, []).append(row)
    of_seat = ("seat_id", "seat__external_id", "unit__external_id", "title", "grade", "is_head")
    seats = {row[0]: _Seat(*row) for row in SeatVersion.objects.on(day).values_list(*of_seat)}
    taken = set(Employment.objects.on(day).exclude(seat=None).values_list("seat_id", flat=True))
    vacant: dict[str, list[_Seat]] = {}
    for seat in sorted(seats.values(), key=lambda one: one.external_id):
        if seat.seat_id not in taken:
            vacant.setdefault(seat.unit, []).append(seat)
    leads = {(row.manager, unit) for unit, team in rows.items() for row in team if row.manager}
    bosses = frozenset(row.person for unit, team in rows.items() for row in team if (row.person, unit) in leads)
    return _Team(rows, _roles(day) if "roles" in ask.fields else {}, seats, vacant, bosses)


def _roles(day: date) -> dict[str, list[str]]:
    language, catalogue = get_language(), roles_here().roles
    found: dict[str, list[str]] = {}
    held = Assignment.objects.on(day).order_by("-share", "role_key").values_list("person__external_id", "role_key")
    for person, role in held:
        name = catalogue[RoleKey(role)].names.in_language(language)
        if name not in found.setdefault(person, []):
            found[person].append(name)
    return found


def _unit(node: UnitNode, tree: UnitTree, counts: Mapping[str, UnitCount], team: _Team, *, ask: PaperAsk) -> PaperUnit:
    said = {"id": node.external_id, "level": str(node.level.label), "city": node.city}
    is_cut = ask.levels is not None and node.depth + 1 >= ask.levels and bool(node.children)
    return PaperUnit(
        external_id=node.external_id,
        name=node.name,
        note=" · ".join(said[name] for name in ("level", "id", "city") if name in ask.fields and said[name]),
        counts=_counts(counts[node.external_id], ask),
        is_leading=node.is_leading,
        is_virtual=node.level is UnitLevel.PROJECT_TEAM,
        sort=sort_key(node.name),
        team=tuple(_people(node.external_id, team, ask)),
        children=() if is_cut else node.children,
        hidden=_hidden(node.external_id, tree, counts) if is_cut else "",
    )


def _counts(count: UnitCount, ask: PaperAsk) -> str:
    said = []
    if "counts" in ask.fields:
        said.append(ngettext("%(n)s person", "%(n)s people", count.people) % {"n": f"{count.people:,}"})
        if count.total_people != count.people:
            said.append(_("%(n)s with all below") % {"n": f"{count.total_people:,}"})
    if "fte" in ask.fields:
        said.append(_("%(fte)s FTE") % {"fte": _plain(count.total_fte)})
    return " · ".join(said)


def _hidden(unit: str, tree: UnitTree, counts: Mapping[str, UnitCount]) -> str:
    units = len(tree.subtree(unit)) - 1
    people = counts[unit].total_people - counts[unit].people
    named = {"units": f"{units:,}", "people": f"{people:,}"}
    return _("Not printed below: units %(units)s, people %(people)s") % named


def _people(unit: str, team: _Team, ask: PaperAsk) -> Iterable[PaperPerson]:
    """Yield the team: who leads it first, then the others by name, then the vacant seats."""
    if ask.with_people:
        people = [_person(row, team, ask) for row in team.rows.get(unit, ())]
        yield from sorted(people, key=lambda one: (not one.is_head, one.sort, one.external_id))
    if ask.with_vacant:
        for seat in team.vacant.get(unit, ()):
            said = [seat.external_id if "id" in ask.fields else "", seat.grade if "seat" in ask.fields else ""]
            note = " · ".join(filter(None, said))
            yield PaperPerson(f"seat:{seat.external_id}", seat.title, note, is_vacant=True)


def _person(row: _Worker, team: _Team, ask: PaperAsk) -> PaperPerson:
    seat = team.seats.get(row.seat_id) if row.seat_id else None
    name = row.display_name or row.person
    return PaperPerson(
        external_id=row.person,
        name=name,
        note=" · ".join(filter(None, _said(row, seat, team, ask))),
        is_head=seat.is_head if seat else row.person in team.bosses,
        sort=sort_key(name, is_person=True),
    )


def _said(row: _Worker, seat: _Seat | None, team: _Team, ask: PaperAsk) -> Iterator[str]:
    """Yield what is asked for beside the name; nothing that is not asked for is put into words."""
    if "id" in ask.fields and row.display_name:
        yield row.person
    if "seat" in ask.fields and seat:
        yield " ".join(filter(None, (seat.title, seat.grade)))
    if "roles" in ask.fields:
        yield _("; ").join(team.roles.get(row.person, ()))
    if "fill_mode" in ask.fields and row.fill_mode != FillMode.INTERNAL:
        yield str(FillMode(row.fill_mode).label)
    if "person_fte" in ask.fields:
        yield _("%(fte)s FTE") % {"fte": _plain(row.fte)}


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
