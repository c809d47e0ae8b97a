"""The tabs of the pay pages: those that the reader may open."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.tabs import Tabs, tabs_of

# route, label; in the order of the tabs
TABS: Tabs = (
    ("kpis:my_pay", _("My pay")),
    ("kpis:pay_plans", _("Plans")),
    ("kpis:pay_runs", _("Runs")),
    ("kpis:pay_disputes", _("Disputes")),
    ("kpis:pay_credit", _("Credit and conflicts")),
    ("kpis:pay_shared", _("Shared targets")),
    ("kpis:pay_budget_asks", _("Ad budget")),
    ("kpis:tasks", pgettext_lazy("guides", "Tasks")),
)


def pay_tabs(request: WorkspaceRequest, current: str) -> list[dict[str, object]]:
    """Return the tabs with the page shown marked; the day asked for goes along."""
    return tabs_of(request, TABS, current=current)
