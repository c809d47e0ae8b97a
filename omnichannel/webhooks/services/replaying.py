"""Deliveries sent again, under the ids they had: one, or all of an endpoint since a moment."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from omnichannel.webhooks.choices import TEST, DeliveryState
from omnichannel.webhooks.errors import EndpointOff
from omnichannel.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from omnichannel.webhooks.services.announcing import BATCH, wants
from omnichannel.webhooks.services.requesting import request_sending
from omnichannel.workspaces.scoping import current_workspace_id


@transaction.atomic
def replay(delivery: WebhookDelivery, *, now: datetime) -> None:
    """Send a delivery again at once, with all its attempts before it."""
    endpoint = WebhookEndpoint.objects.get(pk=delivery.endpoint_id)
    if not endpoint.is_on:
        raise EndpointOff
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.WAITING, attempts=0, due_at=now, claimed_until=None
    )
    request_sending(endpoint.pk)


@transaction.atomic
def replay_since(endpoint: WebhookEndpoint, *, since: datetime, now: datetime) -> int:
    """Send everything again that has happened since a moment and the endpoint wants, also what it was never sent.

    Return how many events. What was tried before has all its attempts before it again.
    """
    if not endpoint.is_on:
        raise EndpointOff
    events = [
        event
        for event in WebhookEvent.objects.filter(at__gte=since).exclude(topic=TEST).order_by("pk")
        if wants(endpoint, event)
    ]
    sent = WebhookDelivery.objects.filter(endpoint=endpoint, event__in=[event.pk for event in events])
    known = set(sent.values_list("event_id", flat=True))
    sent.update(state=DeliveryState.WAITING, attempts=0, due_at=now, claimed_until=None)
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(workspace_id=current_workspace_id(), endpoint=endpoint, event=event, due_at=now)
            for event in events
            if event.pk not in known
        ],
        batch_size=BATCH,
    )
    if events:
        request_sending(endpoint.pk)
    return len(events)
