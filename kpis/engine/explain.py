"""What a figure rests on: a hash that changes when its definition does, and its formula with the numbers put in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction

from kpis.engine.arithmetic import rounded
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.plan import PlannedKpi, plan_kpi
from kpis.engine.results import Quantity
from kpis.engine.specs import Aggregation, DerivedMeasure, Library, Measure, Params, SimpleMeasure

# what a measure is called, and remarks about it, do not change its figures
_WORDS = frozenset({"names", "note"})
# parameters of algorithms that name none in the catalogue
_PARAMS_OF: Mapping[str, tuple[str, ...]] = {
    "high_value_n": ("rfm_min_customers",),
    "high_value_member_n": ("rfm_min_customers",),
    "attributed_sales": ("attribution_model", "attribution_window_days", "attribution_half_life_days"),
}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
_SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}
# what these say of a whole is the sum of what they say of its parts, when every row belongs to one part
_ADDABLE = frozenset({Aggregation.SUM, Aggregation.COUNT, Aggregation.STOCK_COUNT})
# derived measures that are sums over rows
_ADDABLE_DERIVED = frozenset({"attributed_sales"})
# averages keep what they were divided by
_AVERAGES = frozenset(
    {Aggregation.AVG, Aggregation.WEIGHTED_AVG, Aggregation.AVG_RATIO_100, Aggregation.AVG_OF_DAILY_SUM}
)


def params_of(library: Library, kpi: str) -> tuple[str, ...]:
    """Return the parameters that the KPI's measures depend on, sorted."""
    found: set[str] = set()
    for ref in plan_kpi(library, kpi).refs:
        measure = library.measures[ref.measure]
        if isinstance(measure, DerivedMeasure):
            found.update(measure.params, _PARAMS_OF.get(measure.id, ()))
    return tuple(sorted(found))


