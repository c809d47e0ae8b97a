"""Why a figure is what it is: the page, its panel, and the formula once its numbers are worked out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.choices import ScopeKindChoice
from kpis.engine.explain import shape_of
from kpis.engine.plan import plan_kpi
from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.queries.benchmarks import benchmarks, history
from kpis.queries.counting import counted_operands
from kpis.queries.definitions import absence_words, every_kpi
from kpis.queries.explaining import Figure, explain_figure, written
from kpis.queries.figure_places import Place, query_of
from kpis.queries.scope_words import Names, scope_names
from kpis.queries.values import months_before
from kpis.views.asked import frame
from kpis.views.asked_figure import AskedFigure, asked_figure, figure_or_404
from kpis.views.explain_parts import parts_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import UnitTree

MONTHS = 13


@require_GET
def explain(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """Explain one figure; htmx takes the panel, or the formula with its numbers once they are worked out."""
    if kpi_id not in every_kpi():
        raise Http404(kpi_id)
    asked = asked_figure(request, kpi_id)
    if asked is None or not (asked.asked.is_stored or asked.place.known_at):
        period = frame(request, asked.asked) if asked else {}
        return render(request, "kpis/explain/nothing.html", period | {"spec": every_kpi()[kpi_id]})
    figure = figure_or_404(asked)
    names = scope_names(asked.place.scopes, tree=asked.tree)
    panel = bool(request.htmx) and not request.htmx.boosted
    with_numbers = panel and request.GET.get("part") == "numbers"
    counted = (
        counted_operands(figure.traced, library=figure.library, tree=asked.tree, row=figure.row)
        if with_numbers or figure.row is None
        else None
    )
    told = explain_figure(figure, names=names, counted=counted)
    context = frame(request, asked.asked) | {
        "page": told,
        "spec": told.spec,
        "numbers": told.numbers(get_language() or "en"),
        "exact": ""
        if told.value.value is None
        else written(told.value.value, told.spec.unit).in_language(get_language()),
        "query": query_of(asked.place),
        "kind_word": ScopeKindChoice(asked.place.scope.kind.value).label,
        "pieces": [
            (token.text, None if token.operand is None else told.operands[token.operand]) for token in told.formula
        ],
        "narrowed": [names[each].in_language(get_language()) for each in asked.place.where],
        "kpi_id": kpi_id,
        "absent": absence_words(kpi_id, asked.place.period.last_day),
    }
    if panel:
        name = "kpis/explain/_numbers.html" if with_numbers else "kpis/explain/_panel.html"
        return render(request, name, context)
    context |= _page(request, asked, figure, names)
    return render(request, "kpis/explain/explain.html", context)


def _page(request: WorkspaceRequest, asked: AskedFigure, figure: Figure, names: Names) -> dict[str, Any]:
    """Return what stands on the page beside the explanation: parts, change, history, the way up."""
    place, tree, library = asked.place, asked.tree, figure.library
    months = months_before(place.period, MONTHS)
    past = {} if place.where else history(place, months)
    shape = shape_of(library, plan_kpi(library, place.kpi))
    stores = None if asked.sight.person is not None or place.where else _stores(asked)
    marks = benchmarks(library.kpis[place.kpi], shape, place, past, stores=stores)
    found: dict[str, Any] = {
        "marks": marks,
        "best_store": _place_name(marks.best_store.scope, tree) if marks.best_store else "",
        "trend": [past[month].value if month in past else None for month in months],
        "months": months,
        "up": _way_up(asked, names),
    }
    return found | parts_of(request, asked, figure, past)


def _stores(asked: AskedFigure) -> UnitTree:
    return asked.tree if asked.sight.unit is None else asked.tree.below(asked.sight.unit)


def _place_name(scope: Scope, tree: UnitTree) -> str:
    return tree.nodes[scope.id].name if scope.id in tree else scope.id


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way up from a figure: its name and address; no address where the reader's reach ends."""

    label: str
    url: str


def _way_up(asked: AskedFigure, names: Names) -> list[Step]:
    """Return the wholes that the figure is a part of, widest first, each with its address."""
    place, language = asked.place, get_language()
    steps: list[tuple[str, Place]] = []
    if place.where:
        for count in range(len(place.where)):
            wider = Place(place.kpi, place.period, place.scope, place.where[:count], place.known_at)
            steps.append((" · ".join(names[each].in_language(language) for each in wider.scopes), wider))
    scope = place.scope
    above: list[Scope] = []
    if scope.kind is ScopeKind.UNIT:
        above = [Scope(ScopeKind.UNIT, unit) for unit in asked.tree.ancestors(scope.id)]
    if scope != COMPANY:
        above.append(COMPANY)
    for wider_scope in above:
        name = _("Company") if wider_scope == COMPANY else _place_name(wider_scope, asked.tree)
        steps.insert(0, (name, Place(place.kpi, place.period, wider_scope, (), place.known_at)))
    seen = [(name, wider) for name, wider in steps if asked.sight.covers(wider.scopes, on=place.period.last_day)]
    return [Step(name, f"?{query_of(wider)}") for name, wider in seen]
