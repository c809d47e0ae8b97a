"""Routes of SCIM, below `/api/v1/workspaces/<slug>/scim/v2`: no slash at the end, as the RFC writes them."""

from __future__ import annotations

from django.urls import path

from roles.scim.views import ScimView

app_name = "scim"
urlpatterns = [
    path("scim/v2", ScimView.as_view(), name="root"),
    path("scim/v2/.search", ScimView.as_view(), name="search_all"),
    path("scim/v2/<str:endpoint>", ScimView.as_view(), name="endpoint"),
    path("scim/v2/<str:endpoint>/.search", ScimView.as_view(), name="search"),
    path("scim/v2/<str:endpoint>/<str:resource_id>", ScimView.as_view(), name="resource"),
]
