"""The tray of what has no proper place: each problem with the way to put it right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.choices import Thing
from roles.queries.naming import names_of
from roles.queries.unplaced import Problem, ProblemKind, unplaced
from roles.views.clock import as_asked
from roles.views.sheets import url_of

PAGE = 100
# what a problem is about, beside the thing itself
ABOUT = {
    ProblemKind.IN_NO_UNIT: Thing.UNITS,
    ProblemKind.NO_WAY_UP: Thing.UNITS,
    ProblemKind.SEAT_IN_NO_UNIT: Thing.UNITS,
    ProblemKind.ROLE_IN_NO_UNIT: Thing.UNITS,
    ProblemKind.ROLE_OF_NOBODY: Thing.UNITS,
    ProblemKind.MANAGER_GONE: Thing.PEOPLE,
    ProblemKind.DOUBLE: Thing.PEOPLE,
    ProblemKind.SEAT_OVERFULL: Thing.SEATS,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A problem as it is read, with the sheet that puts it right; `movable` can be dragged to a unit."""

    problem: Problem
    kind: str
    about: str
    url: str
    fix_label: str
    fix_url: str
    movable: bool


@require_GET
@as_asked
def unplaced_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List what is out of place on the day; for htmx the tray with its count."""
    clock = clock_of(request)
    problems = unplaced(clock.as_of)
    if request.htmx:
        rows = _rows(request, clock, problems[:PAGE])
        return render(
            request, "roles/changes/_tray.html", {"clock": clock, "rows": rows, "count": len(problems), "most": PAGE}
        )
    kind = request.GET.get("kind", "")
    chosen = [each for each in problems if kind in ("", each.kind.value)]
    page: Page[Problem] = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    counts = Counter(each.kind for each in problems)
    context = {
        "clock": clock,
        "page": page,
        "rows": _rows(request, clock, list(page)),
        "total": len(problems),
        "tabs": [
            {"label": _("All"), "url": f"?{clock.pairs}", "current": not kind, "count": len(problems)},
            *(
                {
                    "label": each.label,
                    "url": f"?kind={each.value}{clock.more}",
                    "current": kind == each.value,
                    "count": counts[each],
                }
                for each in ProblemKind
                if counts[each]
            ),
        ],
    }
    return render(request, "roles/changes/unplaced.html", context)


def _rows(request: WorkspaceRequest, clock: Clock, problems: Sequence[Problem]) -> list[Row]:
    pointed = {(ABOUT[each.kind], each.about) for each in problems if each.kind in ABOUT and each.about}
    names = names_of(pointed)
    return [_row(request, clock, each, names) for each in problems]


def _row(request: WorkspaceRequest, clock: Clock, problem: Problem, names: dict[tuple[Thing, str], str]) -> Row:
    slug = request.access.workspace.slug
    label, url = _fix(slug, clock, problem)
    name = names.get((ABOUT[problem.kind], problem.about), "") if problem.kind in ABOUT else ""
    return Row(
        problem=problem,
        kind=str(problem.kind.label),
        about=f"{name} ({problem.about})" if name and name != problem.about else problem.about,
        url=url_of(slug, problem.thing, problem.external_id, query=clock.query),
        fix_label=label,
        fix_url=url if clock.is_open else "",
        movable=problem.kind in {ProblemKind.NOWHERE, ProblemKind.IN_NO_UNIT, ProblemKind.NO_WAY_UP},
    )


def _fix(slug: str, clock: Clock, problem: Problem) -> tuple[str, str]:
    """Return what to do about it and the sheet in which it is done."""
    thing, key = problem.thing.value, problem.external_id
    as_of = {"as_of": str(clock.as_of), **({"scenario": str(clock.scenario)} if clock.scenario is not None else {})}
    if problem.kind in {ProblemKind.IN_NO_UNIT, ProblemKind.NO_WAY_UP, ProblemKind.SEAT_IN_NO_UNIT}:
        query = urlencode({"thing": thing, "id": key} | as_of)
        return _("Place it"), f"{reverse('roles:move', args=[slug])}?{query}"
    if problem.kind is ProblemKind.DOUBLE:
        return _("Take one back"), f"{reverse('roles:end', args=[slug, thing, key])}?{urlencode(as_of)}"
    if problem.kind in {ProblemKind.ROLE_IN_NO_UNIT, ProblemKind.ROLE_OF_NOBODY}:
        return _("End or change it"), f"{reverse('roles:edit', args=[slug, thing, key])}?{urlencode(as_of)}"
    words = {ProblemKind.NOWHERE: _("Place it"), ProblemKind.SEAT_OVERFULL: _("Choose a seat")}
    return words.get(
        problem.kind, _("Choose a manager")
    ), f"{reverse('roles:edit', args=[slug, thing, key])}?{urlencode(as_of)}"
