"""Targets worked out from others: asked for in a form, looked at, then written exactly as they were shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.queries.definitions import library_at
from kpis.queries.scope_words import scope_text
from kpis.queries.target_grid import GridAsk, has_personal_targets, parse_scope, units_below
from kpis.services.target_asks import (
    COMPANYS,
    EVEN,
    NEWEST,
    OWN,
    TYPED,
    Operation,
    Plan,
    PlanAsk,
    Planned,
    Reach,
    Skipped,
)
from kpis.services.target_edits import edit_targets
from kpis.services.target_plans import make_plan
from kpis.views.target_asks import asked_grid, bound_of, page_options, the_tree
from kpis.views.target_forms import parse_number
from kpis.views.targets import tell_saved
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import UnitTree

SHOWN = 60
MOST_PERCENT = Decimal(1000)


@require_http_methods(["GET", "HEAD", "POST"])
def target_plan(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show what an operation would write; POST writes it when it is still what was shown."""
    grid_ask = asked_grid(request)
    tree = the_tree(grid_ask.year, within=grid_ask.within)
    issues: list[str] = []
    ask = _asked(request.GET, grid_ask, tree, issues)
    plan = make_plan(ask, tree=tree, bound=bound_of(request)) if not issues else None
    if request.method == "POST" and plan is not None:
        if request.POST.get("digest") == plan.digest:
            return _apply(request, grid_ask, plan, tree)
        issues.append(_("Something has changed since this was worked out. Look at it again, then apply it."))
    context = page_options(request, grid_ask) | _context(grid_ask, ask, plan, tree) | {"issues": issues}
    return render(request, "kpis/target_plan.html", context, status=422 if request.method == "POST" else 200)


def _apply(request: WorkspaceRequest, grid_ask: GridAsk, plan: Plan, tree: UnitTree) -> HttpResponse:
    done = edit_targets(
        [planned.row for planned in plan.rows],
        origin=plan.origin,
        actor_id=request.access.user_id,
        note=request.POST.get("note", "").replace("\x00", ""),
        bound=bound_of(request),
    )
    if done.issues:
        names = [planned.name or planned.row.scope_id for planned in plan.rows]
        context = page_options(request, grid_ask) | _context(grid_ask, plan.ask, plan, tree)
        context["issues"] = [
            f"{names[one.index]} · {plan.rows[one.index].row.period}: {one.message}" for one in done.issues
        ]
        return render(request, "kpis/target_plan.html", context, status=422)
    if done.edit is None:
        messages.info(request, _("Nothing was changed."))
    else:
        tell_saved(request, done.edit)
    opened = f"&open={plan.ask.scope.id}" if plan.ask.scope.kind is ScopeKind.UNIT else ""
    return redirect(page_options(request, grid_ask)["grid_url"] + f"&grain={grid_ask.grain}{opened}")


def _asked(query: QueryDict, grid: GridAsk, tree: UnitTree, issues: list[str]) -> PlanAsk:
    try:
        operation = Operation(query.get("op", Operation.SPLIT.value))
        scope = _scope(query.get("scope", ""), grid, tree)
        reach = Reach(query.get("reach", Reach.SELF.value))
    except ValueError as error:
        raise Http404(str(error)) from error
    period = query.get("period", "")
    if period and period not in {str(each) for each in (grid.year, *grid.periods)}:
        raise Http404(period)
    return PlanAsk(
        operation=operation,
        kpi=grid.kpi,
        year=grid.year,
        grain=grid.grain,
        scope=scope,
        reach=reach,
        period="" if operation is Operation.SPLIT else period,
        percent=_percent(query.get("percent", ""), issues),
        from_actual=query.get("base", "actual") == "actual",
        keep=query.get("keep") == "on",
        deep=query.get("deep") == "on",
        curve=_curve(query, len(grid.periods), issues),
    )


def _scope(text: str, grid: GridAsk, tree: UnitTree) -> Scope:
    if not text:
        return Scope(ScopeKind.UNIT, grid.within) if grid.within is not None else COMPANY
    scope = parse_scope(text)
    if scope == COMPANY and grid.within is None:
        return scope
    if scope.kind is not ScopeKind.UNIT or scope.id not in tree:
        raise Http404(text)
    return scope


def _percent(text: str, issues: list[str]) -> Decimal:
    try:
        percent = parse_number(text) or Decimal(0)
    except ValueError:
        issues.append(_("%(text)s is no number.") % {"text": text[:40]})
        return Decimal(0)
    if not -100 <= percent <= MOST_PERCENT:
        issues.append(_("Write a percentage from -100 to 1000."))
        return Decimal(0)
    return percent


