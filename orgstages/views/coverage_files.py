"""The coverage map and its advice as files."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.queries.coverage_exports import advice_of_units, advice_rows, cover_rows
from roles.queries.org_chart import UnitTree, unit_tree


@require_GET
def coverage_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer every unit of the branch (`top`), however many pages the map has: one line per unit and role."""
    tree, top = _asked(request)
    units = list(tree.walk(top)) if top else list(tree.nodes)
    return csv_answer(csv_text(cover_rows(units, tree=tree)), filename=f"coverage-{tree.as_of}.csv")


@require_GET
def advice_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the advice for every unit that is judged by itself."""
    tree, _top = _asked(request)
    found = advice_of_units(tree, within=request.access.own_unit)
    return csv_answer(csv_text(advice_rows(found, tree=tree)), filename=f"split-advice-{tree.as_of}.csv")


def _asked(request: WorkspaceRequest) -> tuple[UnitTree, str]:
    """Return the whole tree of the day and the branch asked for; 404 for one outside the reader's bounds."""
    own, top = request.access.own_unit, request.GET.get("top", "")
    tree = unit_tree(as_of=clock_of(request, request.GET.get("as_of", "")).as_of)
    top = top or own or ""
    if (own is not None and top not in tree.subtree(own)) or (top and top not in tree):
        raise Http404
    return tree, top
