"""People answer: one question at a time in the questionnaire, in place on the diagnosis, and a tie is confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kpis.queries.definitions import library_at
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.answers import Answered, options_for
from orgstages.catalogue import Section, load_stages
from orgstages.errors import UnknownDiagnosisUnit, UnknownQuestion
from orgstages.queries.diagnosis import Diagnosed
from orgstages.services.answering import Proof, answer_question, confirm_answer, withdraw_answer
from orgstages.verdicts import verdict_name
from orgstages.views.diagnosis import diagnosis_page, diagnosis_url, found_or_404
from orgstages.views.rows import Rejected, applies, option_words, question_row

SENT = ("option", "reason", "evidence", "evidence_url", "evidence_kpi")


@dataclass(frozen=True, slots=True)
class Step:
    """A question in the questionnaire's list. `state`: answered, renew (too old), or open; by this respondent."""

    id: str
    answered: Answered
    state: str
    url: str


@require_POST
def answer(request: WorkspaceRequest, slug: str, external_id: str, question: str) -> HttpResponse:
    """Keep one's own answer, or take it back; a refusal shows the diagnosis again with what was typed."""
    clock = clock_of(request, request.POST.get("as_of", ""))
    error = _kept(request, external_id, question, clock)
    if error is not None:
        rejected = Rejected(question, _sent(request), error)
        found = found_or_404(request, external_id, clock)
        return diagnosis_page(request, found, clock, rejected=rejected, status=error.status)
    if "withdraw" in request.POST:
        messages.success(request, _("Taken back: what others and the data say counts again."))
    else:
        messages.success(request, _("Kept the answer to %(question)s.") % {"question": question})
    return redirect(f"{diagnosis_url(slug, external_id, clock)}#{question}")


@require_POST
def confirm(request: WorkspaceRequest, slug: str, external_id: str, question: str) -> HttpResponse:
    """Choose among the options on which the respondents are tied."""
    clock = clock_of(request, request.POST.get("as_of", ""))
    try:
        confirm_answer(
            external_id,
            question=question,
            option=request.POST.get("option", ""),
            on=clock.as_of,
            actor_id=request.access.user_id,
            within=request.access.own_unit,
        )
    except (UnknownDiagnosisUnit, UnknownQuestion) as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Confirmed: this option counts, and every answer stays."))
    return redirect(f"{diagnosis_url(slug, external_id, clock)}#{question}")


@require_http_methods(["GET", "POST"])
def questionnaire(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Ask what data does not answer, one question at a time; every answer is kept at once, so one may stop anywhere."""
    clock = clock_of(request, request.POST.get("as_of") or request.GET.get("as_of", ""))
    found = found_or_404(request, external_id, clock)
    question = request.POST.get("question") or request.GET.get("question", "")
    if request.method == "GET":
        return _asked(request, found, clock, question)
    error = _kept(request, external_id, question, clock)
    if error is not None:
        rejected = Rejected(question, _sent(request), error)
        return _asked(request, found, clock, question, rejected=rejected, status=error.status)
    steps = _steps(request, found_or_404(request, external_id, clock), clock)
    after = _next_open(steps, question) if "withdraw" not in request.POST else question
    return redirect(_url(request, external_id, clock, after))


def _kept(request: WorkspaceRequest, unit: str, question: str, clock: Clock) -> DomainError | None:
    """Keep or withdraw the answer that was sent; return the refusal, raise 404 for what is not there."""
    access, sent = request.access, _sent(request)
    try:
        if "withdraw" in request.POST:
            withdraw_answer(unit, question=question, on=clock.as_of, actor_id=access.user_id, within=access.own_unit)
        else:
            answer_question(
                unit,
                question=question,
                option=sent["option"],
                reason=sent["reason"],
                proof=Proof(sent["evidence"], sent["evidence_url"], sent["evidence_kpi"]),
                on=clock.as_of,
                actor_id=access.user_id,
                within=access.own_unit,
            )
    except (UnknownDiagnosisUnit, UnknownQuestion) as error:
        raise Http404 from error
    except DomainError as error:
        return error
    return None


def _sent(request: WorkspaceRequest) -> Mapping[str, str]:
    return {name: request.POST.get(name, "") for name in SENT}


def _asked(
    request: WorkspaceRequest,
    found: Diagnosed,
    clock: Clock,
    question: str,
    *,
    rejected: Rejected | None = None,
    status: int = 200,
) -> HttpResponse:
    steps = _steps(request, found, clock)
    current = question if question in found.answers else _next_open(steps, "")
    done = sum(step.state != "open" for step in steps)
    context: dict[str, Any] = {
        "clock": clock,
        "found": found,
        "sections": _sections(steps),
        "done": done,
        "total": len(steps),
        "renew": [step for step in steps if step.state == "renew"],
        "name": verdict_name(found.verdict),
        "diagnosis_url": diagnosis_url(request.access.workspace.slug, found.unit.external_id, clock),
        "current": current,
        "kpis": library_at(clock.as_of).kpis.values(),
    }
    if current:
        context |= _question(request, found, clock, current, steps, rejected)
    return render(request, "orgstages/questionnaire.html", context, status=status)


def _question(
    request: WorkspaceRequest,
    found: Diagnosed,
    clock: Clock,
    current: str,
    steps: Sequence[Step],
    rejected: Rejected | None,
) -> Mapping[str, Any]:
    row = question_row(found, current, access=request.access, clock=clock, rejected=rejected)
    order = [step.id for step in steps]
    at = order.index(current) if current in order else -1
    spec = row.question
    return {
        "row": row,
        "options": [
            (key, option_words(spec, key) if not spec.scale else None, str(number) if not spec.scale else key)
            for number, key in enumerate(options_for(spec), start=1)
        ],
        "scale": load_stages().scales[spec.scale] if spec.scale else None,
        "section": load_stages().sections[spec.section],
        "number": at + 1,
        "previous_url": steps[at - 1].url if at > 0 else "",
        "next_url": steps[at + 1].url if 0 <= at < len(steps) - 1 else "",
    }


def _steps(request: WorkspaceRequest, found: Diagnosed, clock: Clock) -> list[Step]:
    """Return what data does not answer, in the order of the diagnostic: section B only of the stage in question."""
    steps = []
    for key, answered in found.answers.items():
        own = answered.given.of(request.access.user_id) if answered.given else None
        if answered.is_asked and (own is not None or applies(found, answered.question)):
            state = "open" if own is None else "renew" if own.is_old else "answered"
            steps.append(Step(key, answered, state, _url(request, found.unit.external_id, clock, key)))
    return steps


def _sections(steps: Sequence[Step]) -> list[tuple[Section, list[Step]]]:
    sections = load_stages().sections.values()
    grouped = [(section, [step for step in steps if step.id in section.questions]) for section in sections]
    return [(section, own) for section, own in grouped if own]


def _next_open(steps: Sequence[Step], after: str) -> str:
    """Return the next question without an own answer, from `after` on and round; empty when there is none."""
    order = [step.id for step in steps]
    start = order.index(after) + 1 if after in order else 0
    return next((step.id for step in [*steps[start:], *steps[:start]] if step.state == "open"), "")


def _url(request: WorkspaceRequest, unit: str, clock: Clock, question: str) -> str:
    url = reverse("orgstages:questionnaire", args=[request.access.workspace.slug, unit])
    if not question:
        return url + clock.query
    return f"{url}?question={question}{clock.more}"
