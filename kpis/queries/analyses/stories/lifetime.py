"""What a customer is worth and what it cost to win one; ROI over a chosen run of months; plan against actual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.lifetime import Lasting, LifetimeDocument
from kpis.figure_forms import beside
from kpis.figures import Chart, Series, trend
from kpis.queries.analyses.board import Board
from kpis.queries.analyses.returns import ROI_KPIS, Plan, PlanLine, Returns, plan_of, returns_of, run_of
from kpis.queries.analyses.story import (
    Cell,
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    TileFact,
    kpi_name,
    kpi_tile,
    one_to,
    rules_of,
    say,
)
from omnichannel.core.periods import Grain, Period, parse_period

LONGEST_CAP = 20
DEFAULT_MONTHS = 12
LARGEST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the calculator is asked: churn window, cap, the run of months, the ROI; own numbers where given."""

    churn_days: int
    cap_years: int
    first: Period
    last: Period
    roi: str
    gain: Decimal | None = None
    cost: Decimal | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], board: Board, found: LifetimeDocument | None) -> Assumptions:
        """Read the form; what makes no sense falls back to what is in force."""
        days = [each.churn_days for each in found.lasting] if found else []
        churn = _whole(query.get("churn_days", ""))
        cap = _whole(query.get("cap", ""))
        last = _month(query.get("to", "")) or board.period
        first = _month(query.get("from", "")) or last.previous(DEFAULT_MONTHS - 1)
        roi = query.get("roi", "")
        return cls(
            churn_days=churn if churn in days else board.library.params.churn_days,
            cap_years=cap if 0 < cap <= LONGEST_CAP else board.library.params.ltv_cap_years,
            first=min(first, last),
            last=last,
            roi=roi if roi in ROI_KPIS else ROI_KPIS[0],
            gain=_amount(query.get("gain", "")),
            cost=_amount(query.get("cost", "")),
        )

    @property
    def own_roi(self) -> Decimal | None:
        """Return over cost of the numbers that were typed in."""
        return self.gain / self.cost if self.gain is not None and self.cost else None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _month(text: str) -> Period | None:
    try:
        period = parse_period(text)
    except ValueError:
        return None
    return period if period.grain is Grain.MONTH else None


def _amount(text: str) -> Decimal | None:
    """Read an amount of money; None for what is none, or is beyond any budget."""
    try:
        amount = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < LARGEST else None


@dataclass(frozen=True, slots=True)
class Worth:
    """LTV and CAC under some assumptions; None where a part is missing."""

    years: Decimal | None
    capped: bool
    profit: Decimal | None
    ltv: Decimal | None
    cac: Decimal | None

    @property
    def ratio(self) -> Decimal | None:
        """LTV over CAC."""
        return self.ltv / self.cac if self.ltv is not None and self.cac else None


def worth(found: LifetimeDocument, *, churn_days: int, cap_years: int) -> Worth:
    """Work LTV and CAC out; with the parameters in force they are the KPIs."""
    lasting = next((each for each in found.lasting if each.churn_days == churn_days), None)
    years, capped = _years(lasting, cap_years)
    profit = None
    if found.sales is not None and found.goods_cost is not None and found.buyers:
        profit = (found.sales - found.goods_cost) / found.buyers
    cac = None
    if found.ad_media is not None and found.campaign is not None and found.new_customers:
        cac = (found.ad_media + found.campaign) / found.new_customers
    return Worth(years, capped, profit, None if profit is None or years is None else profit * years, cac)


def _years(lasting: Lasting | None, cap: int) -> tuple[Decimal | None, bool]:
    if lasting is None or not lasting.alive:
        return None, False
    if lasting.alive >= lasting.lost * cap:
        return Decimal(cap), True
    return Decimal(lasting.alive) / lasting.lost, False


