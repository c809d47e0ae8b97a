"""The org chart: the page on my place, branches that unfold, the search, and the card of one node."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.chart.drawn import Asked, branch, page_of, picture
from roles.chart.nodes import Kind, TreeName, key_of
from roles.views.chart_choices import COOKIE, Choices, View, asked_of
from roles.views.chart_html import tree_html
from roles.views.chart_page import page_actions, page_context
from roles.views.chart_seen import Seen, hits_of, pen_of, seen_of
from roles.views.clock import as_asked
from roles.views.organisation import table_context

YEAR = 365 * 24 * 3600
MOST_BRANCHES = 60


@require_GET
@as_asked
def organisation_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the chart on my place, or as the URL asks; for the script only the tree. The table is flat."""
    seen = seen_of(request)
    if seen.choices.shown_as is View.TABLE:
        table = table_context(request, seen.clock, seen.choices, seen.chart)
        response = render(request, "roles/table.html", table | page_actions(request, seen))
    else:
        asked = _asked(request, seen)
        drawn = picture(seen.forest, asked)
        tree = tree_html(drawn.rows, pen_of(request, seen, focus=asked.focus))
        if request.htmx:
            return HttpResponse(tree)
        words = request.GET.get("q", "").strip()
        context = page_context(request, seen, asked, drawn, tree)
        context["hits"] = hits_of(seen, words, slug=slug) if words else None
        response = render(request, "roles/organisation.html", context)
    if not {"view", "fields", "colour"}.isdisjoint(request.GET):
        _remember(request, response, seen.choices)
    return response


def _remember(request: WorkspaceRequest, response: HttpResponse, choices: Choices) -> None:
    path = reverse("roles:organisation", args=[request.access.workspace.slug])
    response.set_cookie(
        COOKIE, choices.cookie(), max_age=YEAR, path=path, samesite="Lax", httponly=True, secure=request.is_secure()
    )


@require_GET
@as_asked
def branches(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer what is below `?node=` (several are allowed), or one more page of it (`?from=`), for the script.

    Of a long level the page with `focus` on it. Without script the whole page with these nodes open.
    """
    keys = request.GET.getlist("node")[:MOST_BRANCHES]
    if not request.htmx:
        kept = [*(("open", key) for key in keys), *request.GET.items()]
        query = urlencode([(name, value) for name, value in kept if name != "node"])
        return redirect(f"{reverse('roles:organisation', args=[slug])}?{query}")
    seen = seen_of(request)
    asked, pen = asked_of(request.GET, root=""), pen_of(request, seen)
    above = len(seen.forest.path(request.GET.get("root", ""))) or 1
    if asked.starts:
        (key, section), start = next(iter(asked.starts.items()))
        if key and key not in seen.forest:
            raise Http404
        level = len(seen.forest.path(key)) - above + 1
        return HttpResponse(tree_html(page_of(seen.forest, key, section, start=start, level=max(level, 0)), pen))
    if not keys or any(key not in seen.forest for key in keys):
        raise Http404
    groups = [
        (key, tree_html(branch(seen.forest, key, level=len(seen.forest.path(key)) - above + 1, asked=asked), pen))
        for key in keys
    ]
    return HttpResponse(
        "".join(
            format_html('<ul role="group" class="node__below" data-of="{}">{}</ul>', key, html) for key, html in groups
        )
    )


@require_GET
@as_asked
def find_nodes(request: WorkspaceRequest, slug: str) -> JsonResponse:
    """Answer what the words find: the best hits by name and place, and the keys of the rest."""
    seen = seen_of(request)
    return JsonResponse(hits_of(seen, request.GET.get("q", ""), slug=slug))


def _asked(request: WorkspaceRequest, seen: Seen) -> Asked:
    """Return what to draw: as the URL says; without a word my place, else the two top levels."""
    query, forest = request.GET, seen.forest
    root = query.get("root", "")
    asked = asked_of(query, root=root if root in forest else "")
    shut = query.get("shut", "")
    if shut in forest:
        above = forest.path(shut)[-2:-1]
        kept = tuple(key for key in asked.opened if shut not in forest.path(key))
        return replace(asked, opened=(*kept, *above), focus=shut)
    if asked.opened or asked.level is not None or asked.starts or asked.focus in forest:
        opened_last = query.get("open") and not asked.focus
        return replace(asked, focus=asked.opened[-1]) if opened_last and asked.opened else asked
    place = "" if root in forest else _place(request, seen)
    return replace(asked, focus=place, opened=(place,), level=None) if place else replace(asked, level=2)


def _place(request: WorkspaceRequest, seen: Seen) -> str:
    """Return the node where this reader stands: their own in the tree of people, their unit in the tree of units."""
    access = request.access
    person, unit = key_of(Kind.PERSON, access.person_external_id), key_of(Kind.UNIT, access.unit_external_id)
    if seen.sight.tree is TreeName.PEOPLE:
        return person if person in seen.forest else ""
    if unit in seen.forest:
        return unit
    return seen.forest.parents.get(person, "")
