"""The panorama: the whole picture, one sub-type's page, and both as files to keep and print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from omnichannel.core.spoken import spoken
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access
from orgstages.catalogue import StageSpec, SubtypeSpec, Transition, load_stages
from orgstages.panorama import Picture, as_svg, overview_picture, subtype_picture
from orgstages.panorama.words import LAYERS
from orgstages.queries.failure_watch import failure_watch
from orgstages.queries.patterns import diagnosed_units
from orgstages.views.tabs import stage_tabs
from roles.catalogue import Case, ExpectationLevel, SubtypeKey, roles_here

WHOLE = "overview"


@dataclass(frozen=True, slots=True)
class RelationLine:
    """A numbered arrow with the names of both ends."""

    number: int
    names: Bilingual
    giver: Bilingual
    receiver: Bilingual
    source: str
    is_reconstructed: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A stored way between sub-types as a page lists it."""

    way: Transition
    start: SubtypeSpec
    end: SubtypeSpec


@require_GET
def panorama(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the three stages and five sub-types on one picture, with the rules of the path and the stored ways."""
    catalogue = load_stages()
    links = {key.value: reverse("orgstages:subtype", args=[slug, key.value]) for key in SubtypeKey}
    context = {
        "picture": _inline(overview_picture(spoken()), ident="panorama", links=links),
        "stages": [(stage, [catalogue.subtypes[key] for key in stage.subtypes]) for stage in _stages()],
        "rules": catalogue.rules.values(),
        "ways": _ways(catalogue.transitions.values()),
        "file_url": reverse("orgstages:picture", args=[slug, WHOLE]),
        "tabs": stage_tabs(request, "orgstages:panorama"),
    }
    return render(request, "orgstages/panorama.html", context)


@require_GET
def subtype(request: WorkspaceRequest, slug: str, subtype: str) -> HttpResponse:
    """Show one sub-type: its picture, when it fits, how it fails and which KPI would show that."""
    spec, clock = _spec(subtype), clock_of(request)
    catalogue = load_stages()
    ways = [way for way in catalogue.transitions.values() if spec.key in (way.from_subtype, way.to_subtype)]
    context = {
        "clock": clock,
        "spec": spec,
        "stage": catalogue.stages[spec.stage],
        "picture": _inline(subtype_picture(spec.key, spoken()), ident="subtype"),
        "file_url": reverse("orgstages:picture", args=[slug, spec.key]),
        "layers": [(LAYERS[layer], text) for layer, text in spec.layers.items()],
        "leading": catalogue.departments[spec.leading_department],
        "departments": [catalogue.departments[key].names for key in spec.departments],
        "positions": [(roles_here().roles[row.role], row.mode) for row in spec.positions],
        "expected": _expected(spec),
        "relations": relations_of(spec),
        "watch": failure_watch(spec.failure_modes, as_of=clock.as_of, scope=_scope(request.access)),
        "ways": _ways(ways),
        "cases": _cases(spec),
        "units": diagnosed_units(as_of=clock.as_of, within=request.access.own_unit),
    }
    return render(request, "orgstages/subtype.html", context)


@require_GET
def picture(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """Answer a picture as an SVG file in the reader's language."""
    found = overview_picture(spoken()) if name == WHOLE else subtype_picture(_spec(name).key, spoken())
    answer = HttpResponse(as_svg(found, ident="picture", file=True), content_type="image/svg+xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="panorama-{name}.svg"'
    return answer


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
            row.is_reconstructed,
        )
        for row in spec.relations
    ]


def _spec(name: str) -> SubtypeSpec:
    if name not in list(SubtypeKey):
        raise Http404
    return load_stages().subtypes[SubtypeKey(name)]


def _inline(found: Picture, *, ident: str, links: dict[str, str] | None = None) -> SafeString:
    # every text in it has been escaped by the writer
    return mark_safe(as_svg(found, ident=ident, links=links))  # noqa: S308


def _scope(access: Access) -> Scope:
    """Return whose figures this reader may see: the company's, or those of the own unit."""
    return COMPANY if access.own_unit is None else Scope(ScopeKind.UNIT, access.own_unit)


def _stages() -> list[StageSpec]:
    return sorted(load_stages().stages.values(), key=lambda stage: stage.order)


def _ways(found: Iterable[Transition]) -> list[Way]:
    subtypes = load_stages().subtypes
    return [Way(way, subtypes[way.from_subtype], subtypes[way.to_subtype]) for way in found]


def _expected(spec: SubtypeSpec) -> list[tuple[Bilingual, list[Bilingual]]]:
    """Return the roles by what the sub-type expects of them."""
    catalogue = roles_here()
    return [
        (
            catalogue.expectation_levels[level].names,
            [one.names for role, one in catalogue.roles.items() if catalogue.expected(role, spec.key) is level],
        )
        for level in ExpectationLevel
    ]


def _cases(spec: SubtypeSpec) -> list[Case]:
    return [case for case in roles_here().cases.values() if spec.stage in case.stages]
