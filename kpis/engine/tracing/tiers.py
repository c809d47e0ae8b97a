"""Behind the RFM tiers: everybody who was ranked, with scores, tier and the orders of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import calendar_day
from kpis.engine.derived.rfm import TIERED
from kpis.engine.tracing.asking import STAND_IN, Asking
from kpis.engine.tracing.customers import members_at_end, scoped_orders
from kpis.engine.tracing.history import ORDER
from kpis.engine.tracing.listing import Listing, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir


FACTS = ("recency", "frequency", "money", "r", "f", "m", "tier")


def tier_listing(asking: Asking, measure: str) -> Listing:
    """List the base of the tiers; for the tiered measures all of it, for a score is a place among the others."""
    on = STAND_IN
    orders = scoped_orders(asking, (on.rfm_from, on.end))
    people = orders.group_by(list(asking.entity)).aggregate(
        recency=calendar_day(on.end).delta(orders["paid_at"].max().cast("date"), unit="day"),
        frequency=orders.count(),
        money=orders["net_amount"].sum(),
    )
    people = people.mutate(counts=ibis.literal(True))
    parts = [Part("orders", orders, ORDER)]
    if measure in TIERED:
        people = _ranked(asking, people)
        people = people.mutate(counts=people["tier"] == "high")
    if measure in ("rfm_member_base_n", "high_value_member_n"):
        members = members_at_end(asking)
        parts.append(Part("customers", members, ("customer_id",), everywhere=True))
        ids = members.select(member_id="customer_id").distinct()
        if measure in TIERED:
            people = people.left_join(ids, people["_entity"] == ids["member_id"])
            people = people.mutate(counts=people["counts"] & people["member_id"].notnull())
        else:
            people = people.semi_join(ids, people["_entity"] == ids["member_id"])
    facts = [name for name in FACTS if name in people.columns]
    amount = ibis.ifelse(people["counts"], 1, 0)
    entities = people.select(*asking.entity, *facts, _amount=amount, _weight=ibis.null("int64"))
    return Listing(entities, tuple(parts), facts=tuple(facts))


def _ranked(asking: Asking, people: ir.Table) -> ir.Table:
    """Add the scores: one more for every edge of the bins that the share of the strictly worse reaches."""
    group, bins = list(asking.scoped), asking.params.rfm_bins
    worse = people.mutate(
        size=ibis._.count().over(ibis.window(group_by=group)),
        below_r=ibis.rank().over(ibis.window(group_by=group, order_by=people["recency"].desc())),
        below_f=ibis.rank().over(ibis.window(group_by=group, order_by=people["frequency"])),
        below_m=ibis.rank().over(ibis.window(group_by=group, order_by=people["money"])),
    )
    # whole numbers divide down, so this is the number of edges reached
    scores = {
        name: ibis.least(worse[f"below_{name}"] * bins // worse["size"], bins - 1).cast("int64") + 1 for name in "rfm"
    }
    scored = worse.mutate(**scores)
    tier = ibis.cases((scored["r"] < 3, "dormant"), (scored["f"] + scored["m"] >= 8, "high"), else_="potential")
    return scored.mutate(tier=tier)
