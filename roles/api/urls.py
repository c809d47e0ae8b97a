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
from roles.api.role_texts import RoleHistoryView, RoleMergeView, RoleRestoreView, RolesWriteView, RoleTextsView
from roles.api.stages import StagesView, StageView
from roles.api.talent import RoleLinksView, RoleView
from roles.api.things import thing_view
from roles.api.titles import TitlesView

app_name = "roles_api"
urlpatterns = [
    path("directories/", DirectoriesView.as_view(), name="directories"),
    path("directories/readings/<int:pk>/", DirectoryReadingView.as_view(), name="directory_reading"),
    path("directories/<slug:kind>/read/", DirectoryReadingsView.as_view(), name="directory_read"),
    path("org-chart/", OrgChartView.as_view(), name="org_chart"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("stages/", StagesView.as_view(), name="stages"),
    path("stages/<path:external_id>/", StageView.as_view(), name="stage"),
    path("roles/", RolesWriteView.as_view(), name="roles"),
    path("roles/<slug:key>/", RoleView.as_view(), name="role"),
    path("roles/<slug:key>/texts/", RoleTextsView.as_view(), name="role_texts"),
    path("roles/<slug:key>/history/", RoleHistoryView.as_view(), name="role_history"),
    path("roles/<slug:key>/restore/", RoleRestoreView.as_view(), name="role_restore"),
    path("roles/<slug:key>/merge/", RoleMergeView.as_view(), name="role_merge"),
    path("role-links/", RoleLinksView.as_view(), name="role_links"),
    path("role-titles/", TitlesView.as_view(), name="role_titles"),
]
for each in RESOURCES:
    urlpatterns += [
        path(f"{each.many}/", things_view(each).as_view(), name=each.many),
        path(f"batch/{each.many}/", batch_view(each).as_view(), name=f"{each.many}_batch"),
        path(f"{each.many}/<path:external_id>/", thing_view(each).as_view(), name=each.one),
    ]
