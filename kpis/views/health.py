"""Data health: every table with its warnings, one table in full, the button that measures again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.library import load_library
from kpis.queries.health import data_health, possible_sources
from kpis.services.health import name_source, request_measurement
from kpis.views.one_id import channel_name
from omnichannel.core.errors import DomainError
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest


@require_GET
def health(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show what was measured last; nothing is computed here."""
    page = data_health(today=today_in(request.access.workspace))
    return render(request, "kpis/data/health.html", {"page": page, "all_tables": len(load_library().tables)})


@require_GET
def table_health(request: WorkspaceRequest, slug: str, table_id: str) -> HttpResponse:
    """Show one table: its sources, channels, columns, references and gaps."""
    spec = load_library().tables.get(table_id)
    if spec is None:
        raise Http404
    page = data_health(today=today_in(request.access.workspace), only=table_id)
    line = page.lines[0] if page.lines else None
    context = {
        "page": page,
        "spec": spec,
        "line": line,
        "sources": possible_sources(table_id),
        "channels": [{"name": channel_name(row.channel), "health": row} for row in line.channels] if line else [],
        "gaps": line.whole.gaps[::-1] if line and line.whole else [],
        "unknown": line is not None and any(source.system is None for source in line.sources),
    }
    return render(request, "kpis/data/table_health.html", context)


@require_POST
def measure(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Measure again what has changed, as a job with a page of its own."""
    job = request_measurement(actor_id=request.access.user_id, origin=JobOrigin.WEB)
    return redirect("jobs:job", slug, job.pk)


@require_POST
def table_source(request: WorkspaceRequest, slug: str, table_id: str) -> HttpResponse:
    """Say which system the table's uploads without a source came from."""
    if table_id not in load_library().tables:
        raise Http404
    try:
        many = name_source(table_id, system=request.POST.get("system", ""), actor_id=request.access.user_id)
        messages.success(request, _("Noted for %(n)s uploads. Measuring again.") % {"n": many})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("kpis:table_health", slug, table_id)
