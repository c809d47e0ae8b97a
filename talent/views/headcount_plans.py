"""Plans of posts and money: the list, a new one, one with its figures and files, and several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from omnichannel.core.errors import DomainError
from omnichannel.core.numerals import show
from omnichannel.core.periods import Grain, month_of, period_or_none
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import ExpectationLevel, load_roles
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.picking import unit_options
from talent.choices import BAND_WORDS, GAP_WORDS, RATE_WORDS
from talent.errors.headcount import PlanRefused, UnknownPlan
from talent.headcount.budgeting import COST_TYPES, LABOUR, contingency_of, total
from talent.headcount.document import MOST_MONTHS, MOST_UNITS, Fault
from talent.headcount.figures import stacked
from talent.headcount.plan import PlanResult, RoleMonths
from talent.headcount.staffing import ZERO
from talent.queries.headcount import filled_by_area
from talent.queries.headcount_plans import PlanView, plan_steps, plan_versions, plan_view, plans, takeovers
from talent.reach import seen_plan, sees_role_costs
from talent.services.headcount_plans import propose_plan
from talent.views.headcount_words import (
    driver_names,
    role_name,
    type_name,
    unit_name,
)
from talent.views.tabs import talent_tabs

MOST_COMPARED = 4
PLAN_MONTHS = 12


@require_GET
def plans_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the plans with posts, cost and contingency."""
    found, tree = [seen_plan(plan, request.access) for plan in plans()], the_tree(request)
    context = {
        "tabs": talent_tabs(request, "talent:headcount"),
        "rows": [_line(plan, tree) for plan in found],
        "may_write": may(request.access, "talent:headcount_plan_new", "POST"),
        "may_compare": len(found) > 1,
    }
    return render(request, "talent/headcount_plans.html", context)


def _line(plan: PlanView, tree: UnitTree) -> Mapping[str, Any]:
    result = plan.result
    return {
        "plan": plan,
        "units": [unit_name(unit.unit, tree) for unit in result.units],
        "months": result.spec.periods,
        "first_fte": result.fte[0],
        "last_fte": result.fte[-1],
        "total": result.total,
        "contingency": contingency_line(result),
    }


def contingency_line(result: PlanResult) -> Mapping[str, Any]:
    """Return where the contingency stands: the share, the words, and the tone of its mark."""
    found = result.contingency
    return {"share": found.share, "words": BAND_WORDS[found.state], "is_outside": found.is_outside}


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Choose a name, units and months; the draft then holds what today suggests."""
    tree, today = the_tree(request), today_in(request.access.workspace)
    typed: dict[str, Any] = {
        "name": "",
        "units": list(tree.root_ids[:1]),
        "start": str(month_of(today).previous(-1)),
        "months": PLAN_MONTHS,
    }
    faults: dict[str, str] = {}
    if request.method == "POST":
        typed = {**request.POST.dict(), "units": request.POST.getlist("units")}
        faults = _new_faults(typed, tree)
        if not faults:
            try:
                made = propose_plan(
                    typed["name"],
                    units=typed["units"],
                    start=_month(typed["start"]).start,
                    months=int(typed["months"]),
                    tree=tree,
                    as_of=today,
                    actor_id=request.access.user_id,
                )
            except DomainError as error:
                faults["name" if error.code == "plan_name" else "units"] = _why(error)
            else:
                return redirect("talent:headcount_plan_edit", slug, made.pk)
    context = {"typed": typed, "faults": faults, "units": unit_options(tree), "most": MOST_MONTHS}
    return render(request, "talent/headcount_plan_new.html", context, status=422 if faults else 200)


def _why(error: DomainError) -> str:
    if isinstance(error, PlanRefused):
        if any(issue.fault is Fault.OVERLAP for issue in error.issues):
            return _("One of the units is a part of another: it would count twice.")
        return _("More than %(most)s units below work under stages of their own: plan them apart.") % {
            "most": MOST_UNITS
        }
    return str(error)


def _month(text: str) -> Any:
    return period_or_none(text)


def _new_faults(typed: Mapping[str, Any], tree: UnitTree) -> dict[str, str]:
    faults = {}
    if not str(typed.get("name", "")).strip():
        faults["name"] = _("Give the plan a name.")
    if not typed["units"] or any(unit not in tree for unit in typed["units"]):
        faults["units"] = _("Choose at least one unit.")
    period = period_or_none(str(typed.get("start", "")))
    if period is None or period.grain is not Grain.MONTH:
        faults["start"] = _("Write a month such as 2026-12.")
    count = str(typed.get("months", ""))
    if not (count.isascii() and count.isdigit() and len(count) < 4 and 1 <= int(count) <= MOST_MONTHS):
        message = _("A number from %(least)s to %(most)s is expected.")
        faults["months"] = message % {"least": 1, "most": MOST_MONTHS}
    return faults


@require_GET
def plan_page(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one plan; `?version=` an earlier version of it."""
    return show_plan(request, pk)


