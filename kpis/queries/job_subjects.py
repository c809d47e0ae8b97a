"""What the jobs of this app are about, for the task list: the upload, the periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kpis.choices import DefinitionSubject
from kpis.models import Upload
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.subjects import Subject, register_subjects

NAMED = 2  # periods named before only the ends are


def register_job_subjects() -> None:
    """Tell the jobs app how to name what each kind of job works on."""
    register_subjects(JobKind.CHECK_UPLOAD, uploads_of)
    register_subjects(JobKind.LOAD_UPLOAD, uploads_of)
    register_subjects(JobKind.REVERT_UPLOAD, uploads_of)
    register_subjects(JobKind.REAPPLY_UPLOAD, uploads_of)
    register_subjects(JobKind.PREVIEW_FIGURES, uploads_of)
    register_subjects(JobKind.PREVIEW_DEFINITION, definitions_of)
    register_subjects(JobKind.COMPUTE_VALUES, periods_of)
    register_subjects(JobKind.ANALYSE, analyses_of)
    register_subjects(JobKind.MEASURE_HEALTH, health_of)
    register_subjects(JobKind.WATCH_ALERTS, alerts_of)
    register_subjects(JobKind.SEND_ALERTS, alerts_of)
    register_subjects(JobKind.SIMULATE_PAY, simulations_of)


def uploads_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Name the file of each job, with the upload's page."""
    wanted = {job.pk: job.params.get("upload") for job in jobs}
    names = dict(Upload.objects.filter(pk__in=[pk for pk in wanted.values() if pk]).values_list("pk", "filename"))
    return {
        job.pk: Subject(f"{names[pk]} #{pk}", reverse("kpis:upload", args=[job.workspace.slug, pk]))
        for job in jobs
        if (pk := wanted[job.pk]) in names
    }


def definitions_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Name the KPI or parameter of each job, with its editor."""
    return {job.pk: _definition(job.workspace.slug, job.params) for job in jobs if "key" in job.params}


def _definition(slug: str, params: Mapping[str, str]) -> Subject:
    if params["subject"] == DefinitionSubject.PARAMETER:
        return Subject(params["key"], reverse("kpis:definition_parameter", args=[slug, params["key"]]))
    return Subject(params["key"], reverse("kpis:definition", args=[slug, params["key"]]))


def periods_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Name the periods of each job, with the overview of the newest."""
    return {job.pk: _periods(job, sorted(job.params["periods"])) for job in jobs if job.params.get("periods")}


def _periods(job: Job, periods: list[str]) -> Subject:
    label = ", ".join(periods)
    if len(periods) > NAMED:
        label = _("%(first)s to %(last)s (%(n)s months)") % {
            "first": periods[0], "last": periods[-1], "n": len(periods)
        }  # fmt: skip
    return Subject(label, f"{reverse('kpis:overview', args=[job.workspace.slug])}?period={periods[-1]}")


def health_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Lead from a measuring to the page that shows it."""
    return {job.pk: Subject(_("Data health"), reverse("kpis:data_health", args=[job.workspace.slug])) for job in jobs}


def alerts_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Lead from an evaluation or a sending to the alerts."""
    return {job.pk: Subject(_("Alerts"), reverse("kpis:alerts", args=[job.workspace.slug])) for job in jobs}


def analyses_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Name the months of a run of the analyses, with the page of the newest."""
    found = {}
    for job in jobs:
        if periods := sorted(job.params.get("periods", [])):
            page = reverse("kpis:analyses", args=[job.workspace.slug])
            found[job.pk] = Subject(", ".join(periods), f"{page}?period={periods[-1]}")
    return found


def simulations_of(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Lead from a simulation of pay plans to its page."""
    return {
        job.pk: Subject(
            _("Simulation #%(id)s") % {"id": job.params["simulation"]},
            reverse("kpis:pay_simulation", args=[job.workspace.slug, job.params["simulation"]]),
        )
        for job in jobs
    }
