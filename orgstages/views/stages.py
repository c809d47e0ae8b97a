"""The stages of all business units side by side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.catalogue import load_stages
from orgstages.queries.diagnosis import Diagnosed, diagnose_all
from orgstages.scoring import rounded
from orgstages.verdicts import certainty_word, either, lead_words, mixed_map
from orgstages.views.tabs import stage_tabs


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit's verdict as one row. `second` is the partner of a hybrid; `agrees` is None while either is not known.

    `certainty` is the confidence as a word, `lead` what it means; `adopted_from` names the unit above that decided.
    """

    found: Diagnosed
    stage: Bilingual | None
    second: Bilingual | None
    subtype: Bilingual | None
    confidence: Decimal | None
    certainty: Bilingual | None
    lead: Bilingual | None
    coverage: Decimal
    maturity: Bilingual | None
    index: Decimal | None
    adopted_stage: Bilingual
    adopted_subtype: Bilingual
    adopted_from: str
    agrees: bool | None


@require_GET
def stages(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every unit's stage."""
    clock = clock_of(request, request.GET.get("as_of", ""))
    found = diagnose_all(as_of=clock.as_of, within=request.access.own_unit)
    context = {
        "clock": clock,
        "lines": [unit_line(each) for each in found],
        "sentence": mixed_map((each.unit.name, each.verdict) for each in found),
        "period": found[0].period if found else None,
        "tabs": stage_tabs(request, "orgstages:stages"),
    }
    return render(request, "orgstages/stages.html", context)


def unit_line(found: Diagnosed) -> UnitLine:
    """Return the row of one unit."""
    catalogue, verdict = load_stages(), found.verdict
    stage = verdict.stage
    leading = verdict.subtype.leading if verdict.subtype else ()
    return UnitLine(
        found=found,
        stage=catalogue.stages[stage.current].names if stage.current else None,
        second=catalogue.stages[stage.second].names if stage.second and stage.is_hybrid else None,
        subtype=either(leading) if leading else None,
        confidence=None if stage.confidence is None else rounded(stage.confidence),
        certainty=certainty_word(stage),
        lead=lead_words(stage),
        coverage=rounded(stage.coverage * 100, 1),
        maturity=catalogue.maturity[verdict.maturity.level].names if verdict.maturity.level else None,
        index=None if verdict.maturity.index is None else rounded(verdict.maturity.index, 1),
        adopted_stage=catalogue.stages[found.adopted.stage].names,
        adopted_subtype=catalogue.subtypes[found.adopted.subtype].names,
        adopted_from=_name_of(found.adopted.unit_external_id, found),
        agrees=None if stage.current is None or found.adopted.is_default else stage.current is found.adopted.stage,
    )


def _name_of(unit: str | None, found: Diagnosed) -> str:
    """Return a unit's name on the day; the id of one that is not there any more, nothing for no unit."""
    node = found.evidence.tree.nodes.get(unit or "")
    return node.name if node else unit or ""
