"""What more would bring, on a person's own statement: part of the receipt, and a page of its own without scripts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kpis.queries.pay.what_if import bases_ahead
from kpis.views.pay.statements import statement_of
from omnichannel.workspaces.middleware import WorkspaceRequest


@require_GET
def pay_what_if(request: WorkspaceRequest, slug: str, statement_id: int) -> HttpResponse:
    """Show every base of the plan; `?base=&more=` asks about one of them."""
    statement = statement_of(request, statement_id)
    found = bases_ahead(statement, base=request.GET.get("base", "")[:40], more=request.GET.get("more", "")[:40])
    fragment = request.htmx and not request.htmx.boosted
    template = "kpis/pay/_what_if.html" if fragment else "kpis/pay/what_if.html"
    return render(request, template, {"found": found, "statement": statement})
