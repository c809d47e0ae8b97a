"""A figure as files: the rows of an operand as CSV, and a workbook whose formulas work the figure out again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from kpis.engine.arithmetic import rounded
from kpis.engine.explain import shown
from kpis.engine.tracing import OperandTrace
from kpis.queries.explaining import Explanation, Figure
from kpis.queries.figure_rows import MOST_EXPORTED, OperandRows, RowAccess, RowLine, operand_page, plain_cells
from omnichannel.core.csvtext import safe_cell
from roles.queries.org_chart import UnitTree

ORIGIN = ("counted_as", "amount", "weight", "entity", "table", "upload", "file", "sheet", "line")
FORMULA_SIGNS = {"×": "*", "÷": "/", "−": "-"}
FIRST_ROW = 2
BOM = "\ufeff".encode()


def csv_of(figure: Figure, number: int, *, tree: UnitTree, access: RowAccess) -> Iterator[bytes]:
    """Return the rows behind an operand as CSV, up to MOST_EXPORTED; a last line tells how many are left out.

    What is needed of the database is read now: a stream is sent after the workspace has been closed.
    """
    page = operand_page(figure, number, tree=tree, access=access, limit=MOST_EXPORTED)
    return _csv_lines(page)


def _csv_lines(page: OperandRows) -> Iterator[bytes]:
    names = _names(page.lines)
    yield BOM + _line([*ORIGIN, *names])
    for line in page.lines:
        cells = plain_cells(line)
        yield _line([*_origin(line), *(safe_cell(cells.get(name, "")) for name in names)])
    if page.behind.page.next is not None:
        yield _line([f"{page.behind.page.total - page.behind.page.next} more", *[""] * (len(ORIGIN) + len(names) - 1)])


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _names(lines: Sequence[RowLine]) -> list[str]:
    """Return the columns of all tables that are listed, each once, in the order of their definitions."""
    tables = {line.table.id: line.table for line in lines}
    told = {(line.table.id, column.name) for line in lines for column, _text in line.told}
    names = (column.name for table in tables.values() for column in table.columns if (table.id, column.name) in told)
    return list(dict.fromkeys(names))


def _origin(line: RowLine) -> list[str]:
    traced = line.traced
    return [
        traced.counted_as.value,
        _number(line.amount),
        _number(line.weight),
        safe_cell(line.entity),
        traced.table,
        str(line.upload.pk) if line.upload else "",
        safe_cell(line.upload.filename) if line.upload else "",
        safe_cell(traced.sheet),
        "" if traced.line is None else str(traced.line),
    ]


def _number(value: Decimal | None) -> str:
    return "" if value is None else shown(value)


def workbook_of(figure: Figure, told: Explanation, *, tree: UnitTree, access: RowAccess, language: str) -> bytes:
    """Return a workbook: a sheet of rows per operand, and a summary that adds them up and fills in the formula."""
    pages = [operand_page(figure, each.place, tree=tree, access=access, limit=MOST_EXPORTED) for each in told.operands]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        summary = book.add_worksheet(_("Summary"))
        ends = []
        for page in pages:
            sheet = book.add_worksheet(_sheet_name(page.number))
            sheet.freeze_panes(1, 0)
            ends.append(_write_rows(sheet, page, bold))
        _write_summary(summary, told, pages, ends, bold=bold, language=language)
    return out.getvalue()


def _sheet_name(number: int) -> str:
    return f"rows_{number + 1}"


def _write_rows(sheet: Worksheet, page: OperandRows, bold: object) -> int:
    """Write the rows, amounts and weights in columns A and B; return the last row that is filled."""
    names = _names(page.lines)
    heads = ["amount", "weight", "counted_as", *ORIGIN[3:], *names]
    sheet.write_row(0, 0, heads, bold)
    at = 0
    for at, line in enumerate(page.lines, start=1):
        cells, origin = plain_cells(line), _origin(line)
        _write_number(sheet, at, 0, line.traced.amount)
        _write_number(sheet, at, 1, line.traced.weight)
        texts = [origin[0], *origin[3:], *(cells.get(name, "") for name in names)]
        for column, text in enumerate(texts, start=2):
            if text:
                sheet.write_string(at, column, text)
    if page.behind.page.next is not None:
        at += 1
        _write_left_out(sheet, at, page)
    return at + 1


def _write_number(sheet: Worksheet, row: int, column: int, value: Fraction | None) -> None:
    if value is not None:
        sheet.write_number(row, column, float(value))  # a workbook holds no other numbers


def _write_left_out(sheet: Worksheet, at: int, page: OperandRows) -> None:
    """Put what the rows beyond the limit add into one line, so that the sum stays whole."""
    traced = [line.traced for line in page.lines]
    for column, total, parts in (
        (0, page.operand.amount, [row.amount for row in traced]),
        (1, page.operand.weight, [row.weight for row in traced]),
    ):
        if total is not None:
            _write_number(sheet, at, column, total - sum((part for part in parts if part is not None), Fraction(0)))
    left = page.behind.page.total - (page.behind.page.next or 0)
    sheet.write_string(at, 2, _("%(count)s more rows") % {"count": left})


def _write_summary(
    sheet: Worksheet,
    told: Explanation,
    pages: Sequence[OperandRows],
    ends: Sequence[int],
    *,
    bold: object,
    language: str,
) -> None:
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 24)
    facts = [
        (told.spec.names.in_language(language), told.name.in_language(language)),
        (_("Period"), str(told.place.period)),
        (_("Sentence"), told.sentence.in_language(language)),
        (_("Formula"), told.in_words.in_language(language)),
    ]
    if told.ground is not None:
        facts += [(_("Library"), told.ground.library_version), (_("Definition"), told.ground.definition_hash)]
    facts += [(each.names.in_language(language), each.value) for each in told.params]
    for at, (label, text) in enumerate(facts):
        sheet.write_string(at, 0, label, bold)
        sheet.write_string(at, 1, text)
    first = len(facts) + 1
    sheet.write_row(first, 0, [_("Operand"), _("Value"), _("Rows")], bold)
    for page, view, end in zip(pages, told.operands, ends, strict=True):
        at = first + 1 + page.number
        sheet.write_string(at, 0, view.label.in_language(language))
        _write_operand(sheet, at, page, end)
        sheet.write_number(at, 2, page.behind.page.total)
    _write_value(sheet, told, pages, first, bold=bold)


def _write_operand(sheet: Worksheet, at: int, page: OperandRows, end: int) -> None:
    if page.value is None:
        sheet.write_string(at, 1, _("No data"))
        return
    sheet.write_formula(
        at, 1, f"={operand_formula(page.operand, _sheet_name(page.number), end)}", None, float(page.value)
    )


def operand_formula(operand: OperandTrace, sheet: str, end: int) -> str:
    """Return how a workbook works an operand out from its rows: their sum, or sum over sum, at most the cap."""
    amount, weight = (f"SUM('{sheet}'!{column}{FIRST_ROW}:{column}{max(end, FIRST_ROW)})" for column in "AB")
    if operand.value == operand.amount or operand.amount is None:
        return amount
    if operand.weight and operand.value == operand.amount / operand.weight:
        return f"{amount}/{weight}"
    cap = operand.value
    return f"IF({weight}=0,{cap},MIN({cap},{amount}/{weight}))"


def _write_value(
    sheet: Worksheet, told: Explanation, pages: Sequence[OperandRows], first: int, *, bold: object
) -> None:
    at = first + 2 + len(pages)
    sheet.write_string(at, 0, told.spec.names.zh + " / " + told.spec.names.en, bold)
    value = told.value.value
    if value is None:
        sheet.write_string(at, 1, _("No data"))
        return
    cells = [f"B{first + 2 + page.number}" for page in pages]
    text = "".join(
        cells[token.operand] if token.operand is not None else FORMULA_SIGNS.get(token.text.strip(), token.text)
        for token in told.formula
    )
    sheet.write_formula(at, 1, f"=ROUND({text},6)", bold, float(value))
    sheet.write_string(at + 1, 0, _("As shown"))
    sheet.write_number(at + 1, 1, float(rounded(Fraction(value))))
    equal = f'=IF(ABS(B{at + 1}-B{at + 2})<0.000001,"=","≠")'
    sheet.write_formula(at + 2, 1, equal, None, "=")
    sheet.write_string(at + 2, 0, _("Worked out again, it is equal"))
