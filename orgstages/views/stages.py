"""The stages of all business units side by side, the panorama of stages and sub-types, and one sub-type's page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.catalogue import StageSpec, SubtypeSpec, Transition, load_stages
from orgstages.queries.diagnosis import Diagnosed, diagnose_all
from orgstages.scoring import rounded
from orgstages.verdicts import either, mixed_map
from roles.catalogue import SubtypeKey, load_roles


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit's verdict as one row. `agrees` is None while either side is not known."""

    found: Diagnosed
    stage: Bilingual | None
    second: Bilingual | None
    subtype: Bilingual | None
    confidence: Decimal | None
    coverage: Decimal
    maturity: Bilingual | None
    index: Decimal | None
    adopted_stage: Bilingual
    adopted_subtype: Bilingual
    agrees: bool | None


@require_GET
def stages(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every unit's stage and, below, what the stages and sub-types are."""
    clock, catalogue = clock_of(request, request.GET.get("as_of", "")), load_stages()
    found = diagnose_all(as_of=clock.as_of, within=request.access.own_unit)
    context = {
        "clock": clock,
        "lines": [unit_line(each) for each in found],
        "sentence": mixed_map((each.unit.name, each.verdict) for each in found),
        "panorama": [(stage, [catalogue.subtypes[key] for key in stage.subtypes]) for stage in _stages()],
        "departments": catalogue.departments,
        "rules": catalogue.rules.values(),
        "period": found[0].period if found else None,
    }
    return render(request, "orgstages/stages.html", context)


@require_GET
def subtype(request: WorkspaceRequest, slug: str, subtype: str) -> HttpResponse:
    """Show one sub-type of organisation."""
    catalogue = load_stages()
    if subtype not in list(SubtypeKey):
        raise Http404
    spec = catalogue.subtypes[SubtypeKey(subtype)]
    context = {
        "spec": spec,
        "stage": catalogue.stages[spec.stage],
        "layers": [(LAYER_NAMES[layer], text) for layer, text in spec.layers.items()],
        "leading": catalogue.departments[spec.leading_department],
        "departments": [catalogue.departments[key] for key in spec.departments],
        "positions": [(load_roles().roles[row.role], row.mode) for row in spec.positions],
        "relations": relations_of(spec),
        "ways_in": _ways(spec, into=True),
        "ways_out": _ways(spec, into=False),
    }
    return render(request, "orgstages/subtype.html", context)


LAYER_NAMES = {
    "hq": Bilingual("总部", "Headquarters"),
    "region": Bilingual("区域", "Region"),
    "store": Bilingual("门店", "Store"),
}


@dataclass(frozen=True, slots=True)
class RelationLine:
    """A numbered arrow; `is_reconstructed` marks one the sources lost."""

    number: int
    names: Bilingual
    giver: Bilingual
    receiver: Bilingual
    source: str
    is_reconstructed: bool


def relations_of(spec: SubtypeSpec) -> list[RelationLine]:
    """Return who gives what to whom in a sub-type."""
    names = load_stages().departments
    return [
        RelationLine(
            row.number,
            row.names,
            names[row.from_department].names,
            names[row.to_department].names,
            row.source,
            is_reconstructed="reconstructed" in row.source,
        )
        for row in spec.relations
    ]


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
        coverage=rounded(stage.coverage * 100, 1),
        maturity=catalogue.maturity[verdict.maturity.level].names if verdict.maturity.level else None,
        index=None if verdict.maturity.index is None else rounded(verdict.maturity.index, 1),
        adopted_stage=catalogue.stages[found.adopted.stage].names,
        adopted_subtype=catalogue.subtypes[found.adopted.subtype].names,
        agrees=None if stage.current is None or found.adopted.is_default else stage.current is found.adopted.stage,
    )


def _stages() -> list[StageSpec]:
    return sorted(load_stages().stages.values(), key=lambda stage: stage.order)


def _ways(spec: SubtypeSpec, *, into: bool) -> list[tuple[Transition, Bilingual]]:
    """Return the stored roadmaps into or out of a sub-type, with the name of the other end."""
    catalogue = load_stages()
    found = []
    for way in catalogue.transitions.values():
        here, other = (way.to_subtype, way.from_subtype) if into else (way.from_subtype, way.to_subtype)
        if here is spec.key:
            found.append((way, catalogue.subtypes[other].names))
    return found
