"""Facts and lines as plain JSON and back, so that a stored statement can be worked out again.

A statement keeps what its own person weighs in the pools of the store; the others' stands on theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kpis.incentives.calculating import Bound, Line, Payout
from kpis.incentives.specs import Facts, PoolKey

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares the pools of a store: what each weighs, by the key of sharing, and in which role."""

    attendance: Mapping[PoolKey, Mapping[str, Decimal]] = field(default_factory=dict)
    colleagues: Mapping[str, str] = field(default_factory=dict)


def sharing_of(rows: Iterable[tuple[str, str, Node]]) -> Sharing:
    """Put together what the statements of one plan and unit keep: person, role and `attendance` of each."""
    attendance: dict[PoolKey, dict[str, Decimal]] = {}
    colleagues: dict[str, str] = {}
    for person, role, weights in rows:
        colleagues[person] = role
        for key, weight in weights.items():
            # up to 0.7.0 each statement kept those of the whole store
            own = weight.get(person) if isinstance(weight, Mapping) else weight
            if own is not None:
                attendance.setdefault(PoolKey(key), {})[person] = Decimal(own)
    return Sharing(attendance, colleagues)


def facts_node(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON; decimals are texts, everything is sorted."""
    own = {key: weights[facts.person] for key, weights in facts.attendance.items() if facts.person in weights}
    return {
        "person": facts.person,
        "quantities": _texts(facts.quantities),
        "targets": _texts(facts.targets),
        "score": None if facts.score is None else str(facts.score),
        "red": sorted(facts.red),
        "attendance": {key.value: str(own[key]) for key in sorted(own)},
        "role": facts.role,
    }


ALONE = Sharing()


def read_facts(node: Node, sharing: Sharing = ALONE) -> Facts:
    """Read what `facts_node` wrote. `sharing` are those of the same store, without whom no pool can be shared."""
    return Facts(
        node["person"],
        _decimals(node["quantities"]),
        _decimals(node["targets"]),
        None if node["score"] is None else Decimal(node["score"]),
        frozenset(node["red"]),
        sharing.attendance,
        node.get("role", ""),
        sharing.colleagues,
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
