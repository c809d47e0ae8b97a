"""The people of a day as rows, by external id and within a bound: what targets are planned for."""

from __future__ import annotations

from datetime import date

from django.db.models import F, QuerySet

from roles.models import Employment
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_within


def listed_people(*, as_of: date, within: str | None = None, person: str | None = None) -> QuerySet[Employment]:
    """Return the employments of the day with their person."""
    rows = Employment.objects.on(as_of)
    if within is not None:
        rows = people_within(unit_tree(as_of=as_of).subtree(within), as_of=as_of)
    if person is not None:
        rows = rows.filter(person__external_id=person)
    return rows.select_related("person").annotate(
        external_id=F("person__external_id"),
        unit_external_id=F("unit__external_id"),
        manager_external_id=F("manager__external_id"),
    )