def lifetime(board: Board, query: Mapping[str, str] | None = None) -> Story | None:
    """Tell LTV, CAC and ROI under the assumptions asked for; without any, those in force."""
    found = board.document(AnalysisName.LIFETIME, LifetimeDocument)
    if found is None:
        return None
    asked = Assumptions.read(query or {}, board, found)
    own = worth(found, churn_days=found.churn_days, cap_years=found.cap_years)
    what_if = worth(found, churn_days=asked.churn_days, cap_years=asked.cap_years)
    finding = _finding(own)
    sheets = [_parts_sheet(found, own, what_if, asked)]
    pictures = [_sensitivity(found, asked, finding)]
    if query is not None:
        months = run_of(asked.first, asked.last)
        run = returns_of(asked.roi, months, board.scope)
        pictures += _roi_picture(board, run)
        sheets += [_roi_sheet(board, run), _plan_sheet(plan_of(months, board.scope))]
    return Story(
        finding=finding,
        tone="" if own.ratio is None else "good" if own.ratio >= 3 else "warn" if own.ratio >= 1 else "bad",
        tiles=(
            kpi_tile(board, "ltv"),
            TileFact(_("CAC over 12 months"), own.cac, "CNY", reason="missing_operand"),
            kpi_tile(board, "ltv_cac_ratio"),
            TileFact(_("Expected lifetime, years"), own.years, "ratio", reason="missing_operand"),
        ),
        pictures=tuple(pictures),
        sheets=tuple(sheets),
        rules=rules_of("lifetime", cap=found.cap_years, days=found.churn_days),
    )


def _finding(own: Worth) -> str:
    told = {
        "ltv": say(own.ltv, "CNY"),
        "years": say(own.years, "ratio"),
        "cac": say(own.cac, "CNY"),
        "n": say(own.ratio, "ratio"),
    }
    if own.ltv is None:
        return _("The worth of a customer cannot be told: a part of it has no data.")
    if own.ratio is None:
        return (
            _("A customer brings %(ltv)s of gross profit over %(years)s years; what it cost to win one has no data.")
            % told
        )
    return _("A customer brings %(ltv)s of gross profit over %(years)s years and costs %(cac)s to win: 1:%(n)s.") % told


def _parts_sheet(found: LifetimeDocument, own: Worth, what_if: Worth, asked: Assumptions) -> Sheet:
    lasting = {each.churn_days: each for each in found.lasting}
    mine, other = lasting.get(found.churn_days), lasting.get(asked.churn_days)

    def line(label: str, now: Decimal | int | None, then: Decimal | int | None, unit: str, key: str) -> Row:
        return Row(label, (Cell(now, unit, reason="no_rows"), Cell(then, unit, reason="no_rows")), key=key)

    rows = (
        line(_("Churn window, days"), found.churn_days, asked.churn_days, "count", "churn_days"),
        line(_("Longest lifetime counted, years"), found.cap_years, asked.cap_years, "count", "cap_years"),
        line(_("Sales of known customers, 12 months"), found.sales, found.sales, "CNY", "sales"),
        line(_("Their goods cost"), found.goods_cost, found.goods_cost, "CNY", "goods_cost"),
        line(_("Buyers, 12 months"), found.buyers, found.buyers, "count", "buyers"),
        line(_("Gross profit per buyer and year"), own.profit, what_if.profit, "CNY", "profit"),
        line(_("Alive a year ago"), mine.alive if mine else None, other.alive if other else None, "count", "alive"),
        line(_("of them lost since"), mine.lost if mine else None, other.lost if other else None, "count", "lost"),
        line(_("Expected lifetime, years"), own.years, what_if.years, "ratio", "years"),
        line("LTV", own.ltv, what_if.ltv, "CNY", "ltv"),
        line(_("Media cost, 12 months"), found.ad_media, found.ad_media, "CNY", "ad_media"),
        line(_("Campaign cost, 12 months"), found.campaign, found.campaign, "CNY", "campaign"),
        line(_("New customers, 12 months"), found.new_customers, found.new_customers, "count", "new_customers"),
        line("CAC", own.cac, what_if.cac, "CNY", "cac"),
        line("LTV / CAC", own.ratio, what_if.ratio, "ratio", "ratio"),
    )
    columns = (Column("now", _("In force"), keep=True), Column("what_if", _("With your assumptions"), keep=True))
    return Sheet("parts", _("What the figures are made of"), _("Part"), columns, rows)


