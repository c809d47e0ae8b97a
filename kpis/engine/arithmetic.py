"""KPI arithmetic on exact fractions, for many scopes at once, with the one rounding of the engine at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.plan import PlannedKpi
from kpis.engine.results import Counts, Exacts, Flags, Gap, MeasureResult, Numbers
from kpis.engine.specs import NoData, Scope, ScopeKind, Value

PLACES = 6
NOTHING: Gap = (NoData.NO_ROWS, "")
_NOUGHT = Decimal(0).scaleb(-PLACES)
Results = Mapping[MeasureRef, MeasureResult]


@dataclass(frozen=True, slots=True)
class Ratios:
    """Exact fractions `top / bottom` in columns (one of length 1 stands for all); every bottom is above zero."""

    top: Exacts
    bottom: Exacts

    def __add__(self, other: Ratios) -> Ratios:
        return Ratios(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)

    def __neg__(self) -> Ratios:
        return Ratios(-self.top, self.bottom)

    def __mul__(self, other: Ratios) -> Ratios:
        return Ratios(self.top * other.top, self.bottom * other.bottom)

    def inverse(self) -> Ratios:
        """Return 1 / each; what is zero counts as one (the caller has marked it)."""
        zero = self.top == 0
        top: Exacts = np.where(zero, 1, np.where(self.top > 0, self.bottom, -self.bottom))
        return Ratios(top, np.where(zero, 1, np.abs(self.top)))

    def at_most(self, other: Ratios) -> Flags:
        """Return where this is less than or equal to the other."""
        return np.asarray(self.top * other.bottom <= other.top * self.bottom, dtype=bool)

    def where(self, chosen: Flags, other: Ratios) -> Ratios:
        """Return this where chosen, else the other."""
        return Ratios(np.where(chosen, self.top, other.top), np.where(chosen, self.bottom, other.bottom))


@dataclass(frozen=True, slots=True)
class Operand:
    """One measure at the scopes that are evaluated together."""

    amount: Ratios
    weight: Ratios | None
    rows: Counts
    known: Flags
    gaps: Mapping[int, Gap]
    gap: Gap

    @property
    def value(self) -> Ratios:
        """Return the amount, or amount / weight for an average."""
        return self.amount if self.weight is None else self.amount * self.weight.inverse()

    def gap_at(self, place: int) -> Gap:
        """Return why there is no value at a place."""
        return self.gaps.get(place, self.gap)


@dataclass(slots=True)
class _Evaluation:
    """The formula over all scopes. `failed` holds, per scope, the divisor that was zero first."""

    operands: Mapping[MeasureRef, Operand]
    failed: Exacts
    done: dict[int, Ratios] = field(default_factory=dict)

    def value(self, node: Node) -> Ratios:
        """Return the node's value; a node is evaluated once."""
        if id(node) not in self.done:
            self.done[id(node)] = self._value(node)
        return self.done[id(node)]

    def _value(self, node: Node) -> Ratios:
        if isinstance(node, Number):
            return _constant(Fraction(node.value))
        if isinstance(node, MeasureRef):
            return self.operands[node].value
        if isinstance(node, Call):
            return self._call(node)
        left, right = self.value(node.left), self.value(node.right)
        if node.op == "/":
            self._note_zeros(right, node.right)
            return left * right.inverse()
        if node.op == "*":
            return left * right
        return left + right if node.op == "+" else left + -right

    def _call(self, node: Call) -> Ratios:
        first, *others = [self.value(arg) for arg in node.args]
        if node.name == "abs":
            return Ratios(np.abs(first.top), first.bottom)
        for other in others:
            first = first.where(first.at_most(other) == (node.name == "min"), other)
        return first

    def _note_zeros(self, divisor: Ratios, node: Node) -> None:
        zero = np.broadcast_to(np.asarray(divisor.top == 0, dtype=bool), self.failed.shape)
        self.failed[zero & (self.failed == None)] = node  # noqa: E711 - elementwise


def _constant(value: Fraction) -> Ratios:
    return Ratios(np.array([value.numerator], dtype=object), np.array([value.denominator], dtype=object))


def rounded(value: Fraction) -> Decimal:
    """Return the value with 6 decimal places, half to even."""
    return _rounded(_constant(value), 1)[0]


def _rounded(values: Ratios, size: int) -> list[Decimal]:
    """Return the values with 6 decimal places, half to even."""
    scaled = values.top * 10**PLACES
    floor = scaled // values.bottom
    twice = (scaled - floor * values.bottom) * 2
    up = (twice > values.bottom) | ((twice == values.bottom) & (floor % 2 == 1))
    whole = np.broadcast_to(np.asarray(floor + np.where(up, 1, 0), dtype=object), (size,))
    return [Decimal(each).scaleb(-PLACES) for each in whole]


