"""What people do with an alert: acknowledge it with its cause and action, close it, review it afterwards."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kpis.alert_choices import OPEN, AlertEventKind, AlertState
from kpis.alert_errors import AlertMoved, CauseMissing, OwnerUnknown, ReviewIncomplete
from kpis.models import Alert, AlertEvent
from kpis.services.alerts.recipients import directory
from omnichannel.workspaces.queries.zones import local_day


@transaction.atomic
def acknowledge(alert_id: int, *, cause: str, action: str, owner_id: int | None, actor_id: int, now: datetime) -> Alert:
    """Take an alert on: who answers for it, and as far as known already its cause and what is done about it.

    An acknowledged one may be told more; each time is kept in its history. AlertMoved when it is closed.
    """
    alert = _locked(alert_id, *OPEN)
    owner = owner_id if owner_id is not None else actor_id
    if owner != alert.owner_id and owner not in {one.user_id for one in directory(on=local_day(now)).openers(alert)}:
        raise OwnerUnknown
    is_first = alert.state == AlertState.RAISED
    changed = (alert.cause, alert.action, alert.owner_id) != (cause.strip(), action.strip(), owner)
    alert.cause, alert.action, alert.owner_id = cause.strip(), action.strip(), owner
    if is_first:
        alert.state, alert.acknowledged_at = AlertState.ACKNOWLEDGED, now
    alert.save()
    if is_first or changed:
        kind = AlertEventKind.ACKNOWLEDGED if is_first else AlertEventKind.NOTED
        _note(alert, kind, text=_told(alert), actor_id=actor_id, now=now)
    return alert


@transaction.atomic
def close(alert_id: int, *, cause: str, action: str, actor_id: int, now: datetime) -> Alert:
    """Close an acknowledged alert with its cause and action; what was written before stays where nothing new is said.

    The rule is armed again from the next period on, or when the same one becomes worse still.
    """
    alert = _locked(alert_id, AlertState.ACKNOWLEDGED)
    alert.cause, alert.action = cause.strip() or alert.cause, action.strip() or alert.action
    if not alert.cause or not alert.action:
        raise CauseMissing
    alert.state, alert.closed_at = AlertState.CLOSED, now
    alert.save()
    _note(alert, AlertEventKind.CLOSED, text=_told(alert), actor_id=actor_id, now=now)
    return alert


@transaction.atomic
def settle(alert_id: int, *, cause: str, action: str, owner_id: int | None, actor_id: int, now: datetime) -> Alert:
    """Take an alert on and close it at once: both, or neither when something is missing."""
    acknowledge(alert_id, cause=cause, action=action, owner_id=owner_id, actor_id=actor_id, now=now)
    return close(alert_id, cause=cause, action=action, actor_id=actor_id, now=now)


@transaction.atomic
def review(alert_id: int, *, before: str, during: str, after: str, actor_id: int, now: datetime) -> Alert:
    """Look back at a closed alert: what could have been seen before, what was done during, what changes after."""
    alert = _locked(alert_id, AlertState.CLOSED, AlertState.REVIEWED)
    alert.before, alert.during, alert.after = before.strip(), during.strip(), after.strip()
    if not (alert.before and alert.during and alert.after):
        raise ReviewIncomplete
    alert.state = AlertState.REVIEWED
    alert.save()
    text = "\n".join((alert.before, alert.during, alert.after))
    _note(alert, AlertEventKind.REVIEWED, text=text, actor_id=actor_id, now=now)
    return alert


def _locked(alert_id: int, *states: AlertState) -> Alert:
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert_id)
    if alert.state not in states:
        raise AlertMoved
    return alert


def _told(alert: Alert) -> str:
    return "\n".join(filter(None, (alert.cause, alert.action)))


def _note(alert: Alert, kind: AlertEventKind, *, text: str, actor_id: int, now: datetime) -> None:
    AlertEvent.objects.create(
        alert=alert, kind=kind, level=alert.now_level, episode=alert.episode, text=text, by_id=actor_id, at=now
    )
