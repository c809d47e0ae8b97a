"""Nasty workbooks that must be read rightly or turned away with a reason: XLSX, XLSM, XLSB, XLS, ODS."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

from tests.kpis.corpus.cases import BASE, GOOD, HEAD, Case, Problem, Value, book_of, put, sheet_of
from tests.kpis.corpus.compound import Date, compound_file, xls

DAYS = (45444.416666666664, 45445.416666666664, 45446.416666666664)
DAY_1904 = 1462
ODS_NAMES = ("office", "table", "text")
# The base rows as a person would type them: amounts are numbers, moments are dates.
TYPED_ROWS: tuple[tuple[Any, ...], ...] = tuple(
    (*row[:2], datetime.fromisoformat(row[2]), row[3], *map(float, row[4:9]), row[9], float(row[10])) for row in BASE
)


def surgery(content: bytes, parts: Mapping[str, bytes | Callable[[bytes], bytes] | None]) -> bytes:
    """Return a workbook with parts of its archive replaced, changed, added, or (None) taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            change = parts.get(name, source.read(name))
            if callable(change):
                change = change(source.read(name))
            if change is not None:
                target.writestr(name, change)
        for name in parts.keys() - set(source.namelist()):
            added = parts[name]
            if isinstance(added, bytes):
                target.writestr(name, added)
    return out.getvalue()


def replaced(old: str, new: str, *, times: int = 1) -> Callable[[bytes], bytes]:
    """Return a change of one part that must find what it changes."""

    def change(content: bytes) -> bytes:
        if old.encode() not in content:
            raise ValueError(f"{old} is not in the part")
        return content.replace(old.encode(), new.encode(), times)

    return change


def ods(rows: Sequence[Sequence[Any]], *, tail: str = "", manifest: str = "") -> bytes:
    """Return an ODS of one sheet. Numbers are numbers, everything else text; `tail` is put after the rows."""
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ODS_NAMES)
    body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces} office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="订单">{body}{tail}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        file.writestr("content.xml", content)
        file.writestr("META-INF/manifest.xml", manifest or "<manifest/>")
    return out.getvalue()


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, float | int):
        typed = f'office:value-type="float" office:value="{cell}"'
        return f"<table:table-cell {typed}><text:p>{cell}</text:p></table:table-cell>"
    if isinstance(cell, datetime):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"><text:p>{cell:%d.%m.%y}'
            "</text:p></table:table-cell>"
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'


def book_cases() -> Iterator[Case]:
    """Yield everything about workbooks that harms nobody."""
    yield from _layouts()
    yield from _values()
    yield from _containers()


def _layouts() -> Iterator[Case]:
    def titled(book: xlsxwriter.Workbook) -> None:
        sheet = put(book, "日报", [HEAD, *TYPED_ROWS], top=3)
        sheet.merge_range(0, 0, 1, 10, "门店订单日报")
        sheet.write_string(2, 0, "导出时间：2024-07-01")

    def offset(book: xlsxwriter.Workbook) -> None:
        put(book, "x", [[None, None, *row] for row in (HEAD, *TYPED_ROWS)], top=5)

    def hidden_first(book: xlsxwriter.Workbook) -> None:
        put(book, "草稿", [HEAD, *TYPED_ROWS[:1]]).hide()
        sheet = put(book, "订单", [HEAD, *TYPED_ROWS])
        sheet.activate()
        sheet.set_first_sheet()

    def very_hidden(book: xlsxwriter.Workbook) -> None:
        put(book, "订单", [HEAD, *TYPED_ROWS])
        put(book, "参数", [["a"], ["b"]]).very_hidden()

    def notes_first(book: xlsxwriter.Workbook) -> None:
        put(book, "说明", [["本表由系统导出"]])
        put(book, "订单", [HEAD, *TYPED_ROWS])

    def filtered(book: xlsxwriter.Workbook) -> None:
        sheet = put(book, "订单", [HEAD, *TYPED_ROWS])
        sheet.autofilter(0, 0, 3, 10)
        sheet.filter_column(0, "x == A1")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(20, 60, 12, book.add_format({"bold": True}))
        sheet.set_row(5000, None, book.add_format({"bg_color": "#ffffff"}))

    def formatted_blanks(book: xlsxwriter.Workbook) -> None:
        sheet = put(book, "订单", [HEAD, *TYPED_ROWS])
        grey = book.add_format({"bg_color": "#eeeeee"})
        for row in range(4, 300):
            for column in range(15):
                sheet.write_blank(row, column, None, grey)

    for fill in (titled, offset, hidden_first, very_hidden, notes_first, filtered, formatted_blanks):
        yield _book(f"workbook {fill.__name__.replace('_', ' ')}", book_of(fill), GOOD)

    def chart_only(book: xlsxwriter.Workbook) -> None:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$A$1:$A$2"})
        book.add_chartsheet("图").set_chart(chart)
        put(book, "Data", [])

    yield _book("workbook with a chart alone", book_of(chart_only), problems={(None, "", "empty_file")})
    yield _book("workbook empty", book_of(lambda book: book.add_worksheet()), problems={(None, "", "empty_file")})
    yield _book("workbook header only", sheet_of([]), problems={(None, "", "no_rows")})
    totals = sheet_of([*TYPED_ROWS, ["合计", None, None, None, 600.0], ["备注：不含税"]])
    yield _book("workbook totals", totals, GOOD, {(5, "", "total_row"), (6, "", "total_row")})

    def merged(book: xlsxwriter.Workbook) -> None:
        put(book, "x", [HEAD, TYPED_ROWS[0], (None, *TYPED_ROWS[1][1:]), TYPED_ROWS[2]]).merge_range(1, 0, 2, 0, "A1")

    yield _book(
        "workbook a key merged over rows", book_of(merged), (GOOD[0], GOOD[2]), {(3, "order_id", "required_empty")}
    )


