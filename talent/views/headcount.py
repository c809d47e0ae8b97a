"""Head count on a day: drivers, posts needed, filled and planned; what a post of a role carries, with its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import Clock, clock_of, today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import ExpectationLevel, load_roles
from roles.choices import FillMode
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options
from talent.errors.headcount import PlanRefused
from talent.queries.drivers import NormRow, entries_of, norm_history, planned_roles
from talent.queries.headcount import AreaNeed, Headcount, Need, headcount
from talent.services.headcount import enter_driver, keep_norm, restore_norm
from talent.views.headcount_words import (
    asked_unit,
    driver_names,
    driver_note,
    faults_at,
    plain,
    role_name,
)
from talent.views.tabs import talent_tabs

FILE_COLUMNS = (
    "as_of", "unit_id", "area_unit_id", "role", "expected", "driver", "driver_value", "driver_source", "units_per_fte",
    "minimum",
    "needed_fte", "internal_fte", "seconded_fte", "outsourced_fte", "in_post_fte", "gap_fte", "planned_fte",
    "vacant_fte",
)  # fmt: skip


@require_GET
def headcount_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the posts of a unit on a day."""
    return _show(request, {}, {})


def _show(
    request: WorkspaceRequest, typed: Mapping[str, str], faults: Mapping[str, str], *, status: int = 200
) -> HttpResponse:
    clock = clock_of(request)
    whole = unit_tree(as_of=clock.as_of)
    tree = whole.inside(request.access.own_unit)
    unit = asked_unit(request.GET.get("unit", ""), tree)
    context: dict[str, Any] = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:headcount"),
        "units": unit_options(tree),
        "unit": unit,
        "may_write": may(request.access, "talent:headcount_norm", "POST"),
        "may_plan": may(request.access, "talent:headcount_plans"),
    }
    if unit:
        found = headcount(unit, tree=whole)
        context |= {"found": found, **_parts(request, found, clock), "typed": typed, "faults": faults}
    return render(request, "talent/headcount.html", context, status=status)


def _parts(request: WorkspaceRequest, found: Headcount, clock: Clock) -> dict[str, Any]:
    slug, unit = request.access.workspace.slug, found.unit.external_id
    levels = load_roles().expectation_levels
    history = entries_of(unit) if may(request.access, "talent:headcount_driver", "POST") else ()
    return {
        "rows": [
            {
                "need": need,
                "name": role_name(need.role),
                "level": levels[need.level].names if need.level else None,
                "parts": [
                    {
                        "of": part,
                        "level": levels[part.level].names,
                        "level_counts": part.level is ExpectationLevel.CORE,
                        "source": driver_note(part.driver, request.access) if part.driver else None,
                    }
                    for part in need.areas
                ],
                "cover_url": f"{reverse('orgstages:coverage', args=[slug])}?unit={unit}&role={need.role}{clock.more}",
                "is_short": need.gap is not None and need.gap > 0,
            }
            for need in found.needs
        ],
        "drivers": [
            {
                "value": value,
                "source": driver_note(value, request.access),
                "beside": found.drivers.beside.get(value.driver),
            }
            for value in found.drivers.counting.values()
        ],
        "driver_options": [(key, names) for key, names in driver_names().items()],
        "history": history,
        "vacancies_url": reverse("talent:vacancies", args=[slug]) if may(request.access, "talent:vacancies") else "",
    }


@require_GET
def headcount_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the posts of a unit on a day as CSV: a row for each role in each stage area of the unit."""
    clock = clock_of(request)
    whole = unit_tree(as_of=clock.as_of)
    tree = whole.inside(request.access.own_unit)
    unit = asked_unit(request.GET.get("unit", ""), tree)
    if not unit:
        raise Http404
    found = headcount(unit, tree=whole)
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    day = clock.as_of.isoformat()
    rows += [(day, unit, *_file_row(need, area)) for need in found.needs for area in need.areas]
    return csv_answer(csv_text(rows), filename=f"headcount-{unit}-{clock.as_of.isoformat()}.csv")


def _file_row(need: Need, area: AreaNeed) -> tuple[object, ...]:
    norm, driver = need.norm.norm if need.norm else None, area.driver
    numbers = (area.needed, *(area.held[mode] for mode in FillMode), area.in_post, area.gap, area.planned, area.vacant)
    return (
        area.area.key,
        need.role,
        area.level.value,
        norm.driver if norm else "",
        plain(driver.value) if driver else "",
        driver.source.value if driver else "",
        plain(norm.units_per_fte) if norm else "",
        plain(norm.minimum) if norm else "",
        *(plain(number) for number in numbers),
    )


@require_POST
def headcount_driver(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Keep the value of a driver of a unit; without a value the entry is taken back."""
    access = request.access
    today = today_in(access.workspace)
    try:
        row = enter_driver(
            request.POST.dict(), tree=unit_tree(as_of=today), actor_id=access.user_id, today=today
        )  # fmt: skip
    except PlanRefused as error:
        return _show(request, request.POST.dict(), faults_at(error.issues), status=422)
    messages.success(request, _("The driver is kept.") if row.value is not None else _("The entry is taken back."))
    return redirect(f"{reverse('talent:headcount', args=[slug])}?unit={row.unit_external_id}#drivers")


@require_http_methods(["GET", "HEAD", "POST"])
def headcount_norm(request: WorkspaceRequest, slug: str, role: str) -> HttpResponse:
    """Show and change what a post of a role carries; `restore` brings an earlier row back."""
    if role not in planned_roles():
        raise Http404(role)
    if request.method != "POST":
        return _norm_page(request, role, None, {})
    access = request.access
    today = today_in(access.workspace)
    typed = request.POST.dict()
    try:
        if "restore" in typed:
            number = typed["restore"] if typed["restore"].isascii() and typed["restore"].isdigit() else "-1"
            restore_norm(role, row=int(number[:12]), actor_id=access.user_id, today=today)
        else:
            keep_norm(role, typed, actor_id=access.user_id, today=today)
    except PlanRefused as error:
        return _norm_page(request, role, typed, faults_at(error.issues), status=422)
    messages.success(request, _("The norm of %(role)s is kept.") % {"role": role_name(role)})
    return redirect("talent:headcount_norm", slug, role)


def _norm_page(
    request: WorkspaceRequest,
    role: str,
    typed: Mapping[str, str] | None,
    faults: Mapping[str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    history = norm_history(role)
    today = today_in(request.access.workspace)
    in_force = next((row for row in sorted(history, key=_order) if row.since is None or row.since <= today), None)
    if typed is None:
        norm = in_force.norm if in_force else None
        typed = {
            "driver": norm.driver if norm else "",
            "units_per_fte": plain(norm.units_per_fte) if norm else "",
            "minimum": plain(norm.minimum) if norm else "",
            "since": today.isoformat(),
        }
    context = {
        "role": role,
        "name": role_name(role),
        "rule": load_roles().headcount.rule,
        "typed": typed,
        "faults": faults,
        "history": history,
        "in_force": in_force,
        "driver_options": [(key, names) for key, names in driver_names().items()],
        "names": driver_names(),
    }
    return render(request, "talent/headcount_norm.html", context, status=status)


def _order(row: NormRow) -> tuple[int, int]:
    """Return the place of a norm: the latest day first, then what was written last; the catalogue's own stands last."""
    return (-row.since.toordinal() if row.since else 0, -row.pk)