def _curve(query: QueryDict, count: int, issues: list[str]) -> tuple[Decimal, ...]:
    """Read the shares typed into the curve; none when the last year's are to be taken."""
    typed = [query.get(f"share-{number}", "").strip() for number in range(1, count + 1)]
    if query.get("curve") != "typed" or not any(typed):
        return ()
    try:
        shares = tuple(parse_number(text) or Decimal(0) for text in typed)
    except ValueError as error:
        issues.append(_("%(text)s is no number.") % {"text": str(error)[:40]})
        return ()
    if min(shares) < 0 or not sum(shares):
        issues.append(_("The shares of a curve are not negative, and at least one is more than 0."))
        return ()
    return shares


def _context(grid: GridAsk, ask: PlanAsk, plan: Plan | None, tree: UnitTree) -> dict[str, Any]:
    rows = plan.rows if plan else ()
    return {
        "ask": grid,
        "plan_ask": ask,
        "plan": plan,
        "op": ask.operation.value,
        "operations": [
            (Operation.SPLIT.value, _("Split the year")),
            (Operation.LAST_YEAR.value, _("Last year and more")),
            (Operation.PREVIOUS.value, _("Carry on the last period")),
            (Operation.CASCADE.value, _("Hand down")),
        ],
        "scope_key": scope_text(ask.scope),
        "scope_options": _scope_options(grid, ask, tree),
        "reach_options": _reach_options(grid),
        "period_options": [("", _("All of the year")), *((str(each), str(each)) for each in _periods(grid, ask))],
        **_pivot(grid, rows),
        "people_touched": sum(planned.row.scope_kind == "employee" for planned in rows),
        "skipped": [(_skipped(reason), count) for reason, count in (plan.skipped if plan else {}).items() if count],
        "curve": list(zip(grid.periods, plan.curve, strict=True)) if plan and plan.curve else [],
        "bases": [_base(source) for source in (OWN, NEWEST, EVEN) if plan and plan.bases.get(source)],
        "curve_source": _source(plan.curve_source) if plan and plan.curve else "",
    }


def _pivot(grid: GridAsk, rows: Sequence[Planned]) -> dict[str, Any]:
    """Return the plan as a table: one line per unit or person, one column per period that gets something."""
    with_row = {planned.row.period for planned in rows}
    columns = [str(each) for each in (grid.year, *grid.periods) if str(each) in with_row]
    by_scope: dict[tuple[str, str], dict[str, Planned]] = {}
    for planned in rows:
        by_scope.setdefault((planned.row.scope_kind, planned.row.scope_id), {})[planned.row.period] = planned
    lines = [
        {
            "name": next(iter(cells.values())).name or key,
            "cells": [(column, cells.get(column)) for column in columns],
        }
        for (_kind, key), cells in list(by_scope.items())[:SHOWN]
    ]
    return {"columns": columns, "lines": lines, "hidden": max(len(by_scope) - SHOWN, 0)}


def _periods(grid: GridAsk, ask: PlanAsk) -> tuple[Any, ...]:
    return (grid.year, *grid.periods) if ask.operation is Operation.CASCADE else grid.periods


def _scope_options(grid: GridAsk, ask: PlanAsk, tree: UnitTree) -> list[tuple[str, str]]:
    """Return whom the operation may start from; only who has somebody below can hand down."""
    top = [] if grid.within is not None else [(scope_text(COMPANY), _("Company"))]
    units = [node for node in tree if len(tree.root_ids) != 1 or node.external_id != tree.root_ids[0] or grid.within]
    if ask.operation is Operation.CASCADE and not grid.with_people:
        units = [node for node in units if units_below(Scope(ScopeKind.UNIT, node.external_id), tree)]
    return [*top, *((f"unit:{node.external_id}", f"{'　' * node.depth}{node.name}") for node in units)]


def _reach_options(grid: GridAsk) -> list[tuple[str, str]]:
    options = [(Reach.SELF.value, _("Only this one")), (Reach.BELOW.value, _("This one and all units below"))]
    if grid.with_people and has_personal_targets(library_at(grid.year.last_day).kpis[grid.kpi]):
        options.append((Reach.PEOPLE.value, _("The people in it and below")))
    return options


def _skipped(reason: Skipped) -> str:
    return {
        Skipped.NO_YEAR: _("no target for the year"),
        Skipped.NO_BASE: _("nothing to copy from"),
        Skipped.NO_PARENT: _("no target to hand down"),
        Skipped.NO_HISTORY: _("nothing achieved before, so no share"),
        Skipped.KEPT: _("there already and left alone"),
        Skipped.SAME: _("already exactly so"),
    }[reason]


def _source(source: str) -> str:
    return {
        OWN: _("its own last year"),
        NEWEST: _("its own newest twelve months, because last year is not complete"),
        COMPANYS: _("the company's last year, because its own is not complete"),
        EVEN: _("equal parts, because there is no complete last year"),
        TYPED: _("as typed"),
    }[source]


def _base(source: str) -> str:
    """Return by what a target above was handed down."""
    return {
        OWN: _("Shared by last year's figures."),
        NEWEST: _("Shared by the newest twelve months where last year is not complete."),
        EVEN: _("In equal parts where nobody below has figures, or some are negative."),
    }[source]
