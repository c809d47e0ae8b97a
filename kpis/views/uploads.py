"""The page of one upload: how it was read, its columns, its problems, and the button that loads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kpis.choices import UploadState
from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.effect import upload_effect
from kpis.queries.mappings import source_name
from kpis.queries.provenance import upload_events
from kpis.queries.upload_grid import Grid, problem_grid, problem_workbook_of
from kpis.queries.upload_page import UploadPage, upload_page
from kpis.queries.uploads import newest_uploads
from kpis.services import uploads as services
from kpis.services.mappings import holds_decisions
from kpis.services.staging import problem_file
from kpis.services.unpacking import unpack_sheets
from kpis.views.upload_steps import COUNTED, step_at, steps_of
from omnichannel.core.csvtext import safe_cell
from omnichannel.core.errors import DomainError
from omnichannel.jobs.queries.jobs import job_progress
from omnichannel.workspaces.middleware import WorkspaceRequest

STEPS_SHOWN = 8
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5")
ENCODING_NAMES = {"utf-8-sig": "UTF-8 (BOM)"}
DELIMITERS = ((",", ","), (";", ";"), ("\t", "Tab"), ("|", "|"), ("whitespace", gettext_lazy("Blanks")))


def _found(pk: int) -> Upload:
    return get_object_or_404(newest_uploads().select_related("saved_mapping", "parent"), pk=pk)


@require_GET
def upload(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show an upload. While a job is on it a fragment polls; when the job is done the page comes anew."""
    found = _found(pk)
    language = get_language() or "en"
    page = upload_page(found, language=language)
    progress = job_progress(page.job, now=timezone.now()) if page.job else None
    if request.htmx and not request.htmx.boosted:
        if not page.busy:
            return HttpResponseClientRefresh()
        return render(request, "kpis/data/upload.html#progress", {"page": page, "progress": progress})
    columns = found.inspected.get("columns", ())
    members = list(newest_uploads().filter(parent=found).order_by("pk")) if _is_parent(found) else []
    at, grid = step_at(page), _grid(request, page, language=language)
    context = {
        "page": page,
        "upload": found,
        "progress": progress,
        "at": at,
        "steps": steps_of(page, at=at),
        "fields": _fields(page.table) if page.table else [],
        "tables": _tables(),
        "encodings": [(code, ENCODING_NAMES.get(code, code.upper())) for code in _encodings(found)],
        "delimiters": DELIMITERS,
        "sheets": [(sheet, sheet) for sheet in found.inspected.get("sheets", ())],
        "sample": [list(zip(columns, row, strict=False)) for row in found.inspected.get("sample", ())],
        "other_sheets": _other_sheets(found),
        "members": members,
        "locked": not page.may_change,
        "grid": grid,
        "effect": upload_effect(found) if page.may_load else None,
        "events": upload_events(found) if found.state in COUNTED else [],
        "newest_steps": page.steps[: -STEPS_SHOWN - 1 : -1],
        "more_steps": max(len(page.steps) - STEPS_SHOWN, 0),
        "has_workbook": grid is not None,
        "keep_as": source_name(found, language=language) if _may_keep(page) else "",
    }
    return render(request, "kpis/data/upload.html", context)


def _encodings(found: Upload) -> list[str]:
    """Return the encodings to choose from, with the one the file was read in."""
    used = found.inspected.get("encoding") or ENCODINGS[0]
    return list(dict.fromkeys((*ENCODINGS, used)))


def _is_parent(found: Upload) -> bool:
    return found.state == UploadState.UNPACKED or len(found.inspected.get("sheets", ())) > 1


def _other_sheets(found: Upload) -> list[str]:
    """Return the sheets of the workbook that seem to hold data, without the one read here and those taken already.

    An upload of one sheet counts what was taken from the workbook it came out of.
    """
    book = found
    if found.parent is not None and found.member == found.guess.get("sheet"):
        book = found.parent
    taken = newest_uploads().filter(parent=book).values_list("member", flat=True)
    left_out = {found.inspected.get("sheet"), book.inspected.get("sheet"), *taken}
    return [sheet for sheet in found.inspected.get("data_sheets", ()) if sheet not in left_out]


def _grid(request: WorkspaceRequest, page: UploadPage, *, language: str) -> Grid | None:
    """Return the problem rows to correct, narrowed as the query says."""
    if not page.may_correct or not page.groups:
        return None
    return problem_grid(
        page.upload,
        cause=request.GET.get("cause", ""),
        page=request.GET.get("rows"),
        all_columns="all" in request.GET,
        language=language,
    )


