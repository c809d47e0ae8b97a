"""API routes of the kpis app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from kpis.api import library, rows, scorecards, tables, upload_actions, uploads, values

app_name = "kpis_api"
urlpatterns = [
    path("uploads/", uploads.UploadsView.as_view(), name="uploads"),
    path("uploads/<int:pk>/", uploads.UploadView.as_view(), name="upload"),
    path("uploads/<int:pk>/reading/", upload_actions.ReadingView.as_view(), name="upload_reading"),
    path("uploads/<int:pk>/mapping/", upload_actions.MappingView.as_view(), name="upload_mapping"),
    path("uploads/<int:pk>/steps/", upload_actions.StepsView.as_view(), name="upload_steps"),
    path("uploads/<int:pk>/steps/undo/", upload_actions.UndoView.as_view(), name="upload_undo"),
    path("uploads/<int:pk>/check/", upload_actions.CheckView.as_view(), name="upload_check"),
    path("uploads/<int:pk>/load/", upload_actions.LoadView.as_view(), name="upload_load"),
    path("uploads/<int:pk>/discard/", upload_actions.DiscardView.as_view(), name="upload_discard"),
    path("uploads/<int:pk>/revert/", upload_actions.RevertView.as_view(), name="upload_revert"),
    path("uploads/<int:pk>/reapply/", upload_actions.ReapplyView.as_view(), name="upload_reapply"),
    path("uploads/<int:pk>/problems/", uploads.ProblemsView.as_view(), name="upload_problems"),
    path("uploads/<int:pk>/problem-file/", uploads.ProblemFileView.as_view(), name="upload_problem_file"),
    path("tables/", tables.TablesView.as_view(), name="tables"),
    path("tables/<slug:table>/", tables.TableView.as_view(), name="table"),
    path("tables/<slug:table>/export/", tables.ExportView.as_view(), name="table_export"),
    path("tables/<slug:table>/rows/", rows.RowsView.as_view(), name="rows"),
    path("kpis/", library.KpisView.as_view(), name="kpis"),
    path("values/", values.ValuesView.as_view(), name="values"),
    path("scorecards/", scorecards.ScorecardsView.as_view(), name="scorecards"),
]
