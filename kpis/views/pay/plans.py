"""The list of pay plans and the ready ones to begin from."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.choices import PayPlanState
from kpis.incentives.templates import load_templates
from kpis.queries.pay.plan_list import PAYING, Asked, plan_lines
from kpis.queries.pay.plan_words import phase_name, role_names, said
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.library import role_options

SORTS = ("name", "state", "unit", "phase", "since", "changed")


@require_GET
def pay_plans(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the plans, narrowed and ordered by the query, with the ready ones below."""
    asked = _asked(request)
    today = current_day()
    lines = plan_lines(asked, as_of=today)
    context: dict[str, Any] = {
        "tabs": pay_tabs(request, "kpis:pay_plans"),
        "lines": lines,
        "asked": asked,
        "is_narrowed": bool(asked.text or asked.state or asked.role),
        "states": [(PAYING, _("Pays now")), *PayPlanState.choices],
        "roles": role_options(asked.role),
        "ready": ready_plans(),
        "may_edit": may(request.access, "kpis:pay_plan_new", "POST"),
        "today": today,
    }
    return render(request, "kpis/pay/plans.html", context)


@require_GET
def pay_plans_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the same list as CSV."""
    head = ("id", "name", "state", "roles", "unit", "phase", "pays_since", "made_by", "approved_by", "sentences")
    rows: list[tuple[object, ...]] = [head]
    rows += [
        (
            line.row.key,
            line.name,
            line.row.get_state_display(),
            "; ".join(line.roles),
            line.unit,
            line.phase,
            line.since.isoformat() if line.since else "",
            line.made_by,
            line.approved_by,
            "\n".join(line.sentences),
        )
        for line in plan_lines(_asked(request), as_of=current_day())
    ]
    return csv_answer(csv_text(rows), filename=f"pay-plans-{current_day()}.csv")


def ready_plans() -> list[dict[str, Any]]:
    """Return the ready plans as the pages offer them: whom they pay, in which phase, and what each means."""
    language = get_language()
    return [
        {
            "key": plan.id,
            "name": plan.names.in_language(language),
            "phase": phase_name(plan.phase),
            "roles": role_names(plan.roles),
            "sentences": said(plan),
        }
        for plan in load_templates().values()
    ]


def _asked(request: WorkspaceRequest) -> Asked:
    sort = request.GET.get("sort", "name")
    return Asked(
        text=request.GET.get("q", "").replace("\x00", "")[:100],
        state=request.GET.get("state", ""),
        role=request.GET.get("role", ""),
        sort=sort if sort.removeprefix("-") in SORTS else "name",
    )
