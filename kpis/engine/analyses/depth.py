"""Quantity against quality: which KPIs say how much, and which say how well."""

from __future__ import annotations

from functools import lru_cache

from kpis.engine.grammar import BinOp, Call, Node, parse_formula
from kpis.engine.specs import KpiSpec

AMOUNTS = frozenset({"count", "CNY", "pieces", "messages", "contacts", "people"})


def counts_volume(spec: KpiSpec) -> bool:
    """Tell whether a KPI grows by doing more of the same: an amount that is counted or added up, not divided.

    Rates, averages, ratios, indices and scores say how well it was done.
    """
    return spec.unit in AMOUNTS and not spec.qualitative and not _divides(spec.formula)


@lru_cache(maxsize=1024)
def _divides(formula: str) -> bool:
    return _has_division(parse_formula(formula).root)


def _has_division(node: Node) -> bool:
    if isinstance(node, BinOp):
        return node.op == "/" or _has_division(node.left) or _has_division(node.right)
    return isinstance(node, Call) and any(_has_division(arg) for arg in node.args)
