"""API routes of the roles app, below `/api/v1/workspaces/<slug>/`. External ids may hold slashes."""

from __future__ import annotations

from django.urls import path

from roles.api.assignments import AssignmentsBatchView, AssignmentsView
from roles.api.people import PeopleBatchView, PeopleView, PersonView
from roles.api.units import UnitsBatchView, UnitsView, UnitView

app_name = "roles_api"
urlpatterns = [
    path("units/", UnitsView.as_view(), name="units"),
    path("units/batch/", UnitsBatchView.as_view(), name="units_batch"),
    path("units/<path:external_id>/", UnitView.as_view(), name="unit"),
    path("people/", PeopleView.as_view(), name="people"),
    path("people/batch/", PeopleBatchView.as_view(), name="people_batch"),
    path("people/<path:external_id>/", PersonView.as_view(), name="person"),
    path("assignments/", AssignmentsView.as_view(), name="assignments"),
    path("assignments/batch/", AssignmentsBatchView.as_view(), name="assignments_batch"),
]
