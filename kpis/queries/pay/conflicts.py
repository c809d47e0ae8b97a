"""Orders that two sides touched: by pair, how many and worth how much, who is credited and who gets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from kpis.incentives.ledger import paid_orders
from kpis.incentives.touches import Pair, PairOrder, TouchLedger, owner_rules
from kpis.queries.pay.credit_ask import CreditAsk, kept, opened_ledger, side_names
from omnichannel.core.text import Bilingual
from roles.queries.org_chart import unit_tree

if TYPE_CHECKING:
    import ibis.expr.types as ir

PAGE = 50


@dataclass(frozen=True, slots=True)
class ConflictReport:
    """The pairs of a month. An order of three sides stands in three pairs; `orders` and `value` count it once.

    `missing` names the table that was never loaded.
    """

    pairs: tuple[Pair, ...] = ()
    names: Mapping[str, Bilingual] = field(default_factory=dict)
    orders: int = 0
    value: Decimal = Decimal(0)
    touched: int = 0
    touched_value: Decimal = Decimal(0)
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ConflictOrders:
    """Orders of one pair: a page of them, with the pair they belong to; None where the pair met on no order."""

    pair: Pair | None
    orders: tuple[PairOrder, ...]
    names: Mapping[str, Bilingual]


def conflict_report(ask: CreditAsk) -> ConflictReport:
    """Find every pair of sides that met on orders of the month."""
    return kept("conflict-report", ask, lambda: _report(ask))


def _report(ask: CreditAsk) -> ConflictReport:
    try:
        with opened_ledger(ask) as ledger:
            pairs = ledger.pairs(ask.model, owners=_owners(ledger, ask))
            orders, value = ledger.contested()
            totals = ledger.totals()
    except LookupError as error:
        return ConflictReport(missing=str(error.args[0]))
    return ConflictReport(
        tuple(pairs), _names(pairs, ask), orders, value, touched=totals.touched, touched_value=totals.touched_value
    )


def conflict_orders(
    ask: CreditAsk, sides: tuple[str, str], *, offset: int = 0, limit: int | None = None
) -> ConflictOrders:
    """Return the orders that two sides touched in the month, the most money first."""
    one, other = sorted(sides)
    report = conflict_report(ask)
    pair = next((each for each in report.pairs if each.sides == (one, other)), None)
    if pair is None:
        return ConflictOrders(None, (), {})
    with opened_ledger(ask) as ledger:
        owners = _owners(ledger, ask)
        found = tuple(ledger.pair_orders(ask.model, pair.sides, owners=owners, offset=offset, limit=limit))
    return ConflictOrders(pair, found, {side: report.names[side] for side in pair.sides})


def _owners(ledger: TouchLedger, ask: CreditAsk) -> ir.Table | None:
    paid = paid_orders(ledger.relations, ask.last)
    return None if paid is None else owner_rules(paid)


def _names(pairs: list[Pair], ask: CreditAsk) -> dict[str, Bilingual]:
    sides = {side for pair in pairs for side in pair.sides}
    return side_names(sorted(sides), ask.by, tree=unit_tree(as_of=ask.last.last_day))
