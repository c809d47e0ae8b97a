"""The organisation as files to take away: the workbook of the roster, and each table as CSV."""

from __future__ import annotations

from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from kpis.queries.org_files import ENCODINGS, org_csv, org_workbook
from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.exports import TABLES, Roster, roster_within

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def organisation_workbook(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the roster of the day as XLSX; with `?history=1` all that was, is and is planned."""
    body = org_workbook(_asked(request), language=get_language() or "zh-hans")
    return _attached(body, XLSX, f"{_name(request, 'organisation')}.xlsx")


@require_GET
def organisation_table(request: WorkspaceRequest, slug: str, table: str) -> HttpResponse:
    """Answer one table as CSV: UTF-8 with the mark that Excel needs, or with `?encoding=gb18030` for older programs."""
    encoding = request.GET.get("encoding", "utf-8")
    if table not in TABLES or encoding not in ENCODINGS:
        raise Http404
    body = org_csv(table, _asked(request), language=get_language() or "zh-hans", encoding=encoding)
    return _attached(body, f"text/csv; charset={encoding}", f"{_name(request, table)}.csv")


def _asked(request: WorkspaceRequest) -> Roster:
    clock, branch = clock_of(request), request.GET.get("branch", "")
    own = request.access.own_unit
    within = roster_within(branch, as_of=clock.as_of, within=own, known_at=clock.known_at)
    if branch and not within:
        raise Http404
    as_of = None if request.GET.get("history") == "1" else clock.as_of
    return Roster(as_of, within, with_pay=request.access.role in SEES_PAY, known_at=clock.known_at)


def _name(request: WorkspaceRequest, what: str) -> str:
    day = "history" if request.GET.get("history") == "1" else str(clock_of(request).as_of)
    return f"{what}-{request.access.workspace.slug}-{day}"


def _attached(body: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
