"""API routes of the kpis app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from kpis.api import (
    alerts,
    analyses,
    definition_parameters,
    definitions,
    explain,
    library,
    publications,
    rows,
    scorecards,
    tables,
    targets,
    upload_actions,
    uploads,
    values,
    weights,
)

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
    path("kpis/<slug:kpi>/explain/", explain.ExplainView.as_view(), name="explain"),
    path("kpis/<slug:kpi>/explain/rows/", explain.ExplainRowsView.as_view(), name="explain_rows"),
    path("kpis/<slug:kpi>/explain/parts/", explain.ExplainPartsView.as_view(), name="explain_parts"),
    path("targets/", targets.TargetsView.as_view(), name="targets"),
    path("weights/", weights.WeightsView.as_view(), name="weights"),
    path("analyses/<slug:name>/", analyses.AnalysisView.as_view(), name="analysis"),
    path("analyses/<slug:name>/customers/", analyses.ListExportView.as_view(), name="analysis_customers"),
    path("values/", values.ValuesView.as_view(), name="values"),
    path("publications/", publications.PublicationsView.as_view(), name="publications"),
    path("publications/<int:pk>/", publications.PublicationView.as_view(), name="publication"),
    path("publications/<int:pk>/cards/<int:card_pk>/", publications.PublishedCardView.as_view(), name="published_card"),
    path("alerts/", alerts.AlertsView.as_view(), name="alerts"),
    path("alerts/<int:pk>/", alerts.AlertView.as_view(), name="alert"),
    path("alerts/<int:pk>/acknowledge/", alerts.AcknowledgeView.as_view(), name="alert_acknowledge"),
    path("alerts/<int:pk>/close/", alerts.CloseView.as_view(), name="alert_close"),
    path("definitions/", definitions.DefinitionsView.as_view(), name="definitions"),
    path("definitions/check/", definitions.DefinitionCheckView.as_view(), name="definition_check"),
    path("definitions/<slug:kpi>/", definitions.DefinitionView.as_view(), name="definition"),
    path("definitions/<slug:kpi>/publish/", definitions.DefinitionPublishView.as_view(), name="definition_publish"),
    path("definitions/<slug:kpi>/retire/", definitions.DefinitionRetireView.as_view(), name="definition_retire"),
    path("parameters/", definition_parameters.ParametersView.as_view(), name="parameters"),
    path("parameters/<slug:name>/", definition_parameters.ParameterView.as_view(), name="parameter"),
    path(
        "parameters/<slug:name>/publish/",
        definition_parameters.ParameterPublishView.as_view(),
        name="parameter_publish",
    ),
    path(
        "parameters/<slug:name>/retire/", definition_parameters.ParameterRetireView.as_view(), name="parameter_retire"
    ),
    path("scorecards/", scorecards.ScorecardsView.as_view(), name="scorecards"),
]
