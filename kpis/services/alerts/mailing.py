"""The outbox of alert messages: written with the alerts, sent by a job, one digest per person, never the same twice.

A message is taken by compare-and-set before it is sent. What the mail server refuses waits again; a sender that was
killed in between leaves `sending` behind, and since nobody knows whether it went out, it is not sent again: the alert
stands on the page in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from kpis.alert_choices import LevelName, MailState
from kpis.engine.alerting import Level
from kpis.models import Alert, AlertEvent, AlertMail, AlertNotice
from kpis.queries.alert_rules import EffectiveRule
from kpis.queries.alert_words import AlertWords, words_of
from kpis.services.alerts.recipients import Directory, language_of
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import current_workspace_id

MOST_TOLD = 20  # alerts spelled out in one message; the page has the others
KEPT = timedelta(days=180)


class MailRefused(RuntimeError):
    """The mail server took some message not; the job tries again."""


def tell(urgent: Sequence[tuple[Alert, AlertEvent, EffectiveRule]], *, people: Directory) -> int:
    """Put every alert into the waiting message of everyone who must and wants to hear of it; return how many notices.

    Runs in the transaction that raised them: there is no alert without its message and no message without its alert.
    """
    wanted: dict[int, list[AlertEvent]] = {}
    for alert, event, rule in urgent:
        level = Level(alert.level)
        for one in people.recipients(alert, rule.notify.get(level, ())):
            if people.wants_mail(one, level):
                wanted.setdefault(one.user_id, []).append(event)
    notices = [
        AlertNotice(workspace_id=current_workspace_id(), event=event, user_id=user, mail=mail)
        for user, events in sorted(wanted.items())
        for mail in [_waiting(user)]
        for event in events
    ]
    return len(AlertNotice.objects.bulk_create(notices))


def _waiting(user_id: int) -> AlertMail:
    """Return the person's waiting message, locked, so that no sender takes it before this transaction ends."""
    waiting = AlertMail.objects.select_for_update().filter(user_id=user_id, state=MailState.WAITING).first()
    return waiting or AlertMail.objects.create(user_id=user_id)


@transaction.atomic
def request_mail() -> Job:
    """Queue the sending of what waits, in the caller's transaction. A job that waits already will do."""
    waiting = Job.objects.select_for_update().filter(kind=JobKind.SEND_ALERTS, state=JobState.QUEUED).first()
    if waiting is not None:
        return waiting
    params = {"turn": Job.objects.filter(kind=JobKind.SEND_ALERTS).aggregate(last=Max("pk"))["last"] or 0}
    job = create_job(JobKind.SEND_ALERTS, params=params, origin=JobOrigin.SYSTEM)
    wake(job)
    return job


def send_waiting() -> dict[str, Any]:
    """Send every waiting message; MailRefused when one was not taken, after all others had their turn."""
    sent, refused = 0, []
    for mail in AlertMail.objects.filter(state=MailState.WAITING).order_by("pk").values_list("pk", flat=True):
        try:
            sent += _send(mail)
        except OSError as error:  # smtplib's errors are OSErrors too
            refused.append(f"{type(error).__name__}: {error}")
            _give_back(mail, refused[-1])
    if refused:
        raise MailRefused(f"{len(refused)} of {sent + len(refused)} messages were not taken: {refused[0]}")
    return {"mails_sent": sent}


def _send(pk: int) -> int:
    """Take, compose and send one message; 0 when another sender has it."""
    now = timezone.now()
    taken = AlertMail.objects.filter(pk=pk, state=MailState.WAITING)
    if not taken.update(state=MailState.SENDING, attempts=F("attempts") + 1):
        return 0
    mail = AlertMail.objects.select_related("user", "workspace").get(pk=pk)
    if mail.user.is_active and mail.workspace.memberships.filter(user=mail.user).exists():
        compose(mail).send()
    AlertMail.objects.filter(pk=pk).update(state=MailState.SENT, sent_at=now, error="")
    return 1


def _give_back(pk: int, error: str) -> None:
    """Let a refused message wait again, or put what it told into the one that waits by now."""
    try:
        with transaction.atomic():
            AlertMail.objects.filter(pk=pk).update(state=MailState.WAITING, error=error[:400])
    except IntegrityError:
        with transaction.atomic():
            user = AlertMail.objects.values_list("user_id", flat=True).get(pk=pk)
            AlertNotice.objects.filter(mail_id=pk).update(mail=_waiting(user))
            AlertMail.objects.filter(pk=pk).delete()


def compose(mail: AlertMail) -> EmailMessage:
    """Write a digest in the language of its reader, the most urgent first, each with its link."""
    with translation.override(language_of(mail.user_id)):
        events = AlertEvent.objects.filter(notices__mail=mail).select_related("alert")
        alerts = {event.alert_id: event.alert for event in events}
        told = words_of(sorted(alerts.values(), key=lambda one: (-Level(one.level).rank, one.pk)))
        context = {
            "workspace": mail.workspace,
            "alerts": told[:MOST_TOLD],
            "more": max(len(told) - MOST_TOLD, 0),
            "site": settings.PUBLIC_URL,
            "list_url": settings.PUBLIC_URL + reverse("kpis:alerts", args=[mail.workspace.slug]),
            "settings_url": settings.PUBLIC_URL + reverse("kpis:alert_settings", args=[mail.workspace.slug]),
        }
        return EmailMessage(
            subject=_subject(mail.workspace, told),
            body=render_to_string("kpis/alerts/mail.txt", context),
            to=[mail.user.email],
            # stable, so that a server that gets it twice can tell
            headers={"Message-ID": f"<alert-mail-{mail.workspace_id}-{mail.pk}@omnichannel>"},
        )


def _subject(workspace: Workspace, told: Sequence[AlertWords]) -> str:
    if len(told) == 1:
        return f"[{workspace.name}] {told[0].level_label}: {told[0].title}".replace("\n", " ")
    counts = {level: sum(one.alert.level == level for one in told) for level in reversed(LevelName.values)}
    listed = _(", ").join(f"{LevelName(level).label} {count}" for level, count in counts.items() if count)
    return _("[%(workspace)s] %(n)s alerts: %(levels)s") % {
        "workspace": workspace.name,
        "n": len(told),
        "levels": listed,
    }
