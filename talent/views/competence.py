"""Competence pages: the people of the reader's bounds with their gaps, and one person's abilities."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import Thing
from roles.queries.library import role_options
from roles.queries.naming import names_of
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options
from talent.errors.people import OutOfReach
from talent.queries.competence_counts import competence_counts
from talent.queries.competence_people import competence_list, person_competence
from talent.reach import check_person, sees_people, side_of
from talent.views.competence_rows import asked_of, card_context, file_rows, state_options
from talent.views.tabs import talent_tabs

PAGE = 50


@require_GET
def competence(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List people and roles with fit and gaps; who may see no single person is shown counts per role and unit."""
    clock, access = clock_of(request), request.access
    if access.own_person is not None:
        return redirect("talent:person_competence", slug, access.own_person)
    tree = unit_tree(as_of=clock.as_of)
    context: dict[str, Any] = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:competence"),
        "sees_people": sees_people(access),
    }
    if not sees_people(access):
        context["counts"] = competence_counts(as_of=clock.as_of, tree=tree)
        return render(request, "talent/competence_counts.html", context)
    asked = asked_of(request.GET)
    lines = competence_list(as_of=clock.as_of, tree=tree, within=access.own_unit)
    found = asked.apply(lines, tree=tree)
    context |= {
        "asked": asked,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "has_people": bool(lines),
        "rated": sum(line.summary is not None for line in lines),
        "with_gaps": sum(line.state == "gaps" for line in lines),
        "total": len(lines),
        "role_options": role_options(),
        "unit_options": unit_options(tree, within=access.own_unit),
        "state_options": state_options(),
        "own": access.person_external_id,
    }
    return render(request, "talent/competence.html", context)


@require_GET
def competence_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the list, as filtered, as CSV."""
    clock, access = clock_of(request), request.access
    tree = unit_tree(as_of=clock.as_of)
    lines = competence_list(as_of=clock.as_of, tree=tree, within=access.own_unit)
    rows = file_rows(asked_of(request.GET).apply(lines, tree=tree))
    return csv_answer(csv_text(rows), filename=f"competence-{clock.as_of}.csv")


@require_GET
def counts_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the counts per role and unit as CSV; what is not told of small groups stays empty."""
    clock, access = clock_of(request), request.access
    tree = unit_tree(as_of=clock.as_of)
    counts = competence_counts(as_of=clock.as_of, tree=tree, within=access.own_unit)
    language = get_language()
    rows: list[tuple[object, ...]] = [("of", "id", "name", "people", "rated", "mean_fit", "without_gaps", "widest_gap")]
    for kind, some in (("role", counts.roles), ("unit", counts.units)):
        rows += [
            (
                kind, one.role or one.unit, one.names.in_language(language), one.people, one.rated,
                "" if one.fit is None else one.fit, "" if one.met is None else one.met,
                one.gap.in_language(language) if one.gap else "",
            )
            for one in some
        ]  # fmt: skip
    return csv_answer(csv_text(rows), filename=f"competence-counts-{clock.as_of}.csv")


@require_GET
def person(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show a person's abilities in every role they hold or were rated in; a fragment for the person's page."""
    clock, access = clock_of(request), request.access
    try:
        check_person(external_id, access=access, on=clock.as_of)
    except OutOfReach as error:
        raise Http404 from error
    cards = person_competence(external_id, as_of=clock.as_of, tree=unit_tree(as_of=clock.as_of))
    side = side_of(external_id, access=access)
    context = {
        "clock": clock,
        "tabs": talent_tabs(request, "talent:competence"),
        "person": external_id,
        "name": names_of({(Thing.PEOPLE, external_id)}).get((Thing.PEOPLE, external_id), external_id),
        "cards": [card_context(card) | {"has_draft": side in card.drafts} for card in cards],
        "side": side,
        "may_rate": side is not None and clock.is_now,
        "is_own": external_id == access.person_external_id,
        "may_see_list": may(access, "talent:competence") and access.own_person is None,
    }
    template = "talent/competence_person.html"
    part = request.htmx and not request.htmx.boosted
    return render(request, f"{template}#cards" if part else template, context)
