"""The tabs of the stage pages: those that the reader may open."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.tabs import tabs_of

# route, label; in the order of the tabs
TABS = (
    ("orgstages:executive", _("Executive page")),
    ("orgstages:stages", _("Units")),
    ("orgstages:panorama", _("Panorama")),
    ("orgstages:coverage", _("Role coverage")),
    ("orgstages:scenarios", _("Scenarios")),
    ("orgstages:roadmaps", _("Roadmaps")),
    ("orgstages:relations", _("Relations")),
    ("orgstages:phases", _("Team phases")),
    ("orgstages:cases", _("Cases")),
    ("orgstages:method", _("Method")),
)


def stage_tabs(request: WorkspaceRequest, current: str) -> list[dict[str, object]]:
    """Return the tabs with the page shown marked; the day asked for goes along."""
    return tabs_of(request, TABS, current=current)