def _sensitivity(found: LifetimeDocument, asked: Assumptions, words: str) -> Picture:
    windows = [each.churn_days for each in found.lasting]
    values = [worth(found, churn_days=days, cap_years=asked.cap_years).ltv for days in windows]
    chart = beside([str(days) for days in windows], [Series("LTV", values)], axis=_("Churn window, days"), unit="¥")
    chart.figure["layout"]["xaxis"]["title"] = {"text": _("Churn window, days")}
    return Picture(
        "sensitivity", _("How much does the worth hang on the churn window?"), chart, height="s", words=words
    )


def _roi_picture(board: Board, run: Returns) -> list[Picture]:
    if len(run.counted) < 2:
        return []
    chart: Chart = trend(
        [str(month.period) for month in run.months],
        Series(kpi_name(board, run.kpi), [month.roi for month in run.months]),
        axis=_("Month"),
        unit="",
        target=Series(_("Plan"), [month.planned for month in run.months]),
    )
    return [Picture("roi", _("Does each yuan bring back more than before?"), chart, height="s")]


def _roi_sheet(board: Board, run: Returns) -> Sheet:
    def cells(
        gain: Decimal | None, cost: Decimal | None, ratio: Decimal | None, plan: Decimal | None
    ) -> tuple[Cell, ...]:
        return (
            Cell(gain, "CNY", reason="no_rows"),
            Cell(cost, "CNY", reason="no_rows"),
            Cell(ratio, "ratio", reason="missing_operand"),
            Cell(one_to(ratio) or None, reason="missing_operand"),
            Cell(plan, "ratio", reason="no_target"),
            Cell(None if ratio is None or plan is None else ratio - plan, "ratio", reason="no_target"),
        )

    rows = [Row(str(m.period), cells(m.gain, m.cost, m.roi, m.planned), key=str(m.period)) for m in run.months]
    whole = cells(run.gain if run.counted else None, run.cost if run.counted else None, run.roi, None)
    rows.append(Row(_("All months"), whole, total=True))
    columns = (
        Column("gain", _("Return"), keep=True), Column("cost", _("Cost")), Column("roi", _("ROI"), keep=True),
        Column("one_to", _("as 1:N"), numeric=False), Column("plan", _("Plan")), Column("gap", _("Against the plan")),
    )  # fmt: skip
    note = _("%(n)s of the months have no figure and do not count.") % {"n": run.missing} if run.missing else ""
    return Sheet("roi", kpi_name(board, run.kpi), _("Month"), columns, tuple(rows), note=note)


def _plan_sheet(plan: Plan) -> Sheet:
    def row(label: str, line: PlanLine, unit: str) -> Row:
        gap = None if line.plan is None or line.actual is None else line.actual - line.plan
        cells = (
            Cell(line.plan, unit, reason="no_target"),
            Cell(line.actual, unit, reason="no_rows"),
            Cell(gap, unit, reason="no_target"),
            Cell(line.share, "percent", reason="no_target"),
        )
        return Row(label, cells, key=line.subject)

    ratio = PlanLine("ratio", _over(plan.sales.plan, plan.cost.plan), _over(plan.sales.actual, plan.cost.actual))
    columns = (
        Column("plan", _("Plan"), keep=True), Column("actual", _("Actual"), keep=True),
        Column("gap", _("Actual less plan")),
        Column("share", _("Actual over plan")),
    )  # fmt: skip
    rows = (
        row(_("Net sales"), plan.sales, "CNY"),
        row(_("Operating cost"), plan.cost, "CNY"),
        row(_("Sales per yuan of cost"), ratio, "ratio"),
    )
    note = _("Only months with both a plan and an actual figure count, so that like stands against like.")
    return Sheet("plan", _("Plan against actual"), _("Compared"), columns, rows, note=note)


def _over(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return part / whole if part is not None and whole else None
