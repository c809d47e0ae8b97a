"""The payout file: what each person gets, and the sum that equals the statements."""

from __future__ import annotations

import io
from decimal import Decimal

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import gettext as _

from kpis.models import PayRun
from kpis.queries.pay.statements import payments
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from roles.queries.people import people_names

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS = (18, 22, 16, 16, 16)


def payout_csv(run: PayRun) -> HttpResponse:
    """Answer the file for a payroll system: the same columns as over REST."""
    rows = [[each.person, each.earned, each.corrected, each.amount] for each in payments(run)]
    return csv_answer(
        csv_text([["person", "earned", "corrected", "amount"], *rows]), filename=f"payout-{run.period}.csv"
    )


def payout_workbook(run: PayRun) -> HttpResponse:
    """Answer a workbook with names; its sums are formulas, and its head names the digest that was approved."""
    paid = list(payments(run))
    names = people_names({each.person for each in paid})
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        total = book.add_format({"num_format": "#,##0.00", "bold": True, "top": 1})
        sheet = book.add_worksheet(run.period)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        facts = (
            (_("Month"), run.period),
            (_("Approved by"), str(run.approved_by or "")),
            (_("Locked by"), str(run.locked_by or "")),
            (_("Digest"), run.digest),
        )
        for row, (label, text) in enumerate(facts):
            sheet.write_string(row, 0, label, bold)
            sheet.write_string(row, 1, text)
        first = len(facts) + 2
        heads = (_("Person"), _("Name"), _("Earned this month"), _("Corrections of earlier months"), _("To be paid"))
        for column, label in enumerate(heads):
            sheet.write_string(first - 1, column, label, bold)
        for row, each in enumerate(paid, first):
            sheet.write_string(row, 0, each.person)
            sheet.write_string(row, 1, names.get(each.person, ""))
            sheet.write_number(row, 2, each.earned, money)
            sheet.write_number(row, 3, each.corrected, money)
            sheet.write_formula(row, 4, f"=C{row + 1}+D{row + 1}", money, each.amount)
        last = first + len(paid)
        sheet.write_string(last, 0, _("Total"), bold)
        sums = (sum((getattr(each, name) for each in paid), Decimal(0)) for name in ("earned", "corrected", "amount"))
        for letter, amount in zip("CDE", sums, strict=True):
            sheet.write_formula(f"{letter}{last + 1}", f"=SUM({letter}{first + 1}:{letter}{last})", total, amount)
        sheet.freeze_panes(first, 1)
    answer = HttpResponse(out.getvalue(), content_type=WORKBOOK)
    answer["Content-Disposition"] = f'attachment; filename="payout-{run.period}.xlsx"'
    return answer
