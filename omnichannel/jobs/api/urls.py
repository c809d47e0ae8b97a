"""API routes of the jobs app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from omnichannel.jobs.api.views import JobAcknowledgeView, JobCancelView, JobRetryView, JobsView, JobView

app_name = "jobs_api"
urlpatterns = [
    path("jobs/", JobsView.as_view(), name="jobs"),
    path("jobs/<int:pk>/", JobView.as_view(), name="job"),
    path("jobs/<int:pk>/cancel/", JobCancelView.as_view(), name="job_cancel"),
    path("jobs/<int:pk>/retry/", JobRetryView.as_view(), name="job_retry"),
    path("jobs/<int:pk>/acknowledge/", JobAcknowledgeView.as_view(), name="job_acknowledge"),
]
