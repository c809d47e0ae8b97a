"""What a reader may do with a unit, a person or a seat on the day shown, with the address of each."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from omnichannel.workspaces.clock import Clock
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import Thing

Action = dict[str, object]


def node_actions(request: WorkspaceRequest, clock: Clock, thing: Thing, external_id: str) -> list[Action]:
    """Return the changes that open in the sheet, then the history; on days that are read-only only that."""
    slug, access = request.access.workspace.slug, request.access
    own, day = [slug, thing.value, external_id], {"as_of": str(clock.as_of)} if clock.is_planned else {}
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
        wanted.append((_("Give a role"), "plus", "roles:new", [slug, "assignments"], role))
    wanted.append((_("Close or end"), "archive-box", "roles:end", own, {}))
    found: list[Action] = [
        {"label": label, "icon": icon, "url": _url(route, args, asked | day), "in_sheet": True}
        for label, icon, route, args, asked in wanted
        if clock.is_open and may(access, route, "POST")
    ]
    if may(access, "roles:history"):
        history = _url("roles:history", [slug], {"thing": thing.value, "id": external_id})
        found.append({"label": _("History"), "icon": "clock", "url": history, "in_sheet": False})
    return found


def _url(route: str, args: list[str], asked: dict[str, str]) -> str:
    return reverse(route, args=args) + (f"?{urlencode(asked)}" if asked else "")
