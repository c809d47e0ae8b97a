"""What every page's frame shows: workspace, navigation the person may open, language, version."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from omnichannel.workspaces.permissions import Access, may

# key, label, route, icon (heroicons name); the order of the rail.
RAIL = (
    ("overview", _("My day"), "kpis:my_day", "sun"),
    ("customers", _("My customers"), "kpis:my_day_customers", "users"),
    ("overview", _("Overview"), "kpis:overview", "home"),
    ("organisation", _("Organisation"), "roles:organisation", "building-office-2"),
    ("roles", _("Roles"), "roles:talent_map", "user-group"),
    ("talent", _("Talent"), "talent:home", "academic-cap"),
    ("stages", _("Stages"), "orgstages:stages", "map"),
    ("kpis", _("KPIs"), "kpis:library", "chart-bar"),
    ("scorecards", _("Scorecards"), "kpis:scorecards", "clipboard-document-check"),
    ("analyses", _("Analyses"), "kpis:analyses", "presentation-chart-line"),
    ("pay", _("Incentives"), "kpis:pay_plans", "banknotes"),
    ("pay", _("Incentives"), "kpis:my_pay", "banknotes"),
    ("pay", _("Incentives"), "kpis:pay_credit", "banknotes"),
    ("pay", _("Incentives"), "kpis:pay_budget_asks", "banknotes"),
    ("alerts", _("Alerts"), "kpis:alerts", "bell-alert"),
    ("data", _("Data"), "kpis:data", "arrow-up-tray"),
    ("data", _("Data"), "kpis:silo_map", "arrow-up-tray"),
    ("settings", _("Settings"), "workspaces:members", "cog-6-tooth"),
    ("settings", _("Settings"), "workspaces:tokens", "cog-6-tooth"),
)


# Rail entries with a number, and the route that answers it: asked for once the page stands, so the page waits for none.
BADGES = {"alerts": "kpis:alert_badge"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's data; costs no query beyond those admission has made."""
    access: Access | None = getattr(request, "access", None)
    return {
        "access": access,
        "workspace": access.workspace if access else None,
        "nav": _rail(request, access) if access else [],
        "language": get_language(),
        "product_version": settings.VERSION,
    }


def _rail(request: HttpRequest, access: Access) -> list[dict[str, Any]]:
    match = request.resolver_match
    current = getattr(request, "section", match.view_name if match else "")
    entries: list[dict[str, Any]] = []
    for key, label, route, icon in RAIL:
        if not may(access, route) or any(entry["key"] == key for entry in entries):
            continue
        try:
            url = reverse(route, args=[access.workspace.slug])
        except NoReverseMatch:
            continue
        entry = {"key": key, "label": label, "url": url, "icon": icon, "current": _is_in(current, key, route)}
        if key in BADGES:
            entry["badge"] = reverse(BADGES[key], args=[access.workspace.slug])
        entries.append(entry)
    return entries


# Which rail entry a route belongs to, where its name alone does not say so.
SECTIONS = {
    "kpis:overview": "overview",
    "kpis:upload": "data",
    "kpis:data": "data",
    "kpis:table": "data",
    "kpis:silo": "data",
    "kpis:row": "data",
    "kpis:mappings": "data",
    "kpis:one": "data",
    "jobs": "data",
    "workspaces": "settings",
    "webhooks": "settings",
    "orgstages": "stages",
    "talent:role": "roles",
    "talent": "talent",
    "kpis:analyses": "analyses",
    "kpis:analysis": "analyses",
    "kpis:alerts": "alerts",
    "kpis:alert": "alerts",
    "kpis:risks": "alerts",
    "kpis:risk": "alerts",
    "kpis:pay": "pay",
    "kpis:my_pay": "pay",
    "kpis:my_day_customers": "customers",
    "kpis:my_day": "overview",
    "kpis:tasks": "pay",
    "kpis:task": "pay",
    "kpis:library": "kpis",
    "kpis:definitions": "kpis",
    "kpis:definition": "kpis",
    "kpis:targets": "kpis",
    "kpis:target": "kpis",
    "kpis:kpi": "kpis",
    "kpis:explain": "kpis",
    "kpis:weights": "roles",
    "kpis:move": "organisation",
    "kpis:role_kpis": "roles",
    "kpis": "scorecards",
    "roles:talent_map": "roles",
    "roles:role": "roles",
    "roles:title": "roles",
    "roles:titles": "roles",
    "roles:directory": "settings",
    "roles:directories": "settings",
    "roles": "organisation",
}


def _is_in(current: str, key: str, route: str) -> bool:
    if current == route:
        return True
    for prefix, section in SECTIONS.items():
        if current == prefix or current.startswith((f"{prefix}:", f"{prefix}_")):
            return section == key
    return False
