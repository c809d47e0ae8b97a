"""Scenarios: the list, a new one, and the pages of one: changes, before, after, price, and the shared link."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kpis.queries.move_effect import table
from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.forms.scenarios import DescribeForm, RedateForm, ScenarioForm
from orgstages.queries.scenario_diffs import diff_of
from orgstages.services.pricing import organisation_price, price
from orgstages.views.price_rows import price_context, unit_rows
from orgstages.views.scenario_frame import Frame, asked_day, busy, found, found_shared, frame, seeing, today
from orgstages.views.tabs import stage_tabs
from roles.choices import ChangeKind, ScenarioStatus
from roles.errors import OrganisationBusy, UnknownScenario
from roles.queries.scenarios import ScenarioRow, changes_of, comments_of, scenarios, steps_of
from roles.services.scenarios import check_first_day, create

TONES = {"draft": "", "submitted": "warn", "approved": "good", "rejected": "bad", "applied": "accent", "discarded": ""}


@require_GET
def scenario_list(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the scenarios, the last changed first; `?discarded=1` with those put away."""
    rows = scenarios(is_discarded=request.GET.get("discarded") == "1")
    context = {
        "tabs": stage_tabs(request, "orgstages:scenarios"),
        "rows": [(row, TONES[row.status], _counts(row)) for row in rows],
        "comparable": [row for row in rows if row.status not in (ScenarioStatus.APPLIED, ScenarioStatus.DISCARDED)],
        "with_discarded": request.GET.get("discarded") == "1",
        "may_make": may(request.access, "orgstages:scenario_new", "POST"),
    }
    return render(request, "orgstages/scenarios/list.html", context)


@require_http_methods(["GET", "POST"])
def scenario_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Begin a scenario from the live organisation, or as a copy of another one (`?copy_of=`)."""
    rows = scenarios()
    if request.method == "GET":
        asked = request.GET.get("copy_of", "")
        source = next((row for row in rows if str(row.id) == asked), None)
        initial = {"effective_on": source.effective_on if source else today(request), "copy_of": asked}
        if source is not None:
            initial["name"] = _("%(name)s, second version") % {"name": source.name}
        form = ScenarioForm(rows, initial=initial)
        return render(request, "orgstages/scenarios/new.html", {"form": form})
    form = ScenarioForm(rows, request.POST)
    is_whole, data = form.is_valid(), form.cleaned_data
    copy_of = int(data["copy_of"]) if data.get("copy_of") else None
    try:
        if is_whole:
            made = create(
                name=data["name"],
                effective_on=data["effective_on"],
                actor_id=request.access.user_id,
                note=data["note"],
                copy_of=copy_of,
            )
            messages.success(request, _("The scenario has been made. Nothing of the organisation has changed."))
            return redirect("orgstages:scenario", slug=slug, pk=made.pk)
        if "effective_on" in data:
            check_first_day(data["effective_on"], copy_of=copy_of)
    except UnknownScenario as error:
        raise Http404 from error
    except DomainError as error:
        form.add_error("effective_on", str(error))
    return render(request, "orgstages/scenarios/new.html", {"form": form}, status=422)


@require_GET
def changes(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show what the scenario changes: only changed records and fields."""
    return _changes(request, frame(request, found(pk), "changes"))


@require_GET
def before(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show the units that differ as they are without the scenario."""
    return _side(request, frame(request, found(pk), "before"), "before")


@require_GET
def after(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show the units that differ as they are with it."""
    return _side(request, frame(request, found(pk), "after"), "after")


@require_GET
def price_page(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show what the scenario comes to; `?on=` another day than its own."""
    return _price(request, frame(request, found(pk), "price"))


@require_GET
def price_csv(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Send every card that changes, one line per card and KPI."""
    row = found(pk)
    found_price = price(row.id, on=asked_day(request, row.effective_on), today=today(request))
    if found_price.effect is None:
        raise Http404
    name = f"scenario-{row.id}-{found_price.effect.period or 'none'}.csv"
    return csv_answer(csv_text(table(found_price.effect)), filename=name)


@require_GET
def pay_csv(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Send everybody whose incentive pay differs, with both amounts."""
    row = found(pk)
    found_pay = price(row.id, on=asked_day(request, row.effective_on), today=today(request)).pay
    if found_pay is None:
        raise Http404
    rows = [
        (move.person, move.name, *(side.amount if side else "" for side in move.sides), move.change)
        for move in found_pay.moves
    ]
    head = ("person", "name", "before", "after", "change")
    return csv_answer(csv_text([head, *rows]), filename=f"scenario-{row.id}-pay.csv")


@require_GET
def shared(request: WorkspaceRequest, slug: str, token: str) -> HttpResponse:
    """Show a scenario to whoever of the staff has its link, to be read only."""
    row, tab = found_shared(token), request.GET.get("tab", "changes")
    pages = {"changes": _changes, "price": _price}
    if tab in pages:
        return pages[tab](request, frame(request, row, tab, token=token))
    if tab not in ("before", "after"):
        raise Http404(tab)
    return _side(request, frame(request, row, tab, token=token), tab)


def _changes(request: WorkspaceRequest, page: Frame) -> HttpResponse:
    diffs, hidden = diff_of(changes_of(page.row.id), seeing=seeing(request.access))
    steps = steps_of(page.row.id) if page.may_edit else ()
    context = {
        "page": page,
        "row": page.row,
        "diffs": diffs,
        "hidden": hidden,
        "steps": steps,
        "may_undo": any(not step.is_undone for step in steps),
        "may_redo": any(step.is_undone for step in steps),
        "comments": () if page.token else comments_of(page.row.id),
        "redate": RedateForm(initial={"effective_on": page.row.effective_on}, auto_id="redate_%s"),
        "describe": DescribeForm(initial={"name": page.row.name, "note": page.row.note}),
    }
    return render(request, "orgstages/scenarios/changes.html", context)


def _side(request: WorkspaceRequest, page: Frame, side: str) -> HttpResponse:
    if page.is_over:
        raise Http404
    on = asked_day(request, page.row.effective_on)
    try:
        priced = organisation_price(page.row.id, on=on)
    except OrganisationBusy:
        return busy(request, page, "orgstages/scenarios/side.html")
    sees_pay = seeing(request.access).with_pay
    units = unit_rows(priced.units, side=side, with_pay=sees_pay)
    context = {
        "page": page,
        "row": page.row,
        "side": side,
        "on": on,
        "units": units,
        "others": getattr(priced, side).units - len(units),
        "sees_pay": sees_pay,
    }
    return render(request, "orgstages/scenarios/side.html", context)


def _price(request: WorkspaceRequest, page: Frame) -> HttpResponse:
    if page.is_over:
        raise Http404
    on = asked_day(request, page.row.effective_on)
    priced = price(page.row.id, on=on, today=today(request))
    if priced.is_busy:
        return busy(request, page, "orgstages/scenarios/price.html")
    context = {"page": page, "row": page.row, "on": on, **price_context(request, page, priced)}
    return render(request, "orgstages/scenarios/price.html", context)


def _counts(row: ScenarioRow) -> Sequence[tuple[str, int]]:
    words = {"created": _("new"), "changed": _("changed"), "removed": _("gone")}
    return [(words[kind.value], row.counts[kind]) for kind in ChangeKind if row.counts.get(kind)]
