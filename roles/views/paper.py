"""The chart on paper: choose what is printed, look at a page of it, take it as PDF or SVG."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from omnichannel.core.collecting import uncollected
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.models import as_known
from roles.paper.pages import Printed, paged
from roles.paper.sheet import one_sheet
from roles.paper.specs import FORMATS, PaperSize, Words
from roles.paper.svg import as_svg
from roles.queries.paper import FIELDS, USUAL, Branch, PaperAsk, branches, paper_branch

MOST_LEVELS = 12
SIZES = {
    PaperSize.A4: gettext_lazy("A4, paged by branch"),
    PaperSize.A3: gettext_lazy("A3, paged by branch"),
    PaperSize.SHEET: gettext_lazy("One sheet"),
}
TABLES = {
    "org_units": Bilingual("组织单元", "Organisation units"),
    "seats": Bilingual("编制席位", "Seats"),
    "employees": Bilingual("员工", "Employees"),
    "role_assignments": Bilingual("岗位任职", "Role assignments"),
    "reporting_lines": Bilingual("次要汇报线", "Secondary lines"),
}
FIELD_WORDS = {
    "id": gettext_lazy("Id"),
    "level": gettext_lazy("Level"),
    "city": gettext_lazy("City"),
    "counts": gettext_lazy("Head count"),
    "fte": gettext_lazy("FTE of the unit"),
    "roles": gettext_lazy("Roles held"),
    "seat": gettext_lazy("Seat and grade"),
    "fill_mode": gettext_lazy("Employment mode"),
    "person_fte": gettext_lazy("FTE of the person"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the URL asks for, with what this reader may not see taken out."""

    ask: PaperAsk
    size: PaperSize
    clock: Clock
    may_see_people: bool


