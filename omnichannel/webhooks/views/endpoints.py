"""Endpoints on pages: list, make, change, switch, rotate, test, replay, remove."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.webhooks.choices import DeliveryState, Stopped, Topic
from omnichannel.webhooks.forms import EndpointForm, RemoveForm, ReplayForm
from omnichannel.webhooks.models import WebhookDelivery, WebhookEndpoint
from omnichannel.webhooks.queries.endpoints import deliveries, delivery_types, endpoints, secrets_of, with_log
from omnichannel.webhooks.services.announcing import send_test
from omnichannel.webhooks.services.endpoints import (
    change_endpoint,
    create_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_off,
    switch_on,
)
from omnichannel.webhooks.services.replaying import replay, replay_since
from omnichannel.webhooks.services.sending import body_of
from omnichannel.workspaces.middleware import WorkspaceRequest

PAGE = 50
SECRET = "webhook_secret"  # noqa: S105 - the key of the session under which a secret waits to be shown once


@require_GET
def endpoints_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the endpoints with how each stands."""
    return render(request, "webhooks/endpoints.html", {"endpoints": endpoints()})


@require_http_methods(["GET", "POST"])
def endpoint_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Make an endpoint; its secret is shown once on the page that follows."""
    form = EndpointForm(request.POST or None, initial={"topics": [Topic.UNIT, Topic.PERSON]})
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = create_endpoint(actor_id=request.access.user_id, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            request.session[SECRET] = [endpoint.pk, secret]
            return redirect("webhooks:endpoint", slug, endpoint.pk)
    return render(request, "webhooks/endpoint_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def endpoint_edit(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Change an endpoint."""
    endpoint = get_object_or_404(endpoints(), pk=pk)
    initial = {name: getattr(endpoint, name) for name in ("url", "description", "topics", "with_values")}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_endpoint(endpoint, actor_id=request.access.user_id, **form.cleaned_data)
        messages.success(request, _("The endpoint was saved."))
        return redirect("webhooks:endpoint", slug, pk)
    context = {"form": form, "endpoint": endpoint}
    return render(request, "webhooks/endpoint_form.html", context, status=422 if form.errors else 200)


@require_GET
def endpoint(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show an endpoint and its deliveries, newest first."""
    found = get_object_or_404(endpoints(), pk=pk)
    kept = request.session.get(SECRET)
    secret = None
    if kept and kept[0] == pk:
        secret = request.session.pop(SECRET)[1]
    return render(request, "webhooks/endpoint.html", _context(request, found) | {"secret": secret})


def _context(request: WorkspaceRequest, found: WebhookEndpoint) -> dict[str, Any]:
    state, type_ = request.GET.get("state", ""), request.GET.get("type", "")
    now = timezone.now()
    return {
        "endpoint": found,
        "host": urlsplit(found.url).hostname or found.url,
        "topics": [Topic(topic).label for topic in found.topics if topic in Topic.values],
        "secrets": secrets_of(found, now=now),
        "page": Paginator(deliveries(found, state=state, type_=type_), PAGE).get_page(request.GET.get("page")),
        "states": DeliveryState.choices,
        "types": [(each, each) for each in delivery_types(found)],
        "state": state,
        "type": type_,
        "replay_form": ReplayForm(initial={"since": _a_day_ago(request)}),
    }


def _a_day_ago(request: WorkspaceRequest) -> str:
    """Return what the field starts from, in the workspace's time zone."""
    zone = ZoneInfo(request.access.workspace.timezone)
    return (timezone.now() - timedelta(days=1)).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


@require_POST
def endpoint_test(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Send a test event and show what comes of it."""
    found = get_object_or_404(WebhookEndpoint.objects.all(), pk=pk)
    try:
        delivery = send_test(found, actor_id=request.access.user_id, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("webhooks:endpoint", slug, pk)
    return redirect("webhooks:delivery", slug, pk, delivery.pk)


@require_POST
def endpoint_rotate(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Make a new secret, shown once; the one before works for a day beside it."""
    found = get_object_or_404(WebhookEndpoint.objects.all(), pk=pk)
    request.session[SECRET] = [pk, rotate_secret(found, now=timezone.now())]
    return redirect("webhooks:endpoint", slug, pk)


@require_POST
def endpoint_switch(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Switch it off, or on again (`on` in the form)."""
    found = get_object_or_404(WebhookEndpoint.objects.all(), pk=pk)
    if "on" in request.POST:
        switch_on(found, now=timezone.now())
        messages.success(request, _("Switched on. What waits is being sent."))
    else:
        switch_off(found, why=Stopped.BY_HAND, now=timezone.now())
        messages.success(request, _("Switched off. Nothing is sent until it is switched on."))
    return redirect("webhooks:endpoint", slug, pk)


@require_POST
def endpoint_replay(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Send everything again since a moment, which is read in the workspace's time zone."""
    found = get_object_or_404(endpoints(), pk=pk)
    with timezone.override(ZoneInfo(request.access.workspace.timezone)):
        form = ReplayForm(request.POST)
        is_valid = form.is_valid()
    if not is_valid:
        return render(request, "webhooks/endpoint.html", _context(request, found) | {"replay_form": form}, status=422)
    try:
        many = replay_since(found, since=form.cleaned_data["since"], now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        text = ngettext("%(n)s event is sent again.", "%(n)s events are sent again.", many)
        messages.success(request, text % {"n": many})
    return redirect("webhooks:endpoint", slug, pk)


@require_http_methods(["GET", "POST"])
def endpoint_remove(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Remove an endpoint and its log after its host has been typed."""
    found = get_object_or_404(endpoints(), pk=pk)
    form = RemoveForm(request.POST or None, host=urlsplit(found.url).hostname or found.url)
    if request.method == "POST" and form.is_valid():
        remove_endpoint(found)
        messages.success(request, _("The endpoint was removed."))
        return redirect("webhooks:endpoints", slug)
    context = {"form": form, "endpoint": found}
    return render(request, "webhooks/endpoint_remove.html", context, status=422 if form.errors else 200)


@require_GET
def delivery(request: WorkspaceRequest, slug: str, pk: int, delivery_pk: int) -> HttpResponse:
    """Show one delivery: its body and every attempt with both heads. It looks again until it is through."""
    found = get_object_or_404(
        with_log(WebhookDelivery.objects.select_related("event", "endpoint")), pk=delivery_pk, endpoint_id=pk
    )
    body = json.dumps(json.loads(body_of(found.endpoint, found)), ensure_ascii=False, indent=2)
    context = {"delivery": found, "endpoint": found.endpoint, "body": body, "attempts": list(found.log.all())}
    fragment = request.htmx and not request.htmx.boosted
    return render(request, "webhooks/delivery.html#attempts" if fragment else "webhooks/delivery.html", context)


@require_POST
def delivery_replay(request: WorkspaceRequest, slug: str, pk: int, delivery_pk: int) -> HttpResponse:
    """Send one delivery again."""
    found = get_object_or_404(WebhookDelivery.objects.all(), pk=delivery_pk, endpoint_id=pk)
    try:
        replay(found, now=timezone.now())
        messages.success(request, _("It is being sent again."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("webhooks:delivery", slug, pk, delivery_pk)
