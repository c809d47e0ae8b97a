"""The list of people on a day and the page of one person. Pay is read only where the caller may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from roles.catalogue import RoleKey
from roles.choices import FillMode, Thing
from roles.coverage import MOST_ROLES, MOST_SHARE, is_overloaded, share_total
from roles.holdings import Holding
from roles.models import Assignment, Employment, Person
from roles.queries.naming import names_of
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import as_holdings, holdings_of, people_within

PAGE = 50
SORTS = {
    "name": ("person__display_name", "person__external_id"),
    "id": ("person__external_id",),
    "unit": ("unit__external_id", "person__external_id"),
    "hired": ("person__hired_on", "person__external_id"),
    "share": ("share_sum", "person__external_id"),
}
_OVERLOADED = Q(share_sum__gt=MOST_SHARE) | Q(role_count__gt=MOST_ROLES)


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people are asked for. `within` and `person` are the asker's bounds; the rest is their choice."""

    as_of: date
    within: str | None = None
    person: str | None = None
    q: str = ""
    role: RoleKey | None = None
    unit: str = ""
    overloaded: bool = False
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person on a day."""

    external_id: str
    name: str
    unit_external_id: str
    unit_name: str
    fill_mode: FillMode
    fte: Decimal
    hired_on: date
    holdings: tuple[Holding, ...]
    share_total: Decimal
    is_overloaded: bool


@dataclass(frozen=True, slots=True)
class EmploymentLine:
    """Where a person worked over a span of time; pay is None unless it was asked for and is known."""

    unit_external_id: str
    unit_name: str
    manager_external_id: str | None
    manager_name: str
    fill_mode: FillMode
    fte: Decimal
    monthly_cost: Decimal | None
    seat_title: str
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything the page of one person shows. `current` is None before they came or after they left."""

    external_id: str
    name: str
    hired_on: date
    left_on: date | None
    current: EmploymentLine | None
    employments: tuple[EmploymentLine, ...]
    holdings: tuple[Holding, ...]
    past_and_planned: tuple[Holding, ...]
    share_total: Decimal
    is_overloaded: bool
    reports: tuple[tuple[str, str], ...]


def people_list(asked: PeopleFilter, *, page: int | str | None = 1) -> tuple[Page[Employment], tuple[PersonLine, ...]]:
    """Return one page of people with their holdings: four queries, however many people there are."""
    tree = unit_tree(as_of=asked.as_of)
    found = Paginator(_sorted(_asked_for(asked, tree), asked.sort), PAGE).get_page(page)
    rows = list(found)
    held = holdings_of([row.person.external_id for row in rows], as_of=asked.as_of, tree=tree)
    return found, tuple(_line(row, held[row.person.external_id], tree=tree) for row in rows)


def person_page(
    external_id: str, *, as_of: date, within: str | None = None, person: str | None = None, with_pay: bool = False
) -> PersonPage | None:
    """Return a person's page, or None when there is no such person inside the asker's bounds."""
    tree = unit_tree(as_of=as_of)
    found = Person.objects.filter(external_id=external_id).first()
    if found is None or (person is not None and person != external_id):
        return None
    if within is not None and not people_within(tree.subtree(within), as_of=as_of).filter(person=found).exists():
        return None
    lines = _employments(found, tree=tree, with_pay=with_pay)
    held = as_holdings(Assignment.objects.filter(person=found).order_by("-during"), as_of=as_of, tree=tree)
    current = tuple(one for one in held if one.start <= as_of and (one.end is None or as_of < one.end))
    reports = Employment.objects.on(as_of).filter(manager=found).order_by("person__external_id")
    return PersonPage(
        external_id=external_id,
        name=str(found),
        hired_on=found.hired_on,
        left_on=found.left_on,
        current=next((line for line in lines if _holds(line, as_of)), None),
        employments=lines,
        holdings=current,
        past_and_planned=tuple(one for one in held if one not in current),
        share_total=share_total(current),
        is_overloaded=is_overloaded(current),
        reports=tuple(
            (key, name or key) for key, name in reports.values_list("person__external_id", "person__display_name")
        ),
    )


def _asked_for(asked: PeopleFilter, tree: UnitTree) -> QuerySet[Employment]:
    rows = Employment.objects.on(asked.as_of)
    if asked.within is not None:
        rows = people_within(tree.subtree(asked.within), as_of=asked.as_of)
    if asked.person is not None:
        rows = rows.filter(person__external_id=asked.person)
    if asked.unit:
        rows = rows.filter(unit__external_id__in=tree.subtree(asked.unit))
    if asked.q:
        rows = rows.filter(Q(person__display_name__icontains=asked.q) | Q(person__external_id__icontains=asked.q))
    if asked.role is not None:
        held = Assignment.objects.on(asked.as_of).filter(role_key=asked.role.value)
        rows = rows.filter(person_id__in=held.values("person_id"))
    if asked.overloaded or asked.sort.endswith("share"):
        rows = _with_load(rows, as_of=asked.as_of)
    return rows.filter(_OVERLOADED) if asked.overloaded else rows


def _with_load(rows: QuerySet[Employment], *, as_of: date) -> QuerySet[Employment]:
    """Annotate how many roles a person holds and how much of their time; only where a sort or filter needs it."""
    held = Assignment.objects.on(as_of).filter(person_id=OuterRef("person_id")).order_by().values("person_id")
    return rows.annotate(
        share_sum=Coalesce(Subquery(held.annotate(n=Sum("share")).values("n")), Decimal(0)),
        role_count=Coalesce(Subquery(held.annotate(n=Count("role_key", distinct=True)).values("n")), 0),
    )


def _sorted(rows: QuerySet[Employment], sort: str) -> QuerySet[Employment]:
    key = sort.removeprefix("-")
    names = SORTS.get(key, SORTS["name"])
    direction = "-" if sort.startswith("-") else ""
    return rows.select_related("person", "unit").order_by(*(f"{direction}{name}" for name in names))


def _line(row: Employment, held: tuple[Holding, ...], *, tree: UnitTree) -> PersonLine:
    unit = row.unit.external_id
    return PersonLine(
        external_id=row.person.external_id,
        name=str(row.person),
        unit_external_id=unit,
        unit_name=tree.nodes[unit].name if unit in tree else unit,
        fill_mode=FillMode(row.fill_mode),
        fte=row.fte,
        hired_on=row.person.hired_on,
        holdings=held,
        share_total=share_total(held),
        is_overloaded=is_overloaded(held),
    )


def _employments(person: Person, *, tree: UnitTree, with_pay: bool) -> tuple[EmploymentLine, ...]:
    rows = list(Employment.objects.filter(person=person).select_related("unit", "manager", "seat").order_by("-during"))
    titles = names_of({(Thing.SEATS, row.seat.external_id) for row in rows if row.seat is not None})
    return tuple(
        EmploymentLine(
            unit_external_id=row.unit.external_id,
            unit_name=tree.nodes[row.unit.external_id].name if row.unit.external_id in tree else row.unit.external_id,
            manager_external_id=row.manager.external_id if row.manager else None,
            manager_name=str(row.manager) if row.manager else "",
            fill_mode=FillMode(row.fill_mode),
            fte=row.fte,
            monthly_cost=row.monthly_cost if with_pay else None,
            seat_title=titles.get((Thing.SEATS, row.seat.external_id), row.seat.external_id)
            if row.seat is not None
            else "",
            start=row.during.lower,
            end=row.during.upper,
        )
        for row in rows
    )


def _holds(line: EmploymentLine, day: date) -> bool:
    return (line.start is None or line.start <= day) and (line.end is None or day < line.end)
