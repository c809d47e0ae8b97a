"""Endpoints: made, changed, switched on and off, their secrets rotated, removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.core.sealing import seal
from omnichannel.webhooks.addresses import Refused, target_of
from omnichannel.webhooks.choices import DeliveryState, Stopped, Topic
from omnichannel.webhooks.errors import AddressRefused, TooManyEndpoints
from omnichannel.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookSecret
from omnichannel.webhooks.queries.endpoints import secrets_of
from omnichannel.webhooks.services.requesting import request_sending
from omnichannel.webhooks.signing import new_secret

MOST_ENDPOINTS = 20
OLD_SECRET_LASTS = timedelta(days=1)


@transaction.atomic
def create_endpoint(
    *,
    url: str,
    topics: Sequence[Topic],
    actor_id: int | None,
    now: datetime,
    description: str = "",
    with_values: bool = False,
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; return it with its secret, told once. AddressRefused says what is wrong with the URL."""
    check_address(url)
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(MOST_ENDPOINTS)
    endpoint = WebhookEndpoint.objects.create(
        url=url,
        description=description,
        topics=_known(topics),
        with_values=with_values,
        values_allowed_by_id=actor_id if with_values else None,
        created_by_id=actor_id,
    )
    return endpoint, _new_secret(endpoint, now=now)


@transaction.atomic
def change_endpoint(
    endpoint: WebhookEndpoint,
    *,
    url: str,
    topics: Sequence[Topic],
    actor_id: int | None,
    description: str = "",
    with_values: bool = False,
) -> None:
    """Change where and what is sent. What waits already goes to the new address."""
    check_address(url)
    if with_values and not endpoint.with_values:
        endpoint.values_allowed_by_id = actor_id
    elif not with_values:
        endpoint.values_allowed_by_id = None
    endpoint.url, endpoint.description, endpoint.with_values = url, description, with_values
    endpoint.topics = _known(topics)
    # no more than that: the sender may have switched it off since it was read
    endpoint.save(update_fields=["url", "description", "topics", "with_values", "values_allowed_by"])


def _known(topics: Sequence[Topic]) -> list[str]:
    wanted = {Topic(topic) for topic in topics}
    return [topic.value for topic in Topic if topic in wanted]


@transaction.atomic
def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Make another secret and return it, which is told once. The one before signs too for a day; older ones end now."""
    live = secrets_of(endpoint, now=now)
    WebhookSecret.objects.filter(pk__in=[each.pk for each in live[1:]]).delete()
    if live:
        WebhookSecret.objects.filter(pk=live[0].pk).update(expires_at=now + OLD_SECRET_LASTS)
    return _new_secret(endpoint, now=now)


def _new_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    secret = new_secret()
    WebhookSecret.objects.create(endpoint=endpoint, sealed=seal(secret), created_at=now)
    return secret


@transaction.atomic
def switch_off(endpoint: WebhookEndpoint, *, why: Stopped, now: datetime) -> bool:
    """Send nothing any more; what waits keeps waiting. Return False when it was off already."""
    on = WebhookEndpoint.objects.filter(pk=endpoint.pk, stopped="")
    return on.update(stopped=why, stopped_at=now) == 1


@transaction.atomic
def switch_on(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Send again, and what waits at once."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(stopped="", stopped_at=None, failing_since=None)
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)
    if waiting.update(due_at=now):
        request_sending(endpoint.pk)


@transaction.atomic
def remove_endpoint(endpoint: WebhookEndpoint) -> None:
    """Remove an endpoint with its log; events that no other endpoint was told go with it."""
    WebhookAttempt.objects.filter(delivery__endpoint=endpoint).delete()
    WebhookDelivery.objects.filter(endpoint=endpoint).delete()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()
    if not WebhookEndpoint.objects.exists():
        WebhookEvent.objects.all().delete()


def check_address(url: str) -> None:
    """Refuse a URL that must not be called, in words; where a name leads to is looked at whenever it is sent to."""
    try:
        target_of(url, allow_local=settings.WEBHOOKS_LOCAL)
    except Refused as error:
        raise AddressRefused(address_words(str(error))) from None


def address_words(code: str) -> str:
    """Return what is wrong with an address, in words."""
    words = {
        "no_url": _("This is no URL. Write https://example.com/hook."),
        "not_https": _("The URL begins with https://; anything else could be read on its way."),
        "credentials": _("The URL holds no user name or password; the signature says who sends."),
        "port": _("The port is 443, or 1024 and above."),
        "private": _("The address is inside a private network. Only public addresses are called."),
    }
    return words.get(code, words["no_url"])