@require_GET
@uncollected()
def paper(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the choices with a look at the first page, how many pages it takes and how many people stand on it."""
    asked = asked_for(request)
    branch, printed = _printed(request, asked)
    query = _query(request)
    context = {
        "clock": asked.clock,
        "asked": asked,
        "branches": _branches(request, asked),
        "sizes": [(size.value, label) for size, label in SIZES.items()],
        "levels": [(str(level), str(level)) for level in range(1, MOST_LEVELS + 1)],
        "fields": [(name, FIELD_WORDS[name], name in asked.ask.fields) for name in FIELDS],
        "summary": _summary(branch, printed),
        "is_empty": not branch.chart.units,
        "page": min(max(_whole(request.GET.get("page", "")) or 1, 1), len(printed.pages)),
        "pages": len(printed.pages),
        "query": query,
        "pdf_url": f"{reverse('roles:paper_file', args=[slug, 'pdf'])}?{query}",
        "svg_url": f"{reverse('roles:paper_file', args=[slug, 'svg'])}?{query}",
        "workbook_url": reverse("kpis:organisation_workbook", args=[slug]),
        "tables": [(names, reverse("kpis:organisation_table", args=[slug, table])) for table, names in TABLES.items()],
        "table_query": f"branch={quote(asked.ask.branch)}{asked.clock.more}",
        "back_url": reverse("roles:organisation", args=[slug]) + asked.clock.query,
    }
    return render(request, "roles/paper/page.html", context)


@require_GET
@uncollected()
def paper_file(request: WorkspaceRequest, slug: str, kind: str) -> HttpResponse:
    """Answer the PDF, or the SVG: of the one sheet, or with `?page=` of that page to look at."""
    if kind not in ("pdf", "svg"):
        raise Http404
    asked = asked_for(request)
    number = _whole(request.GET.get("page", ""))
    if kind == "svg" and number is None:
        asked = Asked(asked.ask, PaperSize.SHEET, asked.clock, asked.may_see_people)
    branch, printed = _printed(request, asked)
    name = _file_name(request, asked)
    if kind == "pdf":
        # heavy: not for every process at its start, only for who prints
        from roles.paper.pdf import as_pdf

        made_at, author = timezone.now(), str(request.user)
        body = as_pdf(printed.pages, title=_title(request, branch), author=author, made_at=made_at)
        return _attached(body, "application/pdf", f"{name}.pdf")
    place = number or 1
    if not 1 <= place <= len(printed.pages):
        raise Http404
    drawing = as_svg(printed.pages[place - 1], title=_title(request, branch))
    if number is not None:
        return HttpResponse(drawing, content_type="image/svg+xml")
    return _attached(drawing.encode(), "image/svg+xml", f"{name}.svg")


def asked_for(request: WorkspaceRequest) -> Asked:
    """Read the choices; what is none of them counts as the usual. People only where the reader may see them."""
    got = request.GET
    sees = may(request.access, "roles:people")
    chosen = frozenset(got.getlist("field")) & frozenset(FIELDS) if "chosen" in got else frozenset(USUAL)
    levels = _whole(got.get("levels", ""))
    ask = PaperAsk(
        branch=got.get("branch", ""),
        levels=min(levels, MOST_LEVELS) if levels else None,
        fields=chosen,
        with_people=sees and ("people" in got or "chosen" not in got),
        with_vacant="vacant" in got or "chosen" not in got,
    )
    size = got.get("size", "")
    return Asked(ask, PaperSize(size) if size in set(PaperSize) else PaperSize.A4, clock_of(request), sees)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _printed(request: WorkspaceRequest, asked: Asked) -> tuple[Branch, Printed]:
    with as_known(asked.clock.known_at):
        branch = paper_branch(asked.ask, as_of=asked.clock.as_of, within=request.access.own_unit)
    if branch is None:
        raise Http404
    words = _words(request, asked, branch)
    form = FORMATS.get(asked.size)
    return branch, paged(branch.chart, form=form, words=words) if form else one_sheet(branch.chart, words=words)


def _branches(request: WorkspaceRequest, asked: Asked) -> list[tuple[str, str]]:
    with as_known(asked.clock.known_at):
        return branches(as_of=asked.clock.as_of, within=request.access.own_unit)


def _words(request: WorkspaceRequest, asked: Asked, branch: Branch) -> Words:
    clock, now = asked.clock, timezone.localtime()
    stamp = [_("As of %(day)s") % {"day": clock.as_of}]
    if clock.known_at is not None:
        stamp.append(_("as known on %(day)s") % {"day": clock.known_on})
    if request.draft is not None:
        stamp.insert(0, _("Draft: %(name)s") % {"name": request.draft.scenario.name})
    by = {"who": request.user, "when": f"{now:%Y-%m-%d %H:%M}"}
    stamp.append(_("printed by %(who)s on %(when)s") % by)
    return Words(
        title=_title(request, branch),
        stamp=" · ".join(stamp),
        printed=_printed_words(branch, with_people=asked.ask.with_people),
        page=_("Page {page} of {of}"),
        see=_("→ p. {page}"),
        above=_("↑ p. {page}"),
        continued_from=_("continued from p. {page}"),
        continued_on=_("continued on p. {page}"),
        continued=_("continued"),
        continued_beside=_("continued in the next column"),
        vacant=_("vacant"),
        leading=_("Leading unit"),
        virtual=_("Virtual team"),
        index=_("Alphabetical index"),
        people=_("People"),
        units=_("Units"),
        missing=_("Not in the print font: {characters}"),
        empty=_("There is no unit on this day."),
    )


def _title(request: WorkspaceRequest, branch: Branch) -> str:
    units = branch.chart.units
    named = [units[root].name for root in branch.chart.roots[:1]] if len(branch.chart.roots) == 1 else []
    return " · ".join([request.access.workspace.name, _("Org chart"), *named])


def _printed_words(branch: Branch, *, with_people: bool) -> str:
    units = _("Units printed: %(n)s of %(all)s") % {"n": f"{len(branch.chart.units):,}", "all": f"{branch.units:,}"}
    if not with_people:
        return units
    counted = {"n": f"{branch.chart.people:,}", "all": f"{branch.people:,}"}
    return _("People printed: %(n)s of %(all)s") % counted + " · " + units


def _summary(branch: Branch, printed: Printed) -> str:
    count = len(printed.pages)
    pages = ngettext("%(n)s page", "%(n)s pages", count) % {"n": f"{count:,}"}
    return f"{_printed_words(branch, with_people=bool(branch.chart.people))} · {pages}"


def _query(request: WorkspaceRequest) -> str:
    """Return the query of this page for its files, without the page looked at."""
    got = request.GET.copy()
    got.pop("page", None)
    return got.urlencode()


def _file_name(request: WorkspaceRequest, asked: Asked) -> str:
    branch = "".join(one if one.isalnum() or one in "-_" else "-" for one in asked.ask.branch)
    parts = [request.access.workspace.slug, "org-chart", branch, str(asked.clock.as_of)]
    return "-".join(filter(None, parts))


def _attached(body: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
