"""The card of one node: what it is, what is planned, its secondary lines, and what can be done with it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.chart.nodes import THINGS, Kind, Line, Node, PersonCard, PlannedKind, SeatCard, TreeName, UnitCard, key_of
from roles.choices import StageName
from roles.views.chart_seen import Seen, seen_of
from roles.views.chart_words import days_open, plain, planned_words, role_name
from roles.views.clock import as_asked
from roles.views.node_actions import node_actions
from roles.views.organisation import cover_line

Fact = dict[str, object]


@require_GET
@as_asked
def node_card(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the card of `?node=`: in the drawer for the script, as a page of its own without."""
    seen = seen_of(request)
    node = seen.forest.nodes.get(request.GET.get("node", ""))
    if node is None:
        raise Http404
    card = node.card
    context = {
        "clock": seen.clock,
        "node": node,
        "thing": THINGS[node.kind].value,
        "kind_label": _kind_label(node),
        "facts": _facts(seen, node, slug=slug),
        "planned": _planned(seen, node),
        "coverage": [cover_line(line) for line in card.covers] if isinstance(card, UnitCard) else (),
        "roles": [(role_name(role), share) for role, share in card.roles] if isinstance(card, PersonCard) else (),
        "lines": [_line(seen, node, line, slug=slug) for line in seen.forest.lines.get(node.key, ())],
        "links": _links(request, seen, node),
        "actions": [] if node.is_ghost else _actions(request, seen, node),
        "breadcrumb": [
            {"label": seen.forest.nodes[key].name, "url": _chart_url(seen, slug=slug, focus=key)}
            for key in seen.forest.path(node.key)
        ],
    }
    template = "roles/chart/node.html#card" if request.htmx else "roles/chart/node.html"
    return render(request, template, context)


def _actions(request: WorkspaceRequest, seen: Seen, node: Node) -> list[dict[str, object]]:
    vacant_in = node.card.unit if isinstance(node.card, SeatCard) else ""
    return node_actions(request, seen.clock, THINGS[node.kind], node.external_id, vacant_in=vacant_in)


def _kind_label(node: Node) -> str:
    match node.card:
        case UnitCard() as unit:
            return str(unit.level.label)
        case PersonCard():
            return _("Person")
        case SeatCard():
            return _("Vacant seat")


def _facts(seen: Seen, node: Node, *, slug: str) -> list[Fact]:
    match node.card:
        case UnitCard() as unit:
            facts = _unit_facts(unit)
        case PersonCard() as person:
            facts = _person_facts(seen, person, slug=slug)
        case SeatCard() as seat:
            facts = _seat_facts(seen, seat, slug=slug)
    return [{"label": _("Id"), "value": node.external_id}, *(fact for fact in facts if fact["value"])]


def _unit_facts(unit: UnitCard) -> list[Fact]:
    return [
        {"label": _("City"), "value": unit.city},
        {"label": _("Leader"), "value": "、".join(unit.leaders)},
        {"label": _("People here"), "value": f"{unit.people:,}"},
        {"label": _("People with all below"), "value": f"{unit.total_people:,}"},
        {"label": _("FTE with all below"), "value": plain(unit.total_fte)},
        {"label": _("Units below"), "value": f"{unit.units:,}"},
        {"label": _("Vacant seats"), "value": f"{unit.total_vacant:,}"},
        {"label": _("Stage"), "value": str(StageName(unit.stage).label)},
        {"label": _("Omnichannel"), "value": _("Leading unit") if unit.is_leading else ""},
    ]


def _person_facts(seen: Seen, person: PersonCard, *, slug: str) -> list[Fact]:
    manager = seen.chart.people.get(key_of(Kind.PERSON, person.manager or ""))
    return [
        {"label": _("Job title"), "value": person.title},
        {"label": _("Unit"), "value": person.unit_name, "url": _unit_url(seen, person.unit, slug=slug)},
        {"label": _("Manager"), "value": manager.name if manager else person.manager or _("Nobody")},
        {"label": _("Direct reports"), "value": f"{person.reports:,}" if person.reports else ""},
        {"label": _("Filled by"), "value": str(person.fill_mode.label)},
        {"label": _("FTE"), "value": plain(person.fte)},
    ]


def _seat_facts(seen: Seen, seat: SeatCard, *, slug: str) -> list[Fact]:
    return [
        {"label": _("Unit"), "value": seat.unit_name, "url": _unit_url(seen, seat.unit, slug=slug)},
        {"label": _("Role"), "value": role_name(seat.role) if seat.role else ""},
        {"label": _("Grade"), "value": seat.grade},
        {"label": _("Planned FTE"), "value": plain(seat.planned_fte)},
        {"label": _("Vacancy"), "value": days_open(seat, as_of=seen.clock.as_of)},
    ]


def _unit_url(seen: Seen, unit: str, *, slug: str) -> str:
    return reverse("roles:unit", args=[slug, unit]) + seen.clock.query if unit in seen.chart.facts.tree else ""


def _planned(seen: Seen, node: Node) -> str:
    if node.planned is None:
        return ""
    words = planned_words(node.planned)
    to = seen.forest.nodes.get(key_of(Kind.UNIT, node.planned.to))
    if node.planned.kind is PlannedKind.MOVES and to is not None:
        return _("%(change)s, to %(unit)s") % {"change": words, "unit": to.name}
    return words


def _line(seen: Seen, node: Node, line: Line, *, slug: str) -> Fact:
    """Tell the other end of a secondary line, and which way it runs."""
    outgoing = line.start == node.key
    other = seen.forest.nodes[line.end if outgoing else line.start]
    return {
        "kind": line.kind,
        "label": str(line.kind.label),
        "name": other.name,
        "url": _chart_url(seen, slug=slug, focus=other.key),
        "outgoing": outgoing,
        "note": line.note,
    }


def _chart_url(seen: Seen, *, slug: str, **asked: str) -> str:
    query = urlencode([*seen.choices.pairs(), *asked.items()])
    return f"{reverse('roles:organisation', args=[slug])}?{query}{seen.clock.more}#here"


def _links(request: WorkspaceRequest, seen: Seen, node: Node) -> list[Fact]:
    """Return where the node can be looked at further."""
    slug, links = request.access.workspace.slug, list[Fact]()
    if node.kind is Kind.UNIT and not node.is_ghost:
        links.append({"label": _("Open the unit"), "icon": "building-office-2", "url": _page(request, seen, node)})
    if node.kind is Kind.PERSON and may(request.access, "roles:person") and not node.is_ghost:
        links.append({"label": _("Open the person"), "icon": "user", "url": _page(request, seen, node)})
    if seen.forest.has_below(node.key):
        links.append(
            {
                "label": _("Show from here"),
                "icon": "arrow-down-right",
                "url": _chart_url(seen, slug=slug, root=node.key),
            }
        )
    if node.kind is Kind.PERSON:
        other = TreeName.PEOPLE if seen.sight.tree is TreeName.UNITS else TreeName.UNITS
        label = _("Show among people by manager") if other is TreeName.PEOPLE else _("Show in the unit")
        page = reverse("roles:organisation", args=[slug])
        query = urlencode([("tree", other.value), ("focus", node.key)])
        links.append({"label": label, "icon": "eye", "url": f"{page}?{query}{seen.clock.more}#here"})
    return links


def _page(request: WorkspaceRequest, seen: Seen, node: Node) -> str:
    route = "roles:unit" if node.kind is Kind.UNIT else "roles:person"
    return reverse(route, args=[request.access.workspace.slug, node.external_id]) + seen.clock.query
