"""A plan as a workbook whose formulas go on computing: a driver changed in it moves posts, costs and contingency."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

from roles.catalogue import ExpectationLevel
from talent.headcount.budgeting import BAND, CONTINGENCY, COST_TYPES, ENTERED_TYPES, LABOUR, contingency_of, total
from talent.headcount.plan import PlanResult, Section
from talent.headcount.staffing import CENT, VALUE_PLACES, Line

FIRST_MONTH = 5  # the column of the first month on every sheet, counted from 0
HEAD = 1
Sheet = Any
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """What the rows are called: units, roles, drivers, cost types."""

    units: Names
    roles: Names
    drivers: Names
    kinds: Names


@dataclass(frozen=True, slots=True)
class Titles:
    """The sheets by their names, quoted as formulas need them."""

    norms: str
    drivers: str
    posts: str
    role_costs: str
    costs: str


def plan_workbook(result: PlanResult, *, name: str, words: Words, language: str) -> bytes:
    """Return the XLSX: norms and rates, drivers by month, posts by month, and costs with the contingency's check.

    Cells hold formulas, each with its value, so that programs that do not compute show the same.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with translation.override(language), xlsxwriter.Workbook(out, options) as book:
        titles = Titles(_("Norms and rates"), _("Drivers"), _("Posts"), _("Costs of roles"), _("Costs"))
        writer = _Writer(book, result, words, titles)
        writer.norms(name)
        writer.drivers()
        writer.posts()
        writer.role_costs()
        writer.costs()
    return out.getvalue()


