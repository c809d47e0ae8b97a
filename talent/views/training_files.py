"""A training plan as a file: CSV for machines, a workbook in the reader's language for people; and reasons in words."""

from __future__ import annotations

import io

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree
from talent.choices import NeedReason
from talent.queries.training_plan import PlanView, WhyLine, plan_view
from talent.views.training_frame import PROGRESS, found_or_404

FILE_COLUMNS = (
    "unit_id", "quarter", "person_id", "person", "programme_id", "programme", "hours", "reasons", "progress",
    "drop_reason",
)  # fmt: skip
WIDTHS = (12, 10, 12, 16, 22, 28, 8, 48, 14, 28)
HOURS, STATE = FILE_COLUMNS.index("hours"), FILE_COLUMNS.index("progress")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Row = tuple[object, ...]


@require_GET
def plan_file(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the plan as CSV."""
    view = _asked(request, pk)
    rows: list[Row] = [FILE_COLUMNS, *_lines(view)]
    return csv_answer(csv_text(rows), filename=f"training-plan-{view.unit}-{view.period}.csv")


@require_GET
def plan_workbook(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the plan as a workbook: a line a row, hours as numbers, and their sum as a formula."""
    view = _asked(request, pk)
    answer = HttpResponse(_workbook(view), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="training-plan-{view.pk}-{view.period}.xlsx"'
    return answer


def why_words(why: WhyLine) -> str:
    """Return a reason in the reader's language."""
    language = get_language()
    role = why.role.in_language(language) if why.role else ""
    names = why.names.in_language(language) if why.names else ""
    told = {
        NeedReason.MISSING: _("%(role)s: no valid certificate") % {"role": role},
        NeedReason.EXPIRING: _("certificate %(number)s expires on %(day)s") % {"number": why.words, "day": why.day},
        NeedReason.GAP: _("%(role)s: “%(ability)s” at level %(levels)s")
        % {"role": role, "ability": names, "levels": why.words},
        NeedReason.NEW: _("hired on %(day)s") % {"day": why.day},
        NeedReason.ADDED: why.words,
    }
    return told[why.kind]


def _asked(request: WorkspaceRequest, pk: int) -> PlanView:
    access = request.access
    tree = unit_tree(as_of=today_in(access.workspace))
    view: PlanView = found_or_404(lambda: plan_view(pk, tree=tree, within=access.own_unit))
    return view


def _lines(view: PlanView) -> list[Row]:
    language = get_language()
    return [
        (
            view.unit, view.period, line.person, line.person_name, line.programme,
            line.programme_names.in_language(language), line.hours, "; ".join(map(why_words, line.reasons)),
            line.progress.value, line.drop_reason,
        )
        for line in view.lines
    ]  # fmt: skip


def _workbook(view: PlanView) -> bytes:
    heads = (
        _("Unit"), _("Quarter"), _("Number"), _("Person"), _("Id"), _("Programme"), _("Hours"), _("Why"),
        _("Progress"), _("Why dropped"),
    )  # fmt: skip
    words = {state.value: str(PROGRESS[state][0]) for state in PROGRESS}
    out, last = io.BytesIO(), 0
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, bold = book.add_worksheet(_("Training plan")[:31]), book.add_format({"bold": True})
        for place, (head, width) in enumerate(zip(heads, WIDTHS, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, head, bold)
        for last, row in enumerate(_lines(view), start=1):
            for place, cell in enumerate(row):
                if place == HOURS:
                    sheet.write_number(last, place, int(str(cell)))
                else:
                    text = str(cell)
                    sheet.write_string(last, place, words[text] if place == STATE else text)
        total = sum(line.hours for line in view.lines)
        sheet.write_string(last + 1, 0, _("Total"), bold)
        sheet.write_formula(last + 1, HOURS, f"=SUM(G2:G{max(last + 1, 2)})", bold, total)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(heads) - 1)
    return out.getvalue()
