"""What the pages of roadmaps, relations and team phases share: the actor, suggestions, and words of milestones."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.queries.milestones import Punctuality
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.queries.roadmaps import MilestoneView
from orgstages.services.acting import Actor
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitTree
from roles.queries.people import holders
from roles.queries.picking import labelled

MOST_SUGGESTED = 300
SIGNS = {
    Punctuality.EARLY: ("good", "check-circle"),
    Punctuality.ON_TIME: ("good", "check-circle"),
    Punctuality.LATE: ("warn", "clock"),
    Punctuality.OVERDUE: ("bad", "exclamation-triangle"),
    Punctuality.COMING: ("", "calendar"),
    Punctuality.CALLED_OFF: ("", "no-symbol"),
}


def actor_of(request: WorkspaceRequest) -> Actor:
    """Return who writes, how far they may reach and what day it is for them."""
    access = request.access
    return Actor(access.user_id, access.workspace.timezone, today_in(access.workspace), access.own_unit)


def suggestions(tree: UnitTree, *, unit: str, within: str | None) -> dict[str, Any]:
    """Return people who hold a role in the unit or below it, and units, as a form's fields suggest them."""
    held = holders(as_of=tree.as_of, within=unit or within, tree=tree, most=MOST_SUGGESTED)
    people = {one.person_external_id: one.person_name for one in held}
    units = [node for node in tree if node.level is not UnitLevel.STORE][:MOST_SUGGESTED]
    return {
        "people": sorted(labelled(person, name) for person, name in people.items()),
        "suggested_units": [labelled(node.external_id, node.name) for node in units],
    }


def milestone_sign(one: MilestoneView) -> dict[str, str]:
    """Return how a milestone stands: words, tone and icon."""
    tone, icon = SIGNS[one.standing]
    if one.is_next:
        tone, icon = "accent", "arrow-right-circle"
    return {"words": milestone_words(one), "tone": tone, "icon": icon}


def milestone_words(one: MilestoneView) -> str:
    """Return how a milestone stands, with the days it was early or late, or that are left."""
    days = abs(one.days)
    if one.is_next:
        return (
            _("next: today") if not days else ngettext("next: in %(n)s day", "next: in %(n)s days", days) % {"n": days}
        )
    told = {
        Punctuality.EARLY: ngettext("done %(n)s day early", "done %(n)s days early", days),
        Punctuality.ON_TIME: _("done on time"),
        Punctuality.LATE: ngettext("done %(n)s day late", "done %(n)s days late", days),
        Punctuality.OVERDUE: ngettext("overdue by %(n)s day", "overdue by %(n)s days", days),
        Punctuality.COMING: _("coming"),
        Punctuality.CALLED_OFF: _("called off"),
    }
    return told[one.standing] % {"n": days}


def day_text(day: date | None) -> str:
    """Return a day as forms and files write it."""
    return day.isoformat() if day else ""
