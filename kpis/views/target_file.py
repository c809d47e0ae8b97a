"""The targets as a workbook that the data door takes back as it is: not a row changes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from kpis.library import load_library
from kpis.queries.target_rows import TargetRow, target_rows
from kpis.views.target_asks import asked_grid
from omnichannel.workspaces.middleware import WorkspaceRequest

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ("period", "kpi_id", "scope_kind", "scope_id", "floor", "value", "stretch")
WIDTHS = (12, 28, 14, 16, 16, 16, 16)


@require_GET
def target_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Return the targets of the year as XLSX: of the KPI asked for, or of all with `?all_kpis=1`."""
    ask = asked_grid(request)
    kpi = "" if request.GET.get("all_kpis") else ask.kpi
    rows = target_rows(ask.year, kpi=kpi, within=ask.within, with_people=ask.with_people)
    response = HttpResponse(workbook(rows, language=get_language() or "zh-hans"), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="targets-{kpi or "all"}-{ask.year}.xlsx"'
    return response


def workbook(rows: Iterable[TargetRow], *, language: str) -> bytes:
    """Return the rows under the canonical table's own headers in the reader's language."""
    table, out = load_library().tables["targets"], io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(table.names.in_language(language))
        head, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        number = book.add_format({"num_format": "#,##0.####"})
        for place, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, table.column(name).names.in_language(language), head)
        last = 0
        for last, row in enumerate(rows, start=1):
            _write(sheet, last, (row.period, row.kpi, row.scope_kind, row.scope_id), text)
            for place, value in enumerate((row.floor, row.value, row.stretch), start=4):
                _write_number(sheet, last, place, value, number=number, text=text)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(COLUMNS) - 1)
    return out.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, cells: Sequence[str], style: object) -> None:
    for place, cell in enumerate(cells):
        if cell:
            sheet.write_string(row, place, cell, style)


def _write_number(
    sheet: xlsxwriter.worksheet.Worksheet, row: int, place: int, value: Decimal | None, *, number: object, text: object
) -> None:
    """Write a number; one with more digits than a cell's float holds exactly stays a text, so that none is lost."""
    if value is None:
        return
    if Decimal(repr(float(value))) == value:
        sheet.write_number(row, place, float(value), number)
    else:
        sheet.write_string(row, place, f"{value.normalize():f}", text)
