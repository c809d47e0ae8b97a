"""The rows of figures a reader may see: everything, a unit's subtree with its people, or one person's own."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from roles.queries.org_chart import unit_tree
from roles.queries.people import people_within


def rows_within(*, on: date, unit: str | None, person: str | None, with_people: bool) -> Q:
    """Return the condition on `scope_kind` and `scope_id` of figures and cards.

    `unit` and `person` bound the reader (None: no bound); without `with_people` no single person's rows are seen.
    """
    if person is not None:
        return Q(scope_kind="employee", scope_id=person)
    if unit is None:
        return Q() if with_people else ~Q(scope_kind="employee")
    units = unit_tree(as_of=on, within=unit).subtree(unit)
    seen = Q(scope_kind="unit", scope_id__in=units)
    if with_people:
        people = people_within(units, as_of=on).values_list("person__external_id", flat=True)
        seen |= Q(scope_kind="employee", scope_id__in=list(people))
    return seen
