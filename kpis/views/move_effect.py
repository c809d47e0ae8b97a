"""What a move of the organisation does to weights and scores: a part of the move sheet, a page of its own, a file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kpis.queries.move_effect import MoveEffect, table
from kpis.services.move_effect import move_effect as effect_of
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.choices import Thing
from roles.services.moving import MOVABLE

MOST = 50  # cards shown; the file has all


@require_GET
def move_effect(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the effect: `thing`, `id`, `to` (empty: the top), `on` (today), `whole_branch` (0: the unit alone).

    Who asks about no move is led to the chart, where one begins.
    """
    if not {"thing", "id"} & request.GET.keys():
        return redirect("roles:organisation", slug)
    effect = _effect(request)
    asked = ("thing", "id", "to", "on", "whole_branch", "scenario")
    query = urlencode({name: request.GET[name] for name in asked if name in request.GET})
    context = {
        "effect": effect,
        "shown": effect.changed[:MOST],
        "more": max(len(effect.changed) - MOST, 0),
        "export": f"{reverse('kpis:move_effect_csv', args=[slug])}?{query}",
    }
    fragment = request.htmx and not request.htmx.boosted
    return render(request, "kpis/move_effect.html#effect" if fragment else "kpis/move_effect.html", context)


@require_GET
def move_effect_csv(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Send the whole comparison, one line per card and KPI."""
    effect = _effect(request)
    return csv_answer(csv_text(table(effect)), filename=f"move-effect-{effect.period or 'none'}.csv")


def _effect(request: WorkspaceRequest) -> MoveEffect:
    today = today_in(request.access.workspace)
    try:
        thing = Thing(request.GET.get("thing", ""))
        on = parse_day(request.GET["on"]) if request.GET.get("on") else today
    except ValueError as error:
        raise Http404 from error
    if thing not in MOVABLE:
        raise Http404
    return effect_of(
        thing,
        request.GET.get("id", ""),
        to=request.GET.get("to") or None,
        on=on,
        today=today,
        whole_branch=request.GET.get("whole_branch", "1") not in ("0", "false", ""),
        scenario=request.draft.scenario.pk if request.draft is not None else None,
    )
