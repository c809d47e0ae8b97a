"""Which ranges must have rows for a derived figure, and which valid orders it reads, by the algorithms' own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from kpis.engine.derived.history import RULES
from kpis.engine.derived.rfm import MEASURES as RFM

if TYPE_CHECKING:
    from kpis.engine.derived.dates import Dates, Range

ACTIVE = frozenset({"active_n", "member_active_n"})

# which valid orders each measure over the order history reads; the two that are made of others last
READS: Mapping[str, Callable[[Dates], Range]] = {
    **{measure: rule.reads for measure, rule in RULES.items()},
    "second_buyers": lambda on: (None, on.second_until),
    "lifetime_years": RULES["lost_in_year"].reads,
}
_ORDERS: Mapping[str, Callable[[Dates], tuple[Range, ...]]] = {
    **{measure: rule.needs for measure, rule in RULES.items()},
    "second_buyers": RULES["first_buyers_prev"].needs,
    "lifetime_years": RULES["lost_in_year"].needs,
    **dict.fromkeys(RFM, lambda on: ((on.rfm_from, on.end),)),
}


def is_covered(measure: str, on: Dates, has: Callable[[str, date | None, date], bool]) -> bool:
    """Tell whether the tables have rows in every range the measure must know; else its figure is missing, not 0."""
    if measure in ACTIVE:
        return has("interactions", on.start, on.end) or has("orders", on.start, on.end)
    if measure == "active_private_n":
        return has("contacts", None, on.end) and has("interactions", on.start, on.end)
    if measure == "activated_n":
        return has("contacts", on.start, on.end)
    if measure == "attributed_sales":
        return has("orders", on.start, on.end) and has("order_touches", on.touched_from, on.end)
    if measure == "nps_value":
        return True
    ranges = _ORDERS[measure](on) if measure in _ORDERS else ((on.start, on.end),)
    return all(has("orders", start, end) for start, end in ranges)
