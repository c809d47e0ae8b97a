"""The data page: what is there, how fresh it is, the uploads; files come in here; templates go out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.models.uploads import BUSY
from kpis.queries.table_headers import template_header
from kpis.queries.uploads import data_freshness, settled_uploads, uploads_in_hand
from kpis.services.uploads import receive_upload
from omnichannel.core.errors import DomainError
from omnichannel.jobs.queries.jobs import job_progress
from omnichannel.workspaces.middleware import WorkspaceRequest

PAGE, CARDS = 25, 20


@require_GET
def data(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the drop zone, the uploads in hand as cards, those that are settled, and how fresh each table is."""
    tables = load_library().tables
    in_hand = Paginator(uploads_in_hand(), CARDS).get_page(request.GET.get("hand"))
    page = Paginator(settled_uploads(), PAGE).get_page(request.GET.get("page"))
    cards = [_line(upload, tables) for upload in in_hand]
    busy = any(card["busy"] for card in cards)
    context = {
        "in_hand": in_hand,
        "groups": _by_parent(cards),
        "page": page,
        "lines": [_line(upload, tables) for upload in page],
        "busy": busy,
    }
    if request.htmx and not request.htmx.boosted:
        return render(request, "kpis/data/data.html#uploads", context)
    freshness = data_freshness()
    loaded = sum(entry.loaded_at is not None for entry in freshness)
    context["freshness"] = freshness
    context["table_options"] = [(entry.table.id, entry.table.names.in_language(get_language())) for entry in freshness]
    context["tables_note"] = _("%(loaded)s of %(all)s loaded") % {"loaded": loaded, "all": len(freshness)}
    return render(request, "kpis/data/data.html", context)


def _line(upload: Upload, tables: Mapping[str, TableSpec]) -> dict[str, Any]:
    """Return an upload as a card or a line of the history shows it."""
    standing = upload.standing
    job = (upload.load_job or upload.check_job) if standing in BUSY else None
    return {
        "upload": upload,
        "standing": standing,
        "table": tables.get(upload.table_id),
        "busy": standing in BUSY,
        "job": job,
        "progress": job_progress(job, now=timezone.now()) if job else None,
    }


def _by_parent(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the cards with those out of one archive or workbook together, the single ones side by side after them."""
    groups: dict[int, dict[str, Any]] = {}
    single: list[dict[str, Any]] = []
    parents = {card["upload"].parent_id for card in cards}
    for card in cards:
        upload = card["upload"]
        if upload.parent_id is None and upload.pk not in parents:
            single.append(card)
            continue
        group = groups.setdefault(upload.parent_id or upload.pk, {"parent": None, "cards": []})
        group["parent"] = group["parent"] or upload.parent
        group["cards"].insert(0, card)
    return [*groups.values(), *([{"parent": None, "cards": single}] if single else [])]


@require_POST
def uploads(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Take one or more files; each becomes an upload of its own. One file leads straight to its page."""
    received: list[Upload] = []
    for file in request.FILES.getlist("files"):
        try:
            received.append(receive_upload(file.chunks(), filename=str(file.name), actor_id=request.access.user_id))
        except DomainError as error:
            messages.error(request, f"{file.name}: {error}")
    if not request.FILES:
        messages.error(request, _("Choose a file first."))
    if len(received) == 1 and len(request.FILES.getlist("files")) == 1:
        return redirect("kpis:upload", slug, received[0].pk)
    return redirect("kpis:data", slug)


@require_GET
def template(request: WorkspaceRequest, slug: str, table_id: str) -> HttpResponse:
    """Give the header line of a table in the reader's language, as a CSV that Excel opens."""
    table = load_library().tables.get(table_id)
    if table is None:
        raise Http404
    out = io.StringIO()
    csv.writer(out).writerow(template_header(table, language=get_language()))
    response = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.id}.csv"'
    return response
