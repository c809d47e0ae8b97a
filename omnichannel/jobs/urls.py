"""Routes of the jobs app."""

from __future__ import annotations

from django.urls import path

from omnichannel.jobs.views import jobs as views

app_name = "jobs"
urlpatterns = [
    path("w/<slug:slug>/jobs/", views.jobs, name="jobs"),
    path("w/<slug:slug>/jobs/acknowledge/", views.jobs_acknowledge, name="jobs_acknowledge"),
    path("w/<slug:slug>/jobs/<int:pk>/", views.job, name="job"),
    path("w/<slug:slug>/jobs/<int:pk>/cancel/", views.job_cancel, name="job_cancel"),
    path("w/<slug:slug>/jobs/<int:pk>/retry/", views.job_retry, name="job_retry"),
    path("w/<slug:slug>/jobs/<int:pk>/acknowledge/", views.job_acknowledge, name="job_acknowledge"),
]
