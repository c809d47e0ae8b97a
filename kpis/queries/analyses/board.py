"""What the analyses of a page read: the scope's figures of the month and the one before, targets, results, cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from kpis.analysis_choices import AnalysisName
from kpis.engine.analyses.documents import from_json
from kpis.engine.specs import KpiSpec, Library, NoData, Scope, Value
from kpis.models import AnalysisResult
from kpis.queries.analyses.stored import results_of
from kpis.queries.definitions import library_at
from kpis.queries.targets import targets_of
from kpis.queries.values import current_values
from omnichannel.core.periods import Period

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Board:
    """Everything stored about one scope in one month."""

    period: Period
    scope: Scope
    library: Library
    values: Mapping[str, Value]
    before: Mapping[str, Value]
    targets: Mapping[str, Decimal]
    results: Mapping[AnalysisName, AnalysisResult]

    def value(self, kpi: str) -> Value:
        """Return the month's figure; one that is not stored says why."""
        return self.values.get(kpi) or Value(kpi, self.scope, None, reason=NoData.NOT_AT_SCOPE)

    def earlier(self, kpi: str) -> Decimal | None:
        """Return the figure of the month before."""
        found = self.before.get(kpi)
        return found.value if found else None

    def spec(self, kpi: str) -> KpiSpec | None:
        """Return the KPI's definition; None for one that a workspace has retired."""
        return self.library.kpis.get(kpi)

    def document(self, name: AnalysisName, kind: type[D]) -> D | None:
        """Return what an analysis found; None when it has not run, or has nothing to read."""
        row = self.results.get(name)
        return None if row is None else from_json(kind, row.document)


def board_of(period: Period, scope: Scope) -> Board:
    """Read a scope's month in four queries."""
    return Board(
        period=period,
        scope=scope,
        library=library_at(period.last_day),
        values={value.kpi: value for value in current_values(period, scopes=[scope])},
        before={value.kpi: value for value in current_values(period.previous(), scopes=[scope])},
        targets={kpi: target for (kpi, _at), target in targets_of(period, scopes=[scope]).items()},
        results=results_of(period, scope),
    )


def percent(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """Return part of whole in percent, in full; None where there is no whole."""
    if part is None or not whole:
        return None
    return Decimal(part) * 100 / Decimal(whole)
