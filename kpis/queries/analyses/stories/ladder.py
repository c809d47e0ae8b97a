"""The ad-spend ladder: each campaign on three rungs."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.ladder import CampaignLine, LadderDocument, Rungs
from kpis.figures import Bar, ranked_bars
from kpis.queries.analyses.board import Board, percent
from kpis.queries.analyses.story import (
    Cell,
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    kpi_cell,
    kpi_tiles,
    one_to,
    rules_of,
    say,
)


def ladder(board: Board) -> Story | None:
    """Show each campaign on the three rungs, side by side."""
    found = board.document(AnalysisName.LADDER, LadderDocument)
    if found is None:
        return None
    dear = sorted(
        (line for line in found.lines if _per_user(line.month) is not None), key=lambda line: _per_user(line.month) or 0
    )
    finding = _("No campaign spent on ads in this month.")
    if found.lines:
        finding = _("No ad of this month can be tied to a new private user.")
    if dear:
        finding = _("“%(best)s” wins a private user for %(low)s.") % {
            "best": dear[0].name,
            "low": say(_per_user(dear[0].month), "CNY"),
        }
    if len(dear) > 1:
        finding = _("“%(best)s” wins a private user for %(low)s, “%(worst)s” pays %(high)s.") % {
            "best": dear[0].name,
            "low": say(_per_user(dear[0].month), "CNY"),
            "worst": dear[-1].name,
            "high": say(_per_user(dear[-1].month), "CNY"),
        }
    rungs = (
        ("cost", _("What does a private user cost?"), [(line.name, _per_user(line.month)) for line in dear], "¥"),
        ("seen", _("Rung 1: impressions"), [(line.name, Decimal(line.month.impressions)) for line in found.lines], ""),
        (
            "stayed",
            _("Rung 2: new private users"),
            [(each.name, Decimal(each.month.private_users)) for each in found.lines],
            "",
        ),
        ("paid", _("Rung 3: revenue per yuan"), [(line.name, _roi(line.month)) for line in found.lines], ""),
    )
    pictures = tuple(
        Picture(
            f"ladder-{key}",
            title,
            ranked_bars([Bar(name, value) for name, value in values], axis=_("Campaign"), value_name=title, unit=unit),
            words=finding,
        )
        for key, title, values, unit in rungs
        if values
    )
    columns = (
        Column("cost", _("Spend"), keep=True),
        Column("impressions", _("Impressions")),
        Column("ctr", _("Click rate")),
        Column("users", _("Private users")),
        Column("platforms", _("Platforms")),
        Column("per_user", _("Cost per private user"), keep=True),
        Column("revenue", _("Revenue")),
        Column("roi", _("ROI")),
        Column("one_to", _("as 1:N"), numeric=False),
    )
    sheets = (
        Sheet(
            "month",
            _("In this month"),
            _("Campaign"),
            columns,
            (*(_campaign_row(line, line.month) for line in found.lines), _ladder_total(board)),
        ),
        Sheet(
            "so_far",
            _("From the beginning to the month's end"),
            _("Campaign"),
            columns,
            tuple(_campaign_row(line, line.so_far) for line in found.lines),
        ),
    )
    return Story(
        finding=finding,
        tiles=kpi_tiles(
            board,
            ("ad_ctr", "ad_private_users", "ad_cost_per_private_user", "ad_roi", "ad_profit_roi", "ltv_cac_ratio"),
        ),
        pictures=pictures,
        sheets=sheets if found.lines else (),
        rules=rules_of("ladder"),
    )


def _per_user(rungs: Rungs) -> Decimal | None:
    return rungs.cost / rungs.private_users if rungs.private_users else None


def _roi(rungs: Rungs) -> Decimal | None:
    return rungs.revenue / rungs.cost if rungs.cost and rungs.revenue is not None else None


def _campaign_row(line: CampaignLine, rungs: Rungs) -> Row:
    roi = _roi(rungs)
    cells = (
        Cell(rungs.cost, "CNY"),
        Cell(rungs.impressions, "count"),
        Cell(percent(rungs.clicks, rungs.impressions), "percent", reason="zero_denominator", places=2),
        Cell(rungs.private_users, "count"),
        Cell(rungs.platforms, "count"),
        Cell(_per_user(rungs), "CNY", reason="zero_denominator"),
        Cell(rungs.revenue, "CNY", reason="no_rows"),
        Cell(roi, "ratio", reason="missing_operand"),
        Cell(one_to(roi) or None, reason="missing_operand"),
    )
    return Row(line.name, cells, key=line.campaign)


def _ladder_total(board: Board) -> Row:
    value = board.value
    roi = value("ad_roi")
    cells = (
        Cell(roi.denominator, "CNY", reason=roi.reason or ""),
        kpi_cell(board, "ad_impressions"),
        kpi_cell(board, "ad_ctr", places=2),
        kpi_cell(board, "ad_private_users"),
        kpi_cell(board, "media_expansion"),
        kpi_cell(board, "ad_cost_per_private_user"),
        Cell(roi.numerator, "CNY", reason=roi.reason or ""),
        kpi_cell(board, "ad_roi"),
        Cell(one_to(roi.value) or None, reason=roi.reason or ""),
    )
    return Row(_("All ads"), cells, total=True)
