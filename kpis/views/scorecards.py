"""Scorecards: the matrix of roles and units, a role's card as a dashboard, and a person's cards."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.figures import Bar, Chart, ranked_bars
from kpis.queries.card_workbook import card_workbook
from kpis.queries.scorecards import (
    CardView,
    Peer,
    cards_of_person,
    current_cards,
    find_card,
    matrix,
    matrix_units,
    peers,
    with_history,
)
from kpis.queries.weights import weighed_roles
from kpis.views.asked import Asked, asked_period, frame, reach
from kpis.views.card_entry import card_entries, compare, published_note
from kpis.views.known import card_clocks, known_moment
from kpis.views.library import weighed_role_or_404
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.roster import PeopleFilter, people_list, person_page

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEVELS = ((100, 5), (90, 4), (80, 3), (60, 2), (0, 1))


@require_GET
def scorecards(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every unit's score in every role, and find people; a guide is led to their own card."""
    seen = reach(request.access)
    if seen.person is not None:
        return redirect("kpis:person_scorecard", slug, seen.person)
    asked = asked_period(request)
    context: dict[str, Any] = frame(request, asked)
    if asked.period is not None and asked.is_stored:
        tree = unit_tree(as_of=asked.period.last_day, within=seen.within)
        under = request.GET.get("unit", "")
        if under and under not in tree:
            raise Http404(under)
        units = matrix_units(tree, under=under or seen.within)
        known_at = known_moment(request)
        whole = seen.within is None and not under
        rows = matrix(asked.period, tree=tree, units=units, with_company=whole, known_at=known_at)
        context |= {
            "roles": [roles_here().roles[key] for key in weighed_roles()],
            "rows": [
                {"node": row.node, "cells": list(zip(weighed_roles(), map(_heat, row.cells), strict=True))}
                for row in rows
            ],
            "units": [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree if node.children],
            "under": under,
            "clocks": card_clocks(asked.period, known_at, zone=request.access.workspace.timezone),
        }
        context |= _people(request, asked, within=seen.within)
    return render(request, "kpis/scorecards.html", context)


def _heat(cell: Any) -> dict[str, Any] | None:
    """Return what a cell of the matrix shows; None where nobody holds the role."""
    if cell is None:
        return None
    if cell.score is None:
        return {"level": 0, "value": "–", "label": _("Not enough data"), "band": ""}
    level = next(level for least, level in LEVELS if cell.score >= least)
    return {"level": level, "value": f"{cell.score:.0f}", "label": f"{cell.score:.2f}", "band": cell.band}


def _people(request: WorkspaceRequest, asked: Asked, *, within: str | None) -> dict[str, Any]:
    query = request.GET.get("q", "").strip()
    if not query or asked.period is None or not may(request.access, "kpis:person_scorecard"):
        return {"q": query, "may_see_people": may(request.access, "kpis:person_scorecard")}
    wanted = PeopleFilter(as_of=asked.period.last_day, within=within, q=query)
    found, lines = people_list(wanted, page=request.GET.get("page"))
    return {"q": query, "found": found, "people": lines, "may_see_people": True}


