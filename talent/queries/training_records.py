"""A month of training: counted from the rows, beside the KPIs that the engine computed from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import COMPANY
from kpis.queries.training_rows import TrainingFigures, TrainingRow, feedback_rows, training_figures, training_rows
from kpis.queries.values import trends
from omnichannel.core.periods import Period

KPIS = ("training_completion_rate", "training_mastery", "training_satisfaction", "certified_share")


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Counts from the rows and, by KPI, what the scorecard shows of the company; None where it shows nothing."""

    counted: TrainingFigures
    computed: dict[str, Decimal | None]

    @property
    def certified_share(self) -> Decimal | None:
        """Certified over staff: the engine knows the staff."""
        return self.computed["certified_share"]


def month_figures(month: Period) -> MonthFigures:
    """Return the company's training figures of a month."""
    found = trends(KPIS, [month], scopes=[COMPANY])
    counted = training_figures(month, training_rows(), feedback_rows())
    return MonthFigures(counted, {kpi: found[kpi, COMPANY][0] for kpi in KPIS})


def records_of(person: str) -> Sequence[TrainingRow]:
    """Return somebody's training records, the newest first."""
    return sorted(training_rows(people=[person]), key=lambda row: (row.started_on, row.programme), reverse=True)
