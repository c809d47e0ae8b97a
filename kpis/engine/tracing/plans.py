"""A listing as compiled queries: what must be asked to page it, to add it up, or to read it for all scopes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from kpis.engine.crediting import SPLIT
from kpis.engine.derived import base_tables, buyers, history, rfm
from kpis.engine.relations import LINE, SEQ
from kpis.engine.specs import SimpleMeasure
from kpis.engine.tracing import coverage
from kpis.engine.tracing.activity import activated_listing, active_listing, active_private_listing
from kpis.engine.tracing.answers import answer_listing
from kpis.engine.tracing.asking import IDS, Asking
from kpis.engine.tracing.buyers import buyer_listing
from kpis.engine.tracing.credited import credited_listing
from kpis.engine.tracing.history import history_listing
from kpis.engine.tracing.simple import simple_listing
from kpis.engine.tracing.tiers import tier_listing

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.tracing.listing import Listing, Part

MOST_PLANS = 2000


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """Rows of one table. `sql` reads those of some entities (of all, for all scopes); empty for rows not grouped."""

    table: str
    sql: str
    everywhere: bool
    is_base: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`lines` reads what is paged, in order: entities, or the rows of the only part. `totals` adds it up.

    The lines of entities carry the totals themselves (`_all_n`, `_all_amount`, `_all_weight`).
    """

    parts: tuple[PlannedPart, ...]
    lines: str
    totals: str
    by_entity: bool
    per_row: bool
    by_scale: bool
    facts: tuple[str, ...]


_plans: OrderedDict[object, Plan] = OrderedDict()


def plan_of(asking: Asking) -> Plan:
    """Return the compiled listing of the reference. LookupError when a table of it was never loaded."""
    if table := asking.missing:
        raise LookupError(f"{table} is not loaded")
    if asking.ref.measure == "attributed_sales" and asking.params.attribution_model in SPLIT:
        return _compiled(asking, credited_listing(asking))
    signature = asking.signature
    if signature in _plans:
        _plans.move_to_end(signature)
        return _plans[signature]
    plan = _plans[signature] = _compiled(asking, _listing(asking))
    while len(_plans) > MOST_PLANS:
        _plans.popitem(last=False)
    return plan


def _listing(asking: Asking) -> Listing:
    measure = asking.measure
    if isinstance(measure, SimpleMeasure):
        return simple_listing(asking, measure)
    name = measure.id
    if name in history.MEASURES:
        return history_listing(asking, name)
    if name in buyers.MEASURES:
        return buyer_listing(asking, name)
    if name in coverage.ACTIVE:
        return active_listing(asking, name)
    if name in rfm.MEASURES:
        return tier_listing(asking, name)
    if name == "active_private_n":
        return active_private_listing(asking)
    if name == "activated_n":
        return activated_listing(asking)
    return credited_listing(asking) if name == "attributed_sales" else answer_listing(asking)


def _compiled(asking: Asking, listing: Listing) -> Plan:
    compiled = asking.context.relations.compiled
    entities = listing.entities
    if entities is None:
        (only,) = listing.parts
        lines = only.rows
        parts: tuple[PlannedPart, ...] = (PlannedPart(only.table, "", everywhere=False, is_base=True),)
        order = [*asking.scoped, *_row_order(only)]
    else:
        everything = ibis.window()
        lines = entities.mutate(
            _all_n=ibis._.count().over(everything),
            _all_amount=entities["_amount"].sum().over(everything),
            _all_weight=entities["_weight"].sum().over(everything),
        )
        # whoever counts comes before whoever was only ranked
        order = [*asking.scoped, ibis.ifelse(lines["_amount"] == 0, 1, 0), "_entity"]
        parts = tuple(_part(asking, part, entities) for part in listing.parts)
    return Plan(
        parts=parts,
        lines=compiled(lines.order_by(order)),
        # what is read for all scopes at once is added up by the reader
        totals=compiled(_totals(lines, listing)) if asking.only is not None else "",
        by_entity=entities is not None,
        per_row=listing.per_row,
        by_scale=listing.by_scale,
        facts=listing.facts,
    )


def _part(asking: Asking, part: Part, entities: ir.Table) -> PlannedPart:
    keys = ["_entity"] if part.everywhere else list(asking.entity)
    if asking.only is None:
        rows = part.rows.semi_join(entities, keys)
    else:
        rows = part.rows.filter(part.rows["_entity"].isin([IDS]))
    sql = asking.context.relations.compiled(rows.order_by([*keys, *_row_order(part)]))
    is_base = not part.everywhere and part.table in base_tables(asking.ref.measure)
    return PlannedPart(part.table, sql, part.everywhere, is_base)


def _totals(lines: ir.Table, listing: Listing) -> ir.Table:
    amount = lines["_entity"].nunique() if listing.is_distinct else lines["_amount"].sum()
    sums = {"n": lines.count(), "amount": amount, "weight": lines["_weight"].sum()}
    return lines.group_by("_scale").aggregate(**sums) if listing.by_scale else lines.aggregate(**sums)


def _row_order(part: Part) -> list[str]:
    return [*part.order, SEQ, LINE]
