"""Routes of the roles app."""

from __future__ import annotations

from django.urls import path

from roles.views import (
    changes,
    chart,
    chart_card,
    clock,
    compare,
    directories,
    endings,
    history,
    moves,
    organisation,
    paper,
    people,
    talent,
    undo,
    unplaced,
)

app_name = "roles"
urlpatterns = [
    path("w/<slug:slug>/organisation/", chart.organisation_page, name="organisation"),
    path("w/<slug:slug>/organisation/branch/", chart.branches, name="branch"),
    path("w/<slug:slug>/organisation/find/", chart.find_nodes, name="find"),
    path("w/<slug:slug>/organisation/card/", chart_card.node_card, name="node"),
    path("w/<slug:slug>/organisation/days/", clock.days, name="days"),
    path("w/<slug:slug>/organisation/days/step/", clock.day_step, name="day_step"),
    path("w/<slug:slug>/organisation/paper/", paper.paper, name="paper"),
    path("w/<slug:slug>/organisation/paper.<slug:kind>", paper.paper_file, name="paper_file"),
    path("w/<slug:slug>/organisation/compare/", compare.compare_page, name="compare"),
    path("w/<slug:slug>/organisation/compare/<str:form>/", compare.compare_file, name="compare_file"),
    path("w/<slug:slug>/organisation/move/", moves.move_page, name="move"),
    path("w/<slug:slug>/organisation/picks/<str:thing>/", changes.picks, name="picks"),
    path("w/<slug:slug>/organisation/unplaced/", unplaced.unplaced_page, name="unplaced"),
    path("w/<slug:slug>/organisation/change/<str:thing>/new/", changes.new, name="new"),
    path("w/<slug:slug>/organisation/change/<str:thing>/<path:external_id>/edit/", changes.change, name="edit"),
    path("w/<slug:slug>/organisation/change/<str:thing>/<path:external_id>/end/", endings.end_page, name="end"),
    path("w/<slug:slug>/organisation/change/<str:thing>/<path:external_id>/remove/", endings.take_back, name="remove"),
    path("w/<slug:slug>/organisation/merge/<path:external_id>/", endings.merge, name="merge"),
    path("w/<slug:slug>/organisation/history/", history.history, name="history"),
    path("w/<slug:slug>/organisation/history/<int:number>/", history.revision, name="revision"),
    path("w/<slug:slug>/organisation/history/<int:number>/undo/", undo.revision_undo, name="revision_undo"),
    path("w/<slug:slug>/organisation/people/", people.people, name="people"),
    path("w/<slug:slug>/organisation/people/<path:external_id>/", people.person, name="person"),
    path("w/<slug:slug>/organisation/units/<path:external_id>/", organisation.unit, name="unit"),
    path("w/<slug:slug>/settings/directories/", directories.directories, name="directories"),
    path("w/<slug:slug>/settings/directories/files/", directories.directory_files, name="directory_files"),
    path("w/<slug:slug>/settings/directories/new/<slug:kind>/", directories.directory_new, name="directory_new"),
    path("w/<slug:slug>/settings/directories/<int:pk>/", directories.directory, name="directory"),
    path("w/<slug:slug>/settings/directories/<int:pk>/test/", directories.directory_test, name="directory_test"),
    path("w/<slug:slug>/settings/directories/<int:pk>/read/", directories.directory_read, name="directory_read"),
    path("w/<slug:slug>/settings/directories/<int:pk>/remove/", directories.directory_remove, name="directory_remove"),
    path("w/<slug:slug>/settings/directories/readings/<int:pk>/", directories.directory_run, name="directory_run"),
    path("w/<slug:slug>/settings/directories/readings/<int:pk>/same/", directories.same, name="directory_same"),
    path("w/<slug:slug>/roles/", talent.talent_map_page, name="talent_map"),
    path("w/<slug:slug>/roles/<slug:role_key>/", talent.role, name="role"),
]
