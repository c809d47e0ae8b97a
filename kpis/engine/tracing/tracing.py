"""A value taken apart into its operands, each as its rows add up, and put together again."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from kpis.engine.arithmetic import rounded
from kpis.engine.derived.rfm import TIERED
from kpis.engine.plan import measure_tables, plan_kpi
from kpis.engine.results import exact, whole
from kpis.engine.specs import Aggregation, NoData, SimpleMeasure
from kpis.engine.tracing.asking import Asking, ask
from kpis.engine.tracing.coverage import is_covered
from kpis.engine.tracing.pages import PAGE, lines_and_totals, page_of, totals_of
from kpis.engine.tracing.plans import plan_of
from kpis.engine.tracing.recompute import evaluate_formula
from kpis.engine.tracing.shapes import OperandTrace, RowPage, Trace
from kpis.engine.tracing.simple import COUNTED, DISTINCT, is_mean
from kpis.engine.tracing.simple import is_covered as is_simple_covered

if TYPE_CHECKING:
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope
    from kpis.engine.tracing.shapes import TraceWorld
    from omnichannel.core.periods import Period

CAPPED = "capped"
_ENTITIES = {"activated_n": "contact_id", "attributed_sales": "order_id", "nps_value": ""}
_COLUMNS = {"attributed_sales": "net_amount", "member_sales": "net_amount", "nps_value": "score"}


def trace(world: TraceWorld, *, kpi: str, period: Period, scope: Scope) -> Trace:
    """Take a value apart. KeyError for an unknown KPI, FormulaError or PlanError for one that cannot be computed."""
    planned = plan_kpi(world.library, kpi)
    operands = tuple(operand(world, ref, period=period, scope=scope) for ref in planned.refs)
    value = evaluate_formula(planned.root, {each.ref: each.value for each in operands})
    return Trace(kpi, period, scope, None if value is None else rounded(value), operands)


def operand(world: TraceWorld, ref: MeasureRef, *, period: Period, scope: Scope) -> OperandTrace:
    """Add up the rows behind one reference at one scope."""
    asking = ask(world, ref, period=period, scope=scope)
    return _unavailable(asking, scope) or _added_up(asking, totals_of(asking))


def operand_page(
    world: TraceWorld, ref: MeasureRef, *, period: Period, scope: Scope, after: int = 0, limit: int | None = PAGE
) -> tuple[OperandTrace, RowPage]:
    """Return what all rows behind a reference add up to together with one page of them, in the fewest queries.

    What has no rows to give (a table never loaded, a measure not at this scope) has an empty page and a reason.
    """
    asking = ask(world, ref, period=period, scope=scope)
    if nothing := _unavailable(asking, scope):
        return nothing, RowPage(ref, scope, (), 0, None, False, ())
    lines, totals = lines_and_totals(asking, after=after, limit=limit)
    added = _added_up(asking, totals)
    return added, page_of(asking, lines, total=added.listed, after=after)


def covered(asking: Asking) -> bool:
    """Tell whether the tables have rows in the windows the reference reads: nothing is 0 then, else unknown."""
    if isinstance(asking.measure, SimpleMeasure):
        return is_simple_covered(asking, asking.measure)
    return is_covered(asking.ref.measure, asking.on, asking.context.coverage.has)


def _unavailable(asking: Asking, scope: Scope) -> OperandTrace | None:
    tables = tuple(measure_tables(asking.measure))
    if missing := asking.missing:
        return _nothing(asking, tables, NoData.TABLE_MISSING, missing)
    if scope.kind not in asking.kinds:
        return _nothing(asking, tables, NoData.NOT_AT_SCOPE, asking.ref.measure)
    return None


def _added_up(asking: Asking, totals: list[Row]) -> OperandTrace:
    listed = sum(whole(row["n"]) for row in totals)
    amounts = [_scaled(row) for row in totals if row["amount"] is not None]
    weights = [exact(row["weight"]) for row in totals if row["weight"] is not None]
    amount = sum(amounts, Fraction(0)) if amounts else None
    weight = sum(weights, Fraction(0)) if weights else None
    reason, note = NoData.NO_ROWS, ""
    value = amount
    if isinstance(asking.measure, SimpleMeasure):
        if is_mean(asking.measure) and asking.measure.agg is not Aggregation.LAST_DAILY_SUM:
            value = amount / weight if amount is not None and weight else None
        elif asking.measure.agg in DISTINCT and listed:
            value = amount = amount or Fraction(0)
        elif not listed and not is_mean(asking.measure) and covered(asking):
            value = amount = Fraction(0)
    elif asking.ref.measure == "nps_value":
        value = amount / weight if amount is not None and weight else None
    elif not covered(asking):
        value = amount = None
    elif asking.ref.measure == "lifetime_years":
        value, note = _lifetime(asking, amount, weight)
    else:
        value = amount = amount or Fraction(0)
        if asking.ref.measure in TIERED and listed < asking.params.rfm_min_customers:
            value, reason = None, NoData.TOO_FEW_CUSTOMERS
    detail = str(listed) if reason is NoData.TOO_FEW_CUSTOMERS else ""
    return OperandTrace(
        ref=asking.ref,
        tables=tuple(measure_tables(asking.measure)),
        span=asking.span,
        form=_form(asking),
        listed=listed,
        by_entity=plan_of(asking).by_entity,
        entity=_entity(asking),
        column=_column(asking),
        amount=amount,
        weight=weight,
        value=value,
        reason=None if value is not None else reason,
        detail="" if value is not None else detail,
        note=note,
    )


def _scaled(row: Row) -> Fraction:
    scale = row.get("_scale")
    return exact(row["amount"]) * 100 / exact(scale) if scale is not None else exact(row["amount"])


def _lifetime(asking: Asking, alive: Fraction | None, lost: Fraction | None) -> tuple[Fraction | None, str]:
    """Return min(cap, alive / lost); whoever was there a year ago counts in the amount, who is gone in the weight."""
    cap = Fraction(asking.params.ltv_cap_years)
    if not alive:
        return None, ""
    return (cap, CAPPED) if not lost or alive / lost >= cap else (alive / lost, "")


def _nothing(asking: Asking, tables: tuple[str, ...], reason: NoData, detail: str) -> OperandTrace:
    return OperandTrace(
        ref=asking.ref,
        tables=tables,
        span=asking.span,
        form=_form(asking),
        listed=0,
        by_entity=False,
        entity=_entity(asking),
        column=_column(asking),
        amount=None,
        weight=None,
        value=None,
        reason=reason,
        detail=detail,
    )


def _form(asking: Asking) -> str:
    """Return the aggregation of a simple measure, or `derived`."""
    return asking.measure.agg.value if isinstance(asking.measure, SimpleMeasure) else "derived"


def _entity(asking: Asking) -> str:
    measure = asking.measure
    if isinstance(measure, SimpleMeasure):
        return measure.column if measure.agg in DISTINCT else ""
    return _ENTITIES.get(measure.id, "customer_id")


def _column(asking: Asking) -> str:
    measure = asking.measure
    if isinstance(measure, SimpleMeasure):
        return "" if measure.agg in DISTINCT | COUNTED else measure.column
    return _COLUMNS.get(measure.id, "")
