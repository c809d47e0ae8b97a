"""A simulation as files: one row per proposal and person (CSV), and the whole of it as a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kpis.queries.pay.simulated import Outcome
from kpis.queries.pay.simulations import PersonLine, Told, kind_name, person_lines, state_name, unit_names
from omnichannel.core.text import Bilingual

HEAD = ("proposal", "plan", "person", "name", "unit", "role", "before", "after", "change", "why")
WIDTH, BATCH = 16, 2000
Row = Sequence[Any]


def person_rows(told: Told, *, language: str) -> Iterator[Row]:
    """Yield the head and a row for each person of each proposal, the largest loss first."""
    yield HEAD
    units = unit_names(told.row)
    for outcome in told.outcomes:
        rows = list(told.row.people.filter(proposal=outcome.number).order_by("change", "person_external_id"))
        for start in range(0, len(rows), BATCH):
            for line in person_lines(rows[start : start + BATCH], outcome, units=units):
                yield _person(line, outcome, language)


def workbook(told: Told, *, language: str) -> bytes:
    """Return sheets for the sums, months, units, jumps and people."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with translation.override(language), xlsxwriter.Workbook(out, options) as book:
        head, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        for title, rows in (
            (_("Totals"), _totals(told, language)),
            (_("Months"), _months(told, language)),
            (_("Units"), _pairs(told, language, "units")),
            (_("Roles"), _pairs(told, language, "roles")),
            (_("Jumps"), _jumps(told, language)),
            (_("People"), list(person_rows(told, language=language))),
        ):
            sheet = book.add_worksheet(title)
            sheet.set_column(0, max(map(len, rows)) - 1, WIDTH)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    _write(sheet, number, place, cell, head if number == 0 else None, money)
            sheet.freeze_panes(1, 0)
    return out.getvalue()


def _write(sheet: Any, row: int, place: int, cell: Any, head: Any, money: Any) -> None:
    """Write a cell; a number that a float does not hold exactly stays a text."""
    if cell is None:
        return
    if isinstance(cell, Decimal) and Decimal(repr(float(cell))) == cell:
        sheet.write_number(row, place, float(cell), money)
    elif isinstance(cell, int):
        sheet.write_number(row, place, cell)
    else:
        sheet.write_string(row, place, str(cell), head)


def _totals(told: Told, language: str) -> list[Row]:
    head = (
        _("Plan"), _("State"), _("Now"), _("Proposal"), pgettext("of a figure", "Change"),
        _("Winners"), _("Won"), _("Losers"), _("Lost"), _("Unchanged"), _("Incomplete statements"),
    )  # fmt: skip
    rows = [
        (
            each.names.in_language(language), state_name(each.state), each.total.before, each.total.after,
            each.total.change, each.winners, each.won, each.losers, each.lost, each.unchanged, each.incomplete,
        )
        for each in told.outcomes
    ]  # fmt: skip
    return [head, *rows]


def _months(told: Told, language: str) -> list[Row]:
    head = (
        _("Plan"), _("Month"), _("Now"), _("Proposal"), pgettext("of a figure", "Change"), _("Cost of these people"),
        _("Paid when it was closed"),
    )  # fmt: skip
    rows = [
        (
            each.names.in_language(language),
            month.period,
            month.before,
            month.after,
            month.change,
            month.cost,
            month.paid,
        )
        for each in told.outcomes
        for month in each.months
    ]  # fmt: skip
    return [head, *rows]


def _pairs(told: Told, language: str, kind: str) -> list[Row]:
    head = (_("Plan"), _("Id"), _("Name"), _("People"), _("Now"), _("Proposal"), pgettext("of a figure", "Change"))
    rows = [
        (
            each.names.in_language(language), pair.id, _said(pair.label, language), pair.people, pair.before,
            pair.after, pair.change,
        )
        for each in told.outcomes
        for pair in getattr(each, kind)
    ]  # fmt: skip
    return [head, *rows]


def _jumps(told: Told, language: str) -> list[Row]:
    head = (
        _("Plan"), _("Component"), _("Kind"), _("Just under, now"), _("Missed, now"), _("Just under, proposal"),
        _("Missed, proposal"), _("Just over, now"), _("Kept, now"), _("Just over, proposal"), _("Kept, proposal"),
    )  # fmt: skip
    rows = [
        (
            each.names.in_language(language), jump.label.in_language(language), kind_name(jump.kind),
            jump.before["under"], jump.before["missed"], jump.after["under"], jump.after["missed"],
            jump.before["over"], jump.before["kept"], jump.after["over"], jump.after["kept"],
        )
        for each in told.outcomes
        for jump in each.jumps
    ]  # fmt: skip
    return [head, *rows]


def _person(line: PersonLine, outcome: Outcome, language: str) -> Row:
    why = "; ".join(f"{names.in_language(language)} {delta:+}" for names, delta in line.causes)
    role = line.role.in_language(language) if line.role else line.row.role_key
    row = line.row
    return (
        outcome.number + 1, outcome.names.in_language(language), row.person_external_id, line.name, line.unit, role,
        row.before, row.after, row.change, why,
    )  # fmt: skip


def _said(label: str | Bilingual, language: str) -> str:
    return label.in_language(language) if isinstance(label, Bilingual) else label
