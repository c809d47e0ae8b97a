"""Runs of pay: the months, one month with its steps, statements and sums, and its payout file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kpis.models import PayPlan, PayRun
from kpis.queries.pay.runs import (
    StatementFilter,
    adjustments_of,
    before,
    compared,
    groups,
    newest_calculation,
    next_month,
    runs_listed,
)
from kpis.queries.pay.statements import payments, statements_of
from kpis.services.pay.runs import approve_run, lock_run, open_run, pay_run, reopen_run, request_calculation
from kpis.views.pay.payout_file import payout_csv, payout_workbook
from kpis.views.pay.run_steps import next_steps, stepper_of, who_did
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.core.periods import parse_period, period_or_none
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import ACTIVE
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import people_names

PAGE, ADJUSTMENTS, GROUPS = 50, 100, 30


@require_http_methods(["GET", "POST"])
def pay_runs(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the months; POST opens one."""
    if request.method == "POST":
        period = period_or_none(request.POST.get("period", ""))
        try:
            if period is None:
                raise DomainError(_("Write the month as 2026-07."))
            run = open_run(period, actor_id=request.access.user_id)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("kpis:pay_runs", slug)
        messages.success(request, _("Opened. Work it out when the month's data are loaded."))
        return redirect("kpis:pay_run", slug, run.pk)
    page = Paginator(runs_listed(), PAGE).get_page(request.GET.get("page"))
    context = {"tabs": pay_tabs(request, "kpis:pay_runs"), "page": page, "next_month": next_month()}
    return render(request, "kpis/pay/runs.html", context)


@require_GET
def pay_run_page(request: WorkspaceRequest, slug: str, run_id: int) -> HttpResponse:
    """Show one month: where it stands, who did what, its statements, corrections and sums."""
    run = get_object_or_404(runs_listed(), pk=run_id)
    job, tree = newest_calculation(run), unit_tree(as_of=parse_period(run.period).last_day)
    asked, previous = StatementFilter.from_query(request.GET), before(run)
    rows = asked.apply(statements_of(run), tree=tree)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    adjustments = list(adjustments_of(run)[:ADJUSTMENTS])
    moved = compared(run, previous) if run.calculated_at else None
    people = {each.person_external_id for each in page} | {each.person_external_id for each in adjustments}
    people |= {each.person for each in moved.movers} if moved else set()
    names = people_names(people)
    plans = _plan_names(run)
    sums = [(label, *_group_rows(run, by, previous, name)) for label, by, name in _keys(tree, plans)]
    context: dict[str, Any] = {
        "tabs": pay_tabs(request, "kpis:pay_runs"),
        "run": run,
        "stepper": stepper_of(run),
        "steps": next_steps(run, user_id=request.access.user_id),
        "events": who_did(run),
        "job": job if job is not None and job.state in ACTIVE else None,
        "failed": job if job is not None and job.state == "failed" else None,
        "page": page,
        "lines": [_line(each, names, tree, plans) for each in page],
        "asked": asked,
        "options": _options(run, tree, plans),
        "adjustments": [(each, names.get(each.person_external_id, each.person_external_id)) for each in adjustments],
        "more_adjustments": max(run.adjustments.count() - len(adjustments), 0),
        "sums": sums,
        "moved": moved,
        "movers": [(each, names.get(each.person, each.person)) for each in moved.movers] if moved else [],
        "paid_out": sum(each.amount for each in payments(run)) if run.locked_at else None,
        "payable": run.total + run.adjusted,
    }
    return render(request, "kpis/pay/run.html", context)


@require_GET
def pay_run_progress(request: WorkspaceRequest, slug: str, run_id: int) -> HttpResponse:
    """Answer how far the calculation is; the page comes anew when it is over."""
    run = get_object_or_404(PayRun.objects, pk=run_id)
    job = newest_calculation(run)
    if job is None or job.state not in ACTIVE:
        return HttpResponseClientRefresh() if request.htmx else redirect("kpis:pay_run", slug, run_id)
    return render(request, "kpis/pay/_run_progress.html", {"run": run, "job": job})


