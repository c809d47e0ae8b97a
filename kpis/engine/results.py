"""Exact results of measures, before any KPI arithmetic: a fraction per scope, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kpis.engine.specs import NoData, Scope, ScopeKind


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measure at one scope. `weight` is what an average was divided by; `rows` the table rows that were counted."""

    amount: Fraction | None
    weight: Fraction | None = None
    rows: int = 0
    reason: NoData | None = None
    detail: str = ""

    @property
    def value(self) -> Fraction | None:
        """Return the exact value: the amount, or amount / weight for an average."""
        if self.amount is None or self.weight is None:
            return self.amount
        return self.amount / self.weight


ZERO = Quantity(Fraction(0))


def no_rows(rows: int = 0) -> Quantity:
    """Return the quantity of a table that has nothing to say about the asked window."""
    return Quantity(None, rows=rows, reason=NoData.NO_ROWS)


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """A measure at every scope of some kinds. A scope without a cell has the value `otherwise`."""

    kinds: frozenset[ScopeKind]
    cells: Mapping[Scope, Quantity]
    otherwise: Quantity

    def at(self, scope: Scope) -> Quantity:
        """Return the quantity; the caller has checked that the scope's kind is one of `kinds`."""
        return self.cells.get(scope, self.otherwise)


def exact(value: object) -> Fraction:
    """Return a database number as a fraction. TypeError for a float: it would already have lost the exact value."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"expected an integer or a decimal, got {type(value).__name__}")
    return Fraction(value)


def whole(value: object) -> int:
    """Return a database count as an int; null is 0."""
    return 0 if value is None else int(exact(value))
