"""Events announced: kept once and put on their way to every endpoint that wants them, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from omnichannel.webhooks.choices import ORGANISATION_TOPICS, TEST, Topic
from omnichannel.webhooks.errors import EndpointOff
from omnichannel.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent, new_message_id
from omnichannel.webhooks.services.requesting import request_sending
from omnichannel.workspaces.scoping import current_workspace_id

BATCH = 2000


@dataclass(frozen=True, slots=True)
class News:
    """What has happened. `key` names it, so that it is told once; `type` is the topic's unless another is given.

    `values` holds what only endpoints with that right are told.
    """

    topic: Topic
    key: str
    data: Mapping[str, Any]
    type: str = ""
    values: Mapping[str, Any] | None = None
    to_any_of: Sequence[Topic] = ()

    def is_for(self, endpoint: WebhookEndpoint) -> bool:
        """Tell whether the endpoint has subscribed to it."""
        return any(topic in endpoint.topics for topic in (self.topic, *self.to_any_of))


def is_listened_to() -> bool:
    """Tell whether the workspace has an endpoint at all: else nothing is kept, and nothing need be worked out."""
    return WebhookEndpoint.objects.exists()


@transaction.atomic
def announce(news: Sequence[News], *, now: datetime) -> int:
    """Keep the events and queue their sending; return how many deliveries. What has been told already is left out.

    Events are kept while there is any endpoint, even one that is off: it can be told of them later.
    """
    endpoints = list(WebhookEndpoint.objects.all()) if news else []
    if not endpoints:
        return 0
    fresh = _kept(news, now=now)
    deliveries = [
        WebhookDelivery(workspace_id=current_workspace_id(), endpoint=endpoint, event=event, due_at=now)
        for one, event in fresh
        for endpoint in endpoints
        if endpoint.is_on and one.is_for(endpoint)
    ]
    WebhookDelivery.objects.bulk_create(deliveries, batch_size=BATCH)
    for endpoint_id in sorted({delivery.endpoint_id for delivery in deliveries}):
        request_sending(endpoint_id)
    return len(deliveries)


def _kept(news: Sequence[News], *, now: datetime) -> list[tuple[News, WebhookEvent]]:
    told = set(WebhookEvent.objects.filter(key__in=[one.key for one in news]).values_list("key", flat=True))
    fresh = list({one.key: one for one in news if one.key not in told}.values())
    events = WebhookEvent.objects.bulk_create(
        [
            WebhookEvent(
                workspace_id=current_workspace_id(),
                key=one.key,
                topic=one.topic,
                type=one.type or one.topic.value,
                at=now,
                data=dict(one.data),
                values=dict(one.values) if one.values is not None else None,
            )
            for one in fresh
        ],
        batch_size=BATCH,
    )
    return list(zip(fresh, events, strict=True))


@transaction.atomic
def send_test(endpoint: WebhookEndpoint, *, actor_id: int | None, now: datetime) -> WebhookDelivery:
    """Send an event that says nothing to an endpoint, whatever it has subscribed to."""
    if not endpoint.is_on:
        raise EndpointOff
    message_id = new_message_id()
    event = WebhookEvent.objects.create(
        message_id=message_id,
        key=f"test:{message_id}",
        topic=TEST,
        type=TEST,
        at=now,
        data={"endpoint": endpoint.pk, "by": actor_id},
    )
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event, due_at=now)
    request_sending(endpoint.pk)
    return delivery


def wants(endpoint: WebhookEndpoint, event: WebhookEvent) -> bool:
    """Tell whether a kept event is one that the endpoint has subscribed to."""
    if event.type.startswith("organisation.bulk"):
        return any(topic in endpoint.topics for topic in ORGANISATION_TOPICS)
    return event.topic in endpoint.topics
