"""Scorecards: the matrix of roles and units, a role's card as a dashboard, and a person's cards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.figures import Bar, Chart, Series, attainment_bars, ranked_bars, trend
from kpis.models import Scorecard
from kpis.queries.scorecards import (
    CardView,
    Peer,
    cards_of_person,
    find_card,
    matrix,
    matrix_units,
    peers,
    with_history,
)
from kpis.views.asked import Asked, asked_period, frame, month_labels, reach, unit_word
from kpis.views.library import role_or_404
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, load_roles
from roles.choices import StageName
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.roster import PeopleFilter, people_list, person_page

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
        rows = matrix(asked.period, tree=tree, units=units, with_company=seen.within is None and not under)
        context |= {
            "roles": list(load_roles().roles.values()),
            "rows": [
                {"node": row.node, "cells": list(zip(RoleKey, map(_heat, row.cells), strict=True))} for row in rows
            ],
            "units": [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree if node.children],
            "under": under,
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
    """Show a role's card of the company or of a unit as a dashboard."""
    role, seen, asked = role_or_404(role_key), reach(request.access), asked_period(request)
    context: dict[str, Any] = frame(request, asked)
    context |= {"role": load_roles().roles[role], "may_weigh": may(request.access, "kpis:weights")}
    if asked.period is not None:
        tree = unit_tree(as_of=asked.period.last_day, within=seen.within)
        unit = request.GET.get("unit", "") or (seen.within or "")
        if unit and unit not in tree:
            raise Http404(unit)
        scope = Scope(ScopeKind.UNIT, unit) if unit else COMPANY
        card = find_card(asked.period, role=role.value, scope=scope)
        context |= {"node": tree.nodes[unit] if unit else None, "units": _unit_options(asked, role, tree, seen.within)}
        context["unit"] = unit
        if card is not None:
            (view,) = with_history([card], period=asked.period, tree=tree)
            context |= {"card": card, "entry": _entry(view, tree=tree)}
            compared = peers(role.value, asked.period, tree=tree, unit=unit or None)
            context |= {"peers": compared, "peer_chart": _peer_chart(compared)}
    return render(request, "kpis/scorecard.html", context)


def _unit_options(asked: Asked, role: RoleKey, tree: UnitTree, within: str | None) -> list[tuple[str, str]]:
    if asked.period is None:
        return []
    cards = Scorecard.objects.filter(
        period=str(asked.period), is_current=True, role_key=role.value, scope_kind=ScopeKind.UNIT.value
    )
    held = set(cards.values_list("scope_id", flat=True))
    units = [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree if node.external_id in held]
    return units if within is not None else [("", _("Company")), *units]


@require_GET
def person_scorecard(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show all cards of one person: each role, and the roles combined by share of time."""
    seen, asked = reach(request.access), asked_period(request)
    if asked.period is None:
        if seen.person not in (None, external_id):
            raise Http404(external_id)
        return render(request, "kpis/person_scorecard.html", frame(request, asked))
    day = asked.period.last_day
    person = person_page(external_id, as_of=day, within=seen.within, person=seen.person)
    if person is None:
        raise Http404(external_id)
    tree = unit_tree(as_of=day)
    views = with_history(cards_of_person(external_id, asked.period), period=asked.period, tree=tree)
    combined = next((view for view in views if not view.card.role_key), None)
    context = frame(request, asked) | {
        "person": person,
        "combined": combined,
        "shares": _shares(combined),
        "cards": [_entry(view, tree=tree) for view in views if view.card.role_key],
        "may_see_units": seen.person is None,
    }
    return render(request, "kpis/person_scorecard.html", context)


def _shares(view: CardView | None) -> list[dict[str, Any]]:
    if view is None:
        return []
    roles = load_roles().roles
    return [
        {"label": roles[RoleKey(line.role)].names, "line": line, "points": line.points or Decimal(0)}
        for line in view.card.share_lines
    ]


def _entry(view: CardView, *, tree: UnitTree) -> dict[str, Any]:
    """Return what `_card.html` shows of one card."""
    card, language = view.card, get_language()
    return {
        "view": view,
        "card": card,
        "card_role": load_roles().roles[RoleKey(card.role_key)],
        "card_unit": tree.nodes.get(card.unit_id),
        "stage": StageName(card.stage).label,
        "stage_unit": tree.nodes.get(card.stage_unit),
        "segments": [
            {
                "label": each.spec.names.in_language(language),
                "points": each.line.points,
                "weight": each.line.weight,
                "status": each.line.status,
                "url": f"#line-{card.role_key}-{each.line.kpi}",
            }
            for each in view.lines
        ],
        "weight_total": sum((each.line.weight for each in view.lines), Decimal(0)),
        "bars_id": f"bars-{card.role_key}",
        "main_id": f"main-{card.role_key}",
        "score_id": f"score-{card.role_key}",
        "bars": _bars_chart(view),
        "main_chart": _main_chart(view),
        "score_chart": _score_chart(view),
        "computed_at": view.computed_at,
    }


def _bars_chart(view: CardView) -> Chart | None:
    language = get_language()
    bars = [
        Bar(each.spec.names.in_language(language), each.line.attainment, each.line.status)
        for each in view.lines
        if each.line.attainment is not None
    ]
    return attainment_bars(bars, axis=_("KPI"), value_name=_("Attainment %")) if bars else None


def _main_chart(view: CardView) -> Chart | None:
    main = view.main
    if main is None or not any(value is not None for value in main.trend):
        return None
    line = Series(main.spec.names.in_language(get_language()), main.trend)
    target = Series(_("Target"), [*([None] * (len(main.trend) - 1)), main.line.target])
    return trend(month_labels(view.months), line, axis=_("Month"), unit=unit_word(main.spec.unit), target=target)


def _score_chart(view: CardView) -> Chart | None:
    if sum(score is not None for score in view.scores) < 2:
        return None
    return trend(month_labels(view.months), Series(_("Score"), view.scores), axis=_("Month"), unit="")


def _peer_chart(found: tuple[Peer, ...]) -> Chart | None:
    bars = [Bar(peer.node.name, peer.score, peer.band) for peer in found if peer.score is not None]
    return ranked_bars(bars, axis=_("Unit"), value_name=_("Score")) if len(bars) > 1 else None
