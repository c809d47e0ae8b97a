"""The index of a month's statements on paper."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from kpis.models import PayRun
from kpis.queries.pay.run_index import index_of
from omnichannel.workspaces.middleware import WorkspaceRequest


@require_GET
def pay_run_index(request: WorkspaceRequest, slug: str, run_id: int) -> HttpResponse:
    """Answer the index of a month's statements as a PDF."""
    from roles.paper.pdf import as_pdf  # fpdf is slow to import
    from roles.paper.report import pages_of

    run = get_object_or_404(PayRun.objects.filter(calculated_at__isnull=False), pk=run_id)
    report = index_of(run, company=request.access.workspace.name, reader=str(request.user))
    body = as_pdf(pages_of(report), title=report.title, author=str(request.user), made_at=timezone.now())
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="pay-{run.period}.pdf"'
    return answer
