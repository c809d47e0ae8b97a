"""Bodies and answers of the webhook API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from omnichannel.core.errors import DomainError
from omnichannel.core.fields import StrictBooleanField, StrictCharField
from omnichannel.webhooks.choices import DeliveryState, Topic
from omnichannel.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from omnichannel.webhooks.services.endpoints import check_address

ENDPOINT_EXAMPLE = OpenApiExample(
    "Tell of people and units",
    value={
        "url": "https://example.com/hooks/omnichannel",
        "description": "Identity management",
        "topics": ["organisation.person", "organisation.unit"],
        "with_values": False,
    },
    request_only=True,
)


@extend_schema_serializer(examples=[ENDPOINT_EXAMPLE])
class EndpointBody(serializers.Serializer[Any]):
    """Where to send and what."""

    url = StrictCharField(
        max_length=500,
        help_text="A public https address that answers 2xx within 15 seconds. Redirects are not followed.",
    )
    description = StrictCharField(max_length=200, required=False, allow_blank=True, help_text="What it is for.")
    topics = serializers.ListField(
        child=serializers.ChoiceField(choices=Topic.choices),
        allow_empty=False,
        max_length=len(Topic),
        help_text="What it is told of. Types of the organisation's events add `.created`, `.changed` or `.removed`.",
    )
    with_values = StrictBooleanField(
        required=False,
        help_text="True sends what fields hold, names of people included, and not only ids and names of fields. "
        "Pay is never sent.",
    )

    def validate_url(self, value: str) -> str:
        """Refuse addresses that must not be called."""
        try:
            check_address(value)
        except DomainError as error:
            raise serializers.ValidationError(str(error), code=error.code) from None
        return value

    def to_internal_value(self, data: Any) -> Any:
        """Refuse fields that are not known, so that no misspelt one is passed over."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class EndpointPatch(EndpointBody):
    """The same with `is_on`; what is left out stays."""

    is_on = StrictBooleanField(required=False, help_text="False sends nothing until it is true again.")


class EndpointAnswer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint and how it stands."""

    topics = serializers.ListField(
        child=serializers.ChoiceField(choices=Topic.choices), help_text="What it is told of."
    )
    is_on = serializers.BooleanField(help_text="Whether events are sent to it.")
    waiting = serializers.IntegerField(help_text="Deliveries that wait for their first or next attempt.")
    given_up = serializers.IntegerField(help_text="Deliveries whose attempts are all used up.")
    delivered = serializers.IntegerField(help_text="Deliveries that were answered with 2xx.")
    last_success = serializers.DateTimeField(allow_null=True, help_text="When something was last delivered.")

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "topics", "with_values", "is_on", "stopped", "stopped_at", "failing_since",
            "waiting", "given_up", "delivered", "last_success", "created_at",
        )  # fmt: skip
        extra_kwargs = {  # noqa: RUF012 - DRF's own form
            "stopped": {"help_text": "Why it is off; empty while it is on."},
            "stopped_at": {"help_text": "Since when it is off."},
            "failing_since": {"help_text": "Since when no attempt has succeeded; after five days it is switched off."},
        }


class NewEndpointAnswer(EndpointAnswer):
    """A new endpoint with its secret, which is told once."""

    secret = serializers.SerializerMethodField(help_text="Signs every request (Standard Webhooks). Told only now.")

    class Meta(EndpointAnswer.Meta):
        fields = (*EndpointAnswer.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        """Return the secret that the view has just made."""
        return str(self.context.get("secret", ""))


class SecretAnswer(serializers.Serializer[Any]):
    """A new secret. The one before signs beside it for a day."""

    secret = serializers.CharField(help_text="Told only now.")


class ReplayBody(serializers.Serializer[Any]):
    """From when on everything is sent again."""

    since = serializers.DateTimeField(help_text="Events are kept for 30 days.")


class ReplayAnswer(serializers.Serializer[Any]):
    """What is sent again."""

    events = serializers.IntegerField(help_text="How many events.")


class AttemptAnswer(serializers.ModelSerializer[WebhookAttempt]):
    """One attempt."""

    class Meta:
        model = WebhookAttempt
        fields = (
            "number", "at", "milliseconds", "status", "error", "detail", "request_headers", "response_headers",
            "response_body",
        )  # fmt: skip


class DeliveryAnswer(serializers.ModelSerializer[WebhookDelivery]):
    """A delivery and how it stands."""

    event = serializers.CharField(source="event.message_id", help_text="The `webhook-id` under which it is sent.")
    type = serializers.CharField(source="event.type", help_text="What has happened.")
    happened_at = serializers.DateTimeField(source="event.at", help_text="When it happened.")
    next_attempt_at = serializers.SerializerMethodField(help_text="When it is tried next; null when it is not.")

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "event", "type", "happened_at", "state", "attempts", "last_at", "last_status", "last_error",
            "next_attempt_at",
        )  # fmt: skip

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: WebhookDelivery) -> Any:
        """Return the next attempt's time of a delivery that waits."""
        return delivery.due_at if delivery.state == DeliveryState.WAITING else None


class DeliveryDetail(DeliveryAnswer):
    """A delivery with its body and its attempts, newest first."""

    body = serializers.SerializerMethodField(help_text="What is sent.")
    log = AttemptAnswer(many=True, help_text="The attempts, newest first.")

    class Meta(DeliveryAnswer.Meta):
        fields = (*DeliveryAnswer.Meta.fields, "body", "log")  # type: ignore[assignment]

    @extend_schema_field(serializers.JSONField())
    def get_body(self, delivery: WebhookDelivery) -> Any:
        """Return the body as the endpoint may have it now."""
        return self.context["body"]
