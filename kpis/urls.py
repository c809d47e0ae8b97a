"""Routes of the kpis app."""

from __future__ import annotations

from django.urls import path

from kpis.views import data, library, overview, scorecards, uploads, weights

app_name = "kpis"
urlpatterns = [
    path("w/<slug:slug>/data/", data.data, name="data"),
    path("w/<slug:slug>/data/uploads/", data.uploads, name="uploads"),
    path("w/<slug:slug>/data/templates/<slug:table_id>.csv", data.template, name="template"),
    path("w/<slug:slug>/data/uploads/<int:pk>/", uploads.upload, name="upload"),
    path("w/<slug:slug>/data/uploads/<int:pk>/reading/", uploads.upload_reading, name="upload_reading"),
    path("w/<slug:slug>/data/uploads/<int:pk>/columns/", uploads.upload_mapping, name="upload_mapping"),
    path("w/<slug:slug>/data/uploads/<int:pk>/check/", uploads.upload_check, name="upload_check"),
    path("w/<slug:slug>/data/uploads/<int:pk>/load/", uploads.upload_load, name="upload_load"),
    path("w/<slug:slug>/data/uploads/<int:pk>/discard/", uploads.upload_discard, name="upload_discard"),
    path("w/<slug:slug>/data/uploads/<int:pk>/problems.csv", uploads.upload_problems, name="upload_problems"),
    path("w/<slug:slug>/", overview.overview_page, name="overview"),
    path("w/<slug:slug>/compute/", overview.compute, name="compute"),
    path("w/<slug:slug>/kpis/", library.library, name="library"),
    path("w/<slug:slug>/kpis/<slug:kpi_id>/", library.kpi, name="kpi"),
    path("w/<slug:slug>/scorecards/", scorecards.scorecards, name="scorecards"),
    path("w/<slug:slug>/scorecards/people/<path:external_id>/", scorecards.person_scorecard, name="person_scorecard"),
    path("w/<slug:slug>/scorecards/<slug:role_key>/", scorecards.scorecard, name="scorecard"),
    path("w/<slug:slug>/roles/<slug:role_key>/kpis/", library.role_kpis, name="role_kpis"),
    path("w/<slug:slug>/roles/<slug:role_key>/weights/", weights.weights, name="weights"),
]
