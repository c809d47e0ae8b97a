"""The part of a figure's page that takes it apart: by what, compared with when, and the parts of one page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import ScopeKindChoice
from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind, Value
from kpis.queries.drilling import Before, Breakdown, Part, breakdown, dimensions, sorted_parts
from kpis.queries.explaining import Figure, read_figure
from kpis.queries.figure_places import Place, query_of
from kpis.queries.part_figures import targets_and_trends
from kpis.queries.scope_words import scope_names
from kpis.queries.values import months_before
from kpis.views.asked import unit_word
from kpis.views.asked_figure import AskedFigure
from omnichannel.core.periods import Period
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree

MONTHS = 13
PARTS_A_PAGE = 50
COMPARED = ("prev", "yoy", "none")
SORTS = ("name", "value", "share", "rows", "change")


def parts_of(
    request: WorkspaceRequest, asked: AskedFigure, figure: Figure, past: Mapping[Period, Value]
) -> dict[str, Any]:
    """Return the figure taken apart by the dimension asked for, or the first there is."""
    place = asked.place
    kinds = dimensions(figure.library, place, tree=asked.tree)
    if not asked.sight.with_people:
        kinds = tuple(each for each in kinds if each.kind is not ScopeKind.EMPLOYEE)
    vs = request.GET.get("vs", "prev")
    vs = vs if vs in COMPARED else "prev"
    by = request.GET.get("by", "")
    chosen = next((each.kind for each in kinds if each.is_open and by in ("", each.kind.value)), None)
    tabs = [
        {
            "label": ScopeKindChoice(each.kind.value).label,
            "url": _with(request, by=each.kind.value),
            "current": each.kind is chosen,
        }
        for each in kinds
        if each.is_open
    ]
    closed = [
        {
            "label": ScopeKindChoice(each.kind.value).label,
            "measure": figure.library.measures[each.measure].names,
            "table": figure.library.tables[each.table].names,
        }
        for each in kinds
        if not each.is_open
    ]
    found: dict[str, Any] = {"dimension_tabs": tabs, "closed": closed, "vs": vs, "vs_tabs": _vs_tabs(request, vs)}
    if chosen is None or figure.value.reason is NoData.NOT_AT_SCOPE:
        return found
    earlier = _earlier(asked, figure, vs, past)
    parts = breakdown(place, figure.value, chosen, library=figure.library, tree=asked.tree, before=earlier)
    if parts is None:
        return found | {"not_narrowable": True}
    return found | {"parts": parts, "by": chosen} | _lines(request, asked, figure, parts)


def _vs_tabs(request: WorkspaceRequest, vs: str) -> list[dict[str, Any]]:
    words = {"prev": _("Previous period"), "yoy": _("The year before"), "none": _("No comparison")}
    return [{"label": words[key], "url": _with(request, vs=key), "current": key == vs} for key in COMPARED]


def _with(request: WorkspaceRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}#parts"


def _earlier(asked: AskedFigure, figure: Figure, vs: str, past: Mapping[Period, Value]) -> Before | None:
    """Return the figure to compare with; None where none is wanted or there is none."""
    if vs == "none" or figure.value.value is None:
        return None
    period = asked.place.period.previous() if vs == "prev" else asked.place.period.year_earlier()
    place = asked.place.at(period)
    if period not in asked.asked.stored:
        return None
    tree = cache(partial(unit_tree, as_of=period.last_day))
    if figure.row is not None:
        value = past.get(period)
    else:
        other = read_figure(place, tree=tree())
        value = None if other is None else other.value
    return None if value is None or value.value is None else (place, value, tree)


def _lines(request: WorkspaceRequest, asked: AskedFigure, figure: Figure, parts: Breakdown) -> dict[str, Any]:
    """Return the parts of one page with their names, targets and small trends."""
    sort = request.GET.get("sort", "-value")
    sort = sort if sort.lstrip("-") in SORTS else "-value"
    language = get_language()
    by_name = sort.lstrip("-") == "name"
    every = scope_names([part.scope for part in parts.parts], tree=asked.tree) if by_name else {}
    texts = {scope: name.in_language(language) for scope, name in every.items()}
    pages = Paginator(sorted_parts(parts.parts, sort, texts), PARTS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    shown: list[Part] = list(page)
    names = every or scope_names([part.scope for part in shown], tree=asked.tree)
    more = targets_and_trends(
        asked.place, figure.library.kpis[asked.place.kpi], [part.scope for part in shown],
        months_before(asked.place.period, MONTHS), counted_anew=parts.counted_anew,
    )  # fmt: skip
    lines = [
        {
            "part": part,
            "name": names[part.scope].in_language(language),
            "url": f"?{query_of(_narrower(asked.place, part.scope, parts))}",
            "more": more[part.scope],
            "status": more[part.scope].status(part.value.value if part.value else None),
        }
        for part in shown
    ]
    unit = figure.library.kpis[asked.place.kpi].unit
    change_unit = "points" if unit in ("percent", "0..1") else unit
    word = unit_word(change_unit)
    return {
        "part_lines": lines,
        "part_pages": page,
        "with_targets": any(each.target is not None for each in more.values()),
        "change_unit": change_unit,
        "change_head": " ".join(filter(None, [_("Part of the change"), f"({word})" if word else ""])),
        "hundred": 100,
    }


def _narrower(place: Place, scope: Scope, parts: Breakdown) -> Place:
    """Return where a part is explained: its own scope where that is stored, else the figure with one filter more."""
    if not parts.counted_anew or (place.scope == COMPANY and not place.where):
        return Place(place.kpi, place.period, scope, (), place.known_at)
    kept = tuple(each for each in place.where if each.kind is not scope.kind)
    if scope.kind is place.scope.kind:
        return Place(place.kpi, place.period, scope, kept, place.known_at)
    return Place(place.kpi, place.period, place.scope, (*kept, scope), place.known_at)
