"""Buyers of the period by what they were when they paid: members, private contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.derived.case import KEYS, Case, counted, flag

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.results import MeasureResult

MEASURES = frozenset({"member_buyers", "member_repeat_n", "private_buyers", "repeat_private_n", "member_sales"})


def buyer_results(case: Case, measures: frozenset[str]) -> dict[str, MeasureResult]:
    """Compute the asked ones of `MEASURES`.

    A repeat buyer needs one order as a member (private contact) and valid orders on two days, whichever way paid.
    """
    orders = case.customer_orders(case.span.start, case.span.end)
    if measures & {"private_buyers", "repeat_private_n"}:
        orders = _with_private(case, orders)
    if measures & {"member_buyers", "member_repeat_n", "member_sales"}:
        orders = _with_members(case, orders)
    answer = case.answer(_totals(case, orders))
    covered = case.has("orders", case.span.start, case.span.end)
    asked = sorted(measures)
    return counted(answer, case.kinds("orders"), {name: name for name in asked}, dict.fromkeys(asked, covered))


def _with_members(case: Case, orders: ir.Table) -> ir.Table:
    customers = case.table("customers").select("member_since", "erased_at", member_id="customer_id")
    joined = orders.left_join(customers, orders["customer_id"] == customers["member_id"])
    day, erased = joined["paid_at"].date(), joined["erased_at"]
    member = (joined["member_since"] <= day) & (erased.isnull() | (erased > joined["paid_at"]))
    return joined.mutate(is_member=flag(member)).drop("member_since", "erased_at", "member_id")


def _with_private(case: Case, orders: ir.Table) -> ir.Table:
    """Mark the orders whose customer had an open contact, of anybody in the firm, before paying."""
    contacts = case.table("contacts").select("added_at", "removed_at", contact_customer="customer_id")
    pairs = orders.select("order_id", "customer_id", "paid_at").join(
        contacts, ibis._["customer_id"] == contacts["contact_customer"]
    )
    removed = pairs["removed_at"]
    open_then = pairs.filter(pairs["added_at"] < pairs["paid_at"], removed.isnull() | (removed > pairs["paid_at"]))
    private = open_then.select(private_order="order_id").distinct()
    joined = orders.left_join(private, orders["order_id"] == private["private_order"])
    return joined.mutate(is_private=flag(joined["private_order"].notnull())).drop("private_order")


def _totals(case: Case, orders: ir.Table) -> ir.Table:
    marks = [name for name in ("is_member", "is_private") if name in orders.columns]
    rows = case.spread(orders, "orders", ["customer_id", "paid_at", "net_amount", *marks])
    day = rows["paid_at"].date()
    state: dict[str, ir.Value] = {"n": rows.count(), "day_1": day.min(), "day_n": day.max()}
    for mark in marks:
        state[mark] = rows[mark].max()
    if "is_member" in marks:
        state["sales"] = ibis.ifelse(rows["is_member"].notnull(), rows["net_amount"], None).sum()
        state["sales_n"] = rows["is_member"].count()
    people = rows.group_by(list(KEYS)).aggregate(**state)
    columns: dict[str, ir.Value] = {}
    for mark, buyers, repeat in (
        ("is_member", "member_buyers", "member_repeat_n"),
        ("is_private", "private_buyers", "repeat_private_n"),
    ):
        if mark in marks:
            held = people[mark].notnull()
            columns[buyers] = flag(held).count()
            columns[repeat] = flag(held & (people["day_1"] < people["day_n"])).count()
            columns[f"n_{buyers}"] = columns[f"n_{repeat}"] = ibis.ifelse(held, people["n"], None).sum()
    if "is_member" in marks:
        columns["member_sales"] = people["sales"].sum()
        columns["n_member_sales"] = people["sales_n"].sum()
    return people.group_by(["_kind", "_scope"]).aggregate(**columns)
