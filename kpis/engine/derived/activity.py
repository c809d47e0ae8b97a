"""Active customers, active members, active private customers, and new contacts that came to life."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.case import EFFECTIVE_KINDS, KEYS, MALL_VISIT, VALID_STATUS, Case, counted, flag

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kpis.engine.results import MeasureResult

MEASURES = frozenset({"active_n", "member_active_n", "active_private_n", "activated_n"})


def activity_results(case: Case, measures: frozenset[str]) -> dict[str, MeasureResult]:
    """Compute the asked ones of `MEASURES`."""
    found = _active(case, sorted(measures & {"active_n", "member_active_n"}))
    if "active_private_n" in measures:
        found.update(_active_private(case))
    if "activated_n" in measures:
        found.update(_activated(case))
    return found


def members_at(customers: ir.Table, day: date) -> ir.Table:
    """Return the ids of those who are members when `day` begins: joined before it and not erased by then."""
    erased = customers["erased_at"]
    current = customers.filter(
        customers["member_since"] < calendar_day(day),
        erased.isnull() | (erased >= midnight(day)),
        customers["customer_id"].notnull(),
    )
    return current.select("customer_id").distinct()


def _interactions(rows: ir.Table, start: date, end: date, kinds: tuple[str, ...]) -> ir.Table:
    known = rows.filter(rows["kind"].isin(kinds), rows["customer_id"].notnull())
    return known.filter(known["date"] >= calendar_day(start), known["date"] < calendar_day(end))


def _active(case: Case, asked: list[str]) -> dict[str, MeasureResult]:
    """Count customers with an effective interaction, a mall visit or a valid order, all within the scope."""
    if not asked:
        return {}
    span = case.span
    touched = _interactions(case.narrowed("interactions"), span.start, span.end, (*EFFECTIVE_KINDS, MALL_VISIT))
    seen = case.spread(touched, "interactions", ["customer_id"])
    bought = case.spread(case.customer_orders(span.start, span.end), "orders", ["customer_id"])
    rows = seen.union(bought)
    people = rows.group_by(list(KEYS)).aggregate(n=rows.count())
    columns = {"active_n": people.count(), "n_active_n": people["n"].sum()}
    if "member_active_n" in asked:
        members = members_at(case.table("customers"), span.end).select(member_id="customer_id")
        people = people.left_join(members, people["customer_id"] == members["member_id"])
        is_member = people["member_id"].notnull()
        columns = {
            "active_n": people.count(),
            "n_active_n": people["n"].sum(),
            "member_active_n": flag(is_member).count(),
            "n_member_active_n": ibis.ifelse(is_member, people["n"], None).sum(),
        }
    answer = case.answer(people.group_by(["_kind", "_scope"]).aggregate(**columns))
    covered = any(case.has(table, span.start, span.end) for table in ("interactions", "orders"))
    kinds = case.kinds("interactions", "orders")
    return counted(answer, kinds, {name: name for name in asked}, dict.fromkeys(asked, covered))


def _active_private(case: Case) -> dict[str, MeasureResult]:
    """Count customers with an open contact at any time of the period who had an effective interaction in it."""
    span = case.span
    contacts = case.narrowed("contacts")
    removed = contacts["removed_at"]
    open_then = contacts.filter(
        contacts["added_at"] < midnight(span.end),
        removed.isnull() | (removed >= midnight(span.start)),
        contacts["customer_id"].notnull(),
    )
    people = case.spread(open_then, "contacts", ["customer_id"]).distinct()
    touched = _interactions(case.table("interactions"), span.start, span.end, EFFECTIVE_KINDS)
    touched = touched.group_by("customer_id").aggregate(n=touched.count())
    joined = people.join(touched, "customer_id")
    answer = joined.group_by(["_kind", "_scope"]).aggregate(
        active_private_n=joined.count(), n_active_private_n=joined["n"].sum()
    )
    covered = case.has("contacts", None, span.end) and case.has("interactions", span.start, span.end)
    names = {"active_private_n": "active_private_n"}
    return counted(case.answer(answer), case.kinds("contacts"), names, {"active_private_n": covered})


def _activated(case: Case) -> dict[str, MeasureResult]:
    """Count first contacts of the period whose customer came to life within `activation_days` of being added.

    The follow-up is not cut at the period's end. Interactions only have a date, so the day of adding counts.
    """
    span, days = case.span, case.params.activation_days
    until = span.end + timedelta(days=days + 1)
    contacts = case.narrowed("contacts")
    added = contacts["added_at"]
    fresh = contacts.filter(contacts["is_first"], added >= midnight(span.start), added < midnight(span.end))
    named = fresh.filter(fresh["customer_id"].notnull()).select("contact_id", "customer_id", "added_at")
    limit = ibis.interval(days=days)
    seen = _interactions(case.table("interactions"), span.start, until, (*EFFECTIVE_KINDS, MALL_VISIT))
    met = named.join(seen.select("customer_id", "date").distinct(), "customer_id")
    first_day = met["added_at"].date()
    met = met.filter(met["date"] >= first_day, met["date"] <= (first_day + limit).cast("date"))
    orders = case.table("orders")
    orders = orders.filter(orders["status"].isin(VALID_STATUS))
    orders = orders.filter(orders["paid_at"] >= midnight(span.start), orders["paid_at"] < midnight(until))
    bought = named.join(orders.select("customer_id", "paid_at"), "customer_id")
    bought = bought.filter(bought["paid_at"] >= bought["added_at"], bought["paid_at"] <= bought["added_at"] + limit)
    alive = met.select(alive_id="contact_id").union(bought.select(alive_id="contact_id")).distinct()
    marked = fresh.left_join(alive, fresh["contact_id"] == alive["alive_id"])
    rows = case.spread(marked, "contacts", ["alive_id"])
    answer = rows.group_by(["_kind", "_scope"]).aggregate(
        activated_n=flag(rows["alive_id"].notnull()).count(), n_activated_n=rows.count()
    )
    covered = case.has("contacts", span.start, span.end)
    names = {"activated_n": "activated_n"}
    return counted(case.answer(answer), case.kinds("contacts"), names, {"activated_n": covered})
