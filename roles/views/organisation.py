"""The organisation beside the chart: the flat table of units, and one unit's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from roles.catalogue import ExpectationLevel, RoleKey, roles_here
from roles.chart.nodes import Kind, key_of
from roles.choices import StageName, Thing, UnitLevel
from roles.coverage import Cover, CoverState, RoleCover
from roles.queries.chart import Chart
from roles.queries.org_chart import UnitChange, UnitNode
from roles.queries.outline import (
    MOST_HOLDINGS,
    Organisation,
    UnitPage,
    UnitRow,
    organisation,
    search_units,
    unit_page,
    unit_row,
)
from roles.views.chart_choices import Choices, View
from roles.views.chart_page import views
from roles.views.clock import as_asked
from roles.views.node_actions import node_actions

PAGE = 100
COVER_WORDS = {
    CoverState.FILLED: gettext_lazy("Filled"),
    CoverState.SHARED: gettext_lazy("Part-time only"),
    CoverState.MISSING: gettext_lazy("Nobody"),
    CoverState.NOT_NEEDED: gettext_lazy("Not needed"),
}
SORTS = ("name", "id", "level", "people")


DatedEvent = tuple[date | None, dict[str, object]]


@dataclass(frozen=True, slots=True)
class CoverLine:
    """One role of a unit as a table row; `status` is empty where nothing is expected."""

    role: RoleKey
    name: Bilingual
    expected: Bilingual
    state: str
    status: str
    cover: Cover


def table_context(request: WorkspaceRequest, clock: Clock, choices: Choices, found: Chart) -> dict[str, object]:
    """Return the context of the flat table of units, which sorts, filters and pages."""
    units = organisation(as_of=clock.as_of, within=request.access.own_unit)
    words = request.GET.get("q", "").strip()
    return {
        "clock": clock,
        "totals": found.totals(request.access.own_unit),
        "q": words,
        "views": views(request, View.TABLE),
        **_table(request, units, words),
    }


@require_GET
@as_asked
def unit(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show one unit: facts, people, coverage, stage and history."""
    clock = clock_of(request)
    page = unit_page(external_id, as_of=clock.as_of, within=request.access.own_unit)
    if page is None:
        raise Http404
    context = {
        "clock": clock,
        "page": page,
        "node": page.row.unit,
        "facts": _facts(request.access, page.row),
        "breadcrumb": _breadcrumb(slug, clock, page.row.path, page.row.unit),
        "coverage": [cover_line(line) for line in page.coverage],
        "holdings": page.holdings,
        "is_cut": len(page.holdings) == MOST_HOLDINGS,
        "events": _events(page),
        "may_see_people": may(request.access, "roles:people"),
        "may_see_units": True,
        "actions": node_actions(request, clock, Thing.UNITS, external_id),
        "chart_url": _chart_url(slug, clock, external_id),
        "people_url": f"{reverse('roles:people', args=[slug])}?{urlencode({'unit': external_id})}{clock.more}",
    }
    return render(request, "roles/unit.html", context)


def _table(request: WorkspaceRequest, found: Organisation, words: str) -> dict[str, object]:
    keys = search_units(found.tree, words) if words else list(found.tree.nodes)
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") in SORTS:
        keys.sort(key=lambda key: _sort_value(found, key, sort.removeprefix("-")), reverse=sort.startswith("-"))
    page: Page[str] = Paginator(keys, PAGE).get_page(request.GET.get("page"))
    return {"page": page, "rows": [unit_row(found, key) for key in page]}


def _sort_value(found: Organisation, key: str, sort: str) -> tuple[object, str]:
    node = found.tree.nodes[key]
    values: dict[str, object] = {
        "name": node.name,
        "id": key,
        "level": UnitLevel.values.index(node.level),
        "people": found.counts[key].total_people,
    }
    return values[sort], key


def cover_line(line: RoleCover) -> CoverLine:
    """Return a role of a unit as a row."""
    catalogue = roles_here()
    missed = "missed" if line.expected is ExpectationLevel.CORE else "low"
    status = {CoverState.FILLED: "met", CoverState.SHARED: "near", CoverState.MISSING: missed}.get(line.state, "")
    names = catalogue.roles[line.role].names
    expected = catalogue.expectation_levels[line.expected].names
    return CoverLine(line.role, names, expected, str(COVER_WORDS[line.state]), status, line.cover)


def _chart_url(slug: str, clock: Clock, external_id: str) -> str:
    query = urlencode({"focus": key_of(Kind.UNIT, external_id), "open": key_of(Kind.UNIT, external_id)})
    return f"{reverse('roles:organisation', args=[slug])}?{query}{clock.more}#here"


def _events(page: UnitPage) -> list[dict[str, object]]:
    """Return the unit's versions and stage decisions as one history, newest first."""
    versions: list[DatedEvent] = [(version.start, _version_event(version)) for version in page.history]
    decisions: list[DatedEvent] = [
        (
            entry.start,
            {
                "when": entry.start,
                "title": _("Stage: %(stage)s") % {"stage": StageName(entry.stage).label},
                "text": entry.note,
                "who": entry.decided_by,
                "tone": "good",
            },
        )
        for entry in page.decisions
    ]
    dated = sorted([*versions, *decisions], key=lambda event: event[0] or date.min, reverse=True)
    return [event for _start, event in dated]


def _version_event(version: UnitChange) -> dict[str, object]:
    under = _("under %(unit)s") % {"unit": version.parent_name or version.parent} if version.parent else _("at the top")
    return {
        "when": version.start or _("From the first records"),
        "title": version.name,
        "text": f"{version.level.label} · {under}",
    }


def _facts(access: Access, row: UnitRow) -> list[dict[str, object]]:
    node, slug = row.unit, access.workspace.slug
    parent = row.path[-1] if row.path else None
    return [
        {"label": _("Id"), "value": node.external_id},
        {"label": _("Level"), "value": node.level.label},
        {
            "label": _("Belongs to"),
            "value": parent.name if parent else _("Nothing above it"),
            "url": reverse("roles:unit", args=[slug, parent.external_id]) if parent else "",
        },
        {"label": _("Ownership"), "value": node.ownership.label},
        {"label": _("City"), "value": node.city},
        {"label": _("FTE with all below"), "value": f"{row.count.total_fte.normalize():f}"},
        {"label": _("So since"), "value": node.since or _("the first records")},
    ]


def _breadcrumb(slug: str, clock: Clock, path: tuple[UnitNode, ...], node: UnitNode) -> list[dict[str, str]]:
    def at(unit_id: str) -> str:
        return reverse("roles:unit", args=[slug, unit_id]) + clock.query

    top = {"label": _("Organisation"), "url": reverse("roles:organisation", args=[slug]) + clock.query}
    above = [{"label": one.name, "url": at(one.external_id)} for one in path]
    return [top, *above, {"label": node.name, "url": ""}]
