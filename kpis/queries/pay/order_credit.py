"""One order as the ledger sees it: its touches in time, what each earns by every model, whose it is by the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from kpis.engine.attribution import MODELS
from kpis.engine.crediting import SHARED, credited_touches
from kpis.engine.derived.case import VALID_STATUS
from kpis.engine.relations import Relations, Row
from kpis.incentives.credit import Credit, OrderFact, owner_credits
from kpis.incentives.ledger import paid_orders
from kpis.incentives.touches import By, Narrow, Sides, TouchLedger
from kpis.queries.definitions import library_at
from kpis.queries.pay.credit_ask import TABLES, role_name, side_names, sides_on
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Period, month_of
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_names

ZERO = Decimal(0)


class Earns(StrEnum):
    """Whether a touch can earn credit, and why not."""

    YES = "yes"
    AFTER = "after"
    TOO_OLD = "too_old"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TouchLine:
    """A touch. `age` is seconds before the payment; `credits` what it earns by model, empty where it cannot."""

    seq: int
    at: datetime
    role: Bilingual
    side: str
    side_names: Bilingual
    channel: str
    employee: str
    employee_name: str
    campaign: str
    age: int
    earns: Earns
    credits: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class OrderCredit:
    """An order. `sums` are what its touches earn together by model: the amount, in `shared` more than it.

    `sides` is how many departments share it. `owners` are whose it is for pay; none where no rule applies.
    """

    order_id: str
    paid_at: datetime
    channel: str
    unit: str
    unit_name: str
    status: str
    amount: Decimal
    own_model: str
    window: int
    half_life: int
    touches: tuple[TouchLine, ...]
    sums: Mapping[str, Decimal]
    sides: int
    owners: tuple[Credit, ...]
    owner_names: Mapping[str, str]

    @property
    def is_valid(self) -> bool:
        """Tell whether the order counts at all."""
        return self.status in VALID_STATUS


def order_credit(order_id: str) -> OrderCredit | None:
    """Read an order by its id with the definitions and the organisation of its month; None where there is none."""
    relations = open_relations(as_of=current_day(), only=TABLES)
    try:
        found = _order(relations, order_id)
        return None if found is None else _told(relations, found)
    finally:
        relations.close()


def has_order(order_id: str) -> bool:
    """Tell whether there is an order of an id."""
    relations = open_relations(as_of=current_day(), only=("orders",))
    try:
        return _order(relations, order_id) is not None
    finally:
        relations.close()


def _order(relations: Relations, order_id: str) -> Row | None:
    orders = relations.table("orders")
    rows = [] if orders is None else relations.rows(orders.filter(orders["order_id"] == order_id).limit(1))
    return rows[0] if rows else None


def _told(relations: Relations, order: Row) -> OrderCredit:
    paid_at = _moment(order["paid_at"])
    month = month_of(paid_at.date())
    params, tree = library_at(month.last_day).params, unit_tree(as_of=month.last_day)
    sides = sides_on(month.last_day, By.DEPARTMENT, tree=tree)
    rows = _touches(relations, str(order["order_id"]))
    credits = _credits(relations, order, month, sides) if str(order["status"]) in VALID_STATUS else {}
    lines = _lines(rows, paid_at, credits, sides, order, params.attribution_window_days, month.last_day)
    owners = _owners(relations, order, month)
    unit = str(order["unit_id"] or "")
    return OrderCredit(
        order_id=str(order["order_id"]),
        paid_at=paid_at,
        channel=str(order["channel"]),
        unit=unit,
        unit_name=tree.nodes[unit].name if unit in tree else unit,
        status=str(order["status"]),
        amount=_money(order["net_amount"]),
        own_model=params.attribution_model,
        window=params.attribution_window_days,
        half_life=params.attribution_half_life_days,
        touches=lines,
        sums=_sums(lines, _money(order["net_amount"])),
        sides=len({line.side for line in lines if line.credits}),
        owners=owners,
        owner_names=people_names({each.person for each in owners if each.person}),
    )


def _sums(lines: tuple[TouchLine, ...], amount: Decimal) -> dict[str, Decimal]:
    """Return what the touches earn together; in `shared` the departments', each of which sees the order once."""
    sums = {model: sum((line.credits[model] for line in lines if line.credits), ZERO) for model in MODELS}
    return sums | {SHARED: amount * len({line.side for line in lines if line.credits})}


