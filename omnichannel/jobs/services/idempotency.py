"""Answers kept under a client's own key: the same request again gets them back and does nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from omnichannel.jobs.errors import KeyInvalid, KeyReused, RequestInFlight
from omnichannel.jobs.models import IdempotentRequest
from omnichannel.workspaces.scoping import current_workspace_id

KEPT = timedelta(hours=48)
KEY = re.compile(r"[\x21-\x7e]{1,255}")


@contextmanager
def in_flight(*, client: str, key: str) -> Iterator[None]:
    """Hold the key while its request is worked on; RequestInFlight when another one holds it.

    The lock belongs to the database session: it ends with this process, whatever kills it.
    """
    if not KEY.fullmatch(key):
        raise KeyInvalid
    number = _lock_number(client, key)
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [number])
        row = cursor.fetchone()
    if not row or not row[0]:
        raise RequestInFlight
    try:
        yield
    finally:
        _release(number)


def _lock_number(client: str, key: str) -> int:
    digest = hashlib.sha256(f"idempotency {current_workspace_id()} {client} {key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _release(number: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [number])
    except DatabaseError:
        connection.close()  # ends the session, and the lock with it


def recall(*, client: str, key: str, fingerprint: str) -> IdempotentRequest | None:
    """Return what the key was answered, if it was; KeyReused when that was another request."""
    found = IdempotentRequest.objects.filter(client=client, key=key, created_at__gt=timezone.now() - KEPT).first()
    if found is not None and found.fingerprint != fingerprint:
        raise KeyReused
    return found


def remember(
    *, client: str, key: str, fingerprint: str, status: int, headers: Mapping[str, str], body: str
) -> IdempotentRequest:
    """Keep an answer, and let go of those that are older than 48 hours."""
    IdempotentRequest.objects.filter(created_at__lte=timezone.now() - KEPT).delete()
    return IdempotentRequest.objects.create(
        client=client, key=key, fingerprint=fingerprint, status=status, headers=dict(headers), body=body
    )
