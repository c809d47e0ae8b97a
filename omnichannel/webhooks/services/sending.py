"""A round of sending at one endpoint: each delivery is claimed, sent with nothing open, and recorded with its attempt.

A sender that is killed in between leaves the claim behind; when it has run out the delivery is sent again under the
same id. So a receiver is told at least once, and can tell a repeat by its id.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from omnichannel.core.sealing import SealBroken, unseal
from omnichannel.webhooks.choices import DeliveryState, SendError, Stopped
from omnichannel.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from omnichannel.webhooks.posting import Answer, post
from omnichannel.webhooks.queries.endpoints import secrets_of
from omnichannel.webhooks.services.endpoints import switch_off
from omnichannel.webhooks.services.notices import tell_of_stop
from omnichannel.webhooks.services.requesting import due_deliveries
from omnichannel.webhooks.signing import signed_headers
from omnichannel.workspaces.scoping import current_workspace_id

log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=60)  # longer than any attempt can take
AT_MOST = 60.0  # seconds that one job sends; what is left then goes to the next one
# How long after the first, second ... attempt the next one follows; when all have failed it is given up.
RETRIES = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 36000, 36000))
MOST_PATIENCE = timedelta(hours=24)  # of a Retry-After
OFF_AFTER = timedelta(days=5)
SLOW_DOWN = (429, 503)
GONE = 410
SENDER_LOCK = 0x0EB4


@dataclass(slots=True)
class Round:
    """What a round came to."""

    delivered: int = 0
    failed: int = 0
    is_down: bool = False


def send_due(endpoint_id: int) -> dict[str, Any]:
    """Send what is due at an endpoint, oldest first; return what the job's page tells.

    It ends early when the receiver cannot be reached or does not answer: the others would only wait as long. Of two
    senders at one endpoint the second ends at once.
    """
    done, until = Round(), time.monotonic() + AT_MOST
    with _alone(endpoint_id) as is_alone:
        while is_alone and not done.is_down and time.monotonic() < until:
            endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id, stopped="").first()
            delivery = _claim(endpoint_id, now=timezone.now()) if endpoint is not None else None
            if endpoint is None or delivery is None:
                break
            _send(endpoint, delivery, done)
    return {"endpoint": endpoint_id, "delivered": done.delivered, "failed": done.failed}


@contextmanager
def _alone(endpoint_id: int) -> Iterator[bool]:
    """Hold the endpoint for this sender; the lock belongs to the database session and ends with the process."""
    digest = hashlib.sha256(f"{SENDER_LOCK} {current_workspace_id()} {endpoint_id}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [number])
        row = cursor.fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [number])


@transaction.atomic
def _claim(endpoint_id: int, *, now: datetime) -> WebhookDelivery | None:
    """Take the next delivery that is due, committed before it is sent."""
    due = due_deliveries(now=now).filter(endpoint_id=endpoint_id).order_by("event_id")
    found = due.select_for_update(of=("self",), skip_locked=True).first()
    if found is None:
        return None
    WebhookDelivery.objects.filter(pk=found.pk).update(claimed_until=now + CLAIM, attempts=F("attempts") + 1)
    return WebhookDelivery.objects.select_related("event").get(pk=found.pk)


def _send(endpoint: WebhookEndpoint, delivery: WebhookDelivery, done: Round) -> None:
    now = timezone.now()
    body, live = body_of(endpoint, delivery), _live_secrets(endpoint, now=now)
    headers = {"Content-Type": "application/json", "User-Agent": f"Omnichannel-Webhooks/{settings.VERSION}"}
    if live:
        headers |= signed_headers(delivery.event.message_id, body, live=live, now=now)
        answer = post(endpoint.url, body.encode(), headers, allow_local=settings.WEBHOOKS_LOCAL)
    else:
        answer = Answer(None, 0, error=SendError.SEALED, detail="SealBroken: no key of SEALING_KEYS opens its secret")
    stop = _record(endpoint, delivery, answer, headers=headers, at=now)
    done.delivered += answer.is_ok
    done.failed += not answer.is_ok
    done.is_down = answer.status is None or answer.status in SLOW_DOWN
    if stop is not None and switch_off(endpoint, why=stop, now=timezone.now()):
        tell_of_stop(endpoint, why=stop)


def _live_secrets(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """Return the secrets to sign with, those that can still be read: a lost key does not silence the others."""
    found = []
    for secret in secrets_of(endpoint, now=now):
        with suppress(SealBroken):
            found.append(unseal(secret.sealed))
    return found


def body_of(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> str:
    """Return the JSON as this endpoint may have it; the same bytes at every attempt while its right is the same."""
    event = delivery.event
    data = {**event.data, **(event.values or {})} if endpoint.with_values else event.data
    told = {"type": event.type, "timestamp": event.at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@transaction.atomic
def _record(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, *, headers: dict[str, str], at: datetime
) -> Stopped | None:
    """Write the attempt and what follows from it; return why the endpoint has to be switched off, if it has."""
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempts,
        at=at,
        milliseconds=answer.milliseconds,
        request_headers=headers,
        status=answer.status,
        response_headers=dict(answer.headers),
        response_body=answer.body,
        error=answer.error,
        detail=answer.detail.replace("\x00", ""),
    )
    mine = WebhookDelivery.objects.filter(pk=delivery.pk)
    mine.update(claimed_until=None, last_status=answer.status, last_error=answer.error, last_at=at)
    endpoints = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if answer.is_ok:
        mine.update(state=DeliveryState.DELIVERED)
        endpoints.exclude(failing_since=None).update(failing_since=None)
        return None
    pause = pause_after(delivery.attempts, answer, spread=delivery.pk)
    if pause is None:
        mine.update(state=DeliveryState.FAILED)
    else:
        mine.update(due_at=at + pause)
        if answer.status is None or answer.status in SLOW_DOWN:
            _let_others_wait(endpoint, until=at + pause)
    endpoints.filter(failing_since=None).update(failing_since=at)
    if answer.status == GONE:
        return Stopped.GONE
    since = endpoint.failing_since
    return Stopped.FAILING if since is not None and at - since >= OFF_AFTER else None


def pause_after(attempts: int, answer: Answer, *, spread: int) -> timedelta | None:
    """Return how long to wait after so many attempts; None when it is given up.

    A receiver that says `Retry-After` is given that time. Up to a tenth more is added, so that not all come at once.
    """
    if attempts > len(RETRIES):
        return None
    pause = RETRIES[attempts - 1]
    if answer.status in SLOW_DOWN:
        named = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
        if named.isascii() and named.isdigit():
            pause = max(pause, min(timedelta(seconds=int(named[:9])), MOST_PATIENCE))
    return pause + pause * (spread % 100) / 1000


def _let_others_wait(endpoint: WebhookEndpoint, *, until: datetime) -> None:
    """Put off what else is due at an endpoint that cannot be reached: none of it counts as tried."""
    due_deliveries(now=timezone.now()).filter(endpoint=endpoint).update(due_at=until)