def show_plan(request: WorkspaceRequest, pk: int, *, refused: str = "", status: int = 200) -> HttpResponse:
    """Show a plan; `refused` says why a step was not taken."""
    plan, tree, today = asked_plan(request, pk), the_tree(request), today_in(request.access.workspace)
    sees_roles = sees_role_costs(request.access, plan)
    months = [str(month) for month in plan.spec.periods]
    kinds = {kind: type_name(kind) for kind in COST_TYPES}
    filled = filled_by_area([section.unit for section in plan.spec.sections], tree=tree)
    areas = {unit.unit for unit in plan.result.units}
    context = {
        "plan": plan,
        "refused": refused,
        "tabs": talent_tabs(request, "talent:headcount"),
        "line": _line(plan, tree),
        "months": months,
        "sees_roles": sees_roles,
        "roles": [_role_row(line, tree, filled, sees=sees_roles) for line in shown_roles(plan.result)],
        "kinds": [_kind_row(kind, plan.result.amounts[kind], kinds[kind]) for kind in COST_TYPES],
        "month_totals": plan.result.month_totals,
        "shares": _shares(plan.result),
        "chart": stacked(months, plan.result.amounts, names=kinds),
        "chart_table": _chart_table(plan.result, months, kinds),
        "is_nested": any(areas & set(tree.ancestors(unit)) for unit in areas),
        "unit_totals": [
            (unit_name(unit.unit, tree), unit.unit, unit.total, total(unit.amounts[LABOUR]))
            for unit in plan.result.units
        ],
        "gaps": [
            f"{unit_name(gap.unit, tree)} · {role_name(gap.role)}: {GAP_WORDS[gap.gap]}"
            for gap in plan.result.gaps
            if gap.gap
        ],
        "rates": _rates(plan) if sees_roles else (),
        "versions": plan_versions(pk),
        "steps": plan_steps(pk),
        "takeovers": takeovers(pk) if sees_roles else (),
        "may_write": may(request.access, "talent:headcount_plan_edit", "POST"),
        "today": today,
    }
    return render(request, "talent/headcount_plan.html", context, status=status)


def shown_roles(result: PlanResult) -> list[RoleMonths]:
    """Return the roles of a plan that it asks for somebody, or something, for."""
    return [
        line
        for unit in result.units
        for line in unit.roles
        if line.level is not ExpectationLevel.OPTIONAL or any(line.cost)
    ]


def _role_row(
    line: RoleMonths, tree: UnitTree, filled: Mapping[tuple[str, str], Any], *, sees: bool
) -> Mapping[str, Any]:
    in_post = filled.get((line.unit, line.role), ZERO)
    last = line.fte[-1]
    return {
        "line": line,
        "name": role_name(line.role),
        "unit": unit_name(line.unit, tree),
        "level": load_roles().expectation_levels[line.level].names,
        "in_post": in_post,
        "gap": None if last is None else last - in_post,
        "cost": line.year_cost if sees else None,
        "why": GAP_WORDS[line.gap] if line.gap else "",
    }


def _kind_row(kind: str, amounts: Sequence[Any], name: str) -> Mapping[str, Any]:
    return {"kind": kind, "name": name, "amounts": amounts, "total": total(amounts)}


def _shares(result: PlanResult) -> list[Any]:
    if not result.units:
        return []
    if result.is_without_labour:
        return [result.contingency] * len(result.month_totals)
    amounts = result.amounts["contingency"]
    return [contingency_of(part, whole) for part, whole in zip(amounts, result.month_totals, strict=True)]


def _chart_table(result: PlanResult, months: Sequence[str], kinds: Mapping[str, str]) -> Mapping[str, Any]:
    rows = [[kinds[kind], *(money(amount) for amount in result.amounts[kind])] for kind in COST_TYPES]
    return {"head": [_("Cost type"), *months], "rows": rows}


def money(amount: Any) -> str | None:
    """Return an amount as a chart's table shows it."""
    return None if amount is None else str(show(amount, "CNY", language=get_language() or "zh-hans"))


def _rates(plan: PlanView) -> list[Mapping[str, Any]]:
    names = driver_names()
    return [
        {
            "name": role_name(role),
            "norm": norm,
            "driver": names[norm.driver],
            "rate": plan.spec.rates.get(role),
            "source": RATE_WORDS[plan.spec.rates[role].source] if role in plan.spec.rates else "",
        }
        for role, norm in plan.spec.norms.items()
    ]


def asked_plan(request: WorkspaceRequest, pk: int) -> PlanView:
    """Return the plan of the URL in the version asked for, as the reader may see it. Http404."""
    said = request.GET.get("version", "")
    if said and not (said.isascii() and said.isdigit() and len(said) < 9):
        raise Http404(said)
    try:
        return seen_plan(plan_view(pk, version=int(said) if said else None), request.access)
    except UnknownPlan as error:
        raise Http404 from error


def the_tree(request: WorkspaceRequest) -> UnitTree:
    """Return the whole tree of today, for those who plan."""
    return unit_tree(as_of=today_in(request.access.workspace))
