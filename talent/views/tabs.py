"""The tabs of the talent pages: those that the reader may open."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.tabs import tabs_of

# route, label; in the order of the tabs
TABS = (
    ("talent:home", _("Overview")),
    ("talent:jds", _("Job descriptions")),
    ("talent:competence", _("Competence")),
    ("talent:pools", _("Talent pools")),
    ("talent:people_risk", _("Key-person risk")),
    ("talent:vacancies", _("Vacancies")),
    ("talent:headcount", _("Headcount")),
    ("talent:budget", _("Budget")),
    ("talent:training", _("Training")),
    ("talent:pay", _("Pay")),
    ("talent:market", _("Labour market")),
)


def talent_tabs(request: WorkspaceRequest, current: str) -> list[dict[str, object]]:
    """Return the tabs with the page shown marked; the day asked for goes along."""
    return tabs_of(request, TABS, current=current)