def _values() -> Iterator[Case]:
    def formulas(book: xlsxwriter.Workbook) -> None:
        sheet = put(book, "x", [HEAD, *TYPED_ROWS])
        sheet.write_formula(2, 10, "=60*2", None, 120)
        sheet.write_formula(3, 10, "=1/0", None, "#DIV/0!")

    yield _book("workbook formulas with their values", book_of(formulas), GOOD[:2], {(4, "goods_cost", "error_cell")})
    no_value = surgery(book_of(formulas), {"xl/worksheets/sheet1.xml": replaced("<v>120</v>", "")})
    unknown = (GOOD[0], (*GOOD[1][:10], None))
    yield _book("workbook a formula never computed", no_value, unknown, {(4, "goods_cost", "error_cell")})
    for code in ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"):
        broken = surgery(sheet_of(TYPED_ROWS), {"xl/worksheets/sheet1.xml": replaced("<v>120</v>", f"<v>{code}</v>")})
        broken = surgery(broken, {"xl/worksheets/sheet1.xml": replaced('<c r="K3">', '<c r="K3" t="e">')})
        rows = (GOOD[0], GOOD[2])
        yield _book(f"workbook an error cell {code}", broken, rows, {(3, "goods_cost", "error_cell")})
    yield _book("workbook of 1904", sheet_of(TYPED_ROWS, date_1904=True), GOOD)
    serials = [[*row[:2], day - DAY_1904, *row[3:]] for row, day in zip(TYPED_ROWS, DAYS, strict=True)]
    yield _book("workbook of 1904 with bare day numbers", sheet_of(serials, date_1904=True), GOOD)
    inline = {
        "xl/worksheets/sheet1.xml": lambda part: part.replace(
            b'<c r="B3" t="s"><v>12</v></c>', b'<c r="B3" t="inlineStr"><is><r><t>sto</t></r><r><t>re</t></r></is></c>'
        )
    }
    yield _book("workbook a text in pieces", surgery(sheet_of(TYPED_ROWS), inline), GOOD)
    lying = surgery(sheet_of(TYPED_ROWS), {"xl/worksheets/sheet1.xml": replaced('ref="A1:K4"', 'ref="A1:B2"')})
    yield _book("workbook that says it is smaller", lying, GOOD)
    far = surgery(sheet_of(TYPED_ROWS), {"xl/worksheets/sheet1.xml": replaced('ref="A1:K4"', 'ref="A1:XFD1048576"')})
    yield _book("workbook that says it is larger", far, GOOD)
    no_refs = surgery(sheet_of(TYPED_ROWS), {"xl/worksheets/sheet1.xml": _without_refs})
    yield _book("workbook whose cells have no address", no_refs, GOOD)
    links = {"xl/externalLinks/externalLink1.xml": b"<externalLink/>", "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0macro"}
    yield _book(
        "workbook with links to others and a macro", surgery(sheet_of(TYPED_ROWS), links), GOOD, filename="orders.xlsm"
    )


