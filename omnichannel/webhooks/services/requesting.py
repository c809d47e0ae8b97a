"""Asking for a round of sending: a job per endpoint, so that a slow receiver keeps nobody else waiting."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import BigIntegerField, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from omnichannel.jobs.choices import ACTIVE, JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.webhooks.choices import DeliveryState
from omnichannel.webhooks.models import WebhookDelivery


@transaction.atomic
def request_sending(endpoint_id: int) -> Job:
    """Queue the sending of what is due at an endpoint, in the caller's transaction; a job that waits will do."""
    of_endpoint = Job.objects.filter(kind=JobKind.SEND_WEBHOOKS, params__endpoint=endpoint_id)
    waiting = of_endpoint.select_for_update().filter(state=JobState.QUEUED).first()
    if waiting is not None:
        return waiting
    # One that runs already may have looked for the last time: it is not the same work.
    params = {"endpoint": endpoint_id, "turn": of_endpoint.aggregate(last=Max("pk"))["last"] or 0}
    job = create_job(JobKind.SEND_WEBHOOKS, params=params, origin=JobOrigin.SYSTEM)
    wake(job)
    return job


def wake_due(*, now: datetime) -> int:
    """Queue a sending for every endpoint at which an attempt is due and nobody is on it; return how many.

    The dispatcher asks every few seconds: for retries, and for what a killed sender had in hand.
    """
    busy = Job.objects.annotate(endpoint=Cast(KT("params__endpoint"), BigIntegerField())).filter(
        kind=JobKind.SEND_WEBHOOKS, state__in=ACTIVE, endpoint=OuterRef("endpoint_id")
    )
    endpoints = (
        due_deliveries(now=now).filter(~Exists(busy)).order_by().values_list("endpoint_id", flat=True).distinct()
    )
    return len([request_sending(endpoint) for endpoint in endpoints])


def due_deliveries(*, now: datetime) -> QuerySet[WebhookDelivery]:
    """Return what is due at endpoints that are on and no sender has in hand."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return WebhookDelivery.objects.filter(free, state=DeliveryState.WAITING, due_at__lte=now, endpoint__stopped="")
