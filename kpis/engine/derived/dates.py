"""The dates that the algorithms over customers compare with."""

from __future__ import annotations

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
