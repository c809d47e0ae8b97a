"""The ad budget ladder: requests, one request with its three rungs side by side, and the decisions on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpis.budget_choices import AskState
from kpis.budget_forms import CAMPAIGNS, AskForm, DecisionForm
from kpis.errors import FieldsRefused
from kpis.models import BudgetAsk
from kpis.queries.pay.budget_asks import ask_file, ask_view, asks_within, known_campaigns, released_of
from kpis.services.pay.budget_asks import RUNNING, ask_budget, ask_faults, refuse, release, withdraw
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options

PAGE = 50
SORTS = {"purpose": "purpose", "amount": "amount", "starts": "starts_on", "state": "state", "asked": "pk"}
HERE = "kpis:pay_budget_asks"


@require_GET
def budget_asks(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the requests within the reader's bounds, the newest first."""
    every = _seen(request)
    rows = _chosen(every, request.GET)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    tree = unit_tree(as_of=today_in(request.access.workspace))
    context = {
        "tabs": pay_tabs(request, HERE),
        "page": page,
        "lines": [
            {
                "ask": ask,
                "unit": tree.nodes[ask.unit_external_id].name if ask.unit_external_id in tree else ask.unit_external_id,
                "released": released_of(ask.instalments.all()),
            }
            for ask in page
        ],
        "asked": {name: request.GET.get(name, "") for name in ("q", "state")},
        "states": AskState.choices,
        "has_any": bool(page) or every.exists(),
        "may_ask": may(request.access, "kpis:pay_budget_ask_new", "POST"),
    }
    return render(request, "kpis/pay/budget_asks.html", context)


@require_GET
def budget_asks_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Send the listed requests as CSV, a row for each instalment."""
    return csv_answer(csv_text(ask_file(_chosen(_seen(request), request.GET))), filename="ad-budget-requests.csv")


@require_http_methods(["GET", "POST"])
def budget_ask_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Ask for budget; what is missing on a rung is told at that rung."""
    access, today = request.access, today_in(request.access.workspace)
    tree = unit_tree(as_of=today, within=access.own_unit)
    form = AskForm(
        request.POST if request.method == "POST" else None,
        units=unit_options(tree),
        needs_unit=access.own_unit is not None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            ask = ask_budget(form.asked, actor_id=access.user_id)
        except FieldsRefused as refused:
            form.tell(refused.faults)
        else:
            messages.success(request, _("The request is kept. Somebody else decides on it."))
            return redirect("kpis:pay_budget_ask", slug, ask.pk)
    elif request.method == "POST":
        form.tell(ask_faults(form.asked))
    context = {
        "form": form,
        "tabs": pay_tabs(request, HERE),
        "campaigns": known_campaigns(today),
        "campaign_list": CAMPAIGNS,
    }
    return render(request, "kpis/pay/budget_ask_new.html", context, status=422 if form.errors else 200)


@require_GET
def budget_ask(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show a request: three rungs side by side, its instalments, and every step so far."""
    return _page(request, get_object_or_404(_seen(request), pk=pk))


@require_POST
def budget_ask_decide(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Release the next instalment, or refuse the request."""
    ask, form, actor = get_object_or_404(_seen(request), pk=pk), DecisionForm(request.POST), request.access.user_id
    if not form.is_valid():
        return _page(request, ask, refused=_("This decision cannot be read."), status=422)
    data = form.cleaned_data
    if data["action"] == "release":
        number = data["instalment"] or 0
        return _taken(
            request,
            ask,
            lambda: release(pk, number, reason=data["reason"], actor_id=actor),
            told=_("The instalment is released."),
            reason=data["reason"],
        )
    return _taken(
        request,
        ask,
        lambda: refuse(pk, reason=data["reason"], actor_id=actor),
        told=_("The request is refused."),
        reason=data["reason"],
    )


@require_POST
def budget_ask_withdraw(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take one's own request back."""
    ask, actor = get_object_or_404(_seen(request), pk=pk), request.access.user_id
    return _taken(request, ask, lambda: withdraw(pk, actor_id=actor), told=_("The request is taken back."))


def _taken(
    request: WorkspaceRequest, ask: BudgetAsk, step: Callable[[], object], *, told: str, reason: str = ""
) -> HttpResponse:
    """Take a step; show why it was refused beside what was typed."""
    try:
        step()
    except DomainError as error:
        return _page(request, ask, refused=str(error), reason=reason, status=error.status)
    messages.success(request, told)
    return redirect("kpis:pay_budget_ask", request.access.workspace.slug, ask.pk)


def _page(
    request: WorkspaceRequest, ask: BudgetAsk, *, refused: str = "", reason: str = "", status: int = 200
) -> HttpResponse:
    tree, is_open = unit_tree(as_of=today_in(request.access.workspace)), ask.state in RUNNING
    is_own = ask.asked_by_id == request.access.user_id
    unit = ask.unit_external_id
    view = ask_view(ask)
    context: dict[str, Any] = {
        "view": view,
        "why": "zero_denominator" if view.actuals.months else _("No month of the request has been analysed yet."),
        "unit": tree.nodes[unit].name if unit in tree else unit,
        "is_own": is_own,
        "may_decide": is_open and not is_own and may(request.access, "kpis:pay_budget_ask_decide", "POST"),
        "may_withdraw": is_open and is_own,
        "refused": refused,
        "reason": reason,
        "list_url": reverse(HERE, args=[request.access.workspace.slug]),
        "tabs": pay_tabs(request, HERE),
    }
    return render(request, "kpis/pay/budget_ask.html", context, status=status)


def _seen(request: WorkspaceRequest) -> QuerySet[BudgetAsk]:
    return asks_within(unit=request.access.own_unit, on=today_in(request.access.workspace))


def _chosen(rows: QuerySet[BudgetAsk], asked: QueryDict) -> QuerySet[BudgetAsk]:
    words, state, sort = asked.get("q", "").replace("\x00", "").strip(), asked.get("state", ""), asked.get("sort", "")
    if words:
        rows = rows.filter(Q(purpose__icontains=words) | Q(campaign__icontains=words) | Q(channel__icontains=words))
    if state in AskState.values:
        rows = rows.filter(state=state)
    column = SORTS.get(sort.removeprefix("-"))
    return rows.order_by(f"{'-' if sort.startswith('-') else ''}{column}", "-pk") if column else rows.order_by("-pk")
