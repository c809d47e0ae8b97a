"""Corrections on the page of an upload: cells edited in place, words matched, fixes taken, the last one taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.models import Upload
from kpis.queries.upload_grid import current_cells
from kpis.queries.uploads import has_unchecked_changes, newest_uploads
from kpis.services import corrections as services
from kpis.services.rowcheck import judge_row
from kpis.services.uploads import request_check
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest

CELL = re.compile(r"cell-(\d{1,12})-(\d{1,5})")
SKIP = re.compile(r"skip-(\d{1,12})")
Steps = list[dict[str, Any]]


@require_POST
def upload_cells(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take edited cells and rows to leave out. From the script one cell at a time, answered with what it now is."""
    found = _found(pk)
    in_place = request.accepts("application/json") and not request.accepts("text/html")
    try:
        steps = _cell_steps(found, request.POST)
        if steps:
            found = services.add_steps(
                found, steps, actor_id=_actor(request), revision=_revision(request), check="check" in request.POST
            )
        elif "check" in request.POST:
            request_check(found, actor_id=_actor(request))
    except DomainError as error:
        if in_place:
            return JsonResponse({"error": str(error), "code": error.code}, status=error.status)
        messages.error(request, str(error))
        return _back(request, slug, pk)
    if in_place:
        return JsonResponse(_answer(found, steps))
    if not steps and "check" not in request.POST:
        messages.info(request, _("Nothing was changed."))
    return _back(request, slug, pk)


def _cell_steps(found: Upload, posted: Mapping[str, Any]) -> Steps:
    """Return a step for every posted cell that differs from what stands there, and one for the rows to leave out."""
    columns = found.inspected.get("columns", [])
    given = [(match, str(value)) for name, value in posted.items() if (match := CELL.fullmatch(name))]
    skipped = sorted(int(match[1]) for name in posted if (match := SKIP.fullmatch(name)))
    there = current_cells(found, sorted({int(match[1]) for match, _value in given}))
    steps: Steps = []
    for match, value in given:
        line, place = int(match[1]), int(match[2])
        if place >= len(columns) or line not in there:
            continue
        text = value.replace("\r\n", "\n")
        if text != there[line].get(columns[place], "").replace("\r\n", "\n"):
            steps.append({"kind": "cell", "line": line, "column": columns[place], "value": text})
    return [*steps, {"kind": "skip", "lines": skipped}] if skipped else steps


def _answer(found: Upload, steps: Steps) -> dict[str, Any]:
    """Return what the script shows: the new revision, how much is unchecked, what is wrong with the edited rows now."""
    checked = int(found.check_job.params.get("steps", 0)) if found.check_job else 0
    waiting = len(found.steps) - checked
    lines = sorted({int(step["line"]) for step in steps if step["kind"] == "cell"})
    return {
        "revision": found.revision,
        "unchecked": has_unchecked_changes(found),
        "said": ngettext("%(n)s correction not checked yet", "%(n)s corrections not checked yet", waiting)
        % {"n": waiting},
        "rows": {line: judge_row(found, line) for line in lines},
    }


@require_POST
def upload_steps(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take a fix as offered: its steps come with the button."""
    try:
        steps = json.loads(request.POST.get("steps", ""))
    except ValueError:
        steps = None
    return _corrected(
        request,
        slug,
        pk,
        lambda found: services.add_steps(found, _listed(steps), actor_id=_actor(request), revision=_revision(request)),
    )


def _listed(steps: object) -> Steps:
    return steps if isinstance(steps, list) else [{}]


@require_POST
def upload_values(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take what the words of the file stand for; only what differs from what was proposed or said before is a step."""

    def change(found: Upload) -> object:
        said = ColumnMapping.from_json(found.mapping).values
        steps: Steps = []
        for index, line in enumerate(found.inspected.get("values") or ()):
            chosen = request.POST.get(f"value-{index}", "").strip()
            sure = said.get(line["field"], {}).get(line["word"], line["value"] if line["confidence"] == "sure" else "")
            if chosen and chosen != sure:
                steps.append({"kind": "value", "field": line["field"], "from": line["word"], "to": chosen})
        new = [step for step in steps if step not in found.steps]
        return services.add_steps(found, new, actor_id=_actor(request), revision=_revision(request))

    return _corrected(request, slug, pk, change)


@require_POST
def upload_undo(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take back the last correction, or all of them."""
    return _corrected(
        request,
        slug,
        pk,
        lambda found: services.undo_step(
            found,
            actor_id=_actor(request),
            revision=_revision(request),
            all_of_them="all" in request.POST,
            check=not has_unchecked_changes(found),
        ),
    )


def _corrected(request: WorkspaceRequest, slug: str, pk: int, change: Callable[[Upload], object]) -> HttpResponse:
    try:
        change(_found(pk))
    except DomainError as error:
        messages.error(request, str(error))
    return _back(request, slug, pk)


def _back(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Return to the upload as it was narrowed when the form was sent."""
    target = request.POST.get("back", "")
    if target.startswith("?") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return redirect(f"{_found(pk).get_absolute_url()}{target}")
    return redirect("kpis:upload", slug, pk)


def _revision(request: WorkspaceRequest) -> int | None:
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _found(pk: int) -> Upload:
    return get_object_or_404(newest_uploads().select_related("saved_mapping"), pk=pk)


def _actor(request: WorkspaceRequest) -> int:
    return request.access.user_id
