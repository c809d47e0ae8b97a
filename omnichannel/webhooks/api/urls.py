"""API routes of webhooks, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from omnichannel.webhooks.api.views import (
    DeliveriesView,
    DeliveryReplayView,
    DeliveryView,
    EndpointReplayView,
    EndpointRotateView,
    EndpointsView,
    EndpointTestView,
    EndpointView,
)

app_name = "webhooks_api"
DELIVERY = "webhooks/<int:pk>/deliveries/<int:delivery_id>/"
urlpatterns = [
    path("webhooks/", EndpointsView.as_view(), name="endpoints"),
    path("webhooks/<int:pk>/", EndpointView.as_view(), name="endpoint"),
    path("webhooks/<int:pk>/rotate/", EndpointRotateView.as_view(), name="endpoint_rotate"),
    path("webhooks/<int:pk>/test/", EndpointTestView.as_view(), name="endpoint_test"),
    path("webhooks/<int:pk>/replay/", EndpointReplayView.as_view(), name="endpoint_replay"),
    path("webhooks/<int:pk>/deliveries/", DeliveriesView.as_view(), name="deliveries"),
    path(DELIVERY, DeliveryView.as_view(), name="delivery"),
    path(f"{DELIVERY}replay/", DeliveryReplayView.as_view(), name="delivery_replay"),
]
