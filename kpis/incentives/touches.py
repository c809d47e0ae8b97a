"""Who touched the orders of some days, and what each side is credited by a model: sides, pairs of sides, orders.

A side is what a touch belongs to: a department, a unit, a role or a channel. The credits are the engine's own
(`engine.crediting`), so that KPIs, pay and channels tell the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from kpis.engine.crediting import SHARED, credited_touches, near_touches
from kpis.engine.derived.case import Case
from kpis.incentives.credit import OwnerRule
from kpis.incentives.ledger import MALL, TILL

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Relations, Row
    from kpis.engine.specs import Params

NO_ONE = "role:"
ZERO = Decimal(0)


class By(StrEnum):
    """By what the touches of orders are told apart."""

    DEPARTMENT = "department"
    ROLE = "role"
    CHANNEL = "channel"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Sides:
    """Which side a touch belongs to: its person's, else that of its role; a role without one stands for itself."""

    by: By
    people: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    def of(self, role: str, person: str | None, channel: str | None) -> str:
        """Return the side of a touch."""
        if self.by is By.CHANNEL:
            return channel or ""
        if self.by is By.ROLE:
            return role
        return self.people.get(person or "") or self.roles.get(role) or NO_ONE + role


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which orders count: of some units, of a channel; all where nothing is said."""

    units: Collection[str] | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class SideCredit:
    """A side: the orders it touched, how many of them bring it nothing by the model, and what it is credited."""

    side: str
    orders: int
    unpaid: int
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sides that touched the same orders: how many, their value, what each is credited, and gets nothing of."""

    sides: tuple[str, str]
    orders: int
    value: Decimal
    credited: tuple[Decimal, Decimal]
    unpaid: tuple[int, int]
    rules: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PairOrder:
    """An order that two sides touched. `rule` is the owner rule that pays it, empty where none applies."""

    order_id: str
    paid_at: str
    channel: str
    unit: str
    amount: Decimal
    credited: tuple[Decimal, Decimal]
    sides: int
    rule: str


@dataclass(frozen=True, slots=True)
class Totals:
    """All valid orders, and those of them that somebody touched in the window."""

    orders: int
    value: Decimal
    touched: int
    touched_value: Decimal


class TouchLedger:
    """The touches near the orders of some days, held once, so that several models are asked of the same rows."""

    def __init__(
        self, relations: Relations, start: date, end: date, *, params: Params, sides: Sides, narrow: Narrow
    ) -> None:
        """Read orders and touches. LookupError where either table was never loaded."""
        orders, touches = relations.table("orders"), relations.table("order_touches")
        if orders is None or touches is None:
            raise LookupError("orders" if orders is None else "order_touches")
        self.relations, self.params = relations, params
        valid = Case.valid_orders(orders, start, end)
        if narrow.units is not None:
            valid = valid.filter(valid["unit_id"].isin(sorted(narrow.units)))
        if narrow.channel:
            valid = valid.filter(valid["channel"] == narrow.channel)
        self.orders = valid
        more = ("channel", "unit_id", "employee_id")
        near = near_touches(touches, valid, window_days=params.attribution_window_days, more=more)
        self.touches = relations.small("touches", relations.answer(_with_side(relations, near, sides)))

    def totals(self) -> Totals:
        """Count the orders and their value, with and without touches."""
        (every,) = self.relations.rows(
            self.orders.aggregate(orders=self.orders.count(), value=self.orders["net_amount"].sum())
        )
        once = self.touches.select("order_id", "net_amount").distinct()
        (touched,) = self.relations.rows(once.aggregate(orders=once.count(), value=once["net_amount"].sum()))
        return Totals(
            _count(every["orders"]), _money(every["value"]), _count(touched["orders"]), _money(touched["value"])
        )

    def credits(self, model: str) -> list[SideCredit]:
        """Return what each side is credited, the most first. Beside `shared` they add up to the touched value."""
        rows = self._credited(model)
        found = rows.group_by("side").aggregate(
            orders=rows.count(), unpaid=(rows["credit"] == 0).sum(), credit=rows["credit"].sum()
        )
        credits = [
            SideCredit(str(row["side"]), _count(row["orders"]), _count(row["unpaid"]), _money(row["credit"]))
            for row in self.relations.rows(found)
        ]
        return sorted(credits, key=lambda each: (-each.credit, each.side))

    def pairs(self, model: str, *, owners: ir.Table | None) -> list[Pair]:
        """Return every two sides that touched the same orders, the most money first. `owners`: see `owner_rules`."""
        met = self._met(model, owners)
        found = met.group_by(["side", "other"]).aggregate(
            orders=met.count(),
            value=met["net_amount"].sum(),
            credit=met["credit"].sum(),
            other_credit=met["other_credit"].sum(),
            unpaid=(met["credit"] == 0).sum(),
            other_unpaid=(met["other_credit"] == 0).sum(),
            **{rule.name.lower(): (met["rule"] == rule.value).sum() for rule in OwnerRule},
        )
        return sorted(map(_pair, self.relations.rows(found)), key=lambda each: (-each.value, each.sides))

    def contested(self) -> tuple[int, Decimal]:
        """Return how many orders two sides or more touched, each once, and their value."""
        by_order = self.touches.group_by("order_id").aggregate(
            sides=self.touches["side"].nunique(), net_amount=self.touches["net_amount"].max()
        )
        several = by_order.filter(by_order["sides"] > 1)
        (row,) = self.relations.rows(several.aggregate(orders=several.count(), value=several["net_amount"].sum()))
        return _count(row["orders"]), _money(row["value"])

    def pair_orders(
        self, model: str, sides: tuple[str, str], *, owners: ir.Table | None, offset: int = 0, limit: int | None = None
    ) -> Iterator[PairOrder]:
        """Yield the orders that two sides touched, the most money first."""
        one, other = sorted(sides)
        met = self._met(model, owners)
        mine = met.filter(met["side"] == one, met["other"] == other)
        ordered = mine.order_by([mine["net_amount"].desc(), mine["order_id"]])
        if limit is not None or offset:
            ordered = ordered.limit(limit, offset=offset)
        for row in self.relations.rows(ordered):
            yield PairOrder(
                str(row["order_id"]),
                str(row["paid_at"])[:16],
                str(row["order_channel"] or ""),
                str(row["order_unit_id"] or ""),
                _money(row["net_amount"]),
                (_money(row["credit"]), _money(row["other_credit"])),
                _count(row["sides"]),
                str(row["rule"] or ""),
            )

    def _credited(self, model: str) -> ir.Table:
        """Return one row for each order and side with its credit, worked out and held."""
        touches, params = self.touches, replace(self.params, attribution_model=model)
        earned = credited_touches(self.relations, touches, params=params)
        earned = earned.select(earned_order="order_id", earned_seq="seq", credit="credit")
        joined = touches.left_join(
            earned, [touches["order_id"] == earned["earned_order"], touches["seq"] == earned["earned_seq"]]
        )
        credit = joined["credit"].fill_null(ZERO)
        rows = joined.mutate(credit=credit).group_by(["order_id", "side"])
        by_side = rows.aggregate(
            credit=ibis._["credit"].max() if model == SHARED else ibis._["credit"].sum(),
            net_amount=ibis._["net_amount"].max(),
            paid_at=ibis._["paid_at"].max(),
            order_channel=ibis._["order_channel"].max(),
            order_unit_id=ibis._["order_unit_id"].max(),
        )
        return self.relations.small("credited", self.relations.answer(by_side))

    def _met(self, model: str, owners: ir.Table | None) -> ir.Table:
        rows = self._credited(model)
        many = rows.group_by(counted="order_id").aggregate(sides=rows.count())
        rows = rows.join(many, rows["order_id"] == many["counted"]).drop("counted")
        rest = rows.select(other_order="order_id", other="side", other_credit="credit")
        met = rows.join(rest, [rows["order_id"] == rest["other_order"], rows["side"] < rest["other"]])
        if owners is None:
            return met.mutate(rule=ibis.literal(""))
        rules = owners.select(owned="order_id", rule="rule")
        return met.left_join(rules, met["order_id"] == rules["owned"]).mutate(rule=ibis._["rule"].fill_null(""))


