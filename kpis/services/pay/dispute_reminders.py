"""Writes to who answers a dispute: two days before the answer is due, and once it is late. Each once for a day."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from kpis.choices import DisputeState
from kpis.models import PayDispute
from kpis.queries.pay.disputes import answerers
from kpis.services.alerts.recipients import language_of
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.queries.zones import local_day
from omnichannel.workspaces.scoping import current_workspace_id

log = logging.getLogger(__name__)

SOON = timedelta(days=2)
MOST_TOLD = 50


def remind(*, now: datetime) -> int:
    """Send each who answers one message of what is due soon or late; return how many disputes were told of.

    Where nobody has taken a dispute up, all who may answer are told. A mail server that is away is tried again in the
    next round.
    """
    day = local_day(now)
    running = PayDispute.objects.filter(state__in=[DisputeState.OPEN, DisputeState.IN_REVIEW])
    due = Q(due_on__lt=day, late_told_at=None) | Q(
        due_on__gte=day, due_on__lte=day + SOON, soon_told_at=None, late_told_at=None
    )
    found = list(running.filter(due).select_related("line__statement__run"))
    if not found:
        return 0
    told = _told(found, day=day)
    late = {each.pk for each in found if each.due_on < day and each.pk in told}
    _mark(PayDispute.objects.filter(pk__in=late), "late_told_at", now)
    _mark(PayDispute.objects.filter(pk__in=told - late), "soon_told_at", now)
    return len(told)


def _told(found: Iterable[PayDispute], *, day: date) -> set[int]:
    """Send the messages; return the disputes that reached somebody."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    mine: dict[int, list[PayDispute]] = defaultdict(list)
    for each in found:
        allowed = answerers(each)
        for user in [each.owner_id] if each.owner_id in allowed else allowed:
            if user is not None:
                mine[user].append(each)
    rows = Membership.objects.filter(workspace=workspace, user_id__in=mine).select_related("user")
    told: set[int] = set()
    for row in rows.order_by("user_id"):
        if _send(workspace, row.user_id, row.user.email, mine[row.user_id], day=day):
            told |= {each.pk for each in mine[row.user_id]}
    return told


def _send(workspace: Workspace, user_id: int, address: str, found: list[PayDispute], *, day: date) -> bool:
    with translation.override(language_of(user_id)):
        lines = [
            {
                "one": each,
                "reason": each.get_reason_display(),
                "is_late": each.due_on < day,
                "url": settings.PUBLIC_URL + reverse("kpis:pay_dispute", args=[workspace.slug, each.pk]),
            }
            for each in sorted(found, key=lambda one: (one.due_on, one.pk))[:MOST_TOLD]
        ]
        context = {"workspace": workspace, "lines": lines, "more": len(found) - len(lines)}
        message = EmailMessage(
            subject=f"[{workspace.name}] {_('Disputes of pay wait for your answer')}".replace("\n", " "),
            body=render_to_string("kpis/pay/dispute_reminder.txt", context),
            to=[address],
        )
    try:
        message.send()
    except OSError:
        log.warning("a reminder of disputes was not taken", exc_info=True)
        return False
    return True


def _mark(rows: QuerySet[PayDispute], field: str, now: datetime) -> None:
    rows.filter(**{field: None}).update(**{field: now})
