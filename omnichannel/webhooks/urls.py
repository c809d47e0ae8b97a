"""Routes of the webhooks app."""

from __future__ import annotations

from django.urls import path

from omnichannel.webhooks.views import endpoints as views

app_name = "webhooks"
SETTINGS = "w/<slug:slug>/settings/webhooks/"
urlpatterns = [
    path(SETTINGS, views.endpoints_page, name="endpoints"),
    path(f"{SETTINGS}new/", views.endpoint_new, name="endpoint_new"),
    path(f"{SETTINGS}<int:pk>/", views.endpoint, name="endpoint"),
    path(f"{SETTINGS}<int:pk>/edit/", views.endpoint_edit, name="endpoint_edit"),
    path(f"{SETTINGS}<int:pk>/test/", views.endpoint_test, name="endpoint_test"),
    path(f"{SETTINGS}<int:pk>/rotate/", views.endpoint_rotate, name="endpoint_rotate"),
    path(f"{SETTINGS}<int:pk>/switch/", views.endpoint_switch, name="endpoint_switch"),
    path(f"{SETTINGS}<int:pk>/replay/", views.endpoint_replay, name="endpoint_replay"),
    path(f"{SETTINGS}<int:pk>/remove/", views.endpoint_remove, name="endpoint_remove"),
    path(f"{SETTINGS}<int:pk>/deliveries/<int:delivery_pk>/", views.delivery, name="delivery"),
    path(f"{SETTINGS}<int:pk>/deliveries/<int:delivery_pk>/replay/", views.delivery_replay, name="delivery_replay"),
]
