"""The method page: every question, rule, cut, weight and point; and a diagnosis as a document to check it with."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages import method
from orgstages.catalogue import FitStep, Question, SectionKey, load_stages
from orgstages.queries.exports import diagnosis_csv, diagnosis_json
from orgstages.scoring import CERTAINTIES, EITHER, ENOUGH, HYBRID, SEVERITIES, SKIP, Certainty
from orgstages.verdicts import CERTAINTY
from orgstages.views.diagnosis import found_or_404
from orgstages.views.options import option_lines
from orgstages.views.tabs import stage_tabs
from roles.coverage import DEDICATED_SHARE

JSON = {"ensure_ascii": False, "indent": 1}


@require_GET
def method_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the whole method, for reading and for paper."""
    catalogue = load_stages()
    context = {
        "tabs": stage_tabs(request, "orgstages:method"),
        "version": catalogue.version,
        "people": [text for _key, text in method.PEOPLE],
        "sections": [
            (section, [_question(catalogue.questions[key]) for key in section.questions])
            for section in catalogue.sections.values()
        ],
        "enough": int(ENOUGH * 100),
        "hybrid": int(HYBRID * 100),
        "certainties": _certainties(),
        "either": EITHER,
        "skip": SKIP,
        "dedicated": DEDICATED_SHARE,
        "total": sum(
            question.weight for question in catalogue.questions.values() if question.section is SectionKey.STAGE
        ),
        "severities": [(least, severity.value) for least, severity in SEVERITIES],
        "levels": catalogue.maturity.values(),
        "fit": [_step(number, step) for number, step in enumerate(catalogue.fit.steps, start=1)],
        "otherwise": catalogue.stages[catalogue.fit.otherwise].names,
    }
    return render(request, "orgstages/method.html", context)


@require_GET
def method_export(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the method as one JSON document."""
    response = JsonResponse(method.method(), json_dumps_params=JSON)
    response["Content-Disposition"] = f'attachment; filename="diagnostic-method-{load_stages().version}.json"'
    return response


@require_GET
def diagnosis_export(request: WorkspaceRequest, slug: str, external_id: str, form: str) -> HttpResponse:
    """Answer a unit's diagnosis with every fact, answer and weight, as JSON or CSV."""
    clock = clock_of(request, request.GET.get("as_of", ""))
    found = found_or_404(request, external_id, clock)
    if form == "json":
        response: HttpResponse = JsonResponse(diagnosis_json(found), json_dumps_params=JSON)
    elif form == "csv":
        response = HttpResponse(diagnosis_csv(found), content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="diagnosis-{clock.as_of}.{form}"'
    return response


def _question(question: Question) -> dict[str, Any]:
    catalogue = load_stages()
    scale = catalogue.scales[question.scale] if question.scale else None
    return {
        "spec": question,
        "scale": scale,
        "applies": catalogue.stages[question.applies].names if question.applies else None,
        "challenge": catalogue.challenges[question.challenge].names if question.challenge else None,
        "options": option_lines(question),
    }


def _certainties() -> list[Bilingual]:
    """Return the words of the confidence with the parts from which they hold."""
    signs = [(word, f"≥ {int(least * 100)} %") for least, word in CERTAINTIES]
    signs += [(Certainty.NARROW, "> 0 %"), (Certainty.LEVEL, "= 0 %")]
    return [Bilingual(f"{CERTAINTY[word].zh} {sign}", f"{CERTAINTY[word].en} {sign}") for word, sign in signs]


def _step(number: int, step: FitStep) -> dict[str, Any]:
    catalogue = load_stages()
    glue = Bilingual(" 或 ", " or ") if step.is_any else Bilingual(" 且 ", " and ")
    told = [f"{question} = {'/'.join(keys)}" for question, keys in step.options.items()]
    return {
        "number": number,
        "when": Bilingual(glue.zh.join(told), glue.en.join(told)),
        "stage": catalogue.stages[step.stage].names,
        "subtype": catalogue.subtypes[step.subtype].names,
    }