def definition_hash(library: Library, kpi: str, params: Params | None = None) -> str:
    """Return a SHA-256 over the formula, the measures in it and the parameters they use. Wording does not count."""
    planned = plan_kpi(library, kpi)
    used = params or library.params
    names = sorted({ref.measure for ref in planned.refs})
    content = {
        "formula": str(planned.root),
        "measures": [_definition(library.measures[name]) for name in names],
        "params": {name: getattr(used, name) for name in params_of(library, kpi)},
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _definition(measure: SimpleMeasure | DerivedMeasure) -> dict[str, object]:
    return {name: value for name, value in asdict(measure).items() if name not in _WORDS}


def substituted(root: Node, operands: Mapping[MeasureRef, Quantity]) -> str:
    """Return the formula with the operands' numbers in place of their names; a missing one is `?`."""
    if isinstance(root, Number):
        return str(root)
    if isinstance(root, MeasureRef):
        value = operands[root].value
        return "?" if value is None else shown(rounded(value))
    if isinstance(root, Call):
        return f"{root.name}({', '.join(substituted(arg, operands) for arg in root.args)})"
    return f"{_side(root, root.left, operands, False)} {root.op} {_side(root, root.right, operands, True)}"


def shown(value: Decimal) -> str:
    """Return a number without trailing zeros and without an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _side(parent: BinOp, node: Node, operands: Mapping[MeasureRef, Quantity], right: bool) -> str:
    text = substituted(node, operands)
    if text.startswith("-") and right:
        return f"({text})"
    if not isinstance(node, BinOp):
        return text
    mine, inner = _PRECEDENCE[parent.op], _PRECEDENCE[node.op]
    return f"({text})" if inner < mine or (right and inner == mine) else text


@dataclass(frozen=True, slots=True)
class Shape:
    """What a KPI's formula is at its outermost: `top / bottom * factor`, or `top * factor` when nothing divides.

    `top` and `bottom` are None where the parts are those of an average (its sum and what that was divided by).
    The flags tell whether each of them adds up over parts: what counts people once does not.
    """

    top: Node | None
    bottom: Node | None
    factor: Fraction
    is_ratio: bool
    top_adds_up: bool
    bottom_adds_up: bool

    @property
    def adds_up(self) -> bool:
        """Return whether the figures of the parts add up to that of the whole."""
        return self.top_adds_up and not self.is_ratio


def shape_of(library: Library, planned: PlannedKpi) -> Shape:
    """Return what the formula is at its outermost."""
    node, factor = _unscaled(planned.root)
    if isinstance(node, BinOp) and node.op == "/":
        flags = _adds_up(library, node.left), _adds_up(library, node.right)
        return Shape(node.left, node.right, factor, True, *flags)
    if isinstance(node, MeasureRef) and _is_average(library.measures[node.measure]):
        summed = isinstance(measure := library.measures[node.measure], SimpleMeasure) and measure.agg in (
            Aggregation.AVG, Aggregation.WEIGHTED_AVG, Aggregation.AVG_RATIO_100,
        )  # fmt: skip
        return Shape(None, None, factor, True, summed, summed)
    return Shape(node, None, factor, False, _adds_up(library, node), True)


def _is_average(measure: Measure) -> bool:
    return isinstance(measure, SimpleMeasure) and measure.agg in _AVERAGES


def _unscaled(node: Node) -> tuple[Node, Fraction]:
    """Return the node under constant factors such as `* 100`, and their product."""
    factor = Fraction(1)
    while isinstance(node, BinOp) and node.op == "*":
        left, right = node.left, node.right
        if isinstance(right, Number):
            node, factor = left, factor * Fraction(right.value)
        elif isinstance(left, Number):
            node, factor = right, factor * Fraction(left.value)
        else:
            break
    return node, factor


def _adds_up(library: Library, node: Node) -> bool:
    if isinstance(node, MeasureRef):
        measure = library.measures[node.measure]
        if isinstance(measure, SimpleMeasure):
            return measure.agg in _ADDABLE
        return measure.id in _ADDABLE_DERIVED
    if isinstance(node, BinOp) and node.op in "+-":
        return _adds_up(library, node.left) and _adds_up(library, node.right)
    if isinstance(node, BinOp):
        constant = node.right if node.op == "/" else (node.right if isinstance(node.right, Number) else node.left)
        other = node.left if constant is node.right else node.right
        return isinstance(constant, Number) and _adds_up(library, other)
    return False


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula as it is written: a sign, a number or bracket, or the place of an operand."""

    text: str
    operand: int | None = None


def tokens(planned: PlannedKpi) -> tuple[Token, ...]:
    """Return the formula piece by piece; operands are places in `planned.refs`, to be written as names or numbers."""
    return tuple(_tokens(planned.root, {ref: place for place, ref in enumerate(planned.refs)}))


def _tokens(node: Node, places: Mapping[MeasureRef, int]) -> Iterator[Token]:
    if isinstance(node, MeasureRef):
        yield Token("", places[node])
    elif isinstance(node, Number):
        yield Token(str(node))
    elif isinstance(node, Call):
        for place, arg in enumerate(node.args):
            yield Token(f"{node.name}(" if place == 0 else ", ")
            yield from _tokens(arg, places)
        yield Token(")")
    else:
        yield from _token_side(node, node.left, places, right=False)
        yield Token(f" {_SIGNS[node.op]} ")
        yield from _token_side(node, node.right, places, right=True)


def _token_side(parent: BinOp, node: Node, places: Mapping[MeasureRef, int], *, right: bool) -> Iterator[Token]:
    wrapped = isinstance(node, BinOp) and (
        _PRECEDENCE[node.op] < _PRECEDENCE[parent.op] or (right and _PRECEDENCE[node.op] == _PRECEDENCE[parent.op])
    )
    if wrapped:
        yield Token("(")
    yield from _tokens(node, places)
    if wrapped:
        yield Token(")")


def known_operands(
    library: Library, planned: PlannedKpi, *, value: Decimal | None, top: Decimal | None, bottom: Decimal | None
) -> dict[MeasureRef, Fraction]:
    """Return the operands that a stored figure tells by itself.

    It is one of them, or a quotient of two, or of a sum in which only one is not known yet.
    """
    shape = shape_of(library, planned)
    node, factor = _unscaled(planned.root)
    found: dict[MeasureRef, Fraction] = {}
    waiting: list[tuple[Node, Fraction]] = []
    if shape.is_ratio and shape.top is not None and shape.bottom is not None:
        sides = (shape.bottom, bottom), (shape.top, top)
        waiting += [(side, Fraction(amount)) for side, amount in sides if amount is not None]
    elif value is not None:
        waiting.append((node, Fraction(value) / factor))
    for side, amount in waiting * 2:
        _solve(side, amount, found)
    return found


def _solve(node: Node, amount: Fraction, found: dict[MeasureRef, Fraction]) -> None:
    """Find the operand that is the node, or the only unknown one of a sum."""
    if isinstance(node, MeasureRef):
        found.setdefault(node, amount)
    elif isinstance(node, BinOp) and node.op in "+-":
        sign = 1 if node.op == "+" else -1
        left, right = _sum_of(node.left, found), _sum_of(node.right, found)
        if left is not None and right is None:
            _solve(node.right, (amount - left) * sign, found)
        elif right is not None and left is None:
            _solve(node.left, amount - sign * right, found)


def _sum_of(node: Node, found: Mapping[MeasureRef, Fraction]) -> Fraction | None:
    return found.get(node) if isinstance(node, MeasureRef) else None
