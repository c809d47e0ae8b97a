"""KPI arithmetic on exact fractions, with the one rounding of the engine at its end."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.plan import PlannedKpi
from kpis.engine.results import Quantity
from kpis.engine.specs import NoData, Scope, Value

PLACES = 6
Operands = Mapping[MeasureRef, Quantity]


class _ZeroDenominator(Exception):
    def __init__(self, node: Node) -> None:
        self.node = node
        super().__init__(str(node))


def rounded(value: Fraction) -> Decimal:
    """Return the value with 6 decimal places, half to even."""
    return Decimal(round(value * 10**PLACES)).scaleb(-PLACES)


def evaluate(planned: PlannedKpi, scope: Scope, operands: Operands) -> Value:
    """Compute one KPI from its operands.

    numerator and denominator are the operands of the outermost division, a constant factor outside left aside; for a
    KPI that is one average, the sum and what it was divided by; for all others the value itself and nothing.
    """
    rows = sum(operands[ref].rows for ref in planned.counted)
    missing = _missing(planned, operands)
    if missing is not None:
        return Value(planned.kpi, scope, None, rows=rows, reason=missing[0], detail=missing[1])
    try:
        value = _value(planned.root, operands)
        numerator, denominator = _parts(planned.root, operands)
    except _ZeroDenominator as zero:
        top = _zero_numerator(planned.root, zero.node, operands)
        bottom = rounded(Fraction(0)) if top is not None else None
        reason = NoData.ZERO_DENOMINATOR
        return Value(planned.kpi, scope, None, top, bottom, rows=rows, reason=reason, detail=str(zero.node))
    shown = None if denominator is None else rounded(denominator)
    top = rounded(value if denominator is None else numerator)
    return Value(planned.kpi, scope, rounded(value), top, shown, rows=rows)


def _missing(planned: PlannedKpi, operands: Operands) -> tuple[NoData, str] | None:
    """Return why there is no value: a missing table outranks too few customers, which outranks missing rows."""
    gaps = [(ref, operands[ref]) for ref in planned.refs if operands[ref].amount is None]
    if not gaps:
        return None
    for reason in (NoData.TABLE_MISSING, NoData.TOO_FEW_CUSTOMERS):
        for _, quantity in gaps:
            if quantity.reason is reason:
                return reason, quantity.detail
    if len(planned.refs) == 1:
        return NoData.NO_ROWS, str(gaps[0][0])
    return NoData.MISSING_OPERAND, str(gaps[0][0])


def _value(node: Node, operands: Operands) -> Fraction:
    if isinstance(node, Number):
        return Fraction(node.value)
    if isinstance(node, MeasureRef):
        value = operands[node].value
        if value is None:
            raise LookupError(f"{node} has no value")
        return value
    if isinstance(node, Call):
        return _call(node, operands)
    left, right = _value(node.left, operands), _value(node.right, operands)
    if node.op == "+":
        return left + right
    if node.op == "-":
        return left - right
    if node.op == "*":
        return left * right
    if not right:
        raise _ZeroDenominator(node.right)
    return left / right


def _call(node: Call, operands: Operands) -> Fraction:
    args = [_value(arg, operands) for arg in node.args]
    if node.name == "abs":
        return abs(args[0])
    return min(args) if node.name == "min" else max(args)


def _unscaled(node: Node) -> Node:
    """Return the node under constant factors such as `* 100`."""
    while isinstance(node, BinOp) and node.op == "*":
        if isinstance(node.right, Number):
            node = node.left
        elif isinstance(node.left, Number):
            node = node.right
        else:
            break
    return node


def _parts(root: Node, operands: Operands) -> tuple[Fraction, Fraction | None]:
    node = _unscaled(root)
    if isinstance(node, BinOp) and node.op == "/":
        return _value(node.left, operands), _value(node.right, operands)
    if isinstance(node, MeasureRef):
        quantity = operands[node]
        return quantity.amount or Fraction(0), quantity.weight
    return Fraction(0), None


def _zero_numerator(root: Node, zero: Node, operands: Operands) -> Decimal | None:
    """Return the numerator beside a zero denominator when it is the outermost division that failed."""
    node = _unscaled(root)
    if not (isinstance(node, BinOp) and node.op == "/" and node.right is zero):
        return None
    try:
        return rounded(_value(node.left, operands))
    except _ZeroDenominator:
        return None
