"""What a reader may do with a unit, a person or a seat on the day shown, with the address of each."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from omnichannel.workspaces.clock import Clock
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import Thing

Action = dict[str, object]


def node_actions(
    request: WorkspaceRequest, clock: Clock, thing: Thing, external_id: str, *, vacant_in: str = ""
) -> list[Action]:
    """Return the changes that open in the sheet, then the history; on days that are read-only only that.

    `vacant_in` is the unit of a seat that nobody holds.
    """
    slug, access = request.access.workspace.slug, request.access
    own, day = [slug, thing.value, external_id], dict(parse_qsl(clock.pairs)) if clock.is_open else {}
    wanted = [
        (_("Move"), "arrows-right-left", "roles:move", [slug], {"thing": thing.value, "id": external_id}),
        (_("Edit"), "pencil-square", "roles:edit", own, {}),
    ]
    if thing is Thing.UNITS:
        below, inside = {"parent_external_id": external_id}, {"unit_external_id": external_id}
        line = {"between": "units", "from_external_id": external_id}
        wanted += [
            (_("New unit below"), "plus", "roles:new", [slug, "units"], below),
            (_("New person here"), "user-plus", "roles:new", [slug, "people"], inside),
            (_("New seat here"), "plus", "roles:new", [slug, "seats"], inside),
            (_("Add a secondary line"), "arrow-up-right", "roles:new", [slug, "lines"], line),
            (_("Merge into another unit"), "arrows-pointing-in", "roles:merge", [slug, external_id], {}),
        ]
    if thing is Thing.PEOPLE:
        role = {"person_external_id": external_id}
        line = {"between": "people", "from_external_id": external_id}
        wanted += [
            (_("Give a role"), "plus", "roles:new", [slug, "assignments"], role),
            (_("Add a secondary line"), "arrow-up-right", "roles:new", [slug, "lines"], line),
        ]
    if thing is Thing.SEATS and vacant_in:
        seat = {"unit_external_id": vacant_in, "seat_external_id": external_id}
        wanted.append((_("New person in this seat"), "user-plus", "roles:new", [slug, "people"], seat))
    wanted.append((_("Close or end"), "archive-box", "roles:end", own, {}))
    found: list[Action] = [
        {"label": label, "icon": icon, "url": _url(route, args, asked | day), "in_sheet": True}
        for label, icon, route, args, asked in wanted
        if clock.is_open and may(access, route, "POST")
    ]
    if may(access, "roles:history") and clock.scenario is None:
        history = _url("roles:history", [slug], {"thing": thing.value, "id": external_id})
        found.append({"label": _("History"), "icon": "clock", "url": history, "in_sheet": False})
    return found


def new_actions(request: WorkspaceRequest, clock: Clock) -> list[Action]:
    """Return what can be added to the organisation from nothing."""
    if not clock.is_open or not may(request.access, "roles:new", "POST"):
        return []
    slug, day = request.access.workspace.slug, dict(parse_qsl(clock.pairs))
    return [
        {"label": label, "icon": icon, "url": _url("roles:new", [slug, thing.value], day)}
        for thing, label, icon in (
            (Thing.UNITS, _("New unit"), "building-office-2"),
            (Thing.PEOPLE, _("New person"), "user-plus"),
            (Thing.SEATS, _("New seat"), "plus"),
            (Thing.ASSIGNMENTS, _("Give a role"), "briefcase"),
            (Thing.LINES, _("New secondary line"), "arrow-up-right"),
        )
    ]


def _url(route: str, args: list[str], asked: dict[str, str]) -> str:
    return reverse(route, args=args) + (f"?{urlencode(asked)}" if asked else "")