def _without_refs(part: bytes) -> bytes:
    import re

    return re.sub(rb' r="[A-Z]{1,2}\d+"', b"", re.sub(rb'<row r="\d+"', b"<row", part))


def _containers() -> Iterator[Case]:
    rows = [HEAD, *((*row[:2], Date(day), *row[3:]) for row, day in zip(TYPED_ROWS, DAYS, strict=True))]
    old = [HEAD, *((*row[:2], Date(day - DAY_1904), *row[3:]) for row, day in zip(TYPED_ROWS, DAYS, strict=True))]
    broken = [*rows[:2], (*rows[2][:10], "#REF!"), rows[3]]
    yield _book("xls", xls({"说明": [["x"]], "订单": rows}), GOOD, filename="orders.xls")
    yield _book("xls of 1904", xls({"订单": old}, epoch_1904=True), GOOD, filename="orders.xls")
    yield _book("xls named csv", xls({"订单": rows}), GOOD, filename="orders.csv")
    wrong = {(3, "goods_cost", "error_cell")}
    yield _book("xls an error cell", xls({"订单": broken}), (GOOD[0], GOOD[2]), wrong, filename="orders.xls")
    locked = {(None, "", "password_protected")}
    yield _book("xls with a password", xls({"订单": rows}, encrypted=True), problems=locked, filename="orders.xls")
    agile = compound_file({"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": bytes(5000)})
    yield _book("xlsx with a password", agile, problems=locked)
    for stream, kind in (("WordDocument", "doc"), ("PowerPoint Document", "ppt"), ("Unknown", "other")):
        other = compound_file({stream: bytes(5000)})
        yield _book(f"{kind} named xls", other, problems={(None, "", "unsupported_file")}, filename="orders.xls")
    yield _book(
        "xls cut short",
        xls({"订单": rows * 200})[:9000],
        problems={(None, "", "unreadable_file")},
        filename="orders.xls",
    )
    yield _book("ods", ods([HEAD, *TYPED_ROWS]), GOOD, filename="orders.ods")
    blanks = '<table:table-cell table:number-columns-repeated="16384"/>'
    filler = f'<table:table-row table:number-rows-repeated="1048000">{blanks}</table:table-row>'
    yield _book("ods filled up with blanks", ods([HEAD, *TYPED_ROWS], tail=filler), GOOD, filename="orders.ods")
    yield _book(
        "ods an error cell",
        ods([HEAD, TYPED_ROWS[0], (*TYPED_ROWS[1][:10], "#DIV/0!"), TYPED_ROWS[2]]),
        (GOOD[0], GOOD[2]),
        wrong,
        filename="orders.ods",
    )
    secret = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    yield _book("ods with a password", ods([HEAD], manifest=secret), problems=locked, filename="orders.ods")
    unsupported = {(None, "", "unsupported_file")}
    xlsb = surgery(sheet_of(TYPED_ROWS), {"xl/workbook.xml": None, "xl/workbook.bin": b"\x83\x01\x00"})
    yield _book("xlsb", xlsb, problems=unsupported, filename="orders.xlsb")
    for part, kind in (("word/document.xml", "docx"), ("ppt/presentation.xml", "pptx"), ("orders.csv", "zip")):
        archive = surgery(sheet_of([]), {"xl/workbook.xml": None, part: b"<x/>"})
        yield _book(f"{kind} named xlsx", archive, problems=unsupported)
    unreadable = {(None, "", "unreadable_file")}
    yield _book("workbook cut short", sheet_of(TYPED_ROWS)[:-300], problems=unreadable)
    yield _book(
        "workbook without its sheet",
        surgery(sheet_of(TYPED_ROWS), {"xl/worksheets/sheet1.xml": None}),
        problems=unreadable,
    )
    yield _book(
        "workbook with broken xml",
        surgery(sheet_of(TYPED_ROWS), {"xl/worksheets/sheet1.xml": lambda part: part[: len(part) // 2]}),
        problems=unreadable,
    )
    yield _book("workbook of garbage", b"PK\x03\x04" + bytes(range(256)) * 8, problems=unreadable)


def _book(
    name: str,
    content: bytes,
    rows: tuple[tuple[Value, ...], ...] = (),
    problems: Set[Problem] = frozenset(),
    *,
    filename: str = "orders.xlsx",
) -> Case:
    return Case(name, partial(bytes, content), rows, frozenset(problems), filename=filename)
