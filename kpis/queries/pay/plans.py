"""Which plans there are, which of them pay on a day, and whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kpis.choices import PayPlanState
from kpis.incentives.checks import STAFF_ROLES
from kpis.incentives.specs import Plan
from kpis.incentives.templates import load_bases
from kpis.incentives.texts import read_plan
from kpis.incentives.wording import Vocabulary
from kpis.models import PayPlan
from kpis.queries.definitions import library_at
from roles.catalogue import roles_here
from roles.holdings import Holding
from roles.queries.org_chart import UnitTree

HOLDING = (PayPlanState.APPROVED, PayPlanState.RETIRED)


@dataclass(frozen=True, slots=True)
class PlanOn:
    """A plan that pays on a day, and the revision that says so."""

    row: PayPlan
    plan: Plan


def vocabulary() -> Vocabulary:
    """Return the names that sentences of plans may use."""
    return Vocabulary(
        load_bases(),
        {kpi: spec.names for kpi, spec in library_at().kpis.items()},
        {key.value: role.names for key, role in roles_here().roles.items()},
    )


def staff_roles() -> frozenset[str]:
    """Return the roles that carry no penalty: the library's, and own ones half or more of whose KPIs are theirs."""
    roles = roles_here().roles
    theirs = {kpi for key, role in roles.items() if key.value in STAFF_ROLES for kpi in role.kpis}
    copies = {
        key.value
        for key, role in roles.items()
        if key.is_own and role.kpis and 2 * len(theirs & set(role.kpis)) >= len(role.kpis)
    }
    return STAFF_ROLES | copies


def newest_of(key: str) -> PayPlan | None:
    """Return the last revision of a plan."""
    return PayPlan.objects.filter(key=key).first()


def makers_of(key: str) -> set[int]:
    """Return who drafted or submitted what waits: everybody since it was last decided on."""
    makers: set[int] = set()
    for state, author in PayPlan.objects.filter(key=key).values_list("state", "created_by"):
        if state in HOLDING:
            break
        if author is not None and state != PayPlanState.REJECTED:
            makers.add(author)
    return makers


def newest_plans() -> list[PayPlan]:
    """Return the last revision of every plan, by key."""
    rows = PayPlan.objects.order_by("key", "-id").distinct("key")
    return list(rows)


def approved_before(end: PayPlan) -> list[PayPlan]:
    """Return what a retirement ended: what was approved before it and after the retirement before that, by id."""
    rows = PayPlan.objects.filter(key=end.key, pk__lt=end.pk)
    earlier = rows.filter(state=PayPlanState.RETIRED).order_by("-id").values_list("pk", flat=True).first() or 0
    return list(rows.filter(state=PayPlanState.APPROVED, pk__gt=earlier).order_by("id"))


def plans_on(day: date) -> list[PlanOn]:
    """Return the plans that pay on a day, by key: of each the approved revision with the latest day up to it.

    A retirement that has come ends whatever was approved before it was written, also what was to begin later.
    """
    standing: dict[str, list[PayPlan]] = defaultdict(list)
    for row in PayPlan.objects.filter(state__in=HOLDING, effective_from__lte=day).order_by("id"):
        if row.state == PayPlanState.RETIRED:
            standing[row.key].clear()
        else:
            standing[row.key].append(row)
    last = [max(rows, key=lambda row: (row.effective_from, row.pk)) for _key, rows in sorted(standing.items()) if rows]
    return [PlanOn(row, read_plan(row.content)) for row in last]


def paid_by(holding: Holding, plans: Iterable[PlanOn], tree: UnitTree) -> PlanOn | None:
    """Return the plan that pays a person for a role: of those for the role the one of the nearest unit above."""
    above = _units_above(holding.unit_external_id, tree)
    found = [each for each in plans if holding.role_key in each.plan.roles and each.row.unit_external_id in above]
    return min(found, key=lambda each: (above.index(each.row.unit_external_id), each.row.key), default=None)


def rivals(plan: Plan, unit: str, *, key: str, on: date) -> Sequence[str]:
    """Return the keys of other plans of the same unit that pay one of the plan's roles on a day or later.

    Both would pay the same people.
    """
    later = PayPlan.objects.filter(state=PayPlanState.APPROVED, effective_from__gt=on)
    days = {on} | {day for day in later.values_list("effective_from", flat=True) if day is not None}
    found = {
        each.row.key
        for day in days
        for each in plans_on(day)
        if each.row.key != key and each.row.unit_external_id == unit and set(each.plan.roles) & set(plan.roles)
    }
    return sorted(found)


def _units_above(unit: str, tree: UnitTree) -> list[str]:
    """Return the unit, what is above it, and the whole company (empty) at last."""
    return [unit, *tree.ancestors(unit), ""] if unit in tree else [unit, ""]
