"""The task list, and each job's own page, which survives refresh because all of it is on the row."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseStopPolling

from omnichannel.core.errors import DomainError
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.jobs import HR, OF_HR, JobFilter, described, newest_jobs, open_failures
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import acknowledge, acknowledge_job, cancel_job, retry_job
from omnichannel.workspaces.middleware import WorkspaceRequest

PAGE = 50
FAILURES = 20  # failures listed on top; the others are behind the filter


@require_GET
def jobs(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the jobs the filter lets through, newest first; failures nobody has seen stay on top."""
    asked = JobFilter.from_query(request.GET)
    now = timezone.now()
    page = Paginator(asked.jobs(request.access.role), PAGE).get_page(request.GET.get("page"))
    failures = described(open_failures(request.access.role)[: FAILURES + 1], now=now)
    entries = described(page, now=now)
    context = {
        "page": page,
        "jobs": entries,
        "failures": failures[:FAILURES],
        "more_failures": len(failures) > FAILURES,
        "asked": asked,
        "is_filtered": asked != JobFilter(),
        "options": {
            "state": [("active", _("Waiting or running")), ("open", _("Failed, not acknowledged")), *JobState.choices],
            "kind": [
                (kind, label) for kind, label in JobKind.choices if request.access.role in HR or kind not in OF_HR
            ],
            "origin": JobOrigin.choices,
        },
        "busy": any(not entry.job.is_final for entry in entries),
    }
    fragment = request.htmx and not request.htmx.boosted
    return render(request, "jobs/jobs.html#tasks" if fragment else "jobs/jobs.html", context)


@require_GET
def job(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one job; the fragment polls until the job is final."""
    found = get_object_or_404(newest_jobs(request.access.role), pk=pk)
    fragment = request.htmx and not request.htmx.boosted
    context = {"progress": described([found], now=timezone.now())[0], "job": found}
    response = render(request, "jobs/job.html#progress" if fragment else "jobs/job.html", context)
    if fragment and found.is_final:
        return HttpResponseStopPolling(response.content)
    return response


@require_POST
def job_cancel(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Cancel an active job."""
    return _done(request, pk, lambda found: cancel_job(found, now=timezone.now()), _("Cancelled. Nothing was written."))


@require_POST
def job_retry(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Queue the same work again."""
    found = get_object_or_404(newest_jobs(request.access.role), pk=pk)
    try:
        again = retry_job(found, actor_id=request.access.user_id, origin=JobOrigin.WEB)
        wake(again)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("jobs:job", slug, pk)
    return redirect("jobs:job", slug, again.pk)


@require_POST
def job_acknowledge(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take a failure off the top of the list."""
    actor = request.access.user_id
    return _done(
        request, pk, lambda found: acknowledge_job(found, actor_id=actor, now=timezone.now()), _("Acknowledged.")
    )


@require_POST
def jobs_acknowledge(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Take all failures that are there now off the top of the list."""
    many = acknowledge(newest_jobs(request.access.role), actor_id=request.access.user_id, now=timezone.now())
    messages.success(request, _("%(n)s failures acknowledged.") % {"n": many})
    return redirect("jobs:jobs", slug)


def _done(request: WorkspaceRequest, pk: int, act: Callable[[Job], object], said: str) -> HttpResponse:
    """Act on the job and return to where the button stood: this very site's page, or the job's own."""
    found = get_object_or_404(newest_jobs(request.access.role), pk=pk)
    try:
        act(found)
        messages.success(request, said)
    except DomainError as error:
        messages.error(request, str(error))
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/"):
        return redirect(back)
    return redirect(found)
