"""What content did, and its pyramid."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.content import ContentDocument, ContentLine
from kpis.figure_forms import pyramid
from kpis.figures import Series
from kpis.library.extras import library_extras
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
    question_of,
    rules_of,
    say,
)


def content(board: Board) -> Story | None:
    """Show what content did, and how the tiers stand against 40/35/25."""
    found = board.document(AnalysisName.CONTENT, ContentDocument)
    if found is None or not found.items:
        return None
    ideal = {tier["id"]: Decimal(tier["share"]) for tier in library_extras().effectiveness["content_pyramid"]["tiers"]}
    lines = {line.key: line for line in found.tiers}
    shares = {tier: percent(lines[tier].items if tier in lines else 0, found.items) or Decimal(0) for tier in ideal}
    off = max(ideal, key=lambda tier: abs(shares[tier] - ideal[tier]))
    gap = shares[off] - ideal[off]
    finding = _("“%(tier)s” content is %(share)s of all items, %(gap)s from the %(ideal)s of the pyramid.") % {
        "tier": label_of(off),
        "share": say(shares[off], "percent"),
        "gap": say(gap, "points", signed=True),
        "ideal": say(ideal[off], "percent", 0),
    }
    levels = [label_of(tier) for tier in ideal]
    chart = pyramid(
        levels,
        Series(_("Share of items"), list(shares.values())),
        Series(_("Pyramid"), list(ideal.values())),
        axis=_("Tier"),
        unit="%",
    )
    columns = (
        Column("items", _("Items"), keep=True),
        Column("share", _("Percent of all"), keep=True),
        Column("ideal", _("Pyramid")),
        Column("gap", _("Deviation")),
        Column("views", _("Content views")),
        Column("interactions", _("Interactions")),
        Column("rate", _("Interactions per 100 views")),
        Column("ugc", _("User-generated")),
    )
    tier_rows = tuple(
        _content_row(lines.get(tier, ContentLine(tier, 0, 0, 0, 0)), found.items, ideal[tier]) for tier in ideal
    )
    other = tuple(_content_row(line, found.items, None) for line in found.tiers if line.key not in ideal)
    channels = tuple(_content_row(line, found.items, None) for line in found.channels)
    return Story(
        finding=finding,
        tone="warn" if abs(gap) > 5 else "good",
        tiles=kpi_tiles(
            board,
            (
                "content_output",
                "content_interactions",
                "content_engagement_rate",
                "content_private_users",
                "content_basic_share",
                "ugc_share",
            ),
        ),
        pictures=(Picture("pyramid", question_of("content"), chart, height="s", words=finding),),
        sheets=(
            Sheet("tiers", _("By tier"), _("Tier"), columns, (*tier_rows, *other, _content_total(board, found))),
            Sheet(
                "channels",
                _("By channel"),
                _("Channel"),
                (*columns[:2], *columns[4:]),
                tuple(Row(row.label, (*row.cells[:2], *row.cells[4:]), key=row.key) for row in channels),
            ),
        ),
        rules=rules_of("content"),
    )


def _content_row(line: ContentLine, items: int, ideal: Decimal | None) -> Row:
    share = percent(line.items, items)
    cells = (
        Cell(line.items, "count"),
        Cell(share, "percent"),
        Cell(ideal, "percent", places=0, reason=_("Not one of the three tiers")),
        Cell(
            None if ideal is None or share is None else share - ideal, "points", reason=_("Not one of the three tiers")
        ),
        Cell(line.views, "count"),
        Cell(line.interactions, "count"),
        Cell(percent(line.interactions, line.views), "percent", reason="zero_denominator"),
        Cell(line.ugc, "count"),
    )
    return Row(label_of(line.key, empty=_("Not given")), cells, key=line.key or "none")


def _content_total(board: Board, found: ContentDocument) -> Row:
    rate = board.value("content_engagement_rate")
    cells = (
        kpi_cell(board, "content_output"),
        Cell(Decimal(100), "percent"),
        Cell(Decimal(100), "percent", places=0),
        Cell(None, reason=_("Shares of a whole")),
        Cell(rate.denominator, "count", reason=rate.reason or ""),
        kpi_cell(board, "content_interactions"),
        kpi_cell(board, "content_engagement_rate"),
        Cell(board.value("ugc_share").numerator, "count", reason="no_rows"),
    )
    return Row(_("All content"), cells, total=True)
