"""Closed lists of webhooks: what can be subscribed to, and how far a delivery is."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """What an endpoint subscribes to. Types of the organisation's events add `.created`, `.changed` or `.removed`."""

    UNIT = "organisation.unit", _("Units")
    SEAT = "organisation.seat", _("Seats")
    PERSON = "organisation.person", _("People")
    ASSIGNMENT = "organisation.assignment", _("Role assignments")
    LINE = "organisation.line", _("Secondary lines")
    STAGE = "organisation.stage", _("Adopted stages")
    PUBLISHED = "scorecard.published", _("Scorecards published")
    UPLOAD = "upload.loaded", _("Uploads loaded")
    ALERT = "alert.raised", _("Alerts raised")


ORGANISATION_TOPICS = (Topic.UNIT, Topic.SEAT, Topic.PERSON, Topic.ASSIGNMENT, Topic.LINE, Topic.STAGE)
TEST = "webhook.test"
BULK = "organisation.bulk_changed"


class DeliveryState(models.TextChoices):
    """Life of a delivery. A waiting one is due now or at its next attempt, a failed one is not tried again."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class Stopped(models.TextChoices):
    """Why an endpoint is switched off."""

    BY_HAND = "by_hand", _("Switched off by hand")
    FAILING = "failing", _("Switched off: it has failed for days")
    GONE = "gone", _("Switched off: it answered 410 Gone")


class SendError(models.TextChoices):
    """Why an attempt got no answer."""

    ADDRESS = "address_refused", _("The address is not allowed")
    UNKNOWN_HOST = "unknown_host", _("The host is not found")
    CONNECTION = "connection_failed", _("No connection")
    CERTIFICATE = "certificate_invalid", _("The certificate is not valid")
    TIMEOUT = "timeout", _("No answer in time")
    BROKEN = "broken_answer", _("The answer is no HTTP")
    SEALED = "secret_unreadable", _("The secret cannot be read with our keys: make a new one")