def owner_rules(orders: ir.Table) -> ir.Table:
    """Return by which rule each of `ledger.paid_orders` is somebody's: `credit.owner_credits` as a query."""
    at_till, seller = orders["channel"] == TILL, orders["seller"].notnull()
    mall = orders["channel"] == MALL
    rule = ibis.cases(
        (at_till & seller, OwnerRule.TILL_SELLER.value),
        (mall & orders["guide"].notnull(), OwnerRule.CUSTOMER_OWNER.value),
        (mall & seller, OwnerRule.LINK_SELLER.value),
        (orders["unit_id"].notnull(), OwnerRule.STORE_HOME.value),
        else_="",
    )
    return orders.select("order_id", rule=rule)


def _with_side(relations: Relations, near: ir.Table, sides: Sides) -> ir.Table:
    if sides.by is By.ROLE:
        return near.mutate(side=near["role_id"])
    if sides.by is By.CHANNEL:
        return near.mutate(side=near["channel"].fill_null(""))
    people = _mapping(relations, "side_people", sides.people, "person")
    roles = _mapping(relations, "side_roles", sides.roles, "role")
    found = near.left_join(people, near["employee_id"] == people["person"])
    found = found.left_join(roles, found["role_id"] == roles["role"])
    side = found["person_side"].coalesce(found["role_side"], ibis.literal(NO_ONE).concat(found["role_id"]))
    return found.mutate(side=side).drop("person", "person_side", "role", "role_side")


def _mapping(relations: Relations, name: str, found: Mapping[str, str], key: str) -> ir.Table:
    columns = {key: pa.array(list(found), pa.string()), f"{key}_side": pa.array(list(found.values()), pa.string())}
    return relations.small(name, pa.table(columns))


def _pair(row: Row) -> Pair:
    rules = {rule.value: _count(row[rule.name.lower()]) for rule in OwnerRule}
    return Pair(
        sides=(str(row["side"]), str(row["other"])),
        orders=_count(row["orders"]),
        value=_money(row["value"]),
        credited=(_money(row["credit"]), _money(row["other_credit"])),
        unpaid=(_count(row["unpaid"]), _count(row["other_unpaid"])),
        rules={rule: count for rule, count in rules.items() if count},
    )


def _money(value: object) -> Decimal:
    return ZERO if value is None else Decimal(str(value))


def _count(value: object) -> int:
    return 0 if value is None else int(str(value))
