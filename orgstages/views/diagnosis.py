"""One unit's diagnosis: the verdict, each question with its fact and effect, and what people say to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.queries.definitions import library_at
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from orgstages.catalogue import load_stages
from orgstages.errors import UnknownDiagnosisUnit
from orgstages.forms.diagnosis import AdoptForm
from orgstages.queries.diagnosis import Diagnosed, diagnose
from orgstages.queries.records import recorded_verdicts, verdict_line
from orgstages.queries.smallest import smallest_changes
from orgstages.scoring import rounded
from orgstages.services.diagnosing import adopt_subtype, check_adoption, run_diagnosis
from orgstages.services.smallest import open_way
from orgstages.verdicts import either, verdict_name
from orgstages.views.rows import Rejected, applies, section_rows
from orgstages.views.stages import unit_line
from roles.queries.stages import stage_history


@require_GET
def diagnosis(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show the diagnosis of a unit on a day, judged now from what is stored."""
    clock = clock_of(request, request.GET.get("as_of", ""))
    return diagnosis_page(request, found_or_404(request, external_id, clock), clock)


@require_POST
def run(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Record the verdict of the day as a revision."""
    clock = clock_of(request, request.POST.get("as_of", ""))
    access = request.access
    try:
        done = run_diagnosis(external_id, as_of=clock.as_of, actor_id=access.user_id, within=access.own_unit)
    except UnknownDiagnosisUnit as error:
        raise Http404 from error
    number = {"number": done.diagnosis.revision}
    if done.is_new:
        messages.success(request, _("Recorded the verdict as revision %(number)s.") % number)
    else:
        messages.info(request, _("Nothing has changed since revision %(number)s.") % number)
    return redirect(diagnosis_url(slug, external_id, clock))


@require_POST
def adopt(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Adopt a sub-type and its stage for the unit from a day on."""
    clock = clock_of(request, request.POST.get("as_of", ""))
    form = AdoptForm(request.POST)
    found = found_or_404(request, external_id, clock)
    is_whole, data = form.is_valid(), form.cleaned_data
    try:
        if not is_whole:
            if "on" in data:
                check_adoption(external_id, on=data["on"], within=request.access.own_unit)
            return diagnosis_page(request, found, clock, adopt=form, status=422)
        job = adopt_subtype(
            external_id,
            subtype=data["subtype"],
            on=data["on"],
            note=data["note"],
            actor_id=request.access.user_id,
            within=request.access.own_unit,
        )
    except DomainError as error:
        form.add_error("on", str(error))
        return diagnosis_page(request, found, clock, adopt=form, status=422)
    names = {"unit": found.unit.name, "subtype": either([data["subtype"]]).in_language(request.LANGUAGE_CODE)}  # type: ignore[attr-defined]
    messages.success(request, _("%(unit)s works as %(subtype)s from then on.") % names)
    if job is not None:
        messages.info(request, _("Scorecards are being graded again with the weights of the stage."))
    return redirect(diagnosis_url(slug, external_id, clock))


@require_POST
def way(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Open a smallest change as a scenario and show it on the chart."""
    clock = clock_of(request, request.POST.get("as_of", ""))
    access = request.access
    try:
        scenario = open_way(
            external_id,
            key=request.POST.get("key", ""),
            as_of=clock.as_of,
            effective_on=max(clock.as_of, clock.today),
            actor_id=access.user_id,
            within=access.own_unit,
        )
    except UnknownDiagnosisUnit as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(f"{diagnosis_url(slug, external_id, clock)}#smallest")
    messages.success(request, _("A scenario with these changes is open: nothing live has changed."))
    return redirect(f"{reverse('orgstages:diagnosis', args=[slug, external_id])}?scenario={scenario}")


def found_or_404(request: WorkspaceRequest, external_id: str, clock: Clock) -> Diagnosed:
    """Return the diagnosis of a unit inside the asker's bounds, or raise 404."""
    try:
        return diagnose(external_id, as_of=clock.as_of, within=request.access.own_unit)
    except UnknownDiagnosisUnit as error:
        raise Http404 from error


def diagnosis_url(slug: str, external_id: str, clock: Clock) -> str:
    """Return the page of a unit's diagnosis on the day shown."""
    return reverse("orgstages:diagnosis", args=[slug, external_id]) + clock.query


def _may_adopt(access: Access, clock: Clock) -> bool:
    """Tell whether a stage may be adopted here: in a draft only where changes go into it."""
    return may(access, "orgstages:adopt", "POST") and (clock.scenario is None or clock.is_open)


def diagnosis_page(
    request: WorkspaceRequest,
    found: Diagnosed,
    clock: Clock,
    *,
    rejected: Rejected | None = None,
    adopt: AdoptForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the diagnosis; `rejected` and `adopt` keep what was typed into a form that was refused."""
    access, drawn = request.access, verdict_line(found, live=clock.is_now)
    second, is_live = found.verdict.stage.second, clock.scenario is None
    context = {
        "clock": clock,
        "found": found,
        "line": unit_line(found),
        "name": verdict_name(found.verdict),
        "sections": section_rows(found, access=access, clock=clock, rejected=rejected),
        "shares": _shares(found),
        "runner_up": load_stages().stages[second].names if second else None,
        "runner_up_percent": rounded(found.verdict.stage.shares[second] * 100, 1) if second else None,
        "points": _points(found),
        "fit": _fit(found),
        "challenges": _challenges(found),
        "maturity": found.verdict.maturity,
        "version": load_stages().version,
        "records": recorded_verdicts(found.unit.external_id),
        "history": [
            (entry, load_stages().subtypes[entry.subtype].names) for entry in stage_history(found.unit.external_id)
        ],
        "line_drawn": drawn,
        "stage_lanes": [(y, key, load_stages().stages[key].names) for y, key in drawn.lanes] if drawn else [],
        "smallest": smallest_changes(found),
        "may_open_way": is_live and may(access, "orgstages:way", "POST"),
        "may_ask": is_live and may(access, "orgstages:questionnaire"),
        "open_questions": sum(
            not each.option for each in found.answers.values() if each.is_asked and applies(found, each.question)
        ),
        "to_renew": sum(bool(each.given and each.given.is_old) for each in found.answers.values()),
        "kpis": library_at(clock.as_of).kpis.values() if may(access, "orgstages:answer", "POST") else (),
        "may_run": is_live and may(access, "orgstages:run", "POST"),
        "adopt": (adopt or _adopt_form(found, clock)) if _may_adopt(access, clock) else None,
    }
    return render(request, "orgstages/diagnosis.html", context, status=status)


def _adopt_form(found: Diagnosed, clock: Clock) -> AdoptForm:
    """Offer what the verdict found; where it leaves the choice open, the first of the candidates."""
    leading = found.verdict.subtype.leading if found.verdict.subtype else ()
    subtype = leading[0] if leading else found.adopted.subtype
    return AdoptForm(initial={"subtype": subtype.value, "on": clock.as_of})


def _shares(found: Diagnosed) -> list[dict[str, Any]]:
    catalogue, result = load_stages(), found.verdict.stage
    return [
        {
            "stage": catalogue.stages[key],
            "percent": rounded(share * 100, 1) if result.answered else None,
            "is_current": key is result.current,
        }
        for key, share in result.shares.items()
    ]


def _points(found: Diagnosed) -> list[dict[str, Any]]:
    result = found.verdict.subtype
    if result is None or not result.asked:
        return []
    catalogue = load_stages()
    return [
        {"subtype": catalogue.subtypes[key], "points": count, "is_leading": key in result.leading}
        for key, count in result.points.items()
    ]


def _fit(found: Diagnosed) -> dict[str, Any]:
    result = found.verdict.fit
    stage = load_stages().stages[result.stage].names if result.stage else None
    return {"result": result, "stage": stage, "subtype": either(result.subtypes) if result.subtypes else None}


def _challenges(found: Diagnosed) -> list[dict[str, Any]]:
    catalogue = load_stages()
    return [
        {
            "challenge": catalogue.challenges[result.challenge],
            "mean": None if result.mean is None else rounded(result.mean, 2),
            "severity": result.severity,
            "answered": result.answered,
            "asked": result.asked,
        }
        for result in found.verdict.challenges
    ]
