"""The rows behind the operands of a figure: the page that lists them, and the files."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.choices import NoDataReason
from kpis.engine.plan import plan_kpi
from kpis.engine.tracing import Counted
from kpis.queries.definitions import every_kpi
from kpis.queries.explaining import Figure, explain_figure
from kpis.queries.figure_files import csv_of, workbook_of
from kpis.queries.figure_places import query_of
from kpis.queries.figure_rows import OperandRows, RowAccess, RowLine, operand_page
from kpis.queries.scope_words import scope_names
from kpis.views.asked import frame
from kpis.views.asked_figure import AskedFigure, asked_figure, figure_or_404
from kpis.views.provenance import row_url
from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_ROUTE = "kpis:row"


def row_access(request: WorkspaceRequest) -> RowAccess:
    """Return what the reader may see of rows: those who work with the data see who is in them anyway."""
    with_people = may(request.access, "kpis:person_scorecard") or may(request.access, ROWS_ROUTE)
    return RowAccess(with_pay=request.access.role in SEES_PAY, with_people=with_people)


@require_GET
def explain_rows(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """List the rows behind one operand, each with its upload, and what they add up to."""
    asked, figure, number = _asked_rows(request, kpi_id)
    after = _whole(request.GET.get("cursor", "0"))
    try:
        page = operand_page(figure, number, tree=asked.tree, access=row_access(request), after=after)
    except IndexError as error:
        raise Http404(str(number)) from error
    names = scope_names(asked.place.scopes, tree=asked.tree)
    told = explain_figure(figure, names=names)
    query = query_of(asked.place)
    seen = may(request.access, ROWS_ROUTE)
    context = frame(request, asked.asked) | {
        "page": told,
        "spec": told.spec,
        "rows": page,
        "is_reorganised": figure.is_reorganised,
        "operand_view": told.operands[number],
        "lines": [
            _row_shown(page, line, row_url(slug, line.table, line.key) if seen and line.upload else "")
            for line in page.lines
        ],
        "operand_tabs": [
            {
                "label": each.label.in_language(get_language()),
                "url": f"?{query}&operand={each.place}",
                "current": each.place == number,
            }
            for each in told.operands
        ],
        "span": max(1, (len(page.columns) or 2) - 1),
        "empty_words": _empty_words(page),
        "pager": _pager(query, page.number, page.behind.page.total, after, page.behind.page.next),
        "exports": _exports(slug, kpi_id, query, number),
        "query": query,
        "kpi_id": kpi_id,
    }
    return render(request, "kpis/explain/rows.html", context)


def _row_shown(page: OperandRows, line: RowLine, url: str) -> dict[str, Any]:
    """Return a row with what the page says of it in words."""
    words = {
        Counted.AMOUNT: _("Adds its amount"),
        Counted.EMPTY: _("Its cell is empty: it adds nothing"),
        Counted.ONE: _("Counts one"),
        Counted.FIRST: _("Counts one, with all rows of the same"),
        Counted.AGAIN: _("Another row of the same, counted once"),
        Counted.RANKED: _("Looked at, not counted"),
        Counted.EVIDENCE: _("Decides that it counts"),
    }
    facts = {
        "recency": _("Days since the last order"),
        "frequency": _("Orders"),
        "money": _("Money"),
        "r": "R",
        "f": "F",
        "m": "M",
        "tier": _("Tier"),
    }
    return {
        "line": line,
        "url": url,
        "pairs": list(zip(line.cells, page.columns, strict=True)),
        "counted_word": words[line.traced.counted_as],
        "facts": [(facts.get(name, name), fact) for name, fact in line.traced.facts.items()],
    }


def _empty_words(page: OperandRows) -> str:
    if page.operand.reason is not None:
        return str(NoDataReason(page.operand.reason.value).label)
    return _("Nothing fits in these days: the operand is 0.")


def _asked_rows(request: WorkspaceRequest, kpi_id: str) -> tuple[AskedFigure, Figure, int]:
    asked = asked_figure(request, kpi_id) if kpi_id in every_kpi() else None
    if asked is None:
        raise Http404(kpi_id)
    figure = figure_or_404(asked)
    number = _whole(request.GET.get("operand", "0"))
    if number >= len(plan_kpi(figure.library, kpi_id).refs):
        raise Http404(str(number))
    return asked, figure, number


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise Http404(text)
    return int(text)


def _pager(query: str, number: int, total: int, after: int, following: int | None) -> dict[str, object]:
    def at(cursor: int) -> str:
        return f"?{query}&operand={number}&cursor={cursor}"

    size = 50 if following is None else following - after
    return {
        "start": after + 1 if total else 0,
        "end": following or total,
        "total": total,
        "previous_url": at(max(0, after - size)) if after else "",
        "next_url": "" if following is None else at(following),
    }


def _exports(slug: str, kpi_id: str, query: str, number: int) -> list[dict[str, str]]:
    csv = reverse("kpis:explain_csv", args=[slug, kpi_id])
    xlsx = reverse("kpis:explain_xlsx", args=[slug, kpi_id])
    return [
        {"label": "CSV", "url": f"{csv}?{query}&operand={number}"},
        {"label": "XLSX", "url": f"{xlsx}?{query}"},
    ]


@require_GET
def explain_csv(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponseBase:
    """Send all rows behind one operand as CSV."""
    asked, figure, number = _asked_rows(request, kpi_id)
    lines = csv_of(figure, number, tree=asked.tree, access=row_access(request))
    name = f"{kpi_id}-{asked.place.period}-{number}.csv"
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_GET
def explain_xlsx(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """Send the figure as a workbook that works it out again: a sheet of rows per operand, formulas that live."""
    asked, figure, _number = _asked_rows(request, kpi_id)
    names = scope_names(asked.place.scopes, tree=asked.tree)
    told = explain_figure(figure, names=names)
    body = workbook_of(figure, told, tree=asked.tree, access=row_access(request), language=get_language() or "en")
    answer = HttpResponse(body, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{kpi_id}-{asked.place.period}.xlsx"'
    return answer
