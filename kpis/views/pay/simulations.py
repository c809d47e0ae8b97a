"""Simulations for HR: which plans to try on which months, and what came out, down to the people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kpis.choices import SimulatedAgainst
from kpis.errors import SimulationInvalid
from kpis.figures import Chart, Series, trends
from kpis.models import PaySimulation
from kpis.queries.pay.simulated import Outcome
from kpis.queries.pay.simulating import MOST_MONTHS, Proposal, closed_months, proposal_of, proposals_offered
from kpis.queries.pay.simulation_files import person_rows, workbook
from kpis.queries.pay.simulations import (
    KINDS,
    SORTS,
    Told,
    kind_name,
    movers,
    people_of,
    person_lines,
    simulations,
    state_name,
    told,
    unit_names,
)
from kpis.services.pay.simulating import remove_simulation, request_simulation
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.text import Bilingual
from omnichannel.core.toldforms import ToldForm
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.queries.zones import current_day

PAGE = 50
STORES = 20
FEW = 5
PLANS = "kpis:pay_plans"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SimulationForm(ToldForm):
    """Which plans, how many months, and what they are held against."""

    plans = forms.MultipleChoiceField(
        label=gettext_lazy("Plans to try"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("One to five; several stand beside each other."),
        error_messages={"required": gettext_lazy("Choose at least one plan to try.")},
    )
    months = forms.IntegerField(label=gettext_lazy("Closed months"), min_value=1, max_value=MOST_MONTHS)
    against = forms.ChoiceField(label=gettext_lazy("Held against"), choices=SimulatedAgainst.choices)

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plans"].choices = offered  # type: ignore[attr-defined] # a choice field's


@require_http_methods(["GET", "POST"])
def pay_simulations(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List what has been tried; the form begins another one. `?plan=template:…|plan:…` is chosen already."""
    offered, status = _offered(request), 200
    ready = closed_months(current_day())
    initial = {
        "plans": request.GET.getlist("plan"),
        "months": len(ready) or MOST_MONTHS,
        "against": SimulatedAgainst.HOLDING,
    }
    form = SimulationForm(request.POST if request.method == "POST" else None, initial=initial, offered=offered)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = request_simulation(
                    form.cleaned_data["plans"],
                    months=form.cleaned_data["months"],
                    against=SimulatedAgainst(form.cleaned_data["against"]),
                    actor_id=request.access.user_id,
                )
                return redirect("kpis:pay_simulation", slug, made.pk)
            except SimulationInvalid as error:
                form.tell(error.faults)
    page = Paginator(simulations(), PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": pay_tabs(request, PLANS),
        "form": form,
        "page": page,
        "lines": [{"row": row, "names": [Bilingual(**each["names"]) for each in row.proposals]} for row in page],
        "ready": ready,
    }
    return render(request, "kpis/pay/simulations.html", context, status=status)


