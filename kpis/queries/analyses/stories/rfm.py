"""RFM tiers, the grid of scores, and who is valuable and at risk."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName, RfmTierName
from kpis.engine.analyses.rfm import RfmDocument
from kpis.figure_forms import HeatCell, heat_map
from kpis.figures import Chart
from kpis.queries.analyses.board import Board, percent
from kpis.queries.analyses.story import (
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    TileFact,
    crowd,
    drawn_people,
    headcount,
    kpi_tile,
    of_crowd,
    question_of,
    rules_of,
    say,
)


def rfm(board: Board) -> Story | None:
    """Show the three tiers, the grid of scores, and who is valuable and at risk."""
    found = board.document(AnalysisName.RFM, RfmDocument)
    if found is None:
        return None
    rules = rules_of("rfm", bins=found.bins, days=found.window_days)
    if not found.segments:
        text = _("Only %(n)s customers ordered within %(days)s days. Below %(least)s nobody is ranked.")
        told = {"n": headcount(found.base), "days": found.window_days, "least": found.least}
        return Story(finding=text % told, tone="warn", rules=rules)
    money = sum((each.money for each in found.segments), Decimal(0))
    names = {value: str(label) for value, label in RfmTierName.choices}
    rows = tuple(
        Row(
            names[each.tier],
            (
                crowd(each.customers),
                of_crowd(each.customers, percent(each.customers, found.base), "percent"),
                of_crowd(each.customers, each.money, "CNY"),
                of_crowd(each.customers, percent(each.money, money), "percent"),
                of_crowd(each.customers, each.money / each.customers if each.customers else None, "CNY"),
                of_crowd(each.customers, Decimal(each.orders) / each.customers if each.customers else None, "times"),
            ),
            key=each.tier,
        )
        for each in found.segments
    )
    high = found.segments[0]
    text = _(
        "%(share)s of the customers are of high value and bring %(money)s of the money; "
        "%(risk)s once valuable ones are going quiet."
    )
    return Story(
        finding=text
        % {
            "share": say(percent(high.customers, found.base), "percent"),
            "money": say(percent(high.money, money), "percent"),
            "risk": headcount(found.at_risk),
        },
        tone="warn" if found.at_risk else "good",
        tiles=(
            kpi_tile(board, "high_value_user_share"),
            TileFact(_("Customers in the base"), found.base, "count"),
            *(
                ()
                if 0 < found.at_risk < 5
                else (
                    TileFact(_("Valuable and at risk"), found.at_risk, "count"),
                    TileFact(_("Their money in the window"), found.at_risk_money, "CNY"),
                )
            ),
        ),
        pictures=(
            Picture(
                "rfm",
                question_of("rfm"),
                _rfm_chart(found),
                words=text
                % {
                    "share": say(percent(high.customers, found.base), "percent"),
                    "money": say(percent(high.money, money), "percent"),
                    "risk": headcount(found.at_risk),
                },
            ),
        ),
        sheets=(
            Sheet(
                "tiers",
                _("Tiers"),
                _("Tier"),
                (
                    Column("customers", _("Customers"), keep=True),
                    Column("share", _("Percent of all")),
                    Column("money", _("Money in the window"), keep=True),
                    Column("money_share", _("Share of money")),
                    Column("per_customer", _("Per customer")),
                    Column("orders", _("Orders each")),
                ),
                rows,
            ),
        ),
        rules=rules,
    )


def _rfm_chart(found: RfmDocument) -> Chart:
    cells = {(cell.r, cell.fm): cell.customers for cell in found.grid}
    columns = range(2, 2 * found.bins + 1)
    rows = range(found.bins, 0, -1)
    grid = [
        [
            HeatCell(drawn_people(cells[r, fm]), headcount(cells[r, fm])) if (r, fm) in cells else HeatCell(None, "")
            for fm in columns
        ]
        for r in rows
    ]
    heads = [f"R{r}" for r in rows]
    names = (_("F + M: how often and how much"), _("R: how recently"))
    return heat_map([str(fm) for fm in columns], heads, grid, axis="R \\ F + M", names=names)
