"""The page of one upload: how it was read, its columns, its problems, and the button that loads it."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kpis.choices import UploadState
from kpis.datasets.export import safe_cell
from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.upload_page import UploadPage, upload_page
from kpis.queries.uploads import newest_uploads
from kpis.services import uploads as services
from kpis.services.staging import problem_file
from omnichannel.core.errors import DomainError
from omnichannel.jobs.queries.jobs import job_progress
from omnichannel.workspaces.middleware import WorkspaceRequest

ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5")
DELIMITERS = ((",", ","), (";", ";"), ("\t", "Tab"), ("|", "|"), ("whitespace", gettext_lazy("Blanks")))


def _found(pk: int) -> Upload:
    return get_object_or_404(newest_uploads(), pk=pk)


@require_GET
def upload(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show an upload. While a job is on it a fragment polls; when the job is done the page comes anew."""
    found = _found(pk)
    page = upload_page(found, language=get_language() or "en")
    progress = job_progress(page.job, now=timezone.now()) if page.job else None
    if request.htmx and not request.htmx.boosted:
        if not page.busy:
            return HttpResponseClientRefresh()
        return render(request, "kpis/data/upload.html#progress", {"page": page, "progress": progress})
    context = {
        "page": page,
        "upload": found,
        "progress": progress,
        "steps": _steps(page),
        "fields": _fields(page.table) if page.table else [],
        "tables": _tables(),
        "encodings": [(code, code.upper()) for code in _encodings(found)],
        "delimiters": DELIMITERS,
        "sheets": [(sheet, sheet) for sheet in found.inspected.get("sheets", ())],
        "locked": not page.may_change,
    }
    return render(request, "kpis/data/upload.html", context)


def _encodings(found: Upload) -> list[str]:
    """Return the encodings to choose from, with the one the file was read in."""
    used = found.inspected.get("encoding") or ENCODINGS[0]
    return list(dict.fromkeys((*ENCODINGS, used)))


def _steps(page: UploadPage) -> list[dict[str, str]]:
    """Read, columns, check, load: what is done, where it stands, what failed."""
    labels = (_("Read the file"), _("Match the columns"), _("Check the rows"), _("Load"))
    standing, counted = page.standing, bool(page.upload.counts)
    if standing is UploadState.LOADED:
        at = len(labels)
    elif standing in (UploadState.READY, UploadState.LOADING) or page.upload.load_job_id:
        at = 3
    elif counted:
        at = 2
    else:
        at = 1 if page.columns else 0
    failed = standing in (UploadState.REFUSED, UploadState.FAILED)
    states = ["done"] * at + (["failed" if failed else "current"] if at < len(labels) else [])
    states += ["todo"] * (len(labels) - len(states))
    return [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)]


def _fields(table: TableSpec) -> list[tuple[str, str]]:
    """Return the fields a column may feed, in the reader's language, the required ones marked."""
    language = get_language()
    return [
        (column.name, f"{column.names.in_language(language) or column.name}{'' if column.nullable else ' *'}")
        for column in table.columns
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
        table_id = request.POST.get("table", "")
        return services.change_mapping(found, table_id=table_id, choices=choices, actor_id=_actor(request))

    return _act(request, slug, pk, change)


@require_POST
def upload_load(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Load the rows: all of them, or only the good ones when that button was pressed."""
    good_rows = "good_rows" in request.POST
    return _act(
        request, slug, pk, lambda found: services.request_load(found, good_rows=good_rows, actor_id=_actor(request))
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


def _act(request: WorkspaceRequest, slug: str, pk: int, change: Any) -> HttpResponse:
    found = _found(pk)
    try:
        change(found)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("kpis:upload", slug, pk)


def _actor(request: WorkspaceRequest) -> int:
    return request.access.user_id
