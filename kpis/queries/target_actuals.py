"""What was achieved in the year before, as planning needs it: months as they are, sums where a KPI may be added."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import Scope
from kpis.queries.values import trends
from omnichannel.core.periods import Period


@dataclass(frozen=True, slots=True)
class Actuals:
    """The monthly figures of one KPI over two years by scope; None where there is none. `year` is the later one."""

    year: Period
    months: Mapping[Scope, Sequence[Decimal | None]]
    adds: bool

    @classmethod
    def read(cls, kpi: str, year: Period, *, scopes: Collection[Scope], adds: bool) -> Actuals:
        """Read the year and the one before in one query. `adds` tells whether months may be added up."""
        lines = trends([kpi], [*year.previous().months(), *year.months()], scopes=scopes)
        return cls(year, {scope: lines[kpi, scope] for scope in scopes}, adds)

    def at(self, scope: Scope, period: Period) -> Decimal | None:
        """Return a month's figure, or the sum of a longer period's months where they may be added and all are there."""
        line = self.months.get(scope)
        if line is None or not self.year.previous().start <= period.start < self.year.end:
            return None
        first = 12 if period.start >= self.year.start else 0
        inside = [line[first + month.start.month - 1] for month in period.months()]
        if len(inside) == 1:
            return inside[0]
        known = [value for value in inside if value is not None]
        return sum(known, Decimal(0)) if self.adds and len(known) == len(inside) else None

    def line(self, scope: Scope, periods: Sequence[Period]) -> list[Decimal | None]:
        """Return the figures a year before each of the periods."""
        return [self.at(scope, period.year_earlier()) for period in periods]

    def newest_line(self, scope: Scope, periods: Sequence[Period]) -> list[Decimal | None]:
        """Return the same, with the year before that where last year's figure is not there (yet)."""
        pairs = [(self.at(scope, each.year_earlier()), each.year_earlier().year_earlier()) for each in periods]
        return [self.at(scope, earlier) if value is None else value for value, earlier in pairs]

    def newest_at(self, scope: Scope, period: Period) -> Decimal | None:
        """Return the same as `at`, each month from the year before where it is not there (yet); known months count.

        As what children share a target by: months that nobody has must not hide those that there are.
        """
        months = period.months()
        if len(months) > 1 and not self.adds:
            return None
        pairs = [(self.at(scope, month), month.year_earlier()) for month in months]
        values = [self.at(scope, earlier) if value is None else value for value, earlier in pairs]
        known = [value for value in values if value is not None]
        return sum(known, Decimal(0)) if known else None
