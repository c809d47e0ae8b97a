"""What each category earns on its stock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.merchandise import CategoryLine, MerchandiseDocument
from kpis.figure_points import Bubble, bubbles
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
    label_of,
    note_of,
    question_of,
    rules_of,
    say,
)


def merchandise(board: Board) -> Story | None:
    """Show what each category earns on its stock."""
    found = board.document(AnalysisName.MERCHANDISE, MerchandiseDocument)
    if found is None or found.net_sales is None:
        return None
    ranked = sorted(
        (line for line in found.lines if _gmroi(line, found.days) is not None),
        key=lambda line: -(_gmroi(line, found.days) or 0),
    )
    finding = _("Without stock at cost in this month only margin and pieces can be told by category.")
    if not found.lines:
        finding = _("No order lines of this month have been loaded, so nothing can be told by category.")
    if ranked:
        best, worst = ranked[0], ranked[-1]
        finding = _("“%(best)s” earns %(high)s of gross profit on each yuan of stock, “%(worst)s” %(low)s.") % {
            "best": _category(best),
            "high": say(_gmroi(best, found.days), "CNY", 2),
            "worst": _category(worst),
            "low": say(_gmroi(worst, found.days), "CNY", 2),
        }
    points = [
        Bubble(_category(line), _turnover(line, found.days), _margin(line), line.sales)
        for line in found.lines
        if line.sales
    ]
    chart = bubbles(points, axis=_("Category"), names=(_("Turnover, times"), _("Gross margin, %"), _("Sales")))
    rows = tuple(_category_row(line, found) for line in found.lines)
    return Story(
        finding=finding,
        tiles=kpi_tiles(board, ("gross_margin_rate", "stock_turnover", "gmroi", "sell_through_rate")),
        pictures=(Picture("merchandise", question_of("merchandise"), chart, height="m", words=finding),)
        if ranked
        else (),
        sheets=(
            Sheet(
                "categories",
                _("Merchandise by category"),
                _("Category"),
                (
                    Column("sales", _("Sales"), keep=True),
                    Column("pieces", _("Pieces")),
                    Column("margin", _("Gross margin")),
                    Column("turnover", _("Turnover")),
                    Column("gmroi", "GMROI", keep=True),
                    Column("sell_through", _("Sell-through")),
                    Column("stock", _("Average stock at cost")),
                    Column("closing", _("Closing stock")),
                ),
                (*rows, *_rest(found), _merchandise_total(board, found)),
                note=note_of("merchandise", "categories"),
            ),
        )
        if found.lines
        else (),
        rules=rules_of("merchandise"),
    )


def _category(line: CategoryLine) -> str:
    return label_of(line.category, empty=_("No category"))


def _profit(line: CategoryLine) -> Decimal | None:
    return None if line.cost is None else line.sales - line.cost


def _margin(line: CategoryLine) -> Decimal | None:
    return percent(_profit(line), line.sales)


def _mean_stock(line: CategoryLine, days: int) -> Decimal | None:
    return line.stock_cost / days if line.stock_cost and days else None


def _over_stock(amount: Decimal | None, line: CategoryLine, days: int) -> Decimal | None:
    stock = _mean_stock(line, days)
    return amount / stock if amount is not None and stock else None


def _gmroi(line: CategoryLine, days: int) -> Decimal | None:
    return _over_stock(_profit(line), line, days)


def _turnover(line: CategoryLine, days: int) -> Decimal | None:
    return _over_stock(line.cost, line, days)


def _category_row(line: CategoryLine, found: MerchandiseDocument) -> Row:
    through = percent(line.pieces, line.pieces + line.closing) if line.closing is not None else None
    cells = (
        Cell(line.sales, "CNY"),
        Cell(line.pieces, "pieces"),
        Cell(_margin(line), "percent", reason=_("No unit cost is known")),
        Cell(_turnover(line, found.days), "times", reason=_("No stock at cost"), places=2),
        Cell(_gmroi(line, found.days), "ratio", reason=_("No stock at cost")),
        Cell(through, "percent", reason=_("No closing stock")),
        Cell(_mean_stock(line, found.days), "CNY", reason=_("No stock at cost")),
        Cell(line.closing, "pieces", reason=_("No closing stock")),
    )
    return Row(_category(line), cells, key=line.category or "none")


def _rest(found: MerchandiseDocument) -> Sequence[Row]:
    """Return what the scope's orders tell beyond their lines, if anything."""
    sales = (found.net_sales or Decimal(0)) - sum((line.sales for line in found.lines), Decimal(0))
    if not sales:
        return ()
    none = Cell(None, reason=_("Orders without lines name no product"))
    return (Row(_("Beyond the lines"), (Cell(sales, "CNY"), *[none] * 7), key="rest"),)


def _merchandise_total(board: Board, found: MerchandiseDocument) -> Row:
    through, turnover = board.value("sell_through_rate"), board.value("stock_turnover")
    stocks = [line.closing for line in found.lines if line.closing is not None]
    cells = (
        Cell(found.net_sales, "CNY", reason="no_rows"),
        Cell(through.numerator if through.value is not None else sum(line.pieces for line in found.lines), "pieces"),
        kpi_cell(board, "gross_margin_rate"),
        kpi_cell(board, "stock_turnover", places=2),
        kpi_cell(board, "gmroi"),
        kpi_cell(board, "sell_through_rate"),
        Cell(turnover.denominator, "CNY", reason=turnover.reason or ""),
        Cell(sum(stocks) if stocks else None, "pieces", reason=_("No closing stock")),
    )
    return Row(_("All merchandise"), cells, total=True)
