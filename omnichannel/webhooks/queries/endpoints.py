"""Endpoints with how they stand, deliveries with their attempts, and what jobs are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.subjects import Subject
from omnichannel.webhooks.choices import DeliveryState
from omnichannel.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret


def endpoints() -> QuerySet[WebhookEndpoint]:
    """Return the endpoints in the order they were made, with counts of their deliveries and the last success."""
    delivered = Q(deliveries__state=DeliveryState.DELIVERED)
    return (
        WebhookEndpoint.objects.select_related("created_by", "values_allowed_by")
        .annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
            given_up=Count("deliveries", filter=Q(deliveries__state=DeliveryState.FAILED)),
            delivered=Count("deliveries", filter=delivered),
            last_success=Max("deliveries__last_at", filter=delivered),
        )
        .order_by("pk")
    )


def deliveries(endpoint: WebhookEndpoint, *, state: str = "", type_: str = "") -> QuerySet[WebhookDelivery]:
    """Return an endpoint's deliveries, newest first; what is no known state counts as all."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event").order_by("-pk")
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    return rows.filter(event__type=type_) if type_ else rows


def delivery_types(endpoint: WebhookEndpoint) -> list[str]:
    """Return the types of events in an endpoint's log."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by()
    return sorted(rows.values_list("event__type", flat=True).distinct())


def with_log(rows: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """Read the attempts along, newest first."""
    return rows.prefetch_related(Prefetch("log", queryset=WebhookAttempt.objects.order_by("-pk")))


def secrets_of(endpoint: WebhookEndpoint, *, now: datetime) -> list[WebhookSecret]:
    """Return the secrets that sign now, the newest first."""
    rows = WebhookSecret.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), endpoint=endpoint)
    return list(rows.order_by("-pk"))


def job_subjects(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    """Name the endpoint each job sends to."""
    wanted = {job.params.get("endpoint") for job in jobs}
    found = {each.pk: each for each in WebhookEndpoint.objects.filter(pk__in=wanted).select_related("workspace")}
    return {job.pk: _subject(found[key]) for job in jobs if (key := job.params.get("endpoint")) in found}


def _subject(endpoint: WebhookEndpoint) -> Subject:
    return Subject(str(endpoint), endpoint.get_absolute_url())
