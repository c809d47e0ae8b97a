"""The designer of pay plans: begun from nothing, from a ready plan or a copy; checked; kept as a draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kpis.choices import PayPlanState
from kpis.errors import PlanInvalid, PlanStep
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from kpis.models import PayPlan
from kpis.queries.pay.plan_words import example_lines
from kpis.queries.pay.plans import newest_of
from kpis.services.pay.plans import save_plan
from kpis.views.pay.plan_entry import Designer, beginning, designer, opened, sent
from kpis.views.pay.plans import ready_plans
from kpis.views.pay.tabs import pay_tabs
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options

GET_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_POST)
def pay_plan_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Begin a plan, as `?template=` or as a copy of `?copy=`; POST keeps its first draft."""
    if request.method == "POST":
        return _save(request, slug, row=None)
    row = newest_of(request.GET.get("copy", "")[:40]) if request.GET.get("copy") else None
    if request.GET.get("copy") and row is None:
        raise Http404
    node = _copy(row) if row else _begun(request.GET.get("template", ""))
    return _page(request, opened(node), row=None, unit=row.unit_external_id if row else "")


@require_http_methods(GET_POST)
def pay_plan_edit(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Change a plan; POST keeps a new draft. What holds now stays until another person has approved the draft."""
    row = newest_of(key)
    if row is None:
        raise Http404
    if request.method == "POST":
        return _save(request, slug, row=row)
    if row.state == PayPlanState.SUBMITTED:
        messages.info(request, _("This plan waits for approval. Send it back before you change it."))
        return redirect("kpis:pay_plan", slug, key)
    return _page(request, opened(row.content, fixed_id=key), row=row, unit=row.unit_external_id)


@require_POST
def pay_plan_check(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Check what is written; the answer brings the other faces and the example up to date. Nothing is kept."""
    key = request.POST.get("key", "")[:40]
    row = newest_of(key) if key else None
    if key and row is None:
        raise Http404
    page = designer(sent(request.POST), fixed_id=key)
    return _page(request, page, row=row, unit=request.POST.get("unit", ""), status=200)


def _save(request: WorkspaceRequest, slug: str, *, row: PayPlan | None) -> HttpResponse:
    key = row.key if row else ""
    page, unit = designer(sent(request.POST), fixed_id=key), request.POST.get("unit", "")[:64]
    if not page.is_sound:
        return _page(request, page, row=row, unit=unit, status=422)
    try:
        kept = save_plan(
            page.node,
            actor_id=request.access.user_id,
            unit=unit,
            note=request.POST.get("note", ""),
            seen=_seen(request),
            is_new=row is None,
        )
    except PlanInvalid as error:
        told = [issue.message for issue in error.issues]
        return _page(request, page, row=row, unit=unit, status=error.status, refused=told)
    except PlanStep as error:
        return _page(request, page, row=row, unit=unit, status=error.status, refused=[str(error)])
    messages.success(request, _("Kept as a draft. Submit it when it is ready; nothing is paid by it before."))
    return redirect("kpis:pay_plan", slug, kept.key)


def _page(
    request: WorkspaceRequest,
    page: Designer,
    *,
    row: PayPlan | None,
    unit: str,
    status: int = 200,
    refused: list[str] | None = None,
) -> HttpResponse:
    today = current_day()
    options = unit_options(unit_tree(as_of=today), with_stores=True)
    if unit and unit not in dict(options):
        options.append((unit, unit))
    context: dict[str, Any] = {
        "tabs": pay_tabs(request, "kpis:pay_plans"),
        "check_url": reverse("kpis:pay_plan_check", args=[request.access.workspace.slug]),
        "page": page,
        "row": row,
        "key": row.key if row else "",
        "seen": _seen(request) if request.method == "POST" else (row.pk if row else None),
        "name": _name(page.node, row),
        "unit": unit,
        "units": options,
        "note": request.POST.get("note", ""),
        "refused": refused or [],
        "ready": ready_plans() if row is None and request.method != "POST" else [],
        "patterns": example_lines(),
        "begun": request.GET.get("template", "") or request.GET.get("copy", ""),
    }
    template = "kpis/pay/_plan_designer.html" if request.htmx else "kpis/pay/plan_edit.html"
    return render(request, template, context, status=200 if request.htmx else status)


def _begun(template: str) -> Mapping[str, Any]:
    if not template:
        return beginning()
    plan = load_templates().get(template)
    if plan is None:
        raise Http404
    node = plan_node(plan)
    return node if newest_of(plan.id) is None else {**node, "id": _free(plan.id)}


def _copy(row: PayPlan) -> Mapping[str, Any]:
    names = row.content["names"]
    return {
        **row.content,
        "id": _free(row.key),
        "names": {"zh": f"{names['zh']}（副本）", "en": f"{names['en']} (copy)"},
    }


def _free(key: str) -> str:
    """Return an id that no plan has, made of another's."""
    taken = set(PayPlan.objects.filter(key__startswith=key[:34]).values_list("key", flat=True))
    return next(found for number in range(2, len(taken) + 3) if (found := f"{key[:34]}-{number}") not in taken)


def _seen(request: WorkspaceRequest) -> int | None:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 19 else None


def _name(node: Mapping[str, Any], row: PayPlan | None) -> str:
    names = row.content["names"] if row else node.get("names", {})
    code = "zh" if (get_language() or "").startswith("zh") else "en"
    return str(names.get(code, "")) if isinstance(names, Mapping) else ""
