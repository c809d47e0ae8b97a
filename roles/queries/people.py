"""Who holds which role on a day, and how that covers the roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, FilteredRelation, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from roles.catalogue import RoleKey
from roles.coverage import DEDICATED_SHARE, Cover
from roles.holdings import Holding
from roles.models import Assignment, Employment, Person
from roles.models.dated import held_true, holds_on
from roles.queries.org_chart import UnitTree, unit_tree


def holders(
    *,
    as_of: date,
    within: str | None = None,
    role: RoleKey | None = None,
    person: str | None = None,
    tree: UnitTree | None = None,
    most: int | None = None,
) -> tuple[Holding, ...]:
    """Return the holdings of a day by role, unit and person, in two queries (one when the tree is handed in).

    `within` keeps the units of a subtree, `person` one person's own, `most` the first so many. `tree` is the whole
    tree of the day.
    """
    tree = tree or unit_tree(as_of=as_of)
    rows = _held(as_of, within=within, role=role, person=person, tree=tree)
    rows = rows.order_by("role_key", "unit__external_id", "person__external_id")
    return as_holdings(rows[:most], as_of=as_of, tree=tree)


def role_covers(
    *,
    as_of: date,
    within: str | None = None,
    role: RoleKey | None = None,
    person: str | None = None,
    tree: UnitTree | None = None,
) -> dict[RoleKey, Cover]:
    """Return people, FTE and dedicated holders per role of the day, added up by the database in two queries.

    A person with the role in two units counts once. Roles that nobody holds are absent.
    """
    if within is not None and tree is None:
        tree = unit_tree(as_of=as_of)
    rows = _held(as_of, within=within, role=role, person=person, tree=tree).order_by()
    full = rows.values("role_key", "person_id").annotate(shares=Sum("share")).filter(shares__gte=DEDICATED_SHARE)
    dedicated = Counter(full.values_list("role_key", flat=True))
    work = F("share") * Coalesce(F("employed__fte"), Decimal(1))
    summed = with_employment(rows, as_of=as_of).values("role_key")
    return {
        RoleKey(key): Cover(people, fte, dedicated[key])
        for key, people, fte in summed.annotate(people=Count("person", distinct=True), work=Sum(work)).values_list(
            "role_key", "people", "work"
        )
    }


def _held(
    as_of: date, *, within: str | None, role: RoleKey | None, person: str | None, tree: UnitTree | None
) -> QuerySet[Assignment]:
    rows = Assignment.objects.on(as_of)
    if within is not None and tree is not None and tree.root_ids != (within,):
        rows = rows.filter(unit__external_id__in=tree.subtree(within))
    if role is not None:
        rows = rows.filter(role_key=role.value)
    if person is not None:
        rows = rows.filter(person__external_id=person)
    return rows


def holdings_of(people: Collection[str], *, as_of: date, tree: UnitTree) -> dict[str, tuple[Holding, ...]]:
    """Return the holdings of the day per person, for the given people, in one query."""
    rows = Assignment.objects.on(as_of).filter(person__external_id__in=people).order_by("-share", "role_key")
    found: dict[str, tuple[Holding, ...]] = dict.fromkeys(people, ())
    for holding in as_holdings(rows, as_of=as_of, tree=tree):
        found[holding.person_external_id] += (holding,)
    return found


def people_within(units: Iterable[str], *, as_of: date) -> QuerySet[Employment]:
    """Return the employments of the day of people who work, or hold a role, in the units."""
    ids = list(units)
    helping = Assignment.objects.on(as_of).filter(unit__external_id__in=ids).values("person_id")
    return Employment.objects.on(as_of).filter(Q(unit__external_id__in=ids) | Q(person_id__in=helping))


def places_of(people: Iterable[str], *, as_of: date, tree: UnitTree) -> dict[str, str]:
    """Return the unit each of the people works in on the day, of who works or helps in the tree; one query or two."""
    asked = list(people)
    if not asked:
        return {}
    rows = Employment.objects.on(as_of).filter(person__external_id__in=asked)
    works = dict(rows.values_list("person__external_id", "unit__external_id"))
    outside = [person for person, unit in works.items() if unit not in tree]
    if not outside:
        return works
    helping = Assignment.objects.on(as_of).filter(person__external_id__in=outside)
    helps = {person for person, unit in helping.values_list("person__external_id", "unit__external_id") if unit in tree}
    return {person: unit for person, unit in works.items() if unit in tree or person in helps}


def labour_cost(people: Collection[str], *, on: date) -> tuple[Decimal, int]:
    """Return what the people cost that month as far as it is known, CNY, and of how many it is not."""
    rows = Employment.objects.on(on).filter(person__external_id__in=list(people))
    known = rows.filter(monthly_cost__isnull=False).aggregate(total=Sum("monthly_cost"), count=Count("id"))
    return known["total"] or Decimal(0), len(people) - known["count"]


def people_called(text: str) -> QuerySet[Person, Any]:
    """Return the external ids of the people whose name holds a text, as a part of a query."""
    return Person.objects.filter(display_name__icontains=text).values("external_id")


def people_names(people: Collection[str]) -> dict[str, str]:
    """Return what people are called, by their external id; those without a name are absent."""
    rows = Person.objects.filter(external_id__in=list(people)).exclude(display_name="")
    return dict(rows.values_list("external_id", "display_name"))


def as_holdings(rows: QuerySet[Assignment], *, as_of: date, tree: UnitTree) -> tuple[Holding, ...]:
    """Turn assignments into holdings in one query; a unit that is not in the tree goes by its id."""
    # The stubs do not know a relation that annotate() adds.
    columns = with_employment(rows, as_of=as_of).values_list(  # type: ignore[misc]
        "person__external_id",
        "person__display_name",
        "role_key",
        "unit__external_id",
        "share",
        "employed__fte",
        "during",
    )
    return tuple(
        Holding(
            person_external_id=person,
            person_name=name or person,
            role_key=RoleKey(role),
            unit_external_id=unit,
            unit_name=tree.nodes[unit].name if unit in tree else unit,
            share=share,
            person_fte=Decimal(1) if own_fte is None else own_fte,
            start=during.lower,
            end=during.upper,
        )
        for person, name, role, unit, share, own_fte, during in columns
    )


def with_employment(rows: QuerySet[Assignment], *, as_of: date) -> QuerySet[Assignment]:
    """Join the person's employment of the day as `employed`; there is one at most."""
    path = "person__employments__"
    return rows.annotate(
        employed=FilteredRelation("person__employments", condition=holds_on(as_of, path) & held_true(path))
    )


def employed(people: Collection[str], *, as_of: date) -> dict[str, str]:
    """Return those of the people who work here on the day, with what they are called, in one query."""
    rows = Employment.objects.on(as_of).filter(person__external_id__in=list(people))
    named = rows.values_list("person__external_id", "person__display_name")
    return {person: name or person for person, name in named}
