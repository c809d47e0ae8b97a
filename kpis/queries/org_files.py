"""The organisation's tables as files, which the data door takes back: a workbook with a sheet each, or one CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.library import load_library
from kpis.library.extras import library_extras
from kpis.queries.current_rows import shown_columns
from kpis.queries.table_headers import template_header
from omnichannel.core.csvtext import safe_cell
from roles.queries.exports import TABLES, Roster, roster_rows

Row = Mapping[str, Any]
Sheet = Any
Styles = Mapping[str, Any]
ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
WIDTHS = {ColumnType.DATE: 12, ColumnType.DECIMAL: 12, ColumnType.INTEGER: 10, ColumnType.BOOLEAN: 10}


def org_workbook(asked: Roster, *, language: str) -> bytes:
    """Return a workbook with a sheet per table of the organisation, parents before children."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#EEF1EF", "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"num_format": "@"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "number": book.add_format({"num_format": "0.####"}),
        }
        for table in TABLES:
            spec = load_library().tables[table]
            sheet = book.add_worksheet(spec.names.in_language(language))
            _fill(sheet, spec, roster_rows(table, asked), asked=asked, language=language, styles=styles)
    return out.getvalue()


def org_csv(table: str, asked: Roster, *, language: str, encoding: str) -> bytes:
    """Return one table as CSV; `encoding` is a key of ENCODINGS."""
    spec = load_library().tables[table]
    columns = _columns(spec, asked)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(template_header(spec, language=language, columns=[column.name for column in columns]))
    for row in roster_rows(table, asked):
        writer.writerow([_text(row[column.name]) for column in columns])
    return out.getvalue().encode(ENCODINGS[encoding])


def _columns(spec: TableSpec, asked: Roster) -> list[ColumnSpec]:
    """Return the columns of a file: pay only where it is the reader's."""
    shown = shown_columns(spec, with_pay=asked.with_pay)
    return [column for column in spec.columns if column.name in shown]


def _fill(sheet: Sheet, spec: TableSpec, rows: Sequence[Row], *, asked: Roster, language: str, styles: Styles) -> None:
    columns = _columns(spec, asked)
    header = template_header(spec, language=language, columns=[column.name for column in columns])
    for place, (column, name) in enumerate(zip(columns, header, strict=True)):
        sheet.write_string(0, place, name, styles["head"])
        sheet.set_column(place, place, WIDTHS.get(column.type, 22 if column.name.endswith(("name", "title")) else 16))
    labels = library_extras().enum_labels
    for line, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            value = row[column.name]
            if column.enum and value is not None:
                value = labels[value].in_language(language)
            _write(sheet, line, place, value, styles=styles)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)


def _write(sheet: Sheet, line: int, place: int, value: Any, *, styles: Styles) -> None:
    if value is None:
        return
    if isinstance(value, date):
        sheet.write_datetime(line, place, value, styles["day"])
    elif isinstance(value, bool | str):
        sheet.write_string(line, place, value if isinstance(value, str) else _text(value), styles["text"])
    elif Decimal(repr(float(value))) == value:
        sheet.write_number(line, place, float(value), styles["number"])
    else:
        # more digits than a cell's float holds exactly: a text loses none
        sheet.write_string(line, place, _text(value), styles["text"])


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return safe_cell(value) if isinstance(value, str) else str(value)
