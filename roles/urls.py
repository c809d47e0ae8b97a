"""Routes of the roles app."""

from __future__ import annotations

from django.urls import path

from roles.views import organisation, people, talent

app_name = "roles"
urlpatterns = [
    path("w/<slug:slug>/organisation/", organisation.organisation_page, name="organisation"),
    path("w/<slug:slug>/organisation/branch/", organisation.branch, name="branch"),
    path("w/<slug:slug>/organisation/people/", people.people, name="people"),
    path("w/<slug:slug>/organisation/people/<path:external_id>/", people.person, name="person"),
    path("w/<slug:slug>/organisation/units/<path:external_id>/", organisation.unit, name="unit"),
    path("w/<slug:slug>/roles/", talent.talent_map_page, name="talent_map"),
    path("w/<slug:slug>/roles/<slug:role_key>/", talent.role, name="role"),
]
