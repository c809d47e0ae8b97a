"""Refusals of the jobs app."""

from __future__ import annotations

from django.utils.translation import gettext as _

from omnichannel.core.errors import DomainError


class JobLost(DomainError):
    """The job is no longer this worker's: its lease ran out and another took it, or it was cancelled."""

    code = "job_lost"

    def __init__(self, job_id: int) -> None:
        super().__init__(f"job {job_id} is no longer held by this worker")


class JobNotFinal(DomainError):
    """Only a failed or cancelled job can be tried again."""

    code = "job_not_final"

    def __init__(self) -> None:
        super().__init__(_("Only a failed or cancelled job can be tried again."))


class JobIsFinal(DomainError):
    """A finished job cannot be cancelled."""

    code = "job_is_final"

    def __init__(self) -> None:
        super().__init__(_("This job has already ended."))
