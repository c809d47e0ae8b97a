"""Routes of the kpis app."""

from __future__ import annotations

from django.urls import path

from kpis.views import (
    corrections,
    data,
    health,
    library,
    mappings,
    one_id,
    overview,
    provenance,
    scorecards,
    systems,
    uploads,
    weights,
)

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
    path(
        "w/<slug:slug>/data/uploads/<int:pk>/problems.xlsx", uploads.upload_problems_xlsx, name="upload_problems_xlsx"
    ),
    path("w/<slug:slug>/data/uploads/<int:pk>/sheets/", uploads.upload_sheets, name="upload_sheets"),
    path("w/<slug:slug>/data/uploads/<int:pk>/proposal/", uploads.upload_proposal, name="upload_proposal"),
    path("w/<slug:slug>/data/uploads/<int:pk>/cells/", corrections.upload_cells, name="upload_cells"),
    path("w/<slug:slug>/data/uploads/<int:pk>/values/", corrections.upload_values, name="upload_values"),
    path("w/<slug:slug>/data/uploads/<int:pk>/steps/", corrections.upload_steps, name="upload_steps"),
    path("w/<slug:slug>/data/uploads/<int:pk>/undo/", corrections.upload_undo, name="upload_undo"),
    path("w/<slug:slug>/data/uploads/<int:pk>/revert/", provenance.upload_revert, name="upload_revert"),
    path("w/<slug:slug>/data/uploads/<int:pk>/reapply/", provenance.upload_reapply, name="upload_reapply"),
    path("w/<slug:slug>/data/uploads/<int:pk>/figures/", provenance.upload_figures, name="upload_figures"),
    path("w/<slug:slug>/data/uploads/<int:pk>/preview/", provenance.upload_preview, name="upload_preview"),
    path("w/<slug:slug>/data/rows/", provenance.row, name="row"),
    path("w/<slug:slug>/data/mappings/", mappings.mappings, name="mappings"),
    path("w/<slug:slug>/data/mappings/<int:pk>/name/", mappings.mapping_rename, name="mapping_rename"),
    path("w/<slug:slug>/data/mappings/<int:pk>/delete/", mappings.mapping_delete, name="mapping_delete"),
    path("w/<slug:slug>/data/health/", health.health, name="data_health"),
    path("w/<slug:slug>/data/health/measure/", health.measure, name="measure_health"),
    path("w/<slug:slug>/data/health/<slug:table_id>/", health.table_health, name="table_health"),
    path("w/<slug:slug>/data/health/<slug:table_id>/source/", health.table_source, name="table_source"),
    path("w/<slug:slug>/data/systems/", systems.systems, name="silo_map"),
    path("w/<slug:slug>/data/one-id/", one_id.one_id_page, name="one_id"),
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
