"""Key-person risk and vacancies: core roles on one pair of shoulders, core roles and seats without anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.library import role_options
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.picking import unit_options
from talent.choices import OpenKind
from talent.queries.open_places import OpenPlace, open_places
from talent.queries.people_risk import KeyPersonRisk, key_person_risks
from talent.reach import sees_people
from talent.views.tabs import talent_tabs

RISK_COLUMNS = (
    "unit_id", "unit", "role", "role_name", "person_id", "person", "held_since", "alone_in", "hands_to", "kpis",
    "successors", "successors_elsewhere",
)  # fmt: skip
OPEN_COLUMNS = (
    "kind", "unit_id", "unit", "role", "role_name", "seat_id", "seat", "open_since", "days_open", "successors",
)  # fmt: skip


@require_GET
def people_risk(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the core roles that one person alone holds; `open=1` keeps those without a successor."""
    clock, access = clock_of(request), request.access
    tree = unit_tree(as_of=clock.as_of)
    every = key_person_risks(tree=tree, within=access.own_unit, reader=access.person_external_id)
    found = _wanted(every, request, tree)
    context = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:people_risk"),
        "risks": found,
        "total": len(every),
        "without": sum(one.is_open for one in every),
        "several": len({one.person for one in every if one.alone_in > 1}),
        "sees_people": sees_people(access),
        "sees_pools": may(access, "talent:person_pools"),
        **_filters(request, tree),
        "only_open": bool(request.GET.get("open")),
    }
    return render(request, "talent/people_risk.html", context)


@require_GET
def people_risk_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the list as CSV; people are named to those who may see them, successors to HR."""
    clock, access, language = clock_of(request), request.access, get_language()
    tree = unit_tree(as_of=clock.as_of)
    named, pooled = sees_people(access), may(access, "talent:person_pools")
    found = key_person_risks(tree=tree, within=access.own_unit, reader=access.person_external_id)
    rows: list[tuple[object, ...]] = [RISK_COLUMNS]
    rows += [
        (
            one.unit, one.unit_name, one.role, one.names.in_language(language), one.person if named else "",
            one.name if named else "", one.since.isoformat(), one.alone_in,
            "; ".join(names.in_language(language) for names in one.hands_to), one.kpis,
            "; ".join(stay.name for stay in one.successors) if pooled else len(one.successors), one.elsewhere,
        )
        for one in _wanted(found, request, tree)
    ]  # fmt: skip
    return csv_answer(csv_text(rows), filename=f"key-person-risk-{clock.as_of}.csv")


@require_GET
def vacancies(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List core roles without a holder and vacant seats with the days they have been open."""
    clock, access = clock_of(request), request.access
    found = open_places(as_of=clock.as_of, within=access.own_unit)
    context = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:vacancies"),
        "places": _wanted_places(found.places, request, found.tree),
        "total": len(found.places),
        "roles_open": len(found.roles),
        "seats_open": len(found.places) - len(found.roles),
        "longest": found.longest,
        "kind": request.GET.get("kind", ""),
        "kind_options": OpenKind.choices,
        "may_fill": may(access, "talent:fill"),
        **_filters(request, found.tree),
    }
    return render(request, "talent/vacancies.html", context)


@require_GET
def vacancies_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the vacancies as CSV."""
    clock, language = clock_of(request), get_language()
    found = open_places(as_of=clock.as_of, within=request.access.own_unit)
    rows: list[tuple[object, ...]] = [OPEN_COLUMNS]
    rows += [
        (
            one.kind.value, one.unit, one.unit_name, one.role, one.names.in_language(language) if one.names else "",
            one.seat, one.title, one.since.isoformat() if one.since else "", "" if one.days is None else one.days,
            one.successors,
        )
        for one in _wanted_places(found.places, request, found.tree)
    ]  # fmt: skip
    return csv_answer(csv_text(rows), filename=f"vacancies-{clock.as_of}.csv")


def _filters(request: WorkspaceRequest, tree: UnitTree) -> dict[str, Any]:
    return {
        "unit": request.GET.get("unit", ""),
        "role": request.GET.get("role", ""),
        "unit_options": unit_options(tree, within=request.access.own_unit),
        "role_options": role_options(),
    }


def _wanted(risks: Sequence[KeyPersonRisk], request: WorkspaceRequest, tree: UnitTree) -> list[KeyPersonRisk]:
    asked = request.GET
    inside = tree.subtree(asked["unit"]) if asked.get("unit") else None
    found = [
        one
        for one in risks
        if (inside is None or one.unit in inside)
        and asked.get("role", "") in ("", one.role)
        and (not asked.get("open") or one.is_open)
        and (not asked.get("several") or one.alone_in > 1)
    ]
    language = get_language()
    keys: dict[str, Any] = {
        "unit": lambda one: one.unit_name,
        "role": lambda one: one.names.in_language(language),
        "since": lambda one: one.since,
        "alone": lambda one: one.alone_in,
        "successors": lambda one: len(one.successors),
    }
    return _sorted(found, asked.get("sort", ""), keys)


def _wanted_places(places: Sequence[OpenPlace], request: WorkspaceRequest, tree: UnitTree) -> list[OpenPlace]:
    asked, language = request.GET, get_language()
    inside = tree.subtree(asked["unit"]) if asked.get("unit") else None
    found = [
        one
        for one in places
        if (inside is None or one.unit in inside)
        and asked.get("role", "") in ("", one.role)
        and asked.get("kind", "") in ("", one.kind.value)
    ]
    keys: dict[str, Any] = {
        "what": lambda one: (one.kind.value, one.names.in_language(language) if one.names else one.title),
        "unit": lambda one: one.unit_name,
        "days": lambda one: -1 if one.days is None else one.days,
        "successors": lambda one: one.successors,
    }
    return _sorted(found, asked.get("sort", ""), keys)


def _sorted(found: list[Any], sort: str, keys: dict[str, Any]) -> list[Any]:
    """Sort by a known key; without one the order stays as it was found."""
    key = keys.get(sort.removeprefix("-"))
    return found if key is None else sorted(found, key=key, reverse=sort.startswith("-"))
