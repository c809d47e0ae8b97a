"""The mappings kept per source: seen, renamed, forgotten."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.library import library_extras, load_library
from kpis.models import SavedMapping
from kpis.queries.mappings import saved_mappings
from kpis.services.mappings import delete_mapping, rename_mapping
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest


@require_GET
def mappings(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the mappings kept for the next files of their sources."""
    tables = load_library().tables
    systems = library_extras().systems
    lines = [
        {"saved": saved, "table": tables.get(saved.table_id), "system": systems.get(saved.system)}
        for saved in saved_mappings()
    ]
    return render(request, "kpis/data/mappings.html", {"lines": lines})


@require_POST
def mapping_rename(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Give a mapping another name."""
    saved = get_object_or_404(SavedMapping.objects, pk=pk)
    try:
        rename_mapping(saved, name=request.POST.get("name", ""))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Renamed."))
    return redirect("kpis:mappings", slug)


@require_POST
def mapping_delete(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Forget a mapping."""
    saved = get_object_or_404(SavedMapping.objects, pk=pk)
    delete_mapping(saved)
    messages.success(request, _("%(name)s is forgotten. Its next file is mapped afresh.") % {"name": saved.name})
    return redirect("kpis:mappings", slug)
