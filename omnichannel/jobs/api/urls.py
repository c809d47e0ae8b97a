"""API routes of the jobs app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from omnichannel.jobs.api.views import JobView

app_name = "jobs_api"
urlpatterns = [path("jobs/<int:pk>/", JobView.as_view(), name="job")]
