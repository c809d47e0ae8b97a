"""Which weights count for a role in a stage on a day: the workspace's newest set, else the library's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.choices import WeightsSource
from kpis.library import load_library
from kpis.models import WeightSet
from roles.catalogue import RoleKey, StageKey

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class EffectiveWeights:
    """Weights that count on a day, in the order of the library, and who set them since when."""

    role: str
    stage: str
    weights: Mapping[str, Decimal]
    source: WeightsSource
    weight_set_id: int | None = None
    since: date | None = None
    note: str = ""


def effective_weights(role: RoleKey | str, stage: StageKey | str, *, on: date) -> EffectiveWeights:
    """Return the weights of one role and stage on a day."""
    return weights_on(on, role=str(role))[str(role), str(stage)]


def weights_on(on: date, *, role: str | None = None) -> Mapping[Key, EffectiveWeights]:
    """Return the weights of every role (or of one) and stage on a day, in one query."""
    sets = load_library().weights.values()
    found = {
        (each.role, each.stage): EffectiveWeights(each.role, each.stage, each.weights, WeightsSource.LIBRARY)
        for each in sets
        if role is None or each.role == role
    }
    own = WeightSet.objects.filter(effective_from__lte=on)
    if role is not None:
        own = own.filter(role_key=role)
    newest = own.order_by("role_key", "stage", "-effective_from", "-id").distinct("role_key", "stage")
    found.update({(each.role_key, each.stage): _of_workspace(each) for each in newest})
    return found


def _of_workspace(row: WeightSet) -> EffectiveWeights:
    weights = {kpi: Decimal(text) for kpi, text in row.weights.items()}
    return EffectiveWeights(
        row.role_key, row.stage, weights, WeightsSource.WORKSPACE, row.pk, row.effective_from, row.note
    )


def weight_history(role: str, *, limit: int = 20) -> list[WeightSet]:
    """Return the workspace's own sets of a role, newest first."""
    return list(WeightSet.objects.filter(role_key=role).select_related("created_by").order_by("-id")[:limit])


def allowed_kpis(role: str) -> tuple[str, ...]:
    """Return the KPIs a role may be weighed by: its own, then the company's and any role's."""
    kpis = load_library().kpis.values()
    own = [kpi.id for kpi in kpis if role in kpi.roles]
    return tuple(dict.fromkeys([*own, *(kpi.id for kpi in kpis if kpi.company or kpi.any_role)]))
