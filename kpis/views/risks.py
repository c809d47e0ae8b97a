"""The risk register: the list, one risk, a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kpis.alert_choices import LevelName, RiskKind, RiskState
from kpis.models import Alert, Risk
from kpis.queries.alert_words import words_of
from kpis.queries.alerts import alerts_within
from kpis.queries.risks import (
    RiskFilter,
    counts_by_kind,
    due_for_review,
    linked_alerts,
    risk_history,
    risks_within,
)
from kpis.services.risks import RiskInput, change_risk, create_risk
from kpis.views.alert_forms import RiskForm
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.members import members_of
from roles.queries.org_chart import UnitTree, unit_tree

PAGE = 50
REVIEW_AFTER = timedelta(days=90)
OFFERED = 60  # newest alerts that can be linked


@require_GET
def risks(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the risks the filter lets through, the most urgent first."""
    tree, rows = _seen(request)
    today, asked = tree.as_of, RiskFilter.from_query(request.GET)
    page = Paginator(asked.apply(rows, today=today), PAGE).get_page(request.GET.get("page"))
    kinds = counts_by_kind(rows)
    context = {
        "page": page,
        "lines": [
            {
                "risk": risk,
                "unit": _unit_name(risk, tree),
                "is_due": risk.review_on <= today and risk.state != RiskState.CLOSED,
            }
            for risk in page
        ],
        "asked": asked,
        "is_filtered": asked != RiskFilter(),
        "kinds": [{"kind": kind, "label": RiskKind(kind).label, "count": count} for kind, count in kinds.items()],
        "due": due_for_review(rows, today=today),
        "options": {
            "state": [("active", _("Not closed")), *RiskState.choices, ("all", _("All states"))],
            "kind": RiskKind.choices,
            "level": list(reversed(LevelName.choices)),
        },
        "may_add": may(request.access, "kpis:risk_new"),
    }
    return render(request, "kpis/risks/risks.html", context)


def _unit_name(risk: Risk, tree: UnitTree) -> str:
    if not risk.unit_id:
        return _("Company")
    return tree.nodes[risk.unit_id].name if risk.unit_id in tree else risk.unit_id


def _seen(request: WorkspaceRequest) -> tuple[UnitTree, QuerySet[Risk]]:
    unit = request.access.own_unit
    tree = unit_tree(as_of=today_in(request.access.workspace), within=unit)
    return tree, risks_within(tree, unit=unit)


@require_http_methods(["GET", "POST"])
def risk_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Write a risk down; `?alert=` links the alert it comes from."""
    tree, _rows = _seen(request)
    came_from = request.GET.get("alert", "")
    initial = {
        "state": RiskState.OPEN,
        "kind": RiskKind.OPERATIONAL,
        "level": LevelName.YELLOW,
        "owner": str(request.access.user_id),
        "review_on": tree.as_of + REVIEW_AFTER,
        "alerts": [came_from],
    }
    form = _form(request, tree, data=request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        risk = create_risk(_input(form), actor_id=request.access.user_id)
        messages.success(request, _("Written down: %(title)s") % {"title": risk.title})
        return redirect("kpis:risk", slug, risk.pk)
    return render(request, "kpis/risks/risk.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def risk(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show a risk with its history; POST changes it."""
    tree, rows = _seen(request)
    found = get_object_or_404(rows, pk=pk)
    linked = linked_alerts(found)
    initial = {
        "title": found.title,
        "kind": found.kind,
        "level": found.level,
        "state": found.state,
        "unit": found.unit_id,
        "owner": str(found.owner_id or ""),
        "description": found.description,
        "mitigation": found.mitigation,
        "review_on": found.review_on,
        "alerts": [str(alert.pk) for alert in linked],
    }
    data = request.POST if request.method == "POST" else None
    form = _form(request, tree, data=data, initial=initial, linked=linked)
    if request.method == "POST" and form.is_valid():
        changes = change_risk(found.pk, _input(form), actor_id=request.access.user_id)
        said = _("Saved: %(n)s changes.") % {"n": len(changes)} if changes else _("Nothing was different.")
        messages.success(request, said)
        return redirect("kpis:risk", slug, found.pk)
    context = {
        "form": form,
        "risk": found,
        "unit": _unit_name(found, tree),
        "is_due": found.review_on <= tree.as_of and found.state != RiskState.CLOSED,
        "alerts": words_of(linked, tree=tree),
        "history": risk_history(found, tree=tree),
        "may_change": may(request.access, "kpis:risk", "POST"),
    }
    return render(request, "kpis/risks/risk.html", context, status=422 if form.errors else 200)


def _form(
    request: WorkspaceRequest, tree: UnitTree, *, data: Any, initial: dict[str, Any], linked: list[Alert] | None = None
) -> RiskForm:
    """Return the form with the units, members and alerts this reader may choose from."""
    within = request.access.own_unit
    units = [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree]
    newest = list(alerts_within(tree, unit=within).order_by("-pk")[:OFFERED])
    offered = {alert.pk: alert for alert in [*(linked or []), *newest]}
    words = words_of(offered.values(), tree=tree)
    owners = [(str(row.user_id), str(row.user)) for row in members_of(request.access.workspace)]
    if initial["owner"] not in dict(owners):
        owners = [("", _("Nobody")), *owners]
    return RiskForm(
        data,
        initial=initial,
        units=units if within is not None else [("", _("Company")), *units],
        owners=owners,
        alerts=[(str(each.alert.pk), f"#{each.alert.pk} {each.level_label} · {each.title}") for each in words],
    )


def _input(form: RiskForm) -> RiskInput:
    data = form.cleaned_data
    return RiskInput(
        title=data["title"],
        kind=data["kind"],
        level=data["level"],
        state=data["state"],
        unit_id=data["unit"],
        owner_id=int(data["owner"]) if data["owner"] else None,
        description=data["description"],
        mitigation=data["mitigation"],
        review_on=data["review_on"],
        alerts=frozenset(map(int, data["alerts"])),
    )