@require_POST
def pay_steps(request: WorkspaceRequest, slug: str, run_id: int) -> HttpResponse:
    """Take a step. What does not fit, or was decided on statements that have changed, is told and nothing is done."""
    run, actor = get_object_or_404(PayRun.objects, pk=run_id), request.access.user_id
    seen = request.POST.get("seen", "")
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "calculate": (lambda: request_calculation(run.pk, actor_id=actor), _("The month is being worked out.")),
        "approve": (
            lambda: approve_run(run.pk, seen=seen, actor_id=actor),
            _("Approved: exactly what you have looked at."),
        ),
        "reopen": (lambda: reopen_run(run.pk, actor_id=actor), _("The approval is taken back.")),
        "lock": (
            lambda: lock_run(run.pk, seen=seen, actor_id=actor),
            _("Locked. People can read their statements now; nothing of this month changes any more."),
        ),
        "pay": (lambda: pay_run(run.pk, seen=seen, actor_id=actor), _("The payment is on record.")),
    }
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        messages.error(request, _("This step is not known."))
        return redirect("kpis:pay_run", slug, run_id)
    try:
        step[0]()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, step[1])
    return redirect("kpis:pay_run", slug, run_id)


@require_GET
def pay_run_file(request: WorkspaceRequest, slug: str, run_id: int) -> HttpResponse:
    """Answer the statements that the page's filter lets through as CSV."""
    run = get_object_or_404(PayRun.objects, pk=run_id)
    tree = unit_tree(as_of=parse_period(run.period).last_day)
    rows = list(StatementFilter.from_query(request.GET).apply(statements_of(run), tree=tree))
    names, plans = people_names({each.person_external_id for each in rows}), _plan_names(run)
    lines: list[list[object]] = [["id", "person", "name", "unit", "unit_name", "role", "plan", "amount", "is_complete"]]
    for each in rows:
        line = _line(each, names, tree, plans)
        lines.append(
            [
                each.pk,
                each.person_external_id,
                line["name"],
                each.unit_external_id,
                line["unit"],
                each.role_key,
                each.plan_key,
                each.amount,
                each.is_complete,
            ]
        )
    return csv_answer(csv_text(lines), filename=f"statements-{run.period}.csv")


@require_GET
def pay_payout(request: WorkspaceRequest, slug: str, run_id: int, form: str) -> HttpResponse:
    """Answer the payout file as `csv` or `xlsx`; 404 before a named person has approved and locked the month."""
    if form not in ("csv", "xlsx"):
        raise Http404
    run = get_object_or_404(PayRun.objects.filter(locked_at__isnull=False), pk=run_id)
    return payout_workbook(run) if form == "xlsx" else payout_csv(run)


def _line(each: Any, names: dict[str, str], tree: UnitTree, plans: dict[str, str]) -> dict[str, Any]:
    unit = tree.nodes.get(each.unit_external_id)
    return {
        "row": each,
        "name": names.get(each.person_external_id, each.person_external_id),
        "unit": unit.name if unit else each.unit_external_id,
        "role": _role_name(each.role_key),
        "plan": plans.get(each.plan_key, each.plan_key),
    }


def _role_name(key: str) -> str:
    role = role_library().roles.get(key)  # type: ignore[call-overload] # keys are texts
    return role.names.in_language(get_language()) if role else key


def _plan_names(run: PayRun) -> dict[str, str]:
    rows = PayPlan.objects.filter(pk__in=run.statements.order_by().values("plan").distinct())
    return {row.key: Bilingual(**row.content["names"]).in_language(get_language()) for row in rows}


def _keys(tree: UnitTree, plans: dict[str, str]) -> list[tuple[str, str, Callable[[str], str]]]:
    """Return what a run is summed by: label, field, and what a key is called."""

    def unit_name(key: str) -> str:
        return tree.nodes[key].name if key in tree else key

    return [
        (_("Pay plan"), "plan_key", lambda key: plans.get(key, key)),
        (_("Role"), "role_key", _role_name),
        (_("Store or unit"), "unit_external_id", unit_name),
    ]


def _group_rows(run: PayRun, by: str, previous: PayRun | None, name: Callable[[str], str]) -> tuple[Any, int]:
    found = groups(run, by=by, previous=previous)
    return [(name(each.key), each) for each in found[:GROUPS]], max(len(found) - GROUPS, 0)


def _options(run: PayRun, tree: UnitTree, plans: dict[str, str]) -> dict[str, Any]:
    roles = run.statements.order_by("role_key").values_list("role_key", flat=True).distinct()
    return {
        "unit": [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree],
        "role": [(key, _role_name(key)) for key in roles],
        "plan": sorted(plans.items()),
        "only": [("incomplete", _("Incomplete ones"))],
    }
