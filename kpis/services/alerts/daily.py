"""What the clock alone can raise: stale data, vacant roles, a month that is over. The dispatcher calls it daily."""

from __future__ import annotations

from datetime import datetime

from kpis.alert_choices import MailState
from kpis.models import AlertMail
from kpis.services.alerts.evaluating import request_watch
from kpis.services.alerts.mailing import KEPT, request_mail


def watch(*, now: datetime) -> int:
    """Ask for an evaluation and for the sending of what a mail server refused; return how many old messages went."""
    request_watch()
    if AlertMail.objects.filter(state=MailState.WAITING).exists():
        request_mail()
    return AlertMail.objects.filter(state=MailState.SENT, sent_at__lt=now - KEPT).delete()[0]
