"""API routes of the roles app, below `/api/v1/workspaces/<slug>/`.

An external id may be any text, with slashes or `batch`: below `units/` and its like nothing else has an address.
"""

from __future__ import annotations

from django.urls import path

from roles.api.batches import batch_view
from roles.api.charts import OrgChartView
from roles.api.directories import DirectoriesView, DirectoryReadingsView, DirectoryReadingView
from roles.api.feed import ChangesView
from roles.api.lists import things_view
from roles.api.resources import RESOURCES
from roles.api.stages import StagesView, StageView
from roles.api.things import thing_view

app_name = "roles_api"
urlpatterns = [
    path("directories/", DirectoriesView.as_view(), name="directories"),
    path("directories/readings/<int:pk>/", DirectoryReadingView.as_view(), name="directory_reading"),
    path("directories/<slug:kind>/read/", DirectoryReadingsView.as_view(), name="directory_read"),
    path("org-chart/", OrgChartView.as_view(), name="org_chart"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("stages/", StagesView.as_view(), name="stages"),
    path("stages/<path:external_id>/", StageView.as_view(), name="stage"),
]
for each in RESOURCES:
    urlpatterns += [
        path(f"{each.many}/", things_view(each).as_view(), name=each.many),
        path(f"batch/{each.many}/", batch_view(each).as_view(), name=f"{each.many}_batch"),
        path(f"{each.many}/<path:external_id>/", thing_view(each).as_view(), name=each.one),
    ]