def _may_keep(page: UploadPage) -> bool:
    return (page.may_load or page.may_load_good_rows) and holds_decisions(page.upload)


def _fields(table: TableSpec) -> list[tuple[str, str]]:
    """Return the fields a column may feed, in the reader's language, the required ones marked."""
    language = get_language()
    return [
        (column.name, f"{column.names.in_language(language) or column.name}{'' if column.nullable else ' *'}")
        for column in sorted(table.columns, key=lambda column: column.nullable)
        if not column.computed
    ]


def _tables() -> list[tuple[str, str]]:
    language = get_language()
    return [(table.id, table.names.in_language(language)) for table in load_library().tables.values()]


@require_POST
def upload_reading(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Read the file another way."""
    guess: dict[str, Any] = {name: request.POST.get(name, "") for name in ("encoding", "delimiter", "sheet")}
    line = request.POST.get("header_line", "")
    guess["header_line"] = int(line) if line.isdecimal() and len(line) < 6 else None
    return _act(request, slug, pk, lambda found: services.change_reading(found, guess=guess, actor_id=_actor(request)))


@require_POST
def upload_mapping(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take a person's word for the table and the columns."""

    def change(found: Upload) -> object:
        columns = [match["column"] for match in found.mapping.get("matches", ())]
        choices = {
            column: request.POST[f"column-{index}"] or None
            for index, column in enumerate(columns)
            if f"column-{index}" in request.POST
        }
        prefix = "constant-"
        constants = {
            name.removeprefix(prefix): str(value).strip()
            for name, value in request.POST.items()
            if name.startswith(prefix)
        }
        table_id = request.POST.get("table", "")
        return services.change_mapping(
            found, table_id=table_id, choices=choices, constants=constants, actor_id=_actor(request)
        )

    return _act(request, slug, pk, change)


@require_POST
def upload_proposal(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Do not use the mapping that was kept for this source."""
    return _act(request, slug, pk, lambda found: services.drop_saved_mapping(found, actor_id=_actor(request)))


@require_POST
def upload_sheets(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take other sheets of the workbook too, each as an upload of its own."""
    found = _found(pk)
    try:
        made = unpack_sheets(found, request.POST.getlist("sheets"), actor_id=_actor(request))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("kpis:upload", slug, pk)
    return redirect("kpis:upload", slug, made[0].pk) if len(made) == 1 else redirect("kpis:data", slug)


@require_POST
def upload_load(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Load the rows: all of them, or only the good ones when that button was pressed."""
    good_rows = "good_rows" in request.POST
    keep_as = request.POST.get("keep_as", "") if "keep" in request.POST else None
    return _act(
        request,
        slug,
        pk,
        lambda found: services.request_load(found, good_rows=good_rows, actor_id=_actor(request), keep_as=keep_as),
    )


@require_POST
def upload_check(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Check again after a failure."""
    return _act(request, slug, pk, lambda found: services.request_check(found, actor_id=_actor(request)))


@require_POST
def upload_discard(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Throw the upload away; nothing of it ever counted."""
    found = _found(pk)
    try:
        services.discard_upload(found)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("kpis:upload", slug, pk)
    messages.success(request, _("%(file)s was discarded. Nothing of it was loaded.") % {"file": found.filename})
    return redirect("kpis:data", slug)


@require_GET
def upload_problems_xlsx(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponseBase:
    """Give the rows with problems as a workbook: what is wrong is coloured and said in a note of its cell."""
    found = _found(pk)
    content = problem_workbook_of(found, language=get_language() or "en")
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=WORKBOOK)
    response["Content-Disposition"] = f'attachment; filename="problems-{found.pk}.xlsx"'
    return response


@require_GET
def upload_problems(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponseBase:
    """Give the rows with problems as a file to correct: the original columns, then what is wrong with each row."""
    found = _found(pk)
    path = problem_file(found)
    name = f"problems-{found.pk}.csv"
    if path.exists():
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Line"), _("Column"), _("Value"), _("Code"), _("Problem"), _("Advice")])
    told = "zh" if (get_language() or "").startswith("zh") else "en"
    for line, *cells in found.problems.values_list(
        "line", "column", "value", "code", f"message_{told}", f"hint_{told}"
    ):
        writer.writerow([line, *map(safe_cell, cells)])
    response = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _act(request: WorkspaceRequest, slug: str, pk: int, change: Callable[[Upload], object]) -> HttpResponse:
    found = _found(pk)
    try:
        change(found)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("kpis:upload", slug, pk)


def _actor(request: WorkspaceRequest) -> int:
    return request.access.user_id
