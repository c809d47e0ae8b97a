"""A sub-type laid over one's own organisation: what it expects with what is there, and the gaps as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.catalogue import load_stages
from orgstages.errors import UnknownDiagnosisUnit
from orgstages.patterns import Element, Finding, Part
from orgstages.patterns.recognising import BY_LEVEL, NOBODY
from orgstages.queries.patterns import LaidOver, laid_over
from roles.catalogue import SubtypeKey

SAID = "is-"  # a department's parameter: `is-marketing=D-MKT` says which unit stands for it
# what a spreadsheet would take for a formula when a cell begins with it
PARTS: Mapping[Part, str | Promise] = {
    Part.LEADING: gettext_lazy("Who leads"),
    Part.LINE: gettext_lazy("Reporting line"),
    Part.DEPARTMENT: gettext_lazy("Departments"),
    Part.ROLE: gettext_lazy("Roles"),
    Part.DOUBLED: gettext_lazy("Roles led twice"),
    Part.RELATION: gettext_lazy("Relations"),
    Part.ENABLEMENT: gettext_lazy("Regions and stores"),
}
FINDINGS: Mapping[Finding, tuple[str | Promise, str, str]] = {
    Finding.FOUND: (gettext_lazy("In place"), "good", "check-circle"),
    Finding.MISSING: (gettext_lazy("Missing"), "bad", "x-circle"),
    Finding.WRONG: (gettext_lazy("Differs"), "warn", "exclamation-triangle"),
    Finding.DOUBLED: (gettext_lazy("Doubled"), "warn", "document-duplicate"),
    Finding.UNOWNED: (gettext_lazy("Nobody named"), "warn", "user-minus"),
    Finding.NOT_NEEDED: (gettext_lazy("Not needed"), "", "minus"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An element as a row: its word, tone and icon, and where it leads."""

    element: Element
    word: str | Promise
    tone: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the pattern with its rows."""

    part: Part
    title: str | Promise
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which unit stands for a department: what is offered and what is taken."""

    name: str
    label: str
    options: list[tuple[str, str]]
    selected: str


@require_GET
def pattern(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show a sub-type (`subtype`, the adopted one by default) over a unit; `gaps=1` leaves out what is as expected."""
    clock = clock_of(request, request.GET.get("as_of", ""))
    found, only_gaps = _found(request, clock, external_id), bool(request.GET.get("gaps"))
    shown = found.gaps if only_gaps else found.elements
    context = {
        "clock": clock,
        "found": found,
        "only_gaps": only_gaps,
        "sections": _sections(request, clock, found, shown),
        "counts": _counts(found),
        "choices": _choices(request, found),
        "is_own": found.spec.key is found.adopted.subtype,
        "subtype_options": [
            (key.value, spec.names.in_language(get_language())) for key, spec in load_stages().subtypes.items()
        ],
        "stage": load_stages().stages[found.spec.stage],
        "csv_url": f"{reverse('orgstages:pattern_csv', args=[slug, external_id])}?{request.GET.urlencode()}",
        "gaps_query": _query(request, gaps="" if only_gaps else "1"),
    }
    return render(request, "orgstages/pattern.html", context)


@require_GET
def pattern_csv(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Answer the list of gaps as CSV that spreadsheets open."""
    clock = clock_of(request, request.GET.get("as_of", ""))
    found, language = _found(request, clock, external_id), get_language()
    rows: list[list[str]] = [[_("Part"), _("Expected"), _("Finding"), _("Core"), _("Reason"), _("Units")]]
    for each in found.gaps:
        cells = [
            str(PARTS[each.part]),
            each.names.in_language(language),
            str(FINDINGS[each.finding][0]),
            _("yes") if each.is_core else _("no"),
            each.reason.in_language(language),
            " ".join(each.units),
        ]
        rows.append(cells)
    return csv_answer(csv_text(rows), filename=f"pattern-{found.spec.key}-{clock.as_of}.csv")


def _found(request: WorkspaceRequest, clock: Clock, external_id: str) -> LaidOver:
    asked = request.GET.get("subtype", "")
    subtype = SubtypeKey(asked) if asked in set(SubtypeKey) else None
    said = {name.removeprefix(SAID): str(unit) for name, unit in request.GET.items() if name.startswith(SAID) and unit}
    try:
        return laid_over(external_id, as_of=clock.as_of, subtype=subtype, within=request.access.own_unit, said=said)
    except UnknownDiagnosisUnit:
        raise Http404 from None


def _sections(request: WorkspaceRequest, clock: Clock, found: LaidOver, elements: Iterable[Element]) -> list[Section]:
    order = list(Part)
    rows = sorted(elements, key=lambda each: order.index(each.part))
    return [
        Section(
            part, PARTS[part], [Line(each, *FINDINGS[each.finding], _url(request, clock, found, each)) for each in some]
        )
        for part, some in groupby(rows, key=lambda each: each.part)
    ]


def _url(request: WorkspaceRequest, clock: Clock, found: LaidOver, each: Element) -> str:
    """Return the page where this can be looked into: the people of a role, the relations, or the first unit."""
    slug, unit = request.access.workspace.slug, found.unit.external_id
    if each.part is Part.RELATION:
        if not may(request.access, "orgstages:relations"):
            return ""
        query = urlencode({"unit": unit, "subtype": found.spec.key.value})
        return f"{reverse('orgstages:relations', args=[slug])}?{query}{clock.more}"
    if each.part is Part.ROLE and each.role is not None:
        query = urlencode({"top": unit, "unit": unit, "role": each.role.value})
        return f"{reverse('orgstages:coverage', args=[slug])}?{query}{clock.more}#people"
    if each.units and each.units[0] in found.names:
        return reverse("roles:unit", args=[slug, each.units[0]]) + clock.query
    return ""


def _counts(found: LaidOver) -> list[tuple[str | Promise, str, str, int]]:
    """Return how many elements came out which way: word, tone, icon, count."""
    return [
        (*FINDINGS[finding], count)
        for finding in Finding
        if (count := sum(each.finding is finding for each in found.elements))
    ]


def _choices(request: WorkspaceRequest, found: LaidOver) -> list[Choice]:
    """Return a select for each department that is recognised by name, so that a reader can say otherwise."""
    spec, language = found.spec, get_language()
    steers = spec.relations[0].from_department
    named = [each for each in spec.departments if each not in BY_LEVEL and each != steers]
    options = [(node.external_id, node.name) for node in found.offered]
    choices = []
    for department in named:
        taken, asked = found.recognised.get(department), request.GET.get(f"{SAID}{department}", "")
        label = load_stages().departments[department].names.in_language(language)
        mine = [*options, (NOBODY, _("No unit fits"))]
        is_offered = taken is not None and taken.units[0] in found.names
        selected = NOBODY if asked == NOBODY else taken.units[0] if taken and is_offered else ""
        choices.append(Choice(f"{SAID}{department}", label, mine, selected))
    return choices


def _query(request: WorkspaceRequest, **changed: str) -> str:
    query = {**request.GET.dict(), **changed}
    return f"?{urlencode({name: value for name, value in query.items() if value})}"
