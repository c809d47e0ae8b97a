"""Endpoints and deliveries over REST, as on the settings pages."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.webhooks.api.serializers import (
    DeliveryAnswer,
    DeliveryDetail,
    EndpointAnswer,
    EndpointBody,
    EndpointPatch,
    NewEndpointAnswer,
    ReplayAnswer,
    ReplayBody,
    SecretAnswer,
)
from omnichannel.webhooks.choices import DeliveryState, Stopped
from omnichannel.webhooks.models import WebhookDelivery, WebhookEndpoint
from omnichannel.webhooks.queries.endpoints import deliveries, endpoints, with_log
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
from omnichannel.workspaces.authentication import WorkspaceAPIMixin

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")
ENDPOINT = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The endpoint's number.")
DELIVERY = OpenApiParameter("delivery_id", int, OpenApiParameter.PATH, description="The delivery's number.")
TAGS = ["webhooks"]


class Oldest(CursorPages):
    """Pages in the order of making."""


class Newest(CursorPages):
    """Pages from the newest on."""

    ordering = "-pk"


class EndpointsView(WorkspaceAPIMixin, generics.ListAPIView[WebhookEndpoint]):
    """All endpoints."""

    serializer_class = EndpointAnswer
    pagination_class = Oldest
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        """Return the endpoints as they stand."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return WebhookEndpoint._default_manager.none()
        return endpoints()

    @extend_schema(operation_id="webhooks_list", parameters=[SLUG], tags=TAGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the endpoints that are told of events, with how each stands."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="webhooks_create",
        request=EndpointBody,
        responses={201: NewEndpointAnswer},
        parameters=[SLUG],
        tags=TAGS,
    )
    def post(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Make an endpoint. The answer holds its secret, which is told only now.

        It takes no Idempotency-Key: kept answers would keep the secret. After a lost answer list the endpoints, remove
        the one that was made, and make it anew.
        """
        body = EndpointBody(data=request.data)
        body.is_valid(raise_exception=True)
        made, secret = create_endpoint(actor_id=request.user.pk, now=timezone.now(), **body.validated_data)
        found = get_object_or_404(endpoints(), pk=made.pk)
        return Response(NewEndpointAnswer(found, context={"secret": secret}).data, status=201)


class EndpointView(WorkspaceAPIMixin, APIView):
    """One endpoint."""

    @extend_schema(operation_id="webhooks_get", responses=EndpointAnswer, parameters=[SLUG, ENDPOINT], tags=TAGS)
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Read an endpoint and how it stands."""
        return Response(EndpointAnswer(get_object_or_404(endpoints(), pk=pk)).data)

    @extend_schema(
        operation_id="webhooks_change",
        request=EndpointPatch,
        responses=EndpointAnswer,
        parameters=[SLUG, ENDPOINT],
        tags=TAGS,
    )
    def patch(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Change an endpoint, or switch it on or off; what is left out stays."""
        found = get_object_or_404(endpoints(), pk=pk)
        body = EndpointPatch(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        is_on = given.pop("is_on", None)
        if given:
            kept = {name: getattr(found, name) for name in ("url", "description", "topics", "with_values")}
            change_endpoint(found, actor_id=request.user.pk, **{**kept, **given})
        if is_on is True and not found.is_on:
            switch_on(found, now=timezone.now())
        elif is_on is False:
            switch_off(found, why=Stopped.BY_HAND, now=timezone.now())
        return Response(EndpointAnswer(get_object_or_404(endpoints(), pk=pk)).data)

    @extend_schema(
        operation_id="webhooks_remove", request=None, responses={204: None}, parameters=[SLUG, ENDPOINT], tags=TAGS
    )
    def delete(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Remove an endpoint with its log."""
        remove_endpoint(get_object_or_404(WebhookEndpoint.objects.all(), pk=pk))
        return Response(status=204)


class EndpointRotateView(WorkspaceAPIMixin, APIView):
    """A new secret."""

    @extend_schema(
        operation_id="webhooks_rotate", request=None, responses=SecretAnswer, parameters=[SLUG, ENDPOINT], tags=TAGS
    )
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Make a new secret. The one before signs beside it for a day. It takes no Idempotency-Key, as making does."""
        found = get_object_or_404(WebhookEndpoint.objects.all(), pk=pk)
        return Response({"secret": rotate_secret(found, now=timezone.now())})


class EndpointTestView(WorkspaceAPIMixin, APIView):
    """A test event."""

    @extend_schema(
        operation_id="webhooks_test",
        request=None,
        responses={202: DeliveryAnswer},
        parameters=[SLUG, ENDPOINT, IDEMPOTENCY_KEY],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Send an event of type `webhook.test`; the delivery tells what came of it. 409 when the endpoint is off."""
        found = get_object_or_404(WebhookEndpoint.objects.all(), pk=pk)
        sent = send_test(found, actor_id=request.user.pk, now=timezone.now())
        return Response(DeliveryAnswer(sent).data, status=202)


class EndpointReplayView(WorkspaceAPIMixin, APIView):
    """Events sent again."""

    @extend_schema(
        operation_id="webhooks_replay",
        request=ReplayBody,
        responses={202: ReplayAnswer},
        parameters=[SLUG, ENDPOINT, IDEMPOTENCY_KEY],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Send everything again since a moment, under the ids it had; also what was never sent to this endpoint."""
        found = get_object_or_404(WebhookEndpoint.objects.all(), pk=pk)
        body = ReplayBody(data=request.data)
        body.is_valid(raise_exception=True)
        many = replay_since(found, since=body.validated_data["since"], now=timezone.now())
        return Response({"events": many}, status=202)


FILTERS = [
    OpenApiParameter("state", str, enum=DeliveryState.values, description="Only deliveries that stand so."),
    OpenApiParameter("type", str, description="Only deliveries of this type of event."),
]


class DeliveriesView(WorkspaceAPIMixin, generics.ListAPIView[WebhookDelivery]):
    """The deliveries of an endpoint."""

    serializer_class = DeliveryAnswer
    pagination_class = Newest
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """Return the endpoint's deliveries, newest first."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return WebhookDelivery._default_manager.none()
        found = get_object_or_404(WebhookEndpoint.objects.all(), pk=self.kwargs["pk"])
        refuse_unknown_words(self.request, FILTERS)
        asked = self.request.query_params
        return deliveries(found, state=asked.get("state", ""), type_=asked.get("type", ""))

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=[
            SLUG,
            ENDPOINT,
            *FILTERS,
        ],
        tags=TAGS,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what was and is to be sent to an endpoint, newest first."""
        return super().get(request, *args, **kwargs)


class DeliveryView(WorkspaceAPIMixin, APIView):
    """One delivery."""

    @extend_schema(
        operation_id="webhooks_delivery", responses=DeliveryDetail, parameters=[SLUG, ENDPOINT, DELIVERY], tags=TAGS
    )
    def get(self, request: Request, slug: str, pk: int, delivery_id: int, **kwargs: Any) -> Response:
        """Read a delivery with its body and every attempt."""
        rows = with_log(WebhookDelivery.objects.select_related("event", "endpoint"))
        found = get_object_or_404(rows, pk=delivery_id, endpoint_id=pk)
        body = json.loads(body_of(found.endpoint, found))
        return Response(DeliveryDetail(found, context={"body": body}).data)


class DeliveryReplayView(WorkspaceAPIMixin, APIView):
    """A delivery sent again."""

    @extend_schema(
        operation_id="webhooks_delivery_replay",
        request=None,
        responses={202: DeliveryAnswer},
        parameters=[SLUG, ENDPOINT, DELIVERY, IDEMPOTENCY_KEY],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, delivery_id: int, **kwargs: Any) -> Response:
        """Send a delivery again at once, under the id it had. 409 when the endpoint is off."""
        found = get_object_or_404(WebhookDelivery.objects.select_related("event"), pk=delivery_id, endpoint_id=pk)
        replay(found, now=timezone.now())
        found.refresh_from_db()
        return Response(DeliveryAnswer(found).data, status=202)
