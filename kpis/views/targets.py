"""Targets: the grid of a KPI over units and periods, its saves and their undo, and where a target comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpis.choices import TargetOrigin
from kpis.engine.specs import ScopeKind
from kpis.errors import UndoRefused
from kpis.models import TargetEdit
from kpis.queries.definitions import library_at
from kpis.queries.target_conflicts import find_conflicts
from kpis.queries.target_gaps import find_gaps
from kpis.queries.target_grid import GridAsk, GridRow, parse_scope, target_grid
from kpis.queries.targets import key_parts, target_history
from kpis.services.target_edits import Edited, edit_targets, undo_edit
from kpis.views.target_asks import asked_grid, bound_of, conflict_lines, gap_lines, may_plan, page_options, the_tree
from kpis.views.target_forms import PREFIX, Looked, ReadCells, TypedCell, read_cells, told_moments, typed_cells
from kpis.views.target_lines import GridLines
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.listing import listed_people
from roles.queries.org_chart import UnitTree

MOST_CELLS = 5000
EDITS_A_PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the grid; `?rows=unit:S1` answers with the rows below one unit. POST saves what was typed, all or none."""
    ask = asked_grid(request)
    tree = the_tree(ask.year, within=ask.within)
    if request.method == "POST":
        return _save(request, ask, tree)
    if "rows" in request.GET:
        return _rows(request, ask, tree)
    return render(request, "kpis/targets.html", _page(request, ask, tree))


def _rows(request: WorkspaceRequest, ask: GridAsk, tree: UnitTree) -> HttpResponse:
    parent = request.GET["rows"]
    grid = target_grid(ask, tree=tree)
    row = next((row for row in grid.rows if row.key == parent), None)
    if row is None:
        raise Http404(parent)
    lines = GridLines(request.GET, grid)
    below = [*lines.sums(row), *lines.under(row.key)]
    context = page_options(request, ask) | {"ask": ask, "grid": grid, "rows": below}
    return render(request, "kpis/_target_rows.html", context)


