"""Changes a role's KPI weights for a stage and grades again, so that the new score shows at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import ComputationKind
from kpis.errors import WeightsInvalid
from kpis.models import WeightSet
from kpis.queries.values import stored_periods
from kpis.queries.weights import allowed_kpis
from kpis.services.scorecards import regrade
from kpis.services.values import request_computation
from omnichannel.core.periods import Period
from roles.catalogue import RoleKey, StageKey

HUNDRED = Decimal(100)
CENT = Decimal("0.01")
AT_ONCE = 2  # periods graded within the request; older ones follow in a job


def set_weights(
    role: RoleKey,
    stage: StageKey,
    weights: Mapping[str, Decimal],
    *,
    effective_from: date,
    actor_id: int,
    note: str = "",
) -> WeightSet:
    """Save the weights from a day on and grade again what they touch. WeightsInvalid lists all that is wrong.

    A KPI with weight 0 is left out. The newest two periods are graded before this returns, older ones by a job.
    """
    kept = checked_weights(role, weights)
    with transaction.atomic():
        saved = WeightSet.objects.create(
            role_key=role.value,
            stage=stage.value,
            effective_from=effective_from,
            weights={kpi: f"{weight:.2f}" for kpi, weight in kept.items()},
            note=note,
            created_by_id=actor_id,
        )
        touched = [period for period in stored_periods() if period.last_day >= effective_from]
        regrade(touched[:AT_ONCE], role=role, actor_id=actor_id)
        _grade_later(touched[AT_ONCE:], actor_id=actor_id)
    return saved


def _grade_later(periods: list[Period], *, actor_id: int) -> None:
    if periods:
        request_computation(periods, actor_id=actor_id, recent_only=True, mode=ComputationKind.GRADES)


def checked_weights(role: RoleKey, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the weights above 0, or raise WeightsInvalid with every fault: foreign KPIs, bad numbers, a wrong sum."""
    allowed = set(allowed_kpis(role.value))
    issues = [(kpi, _("%(kpi)s is no KPI of this role.") % {"kpi": kpi}) for kpi in weights if kpi not in allowed]
    for kpi, weight in weights.items():
        if not weight.is_finite() or not 0 <= weight <= HUNDRED:
            issues.append((kpi, _("A weight lies between 0 and 100.")))
        elif weight != weight.quantize(CENT):
            issues.append((kpi, _("A weight has at most two decimals.")))
    total = sum((weight for weight in weights.values() if weight.is_finite()), Decimal(0))
    if total != HUNDRED:
        issues.append(("", _("The weights add up to %(total)s, not to 100.00.") % {"total": f"{total:.2f}"}))
    if issues:
        raise WeightsInvalid(issues)
    return {kpi: weight for kpi, weight in weights.items() if weight}