class _Writer:
    """Writes the sheets in turn and remembers in which rows things stand."""

    def __init__(self, book: Any, result: PlanResult, words: Words, titles: Titles) -> None:
        self.result, self.words, self.titles = result, words, titles
        self.months = [str(month) for month in result.spec.periods]
        self.sheets = {title: book.add_worksheet(title) for title in astuple(titles)}
        self.head = book.add_format({"bold": True, "bg_color": "#EEF1EF", "text_wrap": True, "valign": "top"})
        self.input = book.add_format({"bg_color": "#FFF9E0", "num_format": "#,##0.####"})
        self.number = book.add_format({"num_format": "#,##0.####"})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.total = book.add_format({"num_format": "#,##0.00", "bold": True, "top": 1})
        self.bold = book.add_format({"bold": True})
        self.norm_rows: dict[str, int] = {}
        self.driver_rows: dict[tuple[str, str], int] = {}
        self.post_rows: dict[tuple[str, str], int] = {}
        self.contingency_cell = ""

    def norms(self, name: str) -> None:
        """Write what a post carries and costs, by role."""
        sheet = self.sheets[self.titles.norms]
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 5, 16)
        sheet.write_row(0, 0, [name, _("Contingency, % of the whole budget")], self.bold)
        if self.result.spec.contingency is not None:
            sheet.write_number(0, 2, self.result.spec.contingency, self.input)
        self.contingency_cell = f"'{self.titles.norms}'!$C$1"
        heads = [_("Role"), _("Headcount driver"), _("Driver per post"), _("Minimum"), _("Monthly cost of a post, CNY")]
        sheet.write_row(HEAD, 0, heads, self.head)
        for row, norm in enumerate(self.result.spec.norms.values(), HEAD + 1):
            self.norm_rows[norm.role] = row
            sheet.write_string(row, 0, self.words.roles[norm.role])
            sheet.write_string(row, 1, self.words.drivers[norm.driver])
            sheet.write_number(row, 2, norm.units_per_fte, self.input)
            sheet.write_number(row, 3, norm.minimum, self.input)
            rate = self.result.spec.rates.get(norm.role)
            if rate is not None and rate.monthly is not None:
                sheet.write_number(row, 4, rate.monthly, self.input)

    def drivers(self) -> None:
        """Write the drivers: a first value and a growth to change, and the months that follow from them."""
        sheet = self._grid(
            self.titles.drivers, [_("Unit"), _("Headcount driver"), _("First month"), _("Growth, % a month"), ""]
        )
        row = HEAD
        for section in self.result.spec.sections:
            for driver, line in section.drivers.items():
                row += 1
                self.driver_rows[section.unit, driver] = row
                sheet.write_row(row, 0, [self.words.units[section.unit], self.words.drivers[driver]])
                self._line(sheet, row, line, places=VALUE_PLACES, form=self.number)

    def posts(self) -> None:
        """Write the posts each role needs by month; how it is filled, and what an outside firm does, can be changed."""
        heads = [_("Unit"), _("Role"), _("Expected"), _("Outsourced FTE"), _("Invoice a month, CNY")]
        sheet = self._grid(self.titles.posts, heads)
        row = HEAD
        for section, unit in zip(self.result.spec.sections, self.result.units, strict=True):
            for line in unit.roles:
                row += 1
                self.post_rows[section.unit, line.role] = row
                sheet.write_row(row, 0, [self.words.units[section.unit], self.words.roles[line.role], line.level.value])
                outside = section.outsourced.get(line.role)
                if outside is not None:
                    sheet.write_number(row, 3, outside.fte, self.input)
                    sheet.write_number(row, 4, outside.invoice, self.input)
                for month, fte in enumerate(line.fte):
                    formula = self._post_formula(section, line.role, row, month)
                    self._formula(sheet, row, month, formula, fte, self.number)
        last = row
        self._sums(sheet, row + 1, lambda at: _span(HEAD + 1, last, at), self.result.fte, _("All posts"))

    def _post_formula(self, section: Section, role: str, row: int, month: int) -> str:
        norm = self.result.spec.norms[role]
        at = self.norm_rows[role] + 1
        level = f"$C{row + 1}"
        shared = f'{level}="{ExpectationLevel.SHARED.value}"'
        optional = f'{level}="{ExpectationLevel.OPTIONAL.value}"'
        driver_row = self.driver_rows.get((section.unit, norm.driver))
        need = '""'
        if driver_row is not None:
            driver = f"'{self.titles.drivers}'!{xl_rowcol_to_cell(driver_row, FIRST_MONTH + month)}"
            sheet = f"'{self.titles.norms}'!"
            ratio = f"ROUND({driver}/{sheet}$C${at},6)"
            need = f'IF({driver}="","",CEILING(MAX({sheet}$D${at},{ratio}),0.5))'
        return f"=IF({optional},0,IF({shared},0.5,{need}))"

    def costs(self) -> None:
        """Write every cost type by unit and month, the sums, and where the contingency stands."""
        sheet = self._grid(self.titles.costs, [_("Unit"), _("Cost type"), _("First month"), _("Growth, % a month"), ""])
        row = HEAD
        by_kind: dict[str, list[int]] = {kind: [] for kind in COST_TYPES}
        for section, unit in zip(self.result.spec.sections, self.result.units, strict=True):
            first = row + 1
            for kind in (LABOUR, *ENTERED_TYPES, CONTINGENCY):
                row += 1
                by_kind[kind].append(row)
                sheet.write_row(row, 0, [self.words.units[section.unit], self.words.kinds[kind]])
                self._cost_line(sheet, row, section, kind, unit.amounts[kind], first=first)
                self._row_sum(sheet, row, unit.amounts[kind])
        wholes: dict[str, int] = {}
        for kind in COST_TYPES:
            row += 1
            wholes[kind] = row
            self._sums(sheet, row, partial(_each, by_kind[kind]), self.result.amounts[kind], self.words.kinds[kind])
            self._row_sum(sheet, row, self.result.amounts[kind])
        row += 1
        self._sums(sheet, row, partial(_each, list(wholes.values())), self.result.month_totals, _("Total"))
        self._row_sum(sheet, row, self.result.month_totals)
        self._check(sheet, row + 1, wholes[CONTINGENCY], row)

    def _cost_line(
        self, sheet: Sheet, row: int, section: Section, kind: str, amounts: Sequence[Decimal | None], *, first: int
    ) -> None:
        if kind in ENTERED_TYPES or (kind == CONTINGENCY and self.result.spec.contingency is None):
            self._line(sheet, row, section.costs.get(kind, Line()), places=CENT, form=self.money)
            return
        for month, amount in enumerate(amounts):
            if kind == LABOUR:
                formula = self._labour_formula(section, month)
            else:
                column = FIRST_MONTH + month
                others = _span(first, row - 1, column)
                share = self.contingency_cell
                formula = f'=IF(COUNT({others})=0,"",ROUND(SUM({others})*{share}/(100-{share}),2))'
            self._formula(sheet, row, month, formula, amount, self.money)

    def role_costs(self) -> None:
        """Write what each role costs by month: the invoice, and the posts of one's own at the rate of the role."""
        sheet = self._grid(self.titles.role_costs, [_("Unit"), _("Role"), "", "", ""])
        for (unit, role), row in self.post_rows.items():
            sheet.write_row(row, 0, [self.words.units[unit], self.words.roles[role]])
        lines = [line for unit in self.result.units for line in unit.roles]
        for line in lines:
            row = self.post_rows[line.unit, line.role]
            for month, cost in enumerate(line.cost):
                posts = f"'{self.titles.posts}'!"
                fte = f"{posts}{xl_rowcol_to_cell(row, FIRST_MONTH + month)}"
                outside, invoice = f"{posts}$D${row + 1}", f"{posts}$E${row + 1}"
                rate = f"'{self.titles.norms}'!$E${self.norm_rows[line.role] + 1}"
                unknown = f'OR({fte}="",AND({rate}="",{fte}>{outside}))'
                formula = f'=IF({unknown},"",ROUND(MAX(0,{fte}-{outside})*{rate}+{invoice},2))'
                self._formula(sheet, row, month, formula, cost, self.money)
            self._row_sum(sheet, row, line.cost)

    def _labour_formula(self, section: Section, month: int) -> str:
        rows = [row for (unit, _role), row in self.post_rows.items() if unit == section.unit]
        if not rows:
            return '=""'
        column = FIRST_MONTH + month
        cells = f"'{self.titles.role_costs}'!{_span(rows[0], rows[-1], column)}"
        return f'=IF(COUNT({cells})=0,"",SUM({cells}))'

    def _check(self, sheet: Sheet, row: int, contingency: int, whole: int) -> None:
        """Write the contingency's share of each month and of the whole plan, and whether that is in the band."""
        last = FIRST_MONTH + len(self.months)
        sheet.write_string(row, 1, _("Contingency, % of the whole budget"), self.bold)
        for column in range(FIRST_MONTH, last + 1):
            part, every = xl_rowcol_to_cell(contingency, column), xl_rowcol_to_cell(whole, column)
            month = column - FIRST_MONTH
            amounts = self.result.amounts[CONTINGENCY]
            found = (
                self.result.contingency
                if column == last
                else contingency_of(amounts[month], self.result.month_totals[month])
            )
            value: Decimal | str = "" if found.share is None else found.share
            formula = f'=IF(OR({every}="",{every}=0),"",ROUND({part}/{every}*100,2))'
            sheet.write_formula(row, column, formula, self.money, value)
        share = xl_rowcol_to_cell(row, last)
        low, high = BAND
        state = {
            "inside": _("inside the band"),
            "below": _("below the band"),
            "above": _("above the band"),
            "no_data": _("no data"),
        }
        inside = f'IF({share}>{high},"{state["above"]}","{state["inside"]}")'
        text = f'=IF({share}="","{state["no_data"]}",IF({share}<{low},"{state["below"]}",{inside}))'
        sheet.write_string(row + 1, 1, _("Band of 15–20 %"), self.bold)
        sheet.write_formula(row + 1, last, text, self.bold, state[self.result.contingency.state.value])

    def _grid(self, title: str, heads: Sequence[str]) -> Sheet:
        sheet = self.sheets[title]
        sheet.set_column(0, 1, 24)
        sheet.set_column(2, FIRST_MONTH + len(self.months), 14)
        sheet.freeze_panes(HEAD + 1, 2)
        sheet.write_row(HEAD, 0, [*heads, *self.months, _("All months")], self.head)
        return sheet

    def _line(self, sheet: Sheet, row: int, line: Line, *, places: Decimal, form: Any) -> None:
        """Write a first value, its growth and the months; a month that says otherwise is a number of its own."""
        if line.base is not None:
            sheet.write_number(row, 2, line.base, self.input)
        sheet.write_number(row, 3, line.growth, self.input)
        digits = -int(places.as_tuple().exponent)
        for month in range(len(self.months)):
            value = line.at(month, places=places)
            if month in line.months:
                sheet.write_number(row, FIRST_MONTH + month, value, self.input)
                continue
            base = f"$C{row + 1}"
            formula = f'=IF({base}="","",ROUND({base}*(1+$D{row + 1}/100)^{month},{digits}))'
            self._formula(sheet, row, month, formula, value, form)

    def _formula(self, sheet: Sheet, row: int, month: int, formula: str, value: Decimal | None, form: Any) -> None:
        sheet.write_formula(row, FIRST_MONTH + month, formula, form, "" if value is None else value)

    def _row_sum(self, sheet: Sheet, row: int, values: Sequence[Decimal | None]) -> None:
        first, last = (xl_rowcol_to_cell(row, FIRST_MONTH + month) for month in (0, len(self.months) - 1))
        formula = f'=IF(COUNT({first}:{last})=0,"",SUM({first}:{last}))'
        self._formula(sheet, row, len(self.months), formula, total(values), self.total)

    def _sums(
        self, sheet: Sheet, row: int, cells: Callable[[int], str], values: Sequence[Decimal | None], label: str
    ) -> None:
        """Write the sums by month; `cells` names what is added up in a column."""
        sheet.write_string(row, 1, label, self.bold)
        for month, value in enumerate(values):
            added = cells(FIRST_MONTH + month)
            self._formula(sheet, row, month, f'=IF(COUNT({added})=0,"",SUM({added}))', value, self.total)


def _span(first: int, last: int, column: int) -> str:
    """Return the cells of a column from one row to another."""
    return f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(last, column)}"


def _each(rows: Sequence[int], column: int) -> str:
    """Return single cells of a column."""
    return ",".join(xl_rowcol_to_cell(row, column) for row in rows)
