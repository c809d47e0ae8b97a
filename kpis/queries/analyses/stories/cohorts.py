"""Cohorts by the month of the first order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.cohorts import EARLIER, Cohort, CohortsDocument
from kpis.figure_forms import HeatCell, heat_map
from kpis.figures import Chart
from kpis.queries.analyses.board import Board, percent
from kpis.queries.analyses.story import (
    Cell,
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    TileFact,
    crowd,
    headcount,
    is_few,
    kpi_tile,
    note_of,
    of_crowd,
    question_of,
    rules_of,
    say,
)


def cohorts(board: Board) -> Story | None:
    """Show the triangle of cohorts, and how this month's retention comes out of it."""
    found = board.document(AnalysisName.COHORTS, CohortsDocument)
    if found is None:
        return None
    before = sum(each.bought_before for each in found.cohorts)
    retained = sum(each.retained for each in found.cohorts)
    shown = [each for each in found.cohorts if each.month != EARLIER]
    rate = percent(retained, before)
    first = [(each.customers, each.active[1]) for each in shown if len(each.active) > 1]
    second = percent(sum(active for _size, active in first), sum(size for size, _active in first))
    finding = _(
        "Of the buyers of the month before, %(rate)s ordered again in this one; "
        "of new customers, %(second)s come back in the month after their first order."
    ) % {"rate": say(rate, "percent"), "second": say(second, "percent")}
    deepest = max((len(each.active) for each in shown), default=0)
    columns = (
        Column("customers", _("Customers"), keep=True),
        *(
            Column(f"m{month}", _("+%(n)s") % {"n": month}, keep=month == 1, wide=month > 1)
            for month in range(1, deepest)
        ),
        Column("before", _("Bought the month before")),
        Column("retained", _("and in this month")),
    )
    rows = tuple(_cohort_row(each, deepest) for each in found.cohorts)
    total = Row(
        _("Total"),
        (
            Cell(sum(each.customers for each in found.cohorts), "count"),
            *(Cell(None, reason=_("Cohorts of different age are not added")) for _month in range(1, deepest)),
            Cell(before, "count"),
            Cell(retained, "count"),
        ),
        total=True,
    )
    return Story(
        finding=finding if shown or before else _("Nobody has ordered yet."),
        tiles=(
            kpi_tile(board, "retention_rate"),
            TileFact(_("Back in the month after the first order"), second, "percent", reason="no_rows"),
            kpi_tile(board, "repurchase_rate"),
        ),
        pictures=(Picture("cohorts", question_of("cohorts"), _triangle(shown, deepest), height="l", words=finding),),
        sheets=(
            Sheet(
                "cohorts",
                _("Cohorts by the month of the first order"),
                _("First order"),
                columns,
                (*rows, total),
                note=note_of("cohorts", "cohorts"),
            ),
        ),
        rules=rules_of("cohorts"),
    )


def _cohort_row(cohort: Cohort, deepest: int) -> Row:
    later = [
        of_crowd(cohort.active[month], percent(cohort.active[month], cohort.customers), "percent")
        if month < len(cohort.active)
        else Cell(None, reason=_("This month is yet to come") if cohort.active else _("Their months differ"))
        for month in range(1, deepest)
    ]
    label = _("Before these months") if cohort.month == EARLIER else cohort.month
    cells = (crowd(cohort.customers), *later, crowd(cohort.bought_before), crowd(cohort.retained))
    return Row(label, cells, key=cohort.month)


def _triangle(shown: Sequence[Cohort], deepest: int) -> Chart:
    grid = []
    drawn = [cohort for cohort in shown if len(cohort.active) > 1]
    for cohort in drawn:
        line = []
        for month in range(1, deepest):
            if month >= len(cohort.active):
                line.append(HeatCell(None, ""))
            else:
                people, rate = cohort.active[month], percent(cohort.active[month], cohort.customers)
                few = is_few(people) or is_few(cohort.customers)
                line.append(HeatCell(Decimal(0) if few else rate, headcount(2) if few else f"{rate or 0:.0f}"))
        grid.append(line)
    columns = [_("+%(n)s") % {"n": month} for month in range(1, deepest)]
    names = (_("Months after the first order, percent of the cohort"), _("First order"))
    return heat_map(columns, [each.month for each in drawn], grid, axis=_("First order"), names=names)