def _touches(relations: Relations, order_id: str) -> list[Row]:
    touches = relations.table("order_touches")
    if touches is None:
        return []
    mine = touches.filter(touches["order_id"] == order_id)
    return relations.rows(mine.order_by(["touched_at", "seq"]))


def _credits(relations: Relations, order: Row, month: Period, sides: Sides) -> dict[int, dict[str, Decimal]]:
    """Return what each touch that can earn does, by its number and the model."""
    if relations.table("order_touches") is None:
        return {}
    params, day = library_at(month.last_day).params, _moment(order["paid_at"]).date()
    ledger = TouchLedger(relations, day, _next(day), params=params, sides=sides, narrow=Narrow())
    mine = ledger.touches.filter(ledger.touches["order_id"] == str(order["order_id"]))
    found: dict[int, dict[str, Decimal]] = {
        int(str(row["seq"])): dict.fromkeys(MODELS, ZERO) for row in relations.rows(mine)
    }
    for model in MODELS:
        earned = credited_touches(relations, mine, params=replace(params, attribution_model=model))
        for row in relations.rows(earned):
            found[int(str(row["seq"]))][model] = _money(row["credit"])
    return found


def _lines(
    rows: list[Row],
    paid_at: datetime,
    credits: Mapping[int, Mapping[str, Decimal]],
    sides: Sides,
    order: Row,
    window: int,
    day: date,
) -> tuple[TouchLine, ...]:
    named = [sides.of(str(row["role_id"]), _text(row["employee_id"]), _text(row["channel"])) for row in rows]
    names = side_names(named, sides.by, tree=unit_tree(as_of=day))
    people = people_names({str(row["employee_id"]) for row in rows if row["employee_id"]})
    valid = str(order["status"]) in VALID_STATUS
    lines = []
    for row, side in zip(rows, named, strict=True):
        at, seq, employee = _moment(row["touched_at"]), int(str(row["seq"])), _text(row["employee_id"])
        earns = _earns(at, paid_at, window) if valid else Earns.CANCELLED
        lines.append(
            TouchLine(
                seq=seq,
                at=at,
                role=role_name(str(row["role_id"])),
                side=side,
                side_names=names[side],
                channel=_text(row["channel"]),
                employee=employee,
                employee_name=people.get(employee, employee),
                campaign=_text(row["campaign_id"]),
                age=int((paid_at - at).total_seconds()),
                earns=earns,
                credits=credits.get(seq, {}),
            )
        )
    return tuple(lines)


def _earns(at: datetime, paid_at: datetime, window: int) -> Earns:
    if at > paid_at:
        return Earns.AFTER
    return Earns.TOO_OLD if (paid_at - at).total_seconds() > window * 86_400 else Earns.YES


def _owners(relations: Relations, order: Row, month: Period) -> tuple[Credit, ...]:
    """Return whose the order is for pay, by the rules in their order."""
    paid = paid_orders(relations, month)
    if paid is None:
        return ()
    rows = relations.rows(paid.filter(paid["order_id"] == str(order["order_id"])))
    if not rows:
        return ()
    (row,) = rows
    fact = OrderFact(
        order_id=str(row["order_id"]),
        amount=_money(row["net_amount"]),
        at_till=row["channel"] == "store",
        seller=_text(row["seller"]),
        customer_guide=_text(row["guide"]),
        store=_text(row["unit_id"]),
    )
    return owner_credits(fact)


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _money(value: object) -> Decimal:
    return ZERO if value is None else Decimal(str(value))
