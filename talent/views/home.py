"""The talent home: the figures of the reader's bounds, each with the page that lists what it counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from roles.queries.org_chart import UnitTree
from talent.queries.certificates import Standing, standings
from talent.queries.headcount import Headcount, headcount
from talent.queries.home import HomeFigures, home_figures
from talent.reach import sees_people
from talent.views.tabs import talent_tabs

FIRST = 5
Tile = dict[str, Any]


@require_GET
def home(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the figures; a guide, who has no unit's figures, is led to their own competence."""
    clock, access = clock_of(request), request.access
    if access.own_person is not None:
        return redirect("talent:person_competence", slug, access.own_person)
    found = home_figures(as_of=clock.as_of, within=access.own_unit, reader=access.person_external_id)
    context = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:home"),
        "groups": _groups(access, found, clock),
        "has_units": bool(found.vacancies.tree.nodes),
        "places": found.vacancies.places[:FIRST] if may(access, "talent:vacancies") else (),
        "risks": found.risks[:FIRST] if may(access, "talent:people_risk") else (),
        "sees_people": sees_people(access),
    }
    return render(request, "talent/home.html", context)


def _groups(access: Access, found: HomeFigures, clock: Clock) -> list[tuple[str, list[Tile]]]:
    """Return the tiles by question; a tile whose page the reader may not open is not shown."""
    groups = [
        (_("Is every core role held?"), _cover(found)),
        (_("Who could follow, and who can do what?"), _people(found)),
        (_("Do we have enough people?"), _posts(access, found.vacancies.tree, clock)),
        (_("Who is certified?"), _certified(access, clock)),
    ]
    return [(title, shown) for title, tiles in groups if (shown := _shown(access, tiles, clock))]


def _shown(access: Access, tiles: Iterable[Tile], clock: Clock) -> list[Tile]:
    slug = access.workspace.slug
    return [
        tile
        | {"url": _with_clock(reverse(tile.get("page", tile["route"]), args=[slug]) + tile.get("query", ""), clock)}
        for tile in tiles
        if may(access, tile["route"])
    ]


def _with_clock(url: str, clock: Clock) -> str:
    return url + (clock.more if "?" in url else clock.query)


def _cover(found: HomeFigures) -> list[Tile]:
    nothing, longest = _("No unit asks for a core role."), found.vacancies.longest
    counts = {"held": found.core_held, "asked": found.core_asked, "dedicated": found.core_dedicated}
    return [
        {
            "route": "orgstages:coverage", "label": _("Core roles held"), "value": found.core_share, "unit": "0..1",
            "reason": nothing,
            "note": _("%(held)s of %(asked)s; %(dedicated)s by somebody dedicated") % counts,
        },
        {
            "route": "talent:vacancies", "label": _("Vacancies"), "value": len(found.vacancies.places), "unit": "count",
            "note": _("%(roles)s core roles, %(seats)s seats") % {
                "roles": len(found.vacancies.roles),
                "seats": len(found.vacancies.places) - len(found.vacancies.roles),
            },
        },
        {
            "route": "talent:vacancies", "query": "?sort=-days", "label": _("Longest open, in days"),
            "value": longest.days if longest else None, "unit": "count",
            "reason": _("Nothing is vacant, or since when is not known"),
            "note": longest.unit_name if longest else "",
        },
        {
            "route": "talent:people_risk", "label": _("Core roles held by one person"), "value": found.single_holders,
            "unit": "count", "note": _("%(n)s without a successor") % {"n": found.without_successor},
        },
    ]  # fmt: skip


def _people(found: HomeFigures) -> list[Tile]:
    return [
        {
            "route": "talent:competence", "label": _("Rated in their roles"), "value": found.rated, "unit": "count",
            "note": _("of %(n)s people and roles") % {"n": found.people},
        },
        {
            "route": "talent:competence_file", "page": "talent:competence", "query": "?state=gaps",
            "label": _("With gaps"), "value": found.with_gaps, "unit": "count", "note": "",
        },
        {
            "route": "talent:pools", "label": _("People in pools"), "value": found.in_pools, "unit": "people",
            "note": _("%(n)s core roles without a successor") % {"n": found.succession_gaps},
        },
    ]  # fmt: skip


def _posts(access: Access, tree: UnitTree, clock: Clock) -> list[Tile]:
    """Return what the head-count page says of the reader's topmost unit."""
    top = access.own_unit or next(iter(tree.root_ids), "")
    if top not in tree or not may(access, "talent:headcount"):
        return []
    found = headcount(top, tree=tree)
    known = len(found.needs) - len(found.unknown)
    told = {
        "missing": f"{found.missing.normalize():f}",
        "unit": found.unit.name,
        "unknown": len(found.unknown),
        "partial": len(found.partial),
    }
    return [
        {
            "route": "talent:headcount", "label": _("Needed in FTE"), "value": found.needed if known else None,
            "unit": "FTE", "reason": _("No driver of any role has a value"),
            "note": _("%(unit)s: %(missing)s missing, %(unknown)s roles unknown, %(partial)s known in part") % told,
        },
        {
            "route": "talent:headcount", "label": _("FTE in post there"),
            "value": found.in_post_known if known else None, "unit": "FTE",
            "reason": _("No driver of any role has a value"), "note": _left_out(found),
        },
    ]  # fmt: skip


def _left_out(found: Headcount) -> str:
    """Say which posts stand in neither of the two sums: those where nobody can tell the need."""
    left = found.in_post - found.in_post_known
    if not left:
        return ""
    return _("only where the need is known; %(fte)s FTE are left out") % {"fte": f"{left.normalize():f}"}


def _certified(access: Access, clock: Clock) -> list[Tile]:
    """Return how many certificates are about to expire; only for those who see all of them."""
    if access.own_unit is not None or not may(access, "talent:certificates"):
        return []
    counted = standings(as_of=clock.as_of)
    expiring = counted[Standing.EXPIRING]
    valid = counted[Standing.VALID] + expiring
    return [
        {
            "route": "talent:certificates", "label": _("Certificates that expire within 30 days"), "value": expiring,
            "unit": "count", "note": _("%(n)s valid in all") % {"n": valid},
        }
    ]  # fmt: skip
