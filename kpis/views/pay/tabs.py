"""The tabs of the pay pages: those that the reader may open."""

from __future__ import annotations

from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.tabs import Tabs, tabs_of

# route, label; in the order of the tabs
TABS: Tabs = ()


def pay_tabs(request: WorkspaceRequest, current: str) -> list[dict[str, object]]:
    """Return the tabs with the page shown marked; the day asked for goes along."""
    return tabs_of(request, TABS, current=current)
