"""API routes of the orgstages app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from orgstages.api.coverage import CoverageView, SplitAdviceView
from orgstages.api.plans import RelationsView, RoadmapsView, RoadmapView, TeamPhasesView
from orgstages.api.scenario_decisions import ApplyView, ApproveView, RejectView, SubmitView, WithdrawView
from orgstages.api.scenarios import (
    ScenarioChangesView,
    ScenarioChangeView,
    ScenarioCommentsView,
    ScenarioConflictsView,
    ScenarioPriceView,
    ScenariosView,
    ScenarioView,
)
from orgstages.api.views import DiagnosesView

SCENARIO = "scenarios/<int:pk>/"

app_name = "orgstages_api"
urlpatterns = [
    path("diagnoses/", DiagnosesView.as_view(), name="diagnoses"),
    path("coverage/", CoverageView.as_view(), name="coverage"),
    path("split-advice/", SplitAdviceView.as_view(), name="split_advice"),
    path("roadmaps/", RoadmapsView.as_view(), name="roadmaps"),
    path("roadmaps/<int:pk>/", RoadmapView.as_view(), name="roadmap"),
    path("relations/", RelationsView.as_view(), name="relations"),
    path("team-phases/", TeamPhasesView.as_view(), name="team_phases"),
    path("scenarios/", ScenariosView.as_view(), name="scenarios"),
    path(SCENARIO, ScenarioView.as_view(), name="scenario"),
    path(f"{SCENARIO}changes/", ScenarioChangesView.as_view(), name="scenario_changes"),
    path(f"{SCENARIO}changes/<slug:thing>/<path:external_id>/", ScenarioChangeView.as_view(), name="scenario_change"),
    path(f"{SCENARIO}price/", ScenarioPriceView.as_view(), name="scenario_price"),
    path(f"{SCENARIO}conflicts/", ScenarioConflictsView.as_view(), name="scenario_conflicts"),
    path(f"{SCENARIO}comments/", ScenarioCommentsView.as_view(), name="scenario_comments"),
    path(f"{SCENARIO}submit/", SubmitView.as_view(), name="scenario_submit"),
    path(f"{SCENARIO}withdraw/", WithdrawView.as_view(), name="scenario_withdraw"),
    path(f"{SCENARIO}approve/", ApproveView.as_view(), name="scenario_approve"),
    path(f"{SCENARIO}reject/", RejectView.as_view(), name="scenario_reject"),
    path(f"{SCENARIO}apply/", ApplyView.as_view(), name="scenario_apply"),
]
