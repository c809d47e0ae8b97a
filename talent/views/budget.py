"""Budget against actual: twelve months by cost type, the overruns, both added up, and the contingency by quarter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.periods import Period, month_of, year_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.picking import unit_options
from talent.choices import BAND_WORDS
from talent.errors.headcount import UnknownPlan
from talent.headcount.figures import two_lines
from talent.queries.budget import BudgetView, budget_view, overrun_threshold
from talent.queries.headcount_plans import PlanView, plan_view, plans
from talent.reach import sees_role_costs
from talent.views.headcount_plans import money
from talent.views.headcount_words import asked_unit, plain, together, type_name
from talent.views.tabs import talent_tabs

YEARS_BACK = 3
MOST_THRESHOLD = Decimal(1000)
FILE_COLUMNS = ("unit_id", "budget_source", "cost_type", "month", "budget_cny", "actual_cny", "percent", "is_over")


@dataclass(frozen=True, slots=True)
class AskedBudget:
    """What the page shows. `months` of a year, or of the plan."""

    tree: UnitTree
    unit: str
    year: str
    plan: PlanView | None
    threshold: Decimal
    months: tuple[Period, ...]


def asked_budget(request: WorkspaceRequest) -> AskedBudget:
    """Read `unit`, `year`, `plan` and `threshold` of the URL. Http404 for a unit or a plan that there is not."""
    today = today_in(request.access.workspace)
    tree, asked = unit_tree(as_of=today), request.GET
    plan = _plan(asked.get("plan", ""), request.access)
    unit = asked_unit(asked.get("unit", ""), tree)
    years = [str(today.year - back) for back in range(-1, YEARS_BACK)]
    year = asked.get("year", "") if asked.get("year", "") in years else str(today.year)
    if plan is not None and "year" not in asked:
        year, months = "", plan.spec.periods
    else:
        months = tuple(year_of(today.replace(year=int(year), month=1, day=1)).months())
    return AskedBudget(tree, unit, year, plan, _threshold(asked.get("threshold", "")), months)


def _plan(said: str, access: Access) -> PlanView | None:
    if not said:
        return None
    try:
        found = plan_view(int(said) if said.isascii() and said.isdigit() and len(said) < 18 else 0)
    except UnknownPlan as error:
        raise Http404 from error
    if not sees_role_costs(access, found):
        raise Http404
    return found


def _threshold(said: str) -> Decimal:
    try:
        found = Decimal(said)
    except InvalidOperation:
        return overrun_threshold()
    return found if found.is_finite() and 0 < found <= MOST_THRESHOLD else overrun_threshold()


@require_GET
def budget_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show budget against actual."""
    asked, today = asked_budget(request), today_in(request.access.workspace)
    budgets = [plan for plan in plans() if sees_role_costs(request.access, plan)]
    context: dict[str, Any] = {
        "asked": asked,
        "tabs": talent_tabs(request, "talent:budget"),
        "units": unit_options(asked.tree),
        "years": [(str(today.year - back), str(today.year - back)) for back in range(-1, YEARS_BACK)],
        "sources": [("", _("the table of costs")), *((str(plan.pk), plan.name) for plan in budgets)],
        "chosen_plan": str(asked.plan.pk) if asked.plan else "",
        "may_plan": may(request.access, "talent:headcount_plans"),
        "may_upload": may(request.access, "kpis:data"),
    }
    if asked.unit:
        view = budget_view(
            asked.months, unit=asked.unit, tree=asked.tree, plan=asked.plan, threshold=asked.threshold
        )  # fmt: skip
        context |= _shown(view, today=str(month_of(today)))
    return render(request, "talent/budget.html", context)


def _shown(view: BudgetView, *, today: str) -> dict[str, Any]:
    months = [str(month) for month in view.months]
    names = (_("Budget"), _("Actual"))
    so_far = zip(months, view.budget_so_far, view.actual_so_far, strict=True)
    return {
        "view": view,
        "months": months,
        "lines": [{"line": line, "name": type_name(line.kind)} for line in view.lines],
        "overruns": [(type_name(kind), month, each) for kind, month, each in view.overruns],
        "chart": two_lines(months, view.budget_so_far, view.actual_so_far, names=names, missing=_("no budget")),
        "chart_note": _no_budget(view),
        "chart_table": {
            "head": [_("Month"), *names],
            "rows": [[month, money(planned) or _("no budget"), money(spent)] for month, planned, spent in so_far],
        },
        "band": BAND_WORDS[view.contingency.state],
        "quarters": [(name, found, BAND_WORDS[found.state]) for name, found in view.quarters],
        "this_month": today,
    }


def _no_budget(view: BudgetView) -> str:
    """Say in which months no budget stands; empty where each has one."""
    if not view.without_budget:
        return ""
    return _("No budget stands for %(months)s: the line has a gap there.") % {
        "months": together([str(month) for month in view.without_budget])
    }


@require_GET
def budget_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer budget and actual by month and type as CSV."""
    asked = asked_budget(request)
    if not asked.unit:
        raise Http404
    view = budget_view(asked.months, unit=asked.unit, tree=asked.tree, plan=asked.plan, threshold=asked.threshold)
    source = asked.plan.name if asked.plan else "costs"
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    for line in view.lines:
        rows += [
            (
                asked.unit,
                source,
                line.kind,
                str(month),
                plain(each.budget),
                plain(each.actual),
                plain(each.rate),
                "true" if each.is_over else "false",
            )
            for month, each in zip(view.months, line.months, strict=True)
        ]
    return csv_answer(csv_text(rows), filename=f"budget-{asked.unit}-{asked.months[0]}.csv")
