"""What a figure rests on: a hash that changes when its definition does, and its formula with the numbers put in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal

from kpis.engine.arithmetic import rounded
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.plan import plan_kpi
from kpis.engine.results import Quantity
from kpis.engine.specs import DerivedMeasure, Library, Params, SimpleMeasure

# what a measure is called, and remarks about it, do not change its figures
_WORDS = frozenset({"names", "note"})
# parameters of algorithms that name none in the catalogue
_PARAMS_OF: Mapping[str, tuple[str, ...]] = {
    "high_value_n": ("rfm_min_customers",),
    "high_value_member_n": ("rfm_min_customers",),
    "attributed_sales": ("attribution_model", "attribution_window_days", "attribution_half_life_days"),
}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}


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
