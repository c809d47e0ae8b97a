"""The daily sweep of webhooks: events are kept for a month, and with them their deliveries and attempts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from omnichannel.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookSecret

KEPT = timedelta(days=30)


@transaction.atomic
def sweep(*, now: datetime) -> int:
    """Let go of what is older than a month and of secrets that no longer sign. Return 0: these are no files."""
    old = now - KEPT
    WebhookAttempt.objects.filter(delivery__event__at__lt=old).delete()
    WebhookDelivery.objects.filter(event__at__lt=old).delete()
    WebhookEvent.objects.filter(at__lt=old).delete()
    WebhookSecret.objects.filter(expires_at__lt=now).delete()
    return 0
