"""Talent pools: sizes and gaps for those who plan, names and changes for HR; never for the people in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import Thing
from roles.queries.library import role_options
from roles.queries.naming import names_of
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders
from roles.queries.picking import labelled
from talent.choices import Pool, Readiness
from talent.errors.people import OutOfReach, PoolRefused, StayOver
from talent.forms.pools import PEOPLE, LeaveForm, PlaceForm
from talent.queries.pool_suggestions import (
    CORE_FIT,
    CORE_SCORE,
    LEAST_NEXT,
    RESERVE_FIT,
    RESERVE_SCORE,
    newest_month,
    pool_suggestions,
)
from talent.queries.pools import Stay, others_here, pool_sizes, stays_on, succession_gaps
from talent.services.pools import put_in, take_out
from talent.views.tabs import talent_tabs

MOST_SUGGESTED = 300
MOST_SHOWN = 30
SORTS = ("name", "pool", "role", "ready", "since", "unit")
FILE_COLUMNS = (
    "person_id", "person", "unit_id", "unit", "pool", "target_role", "readiness", "since", "until", "reason",
    "end_reason",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def pools(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the pools of a day; POST puts somebody in."""
    if request.method != "POST":
        return _page(request, clock_of(request))
    form, clock, access = PlaceForm(request.POST), clock_of(request, ""), request.access
    if form.is_valid():
        try:
            put_in(
                form.cleaned_data["person"], place=form.place, today=clock.today, actor_id=access.user_id,
                own_person=access.person_external_id,
            )  # fmt: skip
        except PoolRefused as refused:
            form.tell(refused.faults)
        else:
            messages.success(request, _("Put into the pool."))
            return redirect("talent:pools", slug)
    return _page(request, clock, form=form, status=422)