def _page(
    request: WorkspaceRequest,
    ask: GridAsk,
    tree: UnitTree,
    *,
    typed: Mapping[str, str] | None = None,
    issues: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    grid = target_grid(ask, tree=tree)
    faults: dict[str, str] = {}
    for name, message in issues:
        faults[name] = f"{faults[name]} {message}" if name in faults else message
    return page_options(request, ask) | {
        "ask": ask,
        "grid": grid,
        "rows": GridLines(request.GET, grid, typed=typed, faults=faults).all(),
        "issues": [{"cell": name, "place": _place(name, grid.rows), "message": text} for name, text in issues],
        "gaps": gap_lines(find_gaps(ask, tree=tree), tree),
        "show_conflicts": ask.within is None,
        "conflicts": conflict_lines(find_conflicts(ask.year, tree=tree), tree) if ask.within is None else [],
        "seen": timezone.now().isoformat(),
        "has_any": any(cell.value is not None for row in grid.rows for cell in (row.year, *row.cells)),
    }


def _place(name: str, rows: Sequence[GridRow]) -> str:
    """Return the words for a cell: whose and when."""
    if not name.startswith(PREFIX):
        return ""
    _prefix, key, period = name.split("|", 2)
    row = next((row for row in rows if row.key == key), None)
    whose = _("Company") if key == "company:" else row.name if row else key.partition(":")[2]
    return f"{whose} · {period}"


def _save(request: WorkspaceRequest, ask: GridAsk, tree: UnitTree) -> HttpResponse:
    sent, now = {name: str(text) for name, text in request.POST.items()}, timezone.now()
    try:
        cells = typed_cells(sent)
        looked = Looked(datetime.fromisoformat(sent["seen"]) if sent.get("seen") else None, told_moments(sent, ask.kpi))
    except ValueError as error:
        raise Http404(str(error)) from error
    if len(cells) > MOST_CELLS:
        raise Http404("too many cells")
    done, issues = _saved(request, ask, tree, cells, looked=looked, note=sent.get("note", "").replace("\x00", ""))
    as_json = request.headers.get("Accept", "").startswith("application/json")
    if issues:
        if as_json:
            rows = target_grid(ask, tree=tree).rows
            told = [{"cell": name, "place": _place(name, rows), "message": text} for name, text in issues]
            return JsonResponse({"issues": told, "told_at": now.isoformat()}, status=422)
        page = _page(request, _opened(ask, tree, cells), tree, typed=_texts(cells), issues=issues)
        return render(request, "kpis/targets.html", page, status=422)
    _tell(request, done)
    return JsonResponse({"url": request.get_full_path()}) if as_json else redirect(request.get_full_path())


def _texts(cells: Sequence[TypedCell]) -> dict[str, str]:
    return {cell.name: cell.text for cell in cells}


def _opened(ask: GridAsk, tree: UnitTree, cells: Sequence[TypedCell]) -> GridAsk:
    """Open the way to every unit that was typed for, so that nothing typed is out of sight."""
    above = {unit for cell in cells if cell.scope.id in tree for unit in tree.ancestors(cell.scope.id)}
    return replace(ask, opened=ask.opened | above)


def _saved(
    request: WorkspaceRequest, ask: GridAsk, tree: UnitTree, cells: list[TypedCell], *, looked: Looked, note: str
) -> tuple[Edited, list[tuple[str, str]]]:
    """Save unless something is wrong; the faults of reading and of checking are told together."""
    spec = library_at(ask.year.last_day).kpis[ask.kpi]
    read = read_cells(cells, spec=spec, layer=ask.layer)
    done = edit_targets(
        read.rows,
        origin=TargetOrigin.TYPED,
        actor_id=request.access.user_id,
        note=note,
        bound=bound_of(request),
        seen_at=looked.seen_at,
        told_at=looked.told_at,
        dry_run=bool(read.issues),
    )
    return done, [*read.issues, *_named(done, read)]


def _named(done: Edited, read: ReadCells) -> list[tuple[str, str]]:
    return [(read.names[issue.index], issue.message) for issue in done.issues]


def _tell(request: WorkspaceRequest, done: Edited) -> None:
    if done.edit is None:
        messages.info(request, _("Nothing was changed."))
        return
    tell_saved(request, done.edit)


def tell_saved(request: WorkspaceRequest, edit: TargetEdit) -> None:
    """Say what a save changed, with an undo."""
    text = _("Saved: %(created)s new, %(changed)s changed, %(removed)s removed. The scorecards follow.")
    counts = {"created": edit.created, "changed": edit.changed, "removed": edit.removed}
    url = reverse("kpis:target_undo", args=[request.access.workspace.slug, edit.pk])
    messages.success(request, text % counts, extra_tags=f"undo:{url}")


@require_POST
def target_undo(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take a save back; who is bound to a unit takes back only what they saved."""
    found = TargetEdit.objects.all()
    if request.access.own_unit is not None:
        found = found.filter(created_by_id=request.access.user_id)
    edit = get_object_or_404(found, pk=pk)
    back = _back(request, edit)
    try:
        undo = undo_edit(edit, actor_id=request.access.user_id)
    except UndoRefused as error:
        messages.error(request, str(error))
        return redirect(back)
    text = ngettext("%(count)s target is as it was before.", "%(count)s targets are as they were before.", undo.rows)
    url = reverse("kpis:target_undo", args=[slug, undo.pk])
    messages.success(request, text % {"count": undo.rows}, extra_tags=f"undo:{url}")
    return redirect(back)


def _back(request: WorkspaceRequest, edit: TargetEdit) -> str:
    """Return where the undo was pressed, else the grid of the KPI that the edit is about."""
    came_from = request.headers.get("Referer", "")
    url = reverse("kpis:targets", args=[request.access.workspace.slug])
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}) and urlsplit(came_from).path.startswith(url):
        return came_from
    first = edit.changes.first()
    if first is None:
        return url
    period, kpi, _kind, _scope = key_parts(first.key)
    return f"{url}?kpi={kpi}&year={period[:4]}"


@require_GET
def target_edits(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the saves, newest first, each with its undo."""
    found = TargetEdit.objects.select_related("created_by", "undoes").prefetch_related("undone_by")
    if request.access.own_unit is not None:
        found = found.filter(created_by_id=request.access.user_id)
    page = Paginator(found, EDITS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "kpis/target_edits.html", {"page": page, "may_change": may_plan(request)})


@require_GET
def target_row(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Tell what became of one row's targets of a year: every change with who, when and why."""
    ask = asked_grid(request)
    tree = the_tree(ask.year, within=ask.within)
    try:
        scope = parse_scope(request.GET.get("scope", ""))
    except ValueError as error:
        raise Http404(str(error)) from error
    if not _may_see(ask, tree, scope.kind, scope.id):
        raise Http404(scope.id)
    keys = [(str(period), ask.kpi, scope.kind.value, scope.id) for period in (ask.year, *ask.periods)]
    node = tree.nodes.get(scope.id)
    context = page_options(request, ask) | {
        "ask": ask,
        "spec": library_at(ask.year.last_day).kpis[ask.kpi],
        "name": node.name if node else scope.id or _("Company"),
        "lines": [
            {"line": line, "how": str(TargetOrigin(line.origin).label) if line.origin else ""}
            for line in target_history(*keys)
        ],
    }
    return render(request, "kpis/target_history.html", context)


def _may_see(ask: GridAsk, tree: UnitTree, kind: ScopeKind, key: str) -> bool:
    if kind is ScopeKind.COMPANY:
        return ask.within is None
    if kind is ScopeKind.UNIT:
        return key in tree
    if kind is ScopeKind.EMPLOYEE and ask.with_people:
        return listed_people(as_of=tree.as_of, within=ask.within).filter(person__external_id=key).exists()
    return False
