"""Facts and lines as plain JSON and back, so that a stored statement can be worked out again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kpis.incentives.calculating import Bound, Line, Payout
from kpis.incentives.specs import Facts, PoolKey

Node = Mapping[str, Any]


def facts_node(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON; decimals are texts, everything is sorted."""
    return {
        "person": facts.person,
        "quantities": _texts(facts.quantities),
        "targets": _texts(facts.targets),
        "score": None if facts.score is None else str(facts.score),
        "red": sorted(facts.red),
        "attendance": {key.value: _texts(facts.attendance[key]) for key in sorted(facts.attendance)},
        "role": facts.role,
        "colleagues": {person: facts.colleagues[person] for person in sorted(facts.colleagues)},
    }


def read_facts(node: Node) -> Facts:
    """Read what `facts_node` wrote."""
    return Facts(
        node["person"],
        _decimals(node["quantities"]),
        _decimals(node["targets"]),
        None if node["score"] is None else Decimal(node["score"]),
        frozenset(node["red"]),
        {PoolKey(key): _decimals(shared) for key, shared in node["attendance"].items()},
        node.get("role", ""),
        node.get("colleagues", {}),
    )


def line_node(line: Line) -> dict[str, Any]:
    """Return a line's workings: what was counted, at which price, what bounded it, or what is missing."""
    return {
        "names": line.component.names.as_json(),
        "quantity": _text(line.quantity),
        "target": _text(line.target),
        "parts": [{"quantity": str(part.quantity), "price": str(part.price)} for part in line.parts],
        "bounds": [bound_node(bound) for bound in line.bounds],
        "missing": {"what": line.missing.what, "base": line.missing.base} if line.missing else None,
    }


def bound_node(bound: Bound) -> dict[str, str]:
    """Return a bound that took effect."""
    return {"kind": bound.kind.value, "delta": str(bound.delta), "on": bound.on}


def payout_node(payout: Payout) -> dict[str, Any]:
    """Return a payout whole, for a digest."""
    return {
        "person": payout.person,
        "amount": str(payout.amount),
        "bounds": [bound_node(bound) for bound in payout.bounds],
        "lines": [
            {"component": line.component.id, "amount": _text(line.amount), **line_node(line)} for line in payout.lines
        ],
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _texts(figures: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: str(figures[name]) for name in sorted(figures)}


def _decimals(node: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in node.items()}