@require_POST
def pool_leave(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take somebody out of a pool; the stay is kept."""
    clock, access, form = clock_of(request, ""), request.access, LeaveForm(request.POST, prefix=f"leave{pk}")
    if form.is_valid():
        try:
            take_out(
                pk,
                **form.cleaned_data,
                today=clock.today,
                actor_id=access.user_id,
                own_person=access.person_external_id,
            )
        except OutOfReach as error:
            raise Http404 from error
        except (PoolRefused, StayOver) as refused:
            form.tell(refused.faults if isinstance(refused, PoolRefused) else {"": str(refused)})
        else:
            messages.success(request, _("Out of the pool; the stay is kept in the history."))
            return redirect("talent:pools", slug)
    elif not any(one.pk == pk for one in _stays(request, clock, with_past=True)):
        raise Http404
    return _page(request, clock, leaving={pk: form}, status=422)


@require_GET
def pools_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the stays of a day, with `past` those that are over as well, as CSV."""
    clock = clock_of(request)
    found = _chosen(_stays(request, clock, with_past=bool(request.GET.get("past"))), request.GET)
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    rows += [
        (
            one.person, one.name, one.unit, one.unit_name, one.pool.value, one.target_role, one.readiness.value,
            one.since.isoformat(), one.until.isoformat() if one.until else "", one.reason, one.end_reason,
        )
        for one in found
    ]  # fmt: skip
    return csv_answer(csv_text(rows), filename=f"talent-pools-{clock.as_of}.csv")


@require_GET
def person_pools(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show a person's stays to HR, as a fragment for the person's page; to nobody their own."""
    clock, known = clock_of(request), names_of({(Thing.PEOPLE, external_id)})
    if external_id == request.access.person_external_id or (
        not known and not holders(as_of=clock.as_of, person=external_id, most=1)
    ):
        raise Http404
    stays = stays_on(as_of=clock.as_of, tree=unit_tree(as_of=clock.as_of), with_past=True, person=external_id)
    context = {"clock": clock, "stays": stays, "name": known.get((Thing.PEOPLE, external_id), external_id)}
    template = "talent/pools_person.html"
    part = request.htmx and not request.htmx.boosted
    return render(request, f"{template}#stays" if part else template, context)


def _stays(request: WorkspaceRequest, clock: Clock, *, with_past: bool = False) -> tuple[Stay, ...]:
    """Return the stays, without those of the reader."""
    own, tree = request.access.person_external_id, unit_tree(as_of=clock.as_of)
    found = stays_on(as_of=clock.as_of, tree=tree, with_past=with_past)
    return tuple(one for one in found if not own or one.person != own)


def _page(
    request: WorkspaceRequest,
    clock: Clock,
    *,
    form: PlaceForm | None = None,
    leaving: dict[int, LeaveForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    tree, own = unit_tree(as_of=clock.as_of), request.access.person_external_id
    every = stays_on(as_of=clock.as_of, tree=tree)
    counted = others_here(every, reader=own)
    sees_names = may(request.access, "talent:person_pools")
    context: dict[str, Any] = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:pools"),
        "sizes": pool_sizes(counted),
        "totals": [(pool, pool.label, len({one.person for one in counted if one.pool is pool})) for pool in Pool],
        "gaps": succession_gaps(counted, tree=tree),
        "has_units": bool(tree.nodes),
        "sees_names": sees_names,
        "pools": list(Pool),
    }
    if sees_names:
        shown = [one for one in every if not own or one.person != own]
        context |= _names(request, clock, tree, shown, form=form, leaving=leaving or {})
    return render(request, "talent/pools.html", context, status=status)


def _names(
    request: WorkspaceRequest,
    clock: Clock,
    tree: UnitTree,
    stays: Sequence[Stay],
    *,
    form: PlaceForm | None,
    leaving: dict[int, LeaveForm],
) -> dict[str, Any]:
    asked, may_change = request.GET, clock.is_now
    chosen = _chosen(stays, asked)
    month = newest_month(clock.as_of)
    prefilled = {name: asked[name] for name in ("person", "pool_for", "target_role", "readiness") if name in asked}
    initial = {"since": clock.today, **prefilled, "pool": prefilled.get("pool_for", Pool.RESERVE.value)}
    held = holders(as_of=clock.as_of, tree=tree, most=MOST_SUGGESTED)
    suggestions = pool_suggestions(stays, as_of=clock.as_of, tree=tree, without=request.access.person_external_id)
    return {
        "q": asked.get("q", ""),
        "pool": asked.get("pool", ""),
        "role": asked.get("role", ""),
        "pool_options": Pool.choices,
        "role_options": role_options(),
        "stays": [
            {"one": one, "form": leaving.get(one.pk) or _leave_form(one, clock), "is_wrong": one.pk in leaving}
            for one in chosen
        ],
        "has_stays": bool(stays),
        "form": form or PlaceForm(initial=initial),
        "form_is_open": form is not None or bool(prefilled),
        "may_change": may_change,
        "people": sorted({labelled(one.person_external_id, one.person_name) for one in held}),
        "people_list": PEOPLE,
        "suggestions": suggestions[:MOST_SHOWN],
        "suggestions_total": len(suggestions),
        "month": month,
        "rule": {
            "core_fit": CORE_FIT, "core_score": CORE_SCORE, "reserve_fit": RESERVE_FIT, "reserve_score": RESERVE_SCORE,
            "next_fit": LEAST_NEXT,
        },
    }  # fmt: skip


def _leave_form(one: Stay, clock: Clock) -> LeaveForm:
    return LeaveForm(prefix=f"leave{one.pk}", initial={"until": clock.today})


def _chosen(stays: Sequence[Stay], asked: Any) -> list[Stay]:
    """Return the stays that fit search and filters, in the order asked for."""
    words, sort, language = asked.get("q", "").strip().casefold(), asked.get("sort", "name"), get_language()
    found = [
        one
        for one in stays
        if (not words or words in one.name.casefold() or words in one.person.casefold())
        and asked.get("pool", "") in ("", one.pool.value)
        and asked.get("role", "") in ("", one.target_role)
    ]
    keys: dict[str, Any] = {
        "name": lambda one: (one.name.casefold(), one.person),
        "pool": lambda one: list(Pool).index(one.pool),
        "role": lambda one: one.target_names.in_language(language) if one.target_names else "",
        "ready": lambda one: list(Readiness).index(one.readiness),
        "since": lambda one: one.since,
        "unit": lambda one: one.unit_name,
    }
    key = sort.removeprefix("-")
    return sorted(found, key=keys[key if key in SORTS else "name"], reverse=sort.startswith("-"))
