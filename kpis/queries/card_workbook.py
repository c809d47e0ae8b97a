"""A scorecard as a workbook that works itself out: attainment, weight that counts, points and score are formulas."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from kpis.choices import NoDataReason
from kpis.engine.specs import Direction, KpiSpec
from kpis.models import CardLine
from kpis.queries.scorecards import CardLineView, CardView
from roles.catalogue import RoleKey, roles_here
from roles.choices import StageName

FIRST = 11  # the row of the first KPI, counted from 0
WIDTHS = (34, 24, 14, 12, 14, 10, 10, 10, 12, 12, 12, 12, 30, 26)
SHEET_NAME = 31
Sheet = Any
Styles = dict[str, Any]


def card_workbook(views: Sequence[CardView], *, combined: CardView | None, name: str, language: str) -> bytes:
    """Return an XLSX with a sheet per role card, and first the one that combines them by share of time."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with translation.override(language), xlsxwriter.Workbook(out, options) as book:
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#EEF1EF", "text_wrap": True, "valign": "top"}),
            "bold": book.add_format({"bold": True}),
            "number": book.add_format({"num_format": "#,##0.00####"}),
            "points": book.add_format({"num_format": "0.00"}),
            "total": book.add_format({"num_format": "0.00", "bold": True, "top": 1}),
            "label": book.add_format({"bold": True, "top": 1}),
        }
        titles = [_title(view) for view in views]
        if combined is not None:
            _combined_sheet(book.add_worksheet(_("All roles together")[:SHEET_NAME]), combined, views, titles, styles)
        for view, title in zip(views, titles, strict=True):
            _card_sheet(book.add_worksheet(title), view, name=name, styles=styles)
    return out.getvalue()


def _title(view: CardView) -> str:
    names = roles_here().roles[RoleKey(view.card.role_key)].names
    text = names.in_language(translation.get_language())
    return "".join(" " if each in "[]:*?/\\" else each for each in text)[:SHEET_NAME]


def _card_sheet(sheet: Sheet, view: CardView, *, name: str, styles: Styles) -> None:
    card, language = view.card, translation.get_language()
    facts = (
        (_("Scorecard"), roles_here().roles[RoleKey(card.role_key)].names.in_language(language)),
        (_("Unit or person"), name),
        (_("Period"), card.period),
        (_("Stage"), str(StageName(card.stage).label)),
        (_("Weights"), str(card.get_weights_source_display())),
        (_("Revision"), str(card.revision)),
        (_("Computed"), card.computation.finished_at.isoformat(timespec="seconds")),
    )
    for row, (label, text) in enumerate(facts):
        sheet.write_string(row, 0, label, styles["bold"])
        sheet.write_string(row, 1, text)
    for column, label in enumerate(_heads()):
        sheet.write_string(FIRST - 1, column, label, styles["head"])
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    last = FIRST + len(view.lines)
    for offset, each in enumerate(view.lines):
        _line(sheet, FIRST + offset, each, last=last, styles=styles)
    _totals(sheet, view, last=last, styles=styles)
    sheet.freeze_panes(FIRST, 1)


def _heads() -> tuple[str, ...]:
    return (
        _("KPI"), _("Id"), _("Value"), _("Unit"), _("Target"), _("Band from"), _("Band to"), _("Weight"),
        _("Attainment %"), _("Weight that counts"), _("Points"), _("Points as shown"), _("No data because"),
        _("Measured at"),
    )  # fmt: skip


def _line(sheet: Sheet, row: int, each: CardLineView, *, last: int, styles: Styles) -> None:
    line, spec, number = each.line, each.spec, row + 1
    sheet.write_string(row, 0, spec.names.in_language(translation.get_language()))
    sheet.write_string(row, 1, spec.id)
    _write_number(sheet, row, 2, line.value, styles["number"])
    sheet.write_string(row, 3, line.unit)
    _write_number(sheet, row, 4, line.target, styles["number"])
    for column, edge in enumerate(spec.target_band or (None, None), start=5):
        _write_number(sheet, row, column, edge, styles["number"])
    _write_number(sheet, row, 7, line.weight, styles["points"])
    counted = line.weight if line.attainment is not None else Decimal(0)
    sheet.write_formula(row, 8, attainment_formula(spec, number), styles["points"], _cached(line.attainment))
    sheet.write_formula(row, 9, f"=IF(ISNUMBER(I{number}),H{number},0)", styles["points"], str(counted))
    whole = f"SUM(J${FIRST + 1}:J${last})"
    weights = f"SUM(H${FIRST + 1}:H${last})"
    share = f'IF(AND(ISNUMBER(I{number}),{whole}>=0.6*{weights}),H{number}*I{number}/{whole},"")'
    sheet.write_formula(row, 10, f"={share}", styles["points"], _cached(line.points))
    _write_number(sheet, row, 11, line.points, styles["points"])
    sheet.write_string(row, 12, _why_not(line))
    sheet.write_string(row, 13, each.measured_name or line.measured.kind.value)


