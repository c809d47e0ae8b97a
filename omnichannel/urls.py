"""Where every app's routes come together. Each route stands in workspaces/authz.yaml."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

from omnichannel.gallery import gallery
from omnichannel.workspaces.views import entry
from omnichannel.workspaces.views.api_docs import api_docs
from omnichannel.workspaces.views.api_guides import api_guide

API = "api/v1/workspaces/<slug:slug>/"

handler404 = "omnichannel.core.http.not_found"
handler500 = "omnichannel.core.http.server_error"

urlpatterns = [
    path("", entry.start, name="start"),
    path("healthz", entry.health, name="health"),
    path("gallery/", gallery, name="gallery"),
    path("language/", set_language, name="set_language"),
    # an address is what an invitation verified; it is not changed here
    path("accounts/email/", RedirectView.as_view(pattern_name="start"), name="account_email"),
    path("accounts/", include("allauth.account.urls")),
    path("api/docs/", api_docs, name="api_docs"),
    path("api/docs/guides/<slug:name>/", api_guide, name="api_guide"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("", include("omnichannel.workspaces.urls")),
    path("", include("omnichannel.jobs.urls")),
    path(API, include("omnichannel.jobs.api.urls")),
    path("", include("omnichannel.webhooks.urls")),
    path(API, include("omnichannel.webhooks.api.urls")),
    path("", include("kpis.urls")),
    path(API, include("kpis.api.urls")),
    path("", include("roles.urls")),
    path(API, include("roles.api.urls")),
    path(API, include("roles.scim.urls")),
    path("", include("orgstages.urls")),
    path(API, include("orgstages.api.urls")),
    path("", include("talent.urls")),
    path(API, include("talent.api.urls")),
]
