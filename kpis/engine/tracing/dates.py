"""The dates that the algorithms over customers compare with, and which ranges must have rows for a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from omnichannel.core.periods import shift_months

if TYPE_CHECKING:
    from kpis.engine.specs import Params
    from kpis.engine.windows import Span

Range = tuple[date | None, date]


@dataclass(frozen=True, slots=True)
class Dates:
    """`*_alive` is where the look-back of `churn_days` begins; `until_*` is the first day after a follow-up."""

    before: date
    start: date
    end: date
    year_ago: date
    start_alive: date
    end_alive: date
    year_alive: date
    first_from: date
    second_until: date
    rfm_from: date
    touched_from: date

    @classmethod
    def of(cls, span: Span, params: Params) -> Dates:
        """Return the dates of a span."""
        churn, second = timedelta(days=params.churn_days), timedelta(days=params.second_purchase_days)
        year_ago = shift_months(span.end, -12)
        return cls(
            before=span.before,
            start=span.start,
            end=span.end,
            year_ago=year_ago,
            start_alive=span.start - churn,
            end_alive=span.end - churn,
            year_alive=year_ago - churn,
            first_from=span.start - second,
            second_until=span.start + second,
            rfm_from=span.end - timedelta(days=params.rfm_window_days),
            touched_from=span.start - timedelta(days=params.attribution_window_days),
        )


# which valid orders each measure over the order history reads
READS: Mapping[str, Callable[[Dates], Range]] = {
    "repeat_n": lambda on: (on.start, on.end),
    "mall_repeat_n": lambda on: (on.start, on.end),
    "retained_n": lambda on: (on.before, on.end),
    "alive_open_n": lambda on: (on.start_alive, on.start),
    "newly_churned_n": lambda on: (on.start_alive, on.end),
    "churned_open_n": lambda on: (None, on.start),
    "recalled_n": lambda on: (None, on.end),
    "first_buyers_prev": lambda on: (None, on.start),
    "second_buyers": lambda on: (None, on.second_until),
    "lifetime_years": lambda on: (on.year_alive, on.end),
}
HISTORY = frozenset(READS)
BUYERS = frozenset({"member_buyers", "member_repeat_n", "member_sales", "private_buyers", "repeat_private_n"})
ACTIVE = frozenset({"active_n", "member_active_n"})
RFM = frozenset({"rfm_base_n", "rfm_member_base_n", "high_value_n", "high_value_member_n"})
TIERED = frozenset({"high_value_n", "high_value_member_n"})

_ORDERS: Mapping[str, Callable[[Dates], tuple[Range, ...]]] = {
    "retained_n": lambda on: ((on.before, on.start), (on.start, on.end)),
    "alive_open_n": lambda on: ((on.start_alive, on.start),),
    "newly_churned_n": lambda on: ((on.start_alive, on.start), (on.start, on.end)),
    "churned_open_n": lambda on: ((None, on.start),),
    "recalled_n": lambda on: ((None, on.start), (on.start, on.end)),
    "first_buyers_prev": lambda on: ((on.first_from, on.start),),
    "second_buyers": lambda on: ((on.first_from, on.start),),
    "lifetime_years": lambda on: ((on.year_alive, on.year_ago), (on.year_ago, on.end)),
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
