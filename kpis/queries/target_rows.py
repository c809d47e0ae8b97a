"""Targets as rows of the canonical table, within what a reader may see: for files and REST clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from kpis.models import Target
from omnichannel.core.periods import Period
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.listing import listed_people
from roles.queries.org_chart import unit_tree


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target as the table `targets` has it."""

    period: str
    kpi: str
    scope_kind: str
    scope_id: str
    floor: Decimal | None
    value: Decimal
    stretch: Decimal | None


def targets_within(*, within: str | None, with_people: bool, on: date | None = None) -> QuerySet[Target]:
    """Return the targets a reader may see: all, or those of a unit's subtree with its people."""
    if within is None:
        return Target.objects.all() if with_people else Target.objects.exclude(scope_kind="employee")
    day = on or current_day()
    seen = Q(scope_kind="unit", scope_id__in=unit_tree(as_of=day, within=within).nodes)
    if with_people:
        people = listed_people(as_of=day, within=within).values_list("person__external_id", flat=True)
        seen |= Q(scope_kind="employee", scope_id__in=list(people))
    return Target.objects.filter(seen)


def target_rows(year: Period, *, kpi: str, within: str | None, with_people: bool) -> Iterator[TargetRow]:
    """Yield the targets of a year and its parts in the order of the key; of one KPI, or of all."""
    found = targets_within(within=within, with_people=with_people).filter(period__startswith=str(year))
    if kpi:
        found = found.filter(kpi=kpi)
    columns = ("period", "kpi", "scope_kind", "scope_id", "floor", "value", "stretch")
    rows = found.order_by("kpi", "scope_kind", "scope_id", "period").values_list(*columns)
    for row in rows.iterator(chunk_size=5000):
        yield TargetRow(*row)
