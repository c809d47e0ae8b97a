"""Tabs of pages that belong together: those that the reader may open."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.functional import Promise

from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may

# route and label, in the order of the tabs
Tabs = Sequence[tuple[str, str | Promise]]


def tabs_of(request: WorkspaceRequest, tabs: Tabs, *, current: str) -> list[dict[str, object]]:
    """Return the tabs with the page shown marked; the day asked for goes along."""
    slug, query = request.access.workspace.slug, clock_of(request).query
    return [
        {"label": label, "url": reverse(route, args=[slug]) + query, "current": route == current}
        for route, label in tabs
        if may(request.access, route)
    ]
