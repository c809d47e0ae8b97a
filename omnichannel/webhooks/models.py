"""Endpoints, their secrets, the events they are told, and each delivery with its attempts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from omnichannel.webhooks.choices import DeliveryState, SendError, Stopped
from omnichannel.workspaces.scoping import WorkspaceModel


def new_message_id() -> str:
    """Return the id under which a receiver knows an event, however often it is sent."""
    return f"evt_{uuid.uuid4().hex}"


class WebhookEndpoint(WorkspaceModel):
    """Where events are sent. `stopped` is empty while it is on; `failing_since`: no attempt has succeeded from then on.

    `with_values` sends what fields hold, names of people included, and not only which fields changed; pay is never
    sent. `values_allowed_by` took the decision.
    """

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    topics = models.JSONField(default=list)
    with_values = models.BooleanField(default=False)
    values_allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    stopped = models.CharField(max_length=12, choices=Stopped.choices, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("pk",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(stopped__in=["", *Stopped.values]), name="webhook_stopped_known"),
        ]

    def __str__(self) -> str:
        return self.description or self.url

    def get_absolute_url(self) -> str:
        """Return the endpoint's page. Reads the workspace's slug (a query unless it is loaded)."""
        return reverse("webhooks:endpoint", args=[self.workspace.slug, self.pk])

    @property
    def is_on(self) -> bool:
        """True while events are sent to it."""
        return not self.stopped


class WebhookSecret(WorkspaceModel):
    """A signing secret, sealed (omnichannel.core.sealing). Of two that are live both sign."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.CharField(max_length=400)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"secret {self.pk}"


class WebhookEvent(WorkspaceModel):
    """Something that happened. `data` holds ids only; `values` is added for endpoints that may have it.

    `key` names what happened, so that it is told once whoever notices it twice.
    """

    message_id = models.CharField(max_length=40, default=new_message_id)
    key = models.CharField(max_length=250)
    topic = models.CharField(max_length=40)
    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    data = models.JSONField()
    values = models.JSONField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-pk",)
        indexes: ClassVar = [models.Index(fields=["workspace", "at"], name="webhook_event_at")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "key"], name="webhook_event_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"


class WebhookDelivery(WorkspaceModel):
    """An event on its way to an endpoint. `attempts` counts those begun; `claimed_until`: a sender has it in hand."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=24, choices=SendError.choices, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-pk",)
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "endpoint", "due_at"],
                condition=Q(state=DeliveryState.WAITING),
                name="webhook_delivery_due",
            ),
            models.Index(fields=["workspace", "endpoint", "-id"], name="webhook_delivery_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "endpoint", "event"], name="webhook_delivery_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_delivery_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"

    @property
    def is_delivered(self) -> bool:
        """True when the last answer was one of success."""
        return self.state == DeliveryState.DELIVERED

    @property
    def is_pending(self) -> bool:
        """True while the next attempt follows within a minute."""
        soon = timezone.now() + timedelta(minutes=1)
        return self.state == DeliveryState.WAITING and self.due_at <= soon


class WebhookAttempt(WorkspaceModel):
    """One attempt: what was sent and what came back, both cut to their heads."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    request_headers = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    error = models.CharField(max_length=24, choices=SendError.choices, blank=True)
    detail = models.CharField(max_length=400, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"attempt {self.number}"

    @property
    def is_ok(self) -> bool:
        """True for an answer of success."""
        return self.status is not None and 200 <= self.status < 300
