"""Routes of the tenancy app."""

from __future__ import annotations

from django.urls import path

from omnichannel.workspaces.views import entry, settings

app_name = "workspaces"
urlpatterns = [
    path("w/", entry.choose, name="choose"),
    path("invitations/<str:token>/", entry.invitation, name="invitation"),
    path("w/<slug:slug>/settings/members/", settings.members, name="members"),
    path("w/<slug:slug>/settings/members/<int:pk>/", settings.member, name="member"),
    path("w/<slug:slug>/settings/tokens/", settings.tokens, name="tokens"),
    path("w/<slug:slug>/settings/tokens/<str:token_key>/revoke/", settings.token_revoke, name="token_revoke"),
]
