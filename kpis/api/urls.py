"""API routes of the kpis app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from kpis.api import library, scorecards, uploads, values

app_name = "kpis_api"
urlpatterns = [
    path("uploads/", uploads.UploadsView.as_view(), name="uploads"),
    path("uploads/<int:pk>/", uploads.UploadView.as_view(), name="upload"),
    path("kpis/", library.KpisView.as_view(), name="kpis"),
    path("values/", values.ValuesView.as_view(), name="values"),
    path("scorecards/", scorecards.ScorecardsView.as_view(), name="scorecards"),
]
