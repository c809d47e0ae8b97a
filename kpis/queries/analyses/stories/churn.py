"""Who went silent, who came back, who is about to go."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName, ChurnStateName
from kpis.engine.analyses.churn import CHURNED, RECALLED, SOON, ChurnDocument
from kpis.figure_forms import beside
from kpis.figures import Chart, Series, trends
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
    drawn_people,
    headcount,
    is_few,
    kpi_name,
    kpi_tiles,
    note_of,
    of_crowd,
    rules_of,
    say,
)
from kpis.queries.values import months_before
from kpis.queries.values import trends as stored_trends

MONTHS = 13
STEP = 30


def churn(board: Board, *, with_trend: bool = True) -> Story | None:
    """Show who went silent, who came back, who is about to go."""
    found = board.document(AnalysisName.CHURN, ChurnDocument)
    if found is None:
        return None
    gone, back, soon = (found.group(state) for state in (CHURNED, RECALLED, SOON))
    names = {value: str(label) for value, label in ChurnStateName.choices}
    told = {
        "gone": headcount(gone.customers),
        "days": found.churn_days,
        "share": say(percent(gone.customers, found.alive_open), "percent"),
        "back": headcount(back.customers),
        "soon": headcount(soon.customers),
        "warn": found.warn_days,
    }
    finding = (
        _(
            "%(gone)s customers reached %(days)s days of silence this month (%(share)s of those alive at its start), "
            "%(back)s came back; %(soon)s more will be gone within %(warn)s days."
        )
        % told
    )
    wholes = {CHURNED: found.alive_open, RECALLED: found.churned_open, SOON: found.alive_end}
    bases = {
        CHURNED: _("alive at the month's start"),
        RECALLED: _("churned at the month's start"),
        SOON: _("alive at the month's end"),
    }
    rows = tuple(
        Row(
            names[group.state],
            (
                crowd(group.customers),
                of_crowd(
                    group.customers, percent(group.customers, wholes[group.state]), "percent", reason="zero_denominator"
                ),
                Cell(bases[group.state]),
                Cell(wholes[group.state], "count"),
                of_crowd(group.customers, group.money, "CNY"),
                of_crowd(
                    group.customers, group.money / group.customers if group.customers else None, "CNY", reason="no_rows"
                ),
            ),
            key=group.state,
        )
        for group in (gone, back, soon)
    )
    return Story(
        finding=finding,
        tone="warn" if gone.customers > back.customers else "good",
        tiles=(
            *kpi_tiles(board, ("churn_rate", "churn_recall_rate")),
            TileFact(
                _("About to churn"),
                None if is_few(soon.customers) else soon.customers,
                "count",
                reason=_("fewer than 5"),
            ),
            TileFact(_("Alive at the month's end"), found.alive_end, "count"),
        ),
        pictures=(
            Picture(
                "silence", _("How long has everybody been silent?"), _silence_chart(found), height="s", words=finding
            ),
            *(_churn_trend(board) if with_trend else ()),
        ),
        sheets=(
            Sheet(
                "groups",
                _("Who went, who came back"),
                _("Customers"),
                (
                    Column("customers", _("Customers"), keep=True),
                    Column("share", _("Percent of all"), keep=True),
                    Column("base", _("Share of whom"), numeric=False),
                    Column("whole", _("Base")),
                    Column("money", _("Money")),
                    Column("per_customer", _("Per customer")),
                ),
                rows,
                note=note_of("churn", "groups"),
            ),
        ),
        rules=rules_of("churn", days=found.churn_days, warn=found.warn_days),
    )


def _silence_chart(found: ChurnDocument) -> Chart:
    names = [f"{step.from_days}–{step.from_days + STEP - 1}" for step in found.silence]
    counts = Series(_("Customers"), [drawn_people(step.customers) for step in found.silence])
    chart = beside(names, [counts], axis=_("Days since the last order"), unit="", places=0)
    table = {
        **chart.table,
        "rows": [[name, headcount(step.customers)] for name, step in zip(names, found.silence, strict=True)],
    }
    chart.figure["layout"]["xaxis"]["title"] = {"text": _("Days since the last order")}
    return Chart(chart.figure, table)


def _churn_trend(board: Board) -> tuple[Picture, ...]:
    months = months_before(board.period, MONTHS)
    kpis = ("churn_rate", "churn_recall_rate")
    lines = stored_trends(kpis, months, scopes=[board.scope])
    series = [Series(kpi_name(board, kpi), lines[kpi, board.scope]) for kpi in kpis]
    if sum(value is not None for each in series for value in each.values) < 2:
        return ()
    chart = trends([str(month) for month in months], series, axis=_("Month"), unit="%")
    return (Picture("churn-trend", _("Do more go, or do more come back?"), chart, height="s"),)
