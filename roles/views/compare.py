"""Two days of the organisation side by side: what came, went, moved and was edited, on the page and as a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

import xlsxwriter
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.moments import moment_of
from omnichannel.core.periods import day_or_none
from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.chart.nodes import Kind, key_of
from roles.choices import Thing
from roles.comparing import Change, Difference, FieldChange, counted, grouped
from roles.queries.change_days import Reach, last_change
from roles.queries.compare import Compared, Moment, Sight, compare_moments
from roles.queries.naming import names_of
from roles.state_words import Names, field_label, references, value_text

PAGE = 200
KIND_NAMES = {
    Difference.ADDED: gettext_lazy("Added"),
    Difference.REMOVED: gettext_lazy("Removed"),
    Difference.MOVED: gettext_lazy("Moved"),
    Difference.EDITED: gettext_lazy("Edited"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared, and which kinds of change are listed; empty for all."""

    before: Moment
    after: Moment
    known_from: str
    known_to: str
    thing: str
    kind: str

    def query(self, **changed: str) -> str:
        """Return the query that asks for the same, or for other kinds of it."""
        pairs = {
            "from": str(self.before.as_of),
            "to": str(self.after.as_of),
            "known_from": self.known_from,
            "known_to": self.known_to,
            "thing": self.thing,
            "kind": self.kind,
        }
        return "?" + urlencode({name: value for name, value in (pairs | changed).items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """A change as it is read: the fields that differ, in words, and where to look at the thing."""

    change: Change
    letter: str
    kind: str
    thing: str
    fields: tuple[tuple[str, str, str], ...]
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one unit, with the way down to it."""

    unit: str
    name: str
    path: tuple[str, ...]
    lines: tuple[Line, ...]


@require_GET
def compare_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show what differs between `?from=` and `?to=`, each as known at `known_from` and `known_to`."""
    asked = _asked(request)
    found = compare_moments(asked.before, asked.after, sight=_sight(request))
    chosen = _ordered(found, _chosen(found.changes, asked))
    page: Page[Change] = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "page": page,
        "sections": _sections(request, found, list(page), asked),
        "counts": _counts(found.changes, asked),
        "total": len(found.changes),
        "legend": [(each.value, each.letter, KIND_NAMES[each]) for each in Difference],
        "today": today_in(request.access.workspace),
        "exports": [
            {"label": "XLSX", "url": reverse("roles:compare_file", args=[slug, "xlsx"]) + asked.query()},
            {"label": "CSV", "url": reverse("roles:compare_file", args=[slug, "csv"]) + asked.query()},
        ],
        "all_url": asked.query(thing="", kind=""),
    }
    return render(request, "roles/changes/compare.html", context)


@require_GET
def compare_file(request: WorkspaceRequest, slug: str, form: str) -> HttpResponse:
    """Return the same as a file, one row per field that differs."""
    if form not in ("csv", "xlsx"):
        raise Http404(form)
    asked = _asked(request)
    found = compare_moments(asked.before, asked.after, sight=_sight(request))
    changes = _ordered(found, _chosen(found.changes, asked))
    rows = [_head(), *_rows(found, changes, asked)]
    name = f"organisation-{asked.before.as_of}-{asked.after.as_of}.{form}"
    if form == "csv":
        return csv_answer(csv_text(rows), filename=name)
    answer = HttpResponse(_workbook(rows), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked(request: WorkspaceRequest) -> Asked:
    """Read the two moments; without them the day before the last change and today."""
    zone, today = request.access.workspace.timezone, today_in(request.access.workspace)
    given, known_from, known_to = request.GET, request.GET.get("known_from", ""), request.GET.get("known_to", "")
    after = day_or_none(given.get("to", "")) or today
    before = day_or_none(given.get("from", "")) or _day_before_last_change(request, after)
    known = [moment_of(text, zone=zone) for text in (known_from, known_to)]
    return Asked(
        Moment(before, known[0]),
        Moment(after, known[1]),
        known_from if known[0] else "",
        known_to if known[1] else "",
        given.get("thing", ""),
        given.get("kind", ""),
    )


def _day_before_last_change(request: WorkspaceRequest, after: date) -> date:
    if request.access.own_unit is not None:
        return after - timedelta(days=30)
    last = last_change(after + timedelta(days=1), reach=Reach())
    return (last or after) - timedelta(days=1)


def _sight(request: WorkspaceRequest) -> Sight:
    access = request.access
    return Sight(access.own_unit, with_people=may(access, "roles:people"), with_pay=access.role in SEES_PAY)


def _chosen(changes: Sequence[Change], asked: Asked) -> list[Change]:
    return [one for one in changes if asked.thing in ("", one.thing.value) and asked.kind in ("", one.kind.value)]


def _ordered(found: Compared, changes: Sequence[Change]) -> list[Change]:
    """Return the changes unit by unit, in the order of the later tree, then of the earlier one."""
    units = dict.fromkeys([*found.after.nodes, *found.before.nodes])
    return [change for group in grouped(changes, units=units) for change in group.changes]


def _counts(changes: Sequence[Change], asked: Asked) -> list[dict[str, object]]:
    """Return per kind of thing how many came, went, moved and were edited, each a link that lists only those."""
    found = counted(changes)
    return [
        {
            "label": thing.label,
            "url": asked.query(thing=thing.value, kind="", page=""),
            "is_chosen": asked.thing == thing.value and not asked.kind,
            "kinds": [
                {
                    "kind": kind.value,
                    "letter": kind.letter,
                    "label": KIND_NAMES[kind],
                    "count": found.get((thing, kind), 0),
                    "url": asked.query(thing=thing.value, kind=kind.value, page=""),
                    "is_chosen": (asked.thing, asked.kind) == (thing.value, kind.value),
                }
                for kind in Difference
            ],
        }
        for thing in Thing
        if any(key[0] is thing for key in found)
    ]


def _sections(request: WorkspaceRequest, found: Compared, changes: Sequence[Change], asked: Asked) -> list[Section]:
    names = _names(found, changes)
    sections = []
    for group in grouped(changes, units=dict.fromkeys(change.unit for change in changes if change.unit)):
        unit = group.unit or ""
        tree = found.after if unit in found.after else found.before
        path = tuple(tree.nodes[above].name for above in reversed(tree.ancestors(unit))) if unit in tree else ()
        name = found.unit_name(unit) if unit else _("Between people")
        lines = tuple(_line(request, change, asked, names) for change in group.changes)
        sections.append(Section(unit, name, path, lines))
    return sections


def _names(found: Compared, changes: Iterable[Change]) -> Names:
    """Name what the changes point to: units as they were called then, people and seats as now."""
    pairs = [
        (field.field, value) for change in changes for field in change.fields for value in (field.before, field.after)
    ]
    asked = references(pairs)
    units = {(Thing.UNITS, key): found.unit_name(key) for thing, key in asked if thing is Thing.UNITS}
    return {**names_of([each for each in asked if each[0] is not Thing.UNITS]), **units}


def _line(request: WorkspaceRequest, change: Change, asked: Asked, names: Names) -> Line:
    return Line(
        change=change,
        letter=change.kind.letter,
        kind=str(KIND_NAMES[change.kind]),
        thing=str(change.thing.label),
        fields=tuple(_worded(change, names)),
        url=_url(request, change, asked),
    )


def _worded(change: Change, names: Names) -> Iterator[tuple[str, str, str]]:
    """Yield label, before and after of each field; of what came or went only what it is, without what is empty."""
    for each in change.fields:
        if not (change.kind in (Difference.ADDED, Difference.REMOVED) and _says_nothing(each, change)):
            before, after = (value_text(each.field, value, names=names) for value in (each.before, each.after))
            yield field_label(each.field), before, after


def _says_nothing(each: FieldChange, change: Change) -> bool:
    value = each.after if change.kind is Difference.ADDED else each.before
    return each.field in ("name", "title") or value in (None, "", False) or (each.field, value) == ("ownership", "na")


def _url(request: WorkspaceRequest, change: Change, asked: Asked) -> str:
    """Return the place of the chart where the thing stands, on the later day, or the earlier one if it went."""
    slug, went = request.access.workspace.slug, change.kind is Difference.REMOVED
    moment, known = (asked.before, asked.known_from) if went else (asked.after, asked.known_to)
    kind = {Thing.PEOPLE: Kind.PERSON, Thing.SEATS: Kind.SEAT}.get(change.thing)
    focus = key_of(kind, change.external_id) if kind else key_of(Kind.UNIT, change.unit) if change.unit else ""
    pairs = {"focus": focus, "as_of": str(moment.as_of), "known_at": known}
    query = urlencode({name: value for name, value in pairs.items() if value})
    return f"{reverse('roles:organisation', args=[slug])}?{query}"


def _head() -> tuple[str, ...]:
    return (_("Change"), _("What"), _("Id"), _("Name"), _("Unit"), _("Unit name"), _("Field"), _("Before"), _("After"))


def _rows(found: Compared, changes: Sequence[Change], asked: Asked) -> Iterator[tuple[str, ...]]:
    names = _names(found, changes)
    for change in changes:
        unit = change.unit or ""
        about = (str(KIND_NAMES[change.kind]), str(change.thing.label), change.external_id, change.name)
        place = (unit, found.unit_name(unit) if unit else "")
        for words in [*_worded(change, names)] or [("", "", "")]:
            yield (*about, *place, *words)


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(_("Changes"))
        head = book.add_format({"bold": True})
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(at, place, cell, head if at == 0 else None)
        sheet.set_column(0, len(rows[0]) - 1, 20)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows) - 1, 1), len(rows[0]) - 1)
    return out.getvalue()
