"""API routes of the orgstages app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from orgstages.api.views import DiagnosesView

app_name = "orgstages_api"
urlpatterns = [path("diagnoses/", DiagnosesView.as_view(), name="diagnoses")]