@require_GET
def scorecard(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show a role's card of the company or of a unit as a dashboard, beside another unit's or month's."""
    role, seen, asked = weighed_role_or_404(role_key), reach(request.access), asked_period(request)
    context: dict[str, Any] = frame(request, asked)
    context |= {"role": roles_here().roles[role], "may_weigh": may(request.access, "kpis:weights")}
    if asked.period is None:
        return render(request, "kpis/scorecard.html", context)
    known_at, period = known_moment(request), asked.period
    tree = unit_tree(as_of=period.last_day, within=seen.within)
    unit = _unit_or_404(request, "unit", tree=tree, within=seen.within)
    view = _role_view(role, unit, period=period, tree=tree, known_at=known_at)
    context |= {
        "node": tree.nodes[unit] if unit else None,
        "units": _unit_options(period, role, tree, seen.within),
        "unit": unit,
        "clocks": card_clocks(period, known_at, zone=request.access.workspace.timezone),
        "known_at": known_at,
    }
    if view is not None:
        (entry,) = card_entries([view], period=period, tree=tree, known_at=known_at)
        compared = peers(role.value, period, tree=tree, unit=unit or None, known_at=known_at)
        context |= {"card": view.card, "entry": entry, "peers": compared, "peer_chart": _peer_chart(compared)}
        context |= _beside(request, view, asked, tree=tree, within=seen.within, known_at=known_at)
    return render(request, "kpis/scorecard.html", context)


@require_GET
def scorecard_xlsx(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Return a role's card as a workbook whose formulas work the score out again."""
    role, seen, asked = weighed_role_or_404(role_key), reach(request.access), asked_period(request)
    if asked.period is None:
        raise Http404
    known_at = known_moment(request)
    tree = unit_tree(as_of=asked.period.last_day, within=seen.within)
    unit = _unit_or_404(request, "unit", tree=tree, within=seen.within)
    view = _role_view(role, unit, period=asked.period, tree=tree, known_at=known_at)
    if view is None:
        raise Http404
    name = tree.nodes[unit].name if unit else request.access.workspace.name
    return _workbook([view], combined=None, name=name, filename=f"{role.value}-{unit or 'company'}-{asked.period}")


def _unit_or_404(request: WorkspaceRequest, name: str, *, tree: UnitTree, within: str | None) -> str:
    """Return the unit asked for, else the reader's own; 404 for one that is not there or not theirs."""
    unit = request.GET.get(name, "") or (within or "")
    if unit and unit not in tree:
        raise Http404(unit)
    return unit


def _role_view(
    role: RoleKey, unit: str, *, period: Period, tree: UnitTree, known_at: datetime | None
) -> CardView | None:
    scope = Scope(ScopeKind.UNIT, unit) if unit else COMPANY
    card = find_card(period, role=role.value, scope=scope, known_at=known_at)
    if card is None:
        return None
    (view,) = with_history([card], period=period, tree=tree, known_at=known_at)
    return view


def _beside(
    request: WorkspaceRequest,
    view: CardView,
    asked: Asked,
    *,
    tree: UnitTree,
    within: str | None,
    known_at: datetime | None,
) -> dict[str, Any]:
    """Return the card compared with another month or unit; without a wish with the month before."""
    period = _other_period(request, asked)
    chosen = request.GET.get("vs_unit", "")
    if chosen and chosen not in tree:
        raise Http404(chosen)
    scope = Scope(ScopeKind.UNIT, chosen) if chosen else Scope(ScopeKind(view.card.scope_kind), view.card.scope_id)
    own = scope.id == view.card.scope_id and str(period) == view.card.period
    other = None if own else find_card(period, role=view.card.role_key, scope=scope, known_at=known_at)
    return {
        "vs_period": str(period),
        "vs_unit": chosen,
        "vs_name": tree.nodes[scope.id].name if scope.id in tree else "",
        "vs_units": _unit_options(period, RoleKey(view.card.role_key), tree, within, without_company=True),
        "vs_periods": [(str(each), str(each)) for each in asked.stored],
        "movement": compare(view, other),
    }


def _other_period(request: WorkspaceRequest, asked: Asked) -> Period:
    """Return the month to compare with: asked for, the same when another unit is, else the month before."""
    text, period = request.GET.get("vs_period", ""), asked.period
    if period is None:
        raise Http404
    try:
        found = parse_period(text) if text else period if request.GET.get("vs_unit") else period.previous()
    except ValueError as error:
        raise Http404(text) from error
    return found


def _unit_options(
    period: Period, role: RoleKey, tree: UnitTree, within: str | None, *, without_company: bool = False
) -> list[tuple[str, str]]:
    cards = current_cards(period, role_key=role.value, scope_kind=ScopeKind.UNIT.value)
    held = set(cards.values_list("scope_id", flat=True))
    units = [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree if node.external_id in held]
    return units if within is not None or without_company else [("", _("Company")), *units]


@require_GET
def person_scorecard(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show all cards of one person: each role, and the roles combined by share of time."""
    seen, asked = reach(request.access), asked_period(request)
    if asked.period is None:
        if seen.person not in (None, external_id):
            raise Http404(external_id)
        return render(request, "kpis/person_scorecard.html", frame(request, asked))
    period, known_at = asked.period, known_moment(request)
    person = person_page(external_id, as_of=period.last_day, within=seen.within, person=seen.person)
    if person is None:
        raise Http404(external_id)
    tree = unit_tree(as_of=period.last_day)
    combined, views = _person_views(external_id, period=period, tree=tree, known_at=known_at)
    entries = card_entries(views, period=period, tree=tree, known_at=known_at)
    other = _other_period(request, asked)
    before = {card.role_key: card for card in cards_of_person(external_id, other, known_at=known_at)}
    for entry in entries:
        entry["movement"] = compare(entry["view"], before.get(entry["card"].role_key))
    context = frame(request, asked) | {
        "person": person,
        "combined": combined,
        "combined_published": published_note(combined.card) if combined and known_at is None else None,
        "shares": _shares(combined),
        "cards": entries,
        "may_see_units": seen.person is None,
        "clocks": card_clocks(period, known_at, zone=request.access.workspace.timezone),
        "known_at": known_at,
        "vs_period": str(other),
        "vs_periods": [(str(each), str(each)) for each in asked.stored if each != period],
    }
    return render(request, "kpis/person_scorecard.html", context)


@require_GET
def person_scorecard_xlsx(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Return a person's cards as a workbook, one sheet per role and one that combines them."""
    seen, asked = reach(request.access), asked_period(request)
    if asked.period is None:
        raise Http404
    day = asked.period.last_day
    person = person_page(external_id, as_of=day, within=seen.within, person=seen.person)
    if person is None:
        raise Http404(external_id)
    combined, views = _person_views(
        external_id, period=asked.period, tree=unit_tree(as_of=day), known_at=known_moment(request)
    )
    if not views:
        raise Http404
    return _workbook(views, combined=combined, name=person.name, filename=f"{external_id}-{asked.period}")


def _person_views(
    person: str, *, period: Period, tree: UnitTree, known_at: datetime | None
) -> tuple[CardView | None, list[CardView]]:
    """Return the combined card, where there is one, and the role cards."""
    cards = cards_of_person(person, period, known_at=known_at)
    views = with_history(cards, period=period, tree=tree, known_at=known_at)
    combined = next((view for view in views if not view.card.role_key), None)
    return combined, [view for view in views if view.card.role_key]


def _workbook(views: list[CardView], *, combined: CardView | None, name: str, filename: str) -> HttpResponse:
    body = card_workbook(views, combined=combined, name=name, language=get_language() or "zh-hans")
    answer = HttpResponse(body, content_type=WORKBOOK)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_ascii(filename)}.xlsx"'
    return answer


def _ascii(text: str) -> str:
    return "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "_" for each in text)


def _shares(view: CardView | None) -> list[dict[str, Any]]:
    if view is None:
        return []
    roles = roles_here().roles
    return [
        {"label": roles[RoleKey(line.role)].names, "line": line, "points": line.points or Decimal(0)}
        for line in view.card.share_lines
    ]


def _peer_chart(found: tuple[Peer, ...]) -> Chart | None:
    bars = [Bar(peer.node.name, peer.score, peer.band) for peer in found if peer.score is not None]
    return ranked_bars(bars, axis=_("Unit"), value_name=_("Score")) if len(bars) > 1 else None