@require_GET
def pay_simulation(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one: `?plan=` the proposal looked at, `?q=&kind=&unit=&sort=&page=` its people. A fragment polls."""
    found = told(_row(pk))
    if request.htmx and not request.htmx.boosted and request.GET.get("poll"):
        if not found.is_busy:
            return HttpResponseClientRefresh()
        return render(request, "kpis/pay/_simulation_progress.html", {"row": found.row})
    context: dict[str, Any] = {
        "tabs": pay_tabs(request, PLANS),
        "told": found,
        "row": found.row,
        "proposals": [
            {"names": Bilingual(**each["names"]), "state": state_name(each["state"])} for each in found.row.proposals
        ],
    }
    if found.outcomes:
        context |= _shown(request, found)
    return render(request, "kpis/pay/simulation.html", context)


@require_GET
def pay_simulation_csv(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer everybody's change under every proposal."""
    found = told(_row(pk))
    rows = person_rows(found, language=get_language() or "en")
    return csv_answer(csv_text(rows), filename=f"pay-simulation-{pk}.csv")


@require_GET
def pay_simulation_xlsx(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the whole simulation as a workbook."""
    answer = HttpResponse(workbook(told(_row(pk)), language=get_language() or "en"), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="pay-simulation-{pk}.xlsx"'
    return answer


@require_POST
def pay_simulation_again(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Try the same plans again, on the rows of now; the old one stays."""
    row = _row(pk)
    try:
        made = request_simulation(
            [each["ref"] for each in row.proposals],
            months=len((row.result or {}).get("labour", ())) or MOST_MONTHS,
            against=SimulatedAgainst(row.against),
            actor_id=request.access.user_id,
        )
    except SimulationInvalid as error:
        messages.error(request, str(error))
        return redirect("kpis:pay_simulation", slug, pk)
    return redirect("kpis:pay_simulation", slug, made.pk)


@require_POST
def pay_simulation_remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Delete a simulation with what it tells of people."""
    remove_simulation(_row(pk).pk)
    messages.success(request, _("The simulation is deleted. No plan was touched."))
    return redirect("kpis:pay_simulations", slug)


def _row(pk: int) -> PaySimulation:
    return get_object_or_404(PaySimulation.objects.select_related("job", "created_by"), pk=pk)


def _offered(request: WorkspaceRequest) -> list[tuple[str, str]]:
    """Return what can be chosen; a revision that the query names stands there as well."""
    found = {each.ref: each for each in proposals_offered()}
    for ref in request.GET.getlist("plan"):
        if ref not in found and (asked := proposal_of(ref)) is not None:
            found = {asked.ref: asked, **found}
    return [(ref, _label(each)) for ref, each in found.items()]


def _label(each: Proposal) -> str:
    return f"{each.names.in_language(get_language() or 'en')} · {state_name(each.state)}"


def _shown(request: WorkspaceRequest, found: Told) -> dict[str, Any]:
    asked = request.GET.get("plan", "")
    number = int(asked) - 1 if asked.isdecimal() and 0 < int(asked[:3]) <= len(found.outcomes) else 0
    outcome, units = found.outcomes[number], unit_names(found.row)
    kind, sort = request.GET.get("kind", "all"), request.GET.get("sort", "change")
    kind, sort = kind if kind in KINDS else "all", sort if sort in SORTS else "change"
    text, unit = request.GET.get("q", "").replace("\x00", "")[:100], request.GET.get("unit", "")[:64]
    people = people_of(found.row, number, text=text, kind=kind, unit=unit.replace("\x00", ""), sort=sort)
    page = Paginator(people, PAGE).get_page(request.GET.get("page"))
    moved = person_lines(movers(found.row, number, most=FEW), outcome, units=units)
    return {
        "outcome": outcome,
        "number": number + 1,
        "plan_tabs": _plan_tabs(found, number),
        "links": {name: f"?plan={number + 1}&kind={name}#people" for name in KINDS},
        "chart": _chart(found),
        "up": [line for line in moved if line.row.change > 0],
        "down": [line for line in moved if line.row.change < 0],
        "jumps": [{"jump": jump, "kind": kind_name(jump.kind)} for jump in outcome.jumps],
        "shut": [{"shut": shut, "kind": kind_name(shut.kind)} for shut in outcome.shut],
        "stores": outcome.units[:STORES],
        "more_stores": max(len(outcome.units) - STORES, 0),
        "page": page,
        "lines": person_lines(list(page), outcome, units=units),
        "kinds": [("all", _("Everybody")), ("winners", _("Winners")), ("losers", _("Losers"))],
        "kind": kind,
        "q": text,
        "unit": unit,
        "unit_name": units.get(unit, unit),
    }


def _plan_tabs(found: Told, number: int) -> list[dict[str, Any]]:
    if len(found.outcomes) == 1:
        return []
    language = get_language() or "en"
    return [
        {
            "label": each.names.in_language(language),
            "url": f"?plan={each.number + 1}",
            "current": each.number == number,
        }
        for each in found.outcomes
    ]


def _chart(found: Told) -> Chart:
    """Draw what holds and every proposal by month."""
    first, language = found.outcomes[0], get_language() or "en"
    lines = [Series(_("Now"), [month.before for month in first.months])]
    lines += [Series(_named(each, language), [month.after for month in each.months]) for each in found.outcomes]
    return trends([month.period for month in first.months], lines, axis=_("Month"), unit=_("CNY"))


def _named(outcome: Outcome, language: str) -> str:
    return f"{outcome.number + 1} {outcome.names.in_language(language)}"
