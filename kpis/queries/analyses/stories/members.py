"""Members by tier; their sums are the member KPIs."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.members import NO_MEMBER, MembersDocument, TierLine
from kpis.figure_forms import beside
from kpis.figures import Series
from kpis.queries.analyses.board import Board, percent
from kpis.queries.analyses.story import (
    Cell,
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    crowd,
    kpi_tiles,
    label_of,
    lacking,
    note_of,
    of_crowd,
    question_of,
    rules_of,
    say,
)


def members(board: Board) -> Story | None:
    """Show the tiers side by side; their sums are the member KPIs."""
    found = board.document(AnalysisName.MEMBERS, MembersDocument)
    if found is None:
        return None
    tiers = [line for line in found.lines if line.tier != NO_MEMBER]
    sales = sum((line.sales for line in tiers), Decimal(0))
    everything = sum((line.sales for line in found.lines), Decimal(0))
    by_members = bool(tiers) and tiers[0].members is not None
    people = [(line.members if by_members else line.buyers) or 0 for line in tiers]
    finding = _("No member bought in this month.")
    if sales:
        best = max(range(len(tiers)), key=lambda place: tiers[place].sales)
        finding = _(
            "Tier “%(tier)s” is %(people)s of the members and brings %(sales)s of their sales; "
            "members bring %(all)s of all sales."
        ) % {
            "tier": _tier(tiers[best]),
            "people": say(percent(people[best], sum(people)), "percent"),
            "sales": say(percent(tiers[best].sales, sales), "percent"),
            "all": say(percent(sales, everything), "percent"),
        }
    chart = beside(
        [_tier(line) for line in tiers],
        [
            Series(
                _("Share of members") if by_members else _("Share of buyers"), [percent(n, sum(people)) for n in people]
            ),
            Series(_("Share of member sales"), [percent(line.sales, sales) for line in tiers]),
        ],
        axis=_("Tier"),
        unit="%",
    )
    unit_reason = _("The table of customers does not say which unit a member belongs to")
    rows = tuple(_tier_row(line, everything, reason=unit_reason) for line in found.lines)
    return Story(
        finding=finding,
        tiles=kpi_tiles(board, ("new_members", "member_active_rate", "member_repurchase_rate", "member_sales_share")),
        pictures=(Picture("members", question_of("members"), chart, height="s", words=finding),) if tiers else (),
        sheets=(
            Sheet(
                "tiers",
                _("Members by tier"),
                _("Tier"),
                (
                    Column("members", _("Members at the month's end")),
                    Column("joined", _("Joined")),
                    Column("active", _("Active")),
                    Column("buyers", _("Buyers"), keep=True),
                    Column("repeat", _("Repurchase")),
                    Column("high", _("High value")),
                    Column("sales", _("Sales"), keep=True),
                    Column("share", _("Share of all sales")),
                    Column("each", _("Per buyer")),
                    Column("exclusive", _("Exclusives")),
                ),
                (*rows, _tier_total(board, found, everything, reason=unit_reason)),
                note=note_of("members", "tiers"),
            ),
        ),
        rules=(*rules_of("members"), *lacking(found.lacking)),
    )


def _tier(line: TierLine) -> str:
    if line.tier == NO_MEMBER:
        return _("Not a member")
    return label_of(line.tier, empty=_("No tier"))


def _tier_row(line: TierLine, everything: Decimal, *, reason: str) -> Row:
    outside = line.tier == NO_MEMBER
    none = Cell(None, reason=_("Not a member"))
    cells = (
        none if outside else crowd(line.members, reason=reason),
        none if outside else crowd(line.joined, reason=reason),
        none if outside else crowd(line.active),
        crowd(line.buyers),
        none
        if outside
        else of_crowd(line.buyers, percent(line.repeat, line.buyers), "percent", reason="zero_denominator"),
        none
        if outside
        else of_crowd(line.ranked, percent(line.high_value, line.ranked), "percent", reason="too_few_customers"),
        of_crowd(line.buyers, line.sales, "CNY"),
        of_crowd(line.buyers, percent(line.sales, everything), "percent", reason="zero_denominator"),
        none
        if outside
        else of_crowd(line.buyers, line.sales / line.buyers if line.buyers else None, "CNY", reason="zero_denominator"),
        of_crowd(line.buyers, percent(line.exclusive_sales, line.line_sales), "percent", reason="no_rows"),
    )
    return Row(_tier(line), cells, key=line.tier or "none")


def _tier_total(board: Board, found: MembersDocument, everything: Decimal, *, reason: str) -> Row:
    tiers = [line for line in found.lines if line.tier != NO_MEMBER]
    counted = bool(tiers) and tiers[0].members is not None
    buyers = sum(line.buyers for line in tiers)
    stored = {
        kpi: board.value(kpi)
        for kpi in (
            "member_repurchase_rate",
            "high_value_member_share",
            "member_sales_share",
            "avg_spend_per_member",
            "exclusive_sales_share",
        )
    }
    rates = {
        kpi: Cell(value.value, "CNY" if kpi.startswith("avg") else "percent", reason=value.reason or "")
        for kpi, value in stored.items()
    }
    cells = (
        Cell(sum(line.members or 0 for line in tiers) if counted else None, "count", reason=reason),
        Cell(sum(line.joined or 0 for line in tiers) if counted else None, "count", reason=reason),
        Cell(sum(line.active for line in tiers), "count"),
        Cell(buyers, "count"),
        rates["member_repurchase_rate"],
        rates["high_value_member_share"],
        Cell(sum((line.sales for line in tiers), Decimal(0)), "CNY"),
        rates["member_sales_share"],
        rates["avg_spend_per_member"],
        rates["exclusive_sales_share"],
    )
    return Row(_("All members"), cells, total=True)