def attainment_formula(spec: KpiSpec, row: int) -> str:
    """Return the engine's attainment of a row as a spreadsheet formula: value in C, target in E, band in F and G."""
    value, target, low, high = f"C{row}", f"E{row}", f"F{row}", f"G{row}"

    def clamped(exact: str) -> str:
        return f"MAX(0,MIN(120,{exact}))"

    if spec.qualitative:
        found = clamped(f"({value}-1)*25")
    elif spec.target_band is not None:
        above = f"IF({high}>0,{clamped(f'(2-{value}/{high})*100')},0)" if spec.target_band[1] else "0"
        below = clamped(f"{value}/{low}*100") if spec.target_band[0] else "0"
        found = f"IF({value}<{low},{below},IF({value}>{high},{above},100))"
    else:
        share = f"{value}/{target}*100" if spec.direction is Direction.UP else f"(2-{value}/{target})*100"
        return f'=IF(AND(ISNUMBER({value}),ISNUMBER({target})),IF({target}>0,{clamped(share)},""),"")'
    return f'=IF(ISNUMBER({value}),{found},"")'


def _totals(sheet: Sheet, view: CardView, *, last: int, styles: Styles) -> None:
    card, first = view.card, FIRST + 1
    sheet.write_string(last, 0, _("Score"), styles["label"])
    weight = sum((each.line.weight for each in view.lines), Decimal(0))
    counted = sum((each.line.weight for each in view.lines if each.line.attainment is not None), Decimal(0))
    sheet.write_formula(last, 7, f"=SUM(H{first}:H{last})", styles["total"], str(weight))
    sheet.write_formula(last, 9, f"=SUM(J{first}:J{last})", styles["total"], str(counted))
    enough = f"SUM(J{first}:J{last})>=0.6*SUM(H{first}:H{last})"
    score = f'=IF(AND(SUM(J{first}:J{last})>0,{enough}),ROUND(SUM(K{first}:K{last}),2),"")'
    sheet.write_formula(last, 10, score, styles["total"], _cached(card.score))
    _write_number(sheet, last, 11, card.score, styles["total"])
    if card.score is None:
        sheet.write_string(last, 12, _("Not enough data: under 60 % of the weight"))


def _combined_sheet(
    sheet: Sheet, combined: CardView, views: Sequence[CardView], titles: Sequence[str], styles: Styles
) -> None:
    """Write the roles with their shares; each score is taken from the role's own sheet."""
    of_role = {view.card.role_key: (view, title) for view, title in zip(views, titles, strict=True)}
    for column, label in enumerate((_("Role"), _("Share of time"), _("Score"), _("Points"), _("Points as shown"))):
        sheet.write_string(0, column, label, styles["head"])
    sheet.set_column(0, 0, 34)
    lines = combined.card.share_lines
    last = len(lines) + 1
    for row, line in enumerate(lines, start=1):
        number = row + 1
        view, title = of_role[line.role]
        sheet.write_string(row, 0, title)
        _write_number(sheet, row, 1, line.share, styles["points"])
        source = f"'{title.replace(chr(39), chr(39) * 2)}'!K{FIRST + len(view.lines) + 1}"
        sheet.write_formula(row, 2, f"={source}", styles["points"], _cached(line.score))
        whole = f'SUMIF(C$2:C${last},">=0",B$2:B${last})'
        points = f'=IF(ISNUMBER(C{number}),B{number}*C{number}/{whole},"")'
        sheet.write_formula(row, 3, points, styles["points"], _cached(line.points))
        _write_number(sheet, row, 4, line.points, styles["points"])
    sheet.write_string(last, 0, _("Score"), styles["label"])
    whole = f'SUMIF(C2:C{last},">=0",B2:B{last})'
    score = f'=IF({whole}>=0.6*SUM(B2:B{last}),ROUND(SUM(D2:D{last}),2),"")'
    sheet.write_formula(last, 3, score, styles["total"], _cached(combined.card.score))
    _write_number(sheet, last, 4, combined.card.score, styles["total"])


def _why_not(line: CardLine) -> str:
    if line.attainment is not None:
        return ""
    known = NoDataReason(line.reason).label if line.reason in NoDataReason.values else _("No target")
    return str(known)


def _write_number(sheet: Sheet, row: int, column: int, number: Decimal | None, style: object) -> None:
    if number is not None:
        sheet.write_number(row, column, number, style)


def _cached(number: Decimal | None) -> str:
    """Return what a formula shows before it is worked out anew."""
    return "" if number is None else str(number)
