"""The customers behind an analysis: a page of them, and the whole list as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from kpis.queries.analyses.files import (
    FORMATS,
    ListAsked,
    ListFile,
    asked_list,
    column_labels,
    is_number,
    list_file,
    plain,
    view_label,
)
from kpis.queries.analyses.lists import PAGE, SPECS, CustomerPage, customer_page
from kpis.views.analyses.asking import name_or_404, place_of
from kpis.views.asked import asked_period, frame
from omnichannel.workspaces.middleware import WorkspaceRequest

SCORES = ("r", "f", "m")  # left out on a phone: the tier says it


@require_GET
def customers(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """Show one page of a list."""
    asked = _asked(request, name)
    number = request.GET.get("page", "1")
    page = customer_page(
        asked.result,
        scope=asked.place.scope,
        view=asked.view,
        sort=asked.sort,
        page=int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1,
        least=asked.least,
    )
    unit = {"unit": asked.place.scope.id} if asked.place.scope.id else {}
    query = {"period": str(asked.place.period)} | unit
    listed = urlencode(query | {"view": asked.view} | ({"sort": asked.sort} if asked.sort else {}))
    base, labels = reverse("kpis:analysis_customers", args=[slug, name]).rstrip("/"), column_labels()
    context = frame(request, asked_period(request)) | {
        "name": asked.name,
        "place": asked.place,
        "unit": asked.place.scope.id,
        "page": page,
        "view": asked.view,
        "result": asked.result,
        "columns": [(key, labels[key], is_number(key)) for key in page.columns],
        "rows": [[shown(key, cell, labels) for key, cell in _cells(page, row)] for row in page.rows],
        "views": [
            {"label": view_label(view), "url": f"?{urlencode(query | {'view': view})}", "current": view == asked.view}
            for view in SPECS[asked.name].views
        ],
        "title": view_label(asked.view),
        "pager": _pager(request, page),
        "query": urlencode(query),
        "exports": [{"label": kind.upper(), "url": f"{base}.{kind}?{listed}"} for kind in FORMATS],
    }
    return render(request, "kpis/analyses/customers.html", context)


def _cells(page: CustomerPage, row: Sequence[object]) -> Iterator[tuple[str, object]]:
    return zip(("customer_id", *page.columns, "consent"), row, strict=True)


def _pager(request: WorkspaceRequest, page: CustomerPage) -> dict[str, object]:
    number = page.start // PAGE + 1
    end = min(page.start + PAGE, page.listed)

    def url(to: int) -> str:
        query = request.GET.copy()
        query["page"] = str(to)
        return f"?{query.urlencode()}"

    return {
        "start": page.start + 1 if page.rows else 0,
        "end": end,
        "total": page.listed,
        "previous_url": url(number - 1) if number > 1 else "",
        "next_url": url(number + 1) if end < page.listed else "",
    }


@require_GET
def export(request: WorkspaceRequest, slug: str, name: str, kind: str) -> HttpResponseBase:
    """Send the whole list as a file: pseudonymous ids and figures, never a name or a phone number."""
    if kind not in FORMATS:
        raise Http404(kind)
    return sent(list_file(_asked(request, name), kind))


def _asked(request: WorkspaceRequest, name: str) -> ListAsked:
    """Read which list is asked for; 404 for one that is not there."""
    chosen, place = name_or_404(name), place_of(request)
    if place is None:
        raise Http404(name)
    try:
        return asked_list(chosen, place, view=request.GET.get("view", ""), sort=request.GET.get("sort", ""))
    except LookupError as error:
        raise Http404(str(error)) from error


def sent(file: ListFile) -> HttpResponseBase:
    """Return the answer that sends a file."""
    response: HttpResponseBase
    if isinstance(file.content, bytes):
        response = HttpResponse(file.content, content_type=file.content_type)
    else:
        response = StreamingHttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    return response


def shown(key: str, cell: object, labels: Mapping[str, str]) -> Mapping[str, object]:
    """Return a cell as the page shows it, under the heading of its column."""
    label: dict[str, object] = {"label": labels[key], "wide": key in SCORES}
    if cell is None:
        return label | {"value": None}
    if isinstance(cell, date):
        return label | {"value": cell.isoformat()}
    if key == "money":
        return label | {"number": Decimal(str(cell)), "unit": "CNY"}
    if is_number(key):
        return label | {"number": int(str(cell)), "unit": "count"}
    return label | {"value": plain(key, cell)}
