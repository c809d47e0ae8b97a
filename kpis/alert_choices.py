"""Closed lists of alerts and risks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LevelName(models.TextChoices):
    """How urgent; the values are those of `kpis.engine.alerting.Level`."""

    YELLOW = "yellow", _("Yellow")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")


class AlertState(models.TextChoices):
    """The life of an alert. Raised and acknowledged are open."""

    RAISED = "raised", _("Raised")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("alert", "Acknowledged")
    CLOSED = "closed", pgettext_lazy("alert", "Closed")
    REVIEWED = "reviewed", pgettext_lazy("alert", "Reviewed")


OPEN = (AlertState.RAISED, AlertState.ACKNOWLEDGED)


class AlertSubject(models.TextChoices):
    """What an alert is about."""

    KPI = "kpi", _("KPI")
    TABLE = "table", _("Table")
    ROLE = "role", _("Role")


class AlertEventKind(models.TextChoices):
    """What happened to an alert."""

    RAISED = "raised", _("Raised")
    WORSENED = "worsened", _("Worsened")
    CHANGED = "changed", _("Another level by now")
    OVER = "over", _("Back to normal")
    BACK = "back", _("There again")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("alert", "Acknowledged")
    NOTED = "noted", _("Cause or action changed")
    CLOSED = "closed", pgettext_lazy("alert", "Closed")
    REVIEWED = "reviewed", pgettext_lazy("alert", "Reviewed")


class Recipient(models.TextChoices):
    """Who hears of an alert of a level; the values are those of the catalogue."""

    OWNER = "owner", _("Whoever answers for it")
    MANAGER = "manager", _("Their manager")
    EXECUTIVE = "executive", _("Executives")


class MailState(models.TextChoices):
    """Where a message stands. `sending` that lasts was cut off: nobody knows, so it is not sent twice."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")


class MailChoice(models.TextChoices):
    """From which level on a person wants messages."""

    YELLOW = "yellow", _("Yellow, orange and red")
    ORANGE = "orange", _("Orange and red")
    RED = "red", _("Red only")
    NONE = "none", _("No messages")


class RiskKind(models.TextChoices):
    """The four kinds of risk of the catalogue."""

    TECHNICAL = "technical", _("Technical")
    OPERATIONAL = "operational", _("Operational")
    COMPLIANCE = "compliance", _("Compliance")
    MARKET = "market", _("Market")


class RiskState(models.TextChoices):
    """Where a risk stands."""

    OPEN = "open", pgettext_lazy("risk", "Open")
    ACCEPTED = "accepted", pgettext_lazy("risk", "Accepted")
    CLOSED = "closed", pgettext_lazy("alert", "Closed")
