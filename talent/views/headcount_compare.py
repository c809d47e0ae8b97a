"""Plans side by side: posts of each role, money of each cost type, and what the others differ by from the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from talent.headcount.budgeting import COST_TYPES
from talent.queries.headcount_plans import PlanView, plans
from talent.reach import seen_plan, sees_role_costs
from talent.views.headcount_plans import MOST_COMPARED, contingency_line
from talent.views.headcount_words import driver_names, plain, role_name, type_name

Figure = Callable[[PlanView], Decimal | None]


@require_GET
def compare_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Compare two to four plans, `?plan=1&plan=2`; the first is what the others are held against. `format=csv`."""
    every = [seen_plan(plan, request.access) for plan in plans()]
    by_pk = {str(plan.pk): plan for plan in every}
    asked = list(dict.fromkeys(pk for pk in request.GET.getlist("plan") if pk in by_pk))[:MOST_COMPARED]
    chosen = [by_pk[pk] for pk in asked] if len(asked) > 1 else every[:2]
    sees = all(sees_role_costs(request.access, plan) for plan in chosen)
    groups = _groups(chosen, sees=sees) if len(chosen) > 1 else []
    if request.GET.get("format") == "csv":
        return _file(chosen, groups)
    context = {
        "every": every,
        "chosen": chosen,
        "chosen_pks": [plan.pk for plan in chosen],
        "groups": groups,
        "sees_roles": sees,
        "checks": [contingency_line(plan.result) for plan in chosen],
    }
    return render(request, "talent/headcount_compare.html", context)


def _groups(chosen: Sequence[PlanView], *, sees: bool) -> list[Mapping[str, Any]]:
    roles = list(dict.fromkeys(role for plan in chosen for role in plan.spec.norms))
    drivers = list(dict.fromkeys(norm.driver for plan in chosen for norm in plan.spec.norms.values()))
    names = driver_names()
    groups: list[Mapping[str, Any]] = [
        {
            "title": _("Drivers in the last month"),
            "unit": "",
            "rows": _rows(chosen, ((names[key], _driver(key)) for key in drivers)),
        },
        {
            "title": _("Posts in the last month (FTE)"),
            "unit": "",
            "rows": _rows(
                chosen,
                [(_("All roles"), lambda plan: plan.result.fte[-1]), *((role_name(key), _posts(key)) for key in roles)],
            ),
        },
        {
            "title": _("Cost of all months"),
            "unit": "CNY",
            "rows": _rows(
                chosen,
                [
                    (_("Total"), lambda plan: plan.result.total),
                    *((type_name(kind), _cost(kind)) for kind in COST_TYPES),
                ],
            ),
        },
    ]
    if sees:
        rows = _rows(chosen, ((role_name(key), _role_cost(key)) for key in roles))
        groups.append({"title": _("Cost of roles in all months"), "unit": "CNY", "rows": rows})
    return groups


def _rows(chosen: Sequence[PlanView], lines: Iterable[tuple[Any, Figure]]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for name, figure in lines:
        values = [figure(plan) for plan in chosen]
        if any(value is not None for value in values):
            first = values[0]
            changes = [None if value is None or first is None else value - first for value in values]
            found.append({"name": name, "cells": list(zip(values, changes, strict=True))})
    return found


def _driver(key: str) -> Figure:
    def figure(plan: PlanView) -> Decimal | None:
        lines = [section.drivers.get(key) for section in plan.spec.sections]
        known = [value for line in lines if line and (value := line.at(plan.spec.months - 1)) is not None]
        return sum(known, Decimal(0)) if known else None

    return figure


def _posts(key: str) -> Figure:
    def figure(plan: PlanView) -> Decimal | None:
        return plan.result.role_fte(key)[-1] if key in plan.spec.norms else None

    return figure


def _cost(kind: str) -> Figure:
    return lambda plan: plan.result.type_total(kind)


def _role_cost(key: str) -> Figure:
    return lambda plan: plan.result.role_cost(key)


def _file(chosen: Sequence[PlanView], groups: Sequence[Mapping[str, Any]]) -> HttpResponse:
    rows: list[tuple[object, ...]] = [("group", "line", *(plan.name for plan in chosen))]
    for group in groups:
        rows += [
            (group["title"], str(row["name"]), *(plain(value) for value, _change in row["cells"]))
            for row in group["rows"]
        ]
    return csv_answer(csv_text(rows), filename="headcount-plans.csv")
