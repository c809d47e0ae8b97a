"""What stands beside the figures of several scopes at once: target, attainment, status and the last months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.arithmetic import rounded
from kpis.engine.grading import attainment, band_of
from kpis.engine.specs import KpiSpec, Scope
from kpis.models import Target
from kpis.queries.figure_places import Place
from kpis.queries.values import trends
from omnichannel.core.periods import Period


@dataclass(frozen=True, slots=True)
class Beside:
    """A scope's target, and its figures over the months. `spec` tells how a value is judged."""

    spec: KpiSpec
    target: Decimal | None
    trend: Sequence[Decimal | None]

    def status(self, value: Decimal | None) -> str:
        """Return how a value stands to the target; empty where nothing is to be reached."""
        if value is None:
            return ""
        reached = attainment(self.spec, value, self.target)
        return "" if reached is None else band_of(rounded(reached)).value


def targets_and_trends(
    place: Place, spec: KpiSpec, scopes: Sequence[Scope], months: Sequence[Period], *, counted_anew: bool
) -> Mapping[Scope, Beside]:
    """Return it for every scope, in two queries; what was counted anew is no scope's own figure and has neither."""
    if counted_anew or not scopes:
        return {scope: Beside(spec, None, ()) for scope in scopes}
    rows = Target.objects.filter(
        period=str(place.period), kpi=place.kpi, scope_kind=scopes[0].kind.value,
        scope_id__in=[scope.id for scope in scopes],
    )  # fmt: skip
    targets = dict(rows.values_list("scope_id", "value"))
    lines = trends([place.kpi], months, scopes=scopes)
    return {scope: Beside(spec, targets.get(scope.id), lines[place.kpi, scope]) for scope in scopes}
