"""The task list, and each job's own page, which survives refresh because all of it is on the row."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseStopPolling

from omnichannel.core.errors import DomainError
from omnichannel.jobs.queries.jobs import job_progress, newest_jobs
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import cancel_job, retry_job
from omnichannel.workspaces.middleware import WorkspaceRequest

PAGE = 50


@require_GET
def jobs(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List all jobs, newest first."""
    page = Paginator(newest_jobs(), PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    return render(request, "jobs/jobs.html", {"page": page, "jobs": [job_progress(job, now=now) for job in page]})


@require_GET
def job(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one job; the fragment polls until the job is final."""
    found = get_object_or_404(newest_jobs(), pk=pk)
    fragment = request.htmx and not request.htmx.boosted
    context = {"progress": job_progress(found, now=timezone.now()), "job": found}
    response = render(request, "jobs/job.html#progress" if fragment else "jobs/job.html", context)
    if fragment and found.is_final:
        return HttpResponseStopPolling(response.content)
    return response


@require_POST
def job_cancel(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Cancel an active job."""
    found = get_object_or_404(newest_jobs(), pk=pk)
    try:
        cancel_job(found, now=timezone.now())
        messages.success(request, _("Cancelled. Nothing was written."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("jobs:job", slug, pk)


@require_POST
def job_retry(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Queue the same work again."""
    found = get_object_or_404(newest_jobs(), pk=pk)
    try:
        again = retry_job(found, actor_id=request.access.user_id)
        wake(again)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("jobs:job", slug, pk)
    return redirect("jobs:job", slug, again.pk)