class Board:
    """The scopes that are reported on, by kind, and every measure's operand at them, laid out once."""

    def __init__(self, results: Results, scopes: Mapping[ScopeKind, Sequence[Scope]]) -> None:
        self.results = results
        self.scopes = scopes
        self._places = {kind: {scope.id: at for at, scope in enumerate(found)} for kind, found in scopes.items()}
        self._operands: dict[tuple[MeasureRef, ScopeKind], Operand] = {}

    def operand(self, ref: MeasureRef, kind: ScopeKind) -> Operand:
        """Return the measure at the scopes of the kind, in their order."""
        if (ref, kind) not in self._operands:
            self._operands[ref, kind] = self._laid_out(self.results[ref], kind)
        return self._operands[ref, kind]

    def _laid_out(self, result: MeasureResult, kind: ScopeKind) -> Operand:
        size, places, otherwise = len(self.scopes[kind]), self._places[kind], result.otherwise
        source, ids = result.cells.by_kind.get(kind, (np.zeros(0, dtype=np.int64), ()))
        target = np.array([places.get(each, -1) for each in ids], dtype=np.int64)
        here = result.held[source] & (target >= 0)
        source, target = source[here], target[here]
        rows, known = np.full(size, otherwise.rows), np.full(size, otherwise.amount is not None)
        rows[target] = result.rows[source]
        known[target] = result.amount.known[source]
        unknown = ~result.amount.known[source]
        gaps = {
            int(at): result.gaps.get(int(place), NOTHING)
            for place, at in zip(source[unknown], target[unknown], strict=True)
        }
        weight = None if result.weight is None else _spread(result.weight, source, target, Fraction(1), size)
        amount = _spread(result.amount, source, target, otherwise.amount or Fraction(0), size)
        return Operand(amount, weight, rows, known, gaps, (otherwise.reason or NoData.NO_ROWS, otherwise.detail))


def _spread(numbers: Numbers, source: Counts, target: Counts, otherwise: Fraction, size: int) -> Ratios:
    top, bottom = np.full(size, otherwise.numerator, dtype=object), np.full(size, otherwise.denominator, dtype=object)
    top[target] = numbers.whole[source]
    bottom[target] = numbers.per if isinstance(numbers.per, int) else numbers.per[source]
    return Ratios(top, bottom)


def evaluate(planned: PlannedKpi, kind: ScopeKind, board: Board) -> Iterator[Value]:
    """Compute one KPI at all scopes of a kind.

    numerator and denominator are the operands of the outermost division, a constant factor outside left aside; for a
    KPI that is one average, the sum and what it was divided by; for all others the value itself and nothing.
    """
    scopes = board.scopes[kind]
    size = len(scopes)
    operands = {ref: board.operand(ref, kind) for ref in planned.refs}
    rows = sum((operands[ref].rows for ref in planned.counted), np.zeros(size, dtype=np.int64)).tolist()
    run = _Evaluation(operands, np.full(size, None, dtype=object))
    values = _rounded(run.value(planned.root), size)
    parts = _parts(planned.root, run)
    tops, bottoms = (values, [None] * size) if parts is None else (_rounded(part, size) for part in parts)
    missing = ~np.logical_and.reduce([operand.known for operand in operands.values()])
    for place, scope in enumerate(scopes):
        if missing[place]:
            reason, detail = _missing(planned, operands, place)
            yield Value(planned.kpi, scope, None, rows=rows[place], reason=reason, detail=detail)
        elif (zero := run.failed[place]) is not None:
            top, nought = (tops[place], _NOUGHT) if _is_divisor(zero, planned.root) else (None, None)
            reason = NoData.ZERO_DENOMINATOR
            yield Value(planned.kpi, scope, None, top, nought, rows[place], reason, str(zero))
        else:
            yield Value(planned.kpi, scope, values[place], tops[place], bottoms[place], rows=rows[place])


def _missing(planned: PlannedKpi, operands: Mapping[MeasureRef, Operand], place: int) -> Gap:
    """Return why there is no value: a missing table outranks too few customers, which outranks missing rows."""
    gaps = [(ref, operands[ref].gap_at(place)) for ref in planned.refs if not operands[ref].known[place]]
    for wanted in (NoData.TABLE_MISSING, NoData.TOO_FEW_CUSTOMERS):
        for _, (reason, detail) in gaps:
            if reason is wanted:
                return reason, detail
    return NoData.NO_ROWS if len(planned.refs) == 1 else NoData.MISSING_OPERAND, str(gaps[0][0])


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


def _parts(root: Node, run: _Evaluation) -> tuple[Ratios, Ratios] | None:
    """Return what is shown as numerator and denominator; None when that is the value itself and nothing."""
    node = _unscaled(root)
    if isinstance(node, BinOp) and node.op == "/":
        return run.value(node.left), run.value(node.right)
    if isinstance(node, MeasureRef) and (weight := run.operands[node].weight) is not None:
        return run.operands[node].amount, weight
    return None


def _is_divisor(node: Node, root: Node) -> bool:
    """Tell whether the node is the divisor of the outermost division."""
    outermost = _unscaled(root)
    return isinstance(outermost, BinOp) and outermost.op == "/" and outermost.right is node
