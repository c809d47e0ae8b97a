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


class KeyInvalid(DomainError):
    """The header `Idempotency-Key` cannot be one."""

    code = "idempotency_key_invalid"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("An Idempotency-Key has 1 to 255 visible ASCII characters."))


class RequestInFlight(DomainError):
    """The first request with this key is still being worked on."""

    code = "idempotency_in_flight"

    def __init__(self) -> None:
        super().__init__(_("A request with this Idempotency-Key is still running. Send it again in a moment."))


class KeyReused(DomainError):
    """The key was used before for another request."""

    code = "idempotency_key_reused"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("This Idempotency-Key was used for another request. Take a new key for a new request."))


class JobNotFailed(DomainError):
    """Only a failure can be acknowledged."""

    code = "job_not_failed"

    def __init__(self) -> None:
        super().__init__(_("Only a failed job can be acknowledged."))
