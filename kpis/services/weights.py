"""Changes a role's KPI weights for a stage and grades again, so that the new score shows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import ComputationKind
from kpis.errors import WeightsInvalid
from kpis.models import WeightSet
from kpis.queries.definitions import absence_words
from kpis.queries.values import periods_touched, stored_periods
from kpis.queries.weights import allowed_kpis, newest_set
from kpis.services.scorecards import regrade
from kpis.services.values import request_all
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.scoping import lock_in_workspace
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.choices import SUBTYPES_OF
from roles.queries.org_chart import unit_tree

HUNDRED = Decimal(100)
CENT = Decimal("0.01")
WEIGHTS_LOCK = 0x0F21  # first key of the advisory lock of everybody who saves weights
AT_ONCE = 2  # periods graded within the request; older ones follow in a job


def set_weights(
    role: RoleKey,
    stage: StageKey,
    weights: Mapping[str, Decimal],
    *,
    effective_from: date,
    actor_id: int,
    note: str = "",
    subtype: str = "",
    unit: str = "",
    seen: int | None = None,
) -> WeightSet:
    """Save the weights from a day on and grade again what they touch. WeightsInvalid lists all that is wrong.

    A KPI with weight 0 is left out. `subtype` and `unit` narrow where they count. `seen` is the newest set of the place
    that the writer knew (0: none); another one since is told, not run over. The newest two periods are graded before
    this returns, older ones by a job.
    """
    kept = checked_weights(role, weights, stage=stage, subtype=subtype, unit=unit, on=effective_from)
    place = (stage.value, subtype, unit)
    stored = {kpi: f"{weight:.2f}" for kpi, weight in kept.items()}
    return _save(role, place, stored, effective_from=effective_from, actor_id=actor_id, note=note, seen=seen)


def give_back(
    role: RoleKey,
    stage: StageKey,
    *,
    effective_from: date,
    actor_id: int,
    note: str = "",
    subtype: str = "",
    unit: str = "",
    seen: int | None = None,
) -> WeightSet:
    """From a day on let the next wider place decide again: the workspace's weights, or the library's."""
    _refuse(place_issues(stage, subtype=subtype, unit=unit, on=effective_from))
    place = (stage.value, subtype, unit)
    return _save(role, place, {}, effective_from=effective_from, actor_id=actor_id, note=note, seen=seen)


def restore_weights(old: WeightSet, *, effective_from: date, actor_id: int) -> WeightSet:
    """Let an earlier set count again from a day on; the sets between stay in the history."""
    note = _("Restored: the set of %(day)s (#%(number)s)") % {"day": old.effective_from, "number": old.pk}
    place = (old.stage, old.subtype, old.unit)
    role = RoleKey(old.role_key)
    if old.weights:
        checked_weights(role, {kpi: Decimal(text) for kpi, text in old.weights.items()}, on=effective_from)
    return _save(role, place, old.weights, effective_from=effective_from, actor_id=actor_id, note=note)


def _save(
    role: RoleKey,
    place: tuple[str, str, str],
    weights: Mapping[str, str],
    *,
    effective_from: date,
    actor_id: int,
    note: str,
    seen: int | None = None,
) -> WeightSet:
    stage, subtype, unit = place
    with transaction.atomic():
        lock_in_workspace(WEIGHTS_LOCK)
        _refuse(changed_since(role, place, seen=seen))
        saved = WeightSet.objects.create(
            role_key=role.value,
            stage=stage,
            subtype=subtype,
            unit=unit,
            effective_from=effective_from,
            weights=dict(weights),
            note=note,
            created_by_id=actor_id,
        )
        _grade_again(role, periods_touched(effective_from), actor_id=actor_id)
    return saved


def changed_since(role: RoleKey, place: tuple[str, str, str], *, seen: int | None) -> list[tuple[str, str]]:
    """Return what tells that somebody has saved a set for the place (stage, sub-type, unit) after the one seen."""
    newest = newest_set(role, place)
    if seen is None or newest is None or newest.pk == seen:
        return []
    text = _(
        "%(who)s has saved other weights here since you opened the page; they stand under “Changes so far”."
        " Save again to put yours in their place."
    )
    return [("", text % {"who": newest.created_by or _("Somebody")})]


def grade_by_new_kpis(role: RoleKey, *, actor_id: int | None) -> None:
    """Grade every month with figures again: a role of the workspace's own names other KPIs than before."""
    _grade_again(role, stored_periods(), actor_id=actor_id)


def _grade_again(role: RoleKey, periods: Sequence[Period], *, actor_id: int | None) -> None:
    regrade(periods[:AT_ONCE], role=role, actor_id=actor_id)
    request_all(periods[AT_ONCE:], actor_id=actor_id, origin=JobOrigin.WEB, mode=ComputationKind.GRADES)


def checked_weights(
    role: RoleKey,
    weights: Mapping[str, Decimal],
    *,
    stage: StageKey | None = None,
    subtype: str = "",
    unit: str = "",
    on: date | None = None,
) -> dict[str, Decimal]:
    """Return the weights above 0, or raise WeightsInvalid with every fault: foreign KPIs, bad numbers, a wrong sum."""
    allowed = set(allowed_kpis(role.value))
    issues = place_issues(stage, subtype=subtype, unit=unit, on=on) if stage is not None else []
    issues += [(kpi, _("%(kpi)s is no KPI of this role.") % {"kpi": kpi}) for kpi in weights if kpi not in allowed]
    for kpi, weight in weights.items():
        if not weight.is_finite() or not 0 <= weight <= HUNDRED:
            issues.append((kpi, _("A weight lies between 0 and 100.")))
        elif weight != weight.quantize(CENT):
            issues.append((kpi, _("A weight has at most two decimals.")))
        elif weight and on is not None and (why := absence_words(kpi, on)):
            issues.append((kpi, why))
    total = sum((weight for weight in weights.values() if weight.is_finite()), Decimal(0))
    if total != HUNDRED:
        issues.append(("", _("The weights add up to %(total)s, not to 100.00.") % {"total": f"{total:.2f}"}))
    _refuse(issues)
    return {kpi: weight for kpi, weight in weights.items() if weight}


def place_issues(
    stage: StageKey, *, subtype: str = "", unit: str = "", on: date | None = None
) -> list[tuple[str, str]]:
    """Return what is wrong with a place: a sub-type of another stage, a unit that is none on the day."""
    issues = []
    if subtype and subtype not in {each.value for each in SUBTYPES_OF[stage]}:
        issues.append(("subtype", _("The sub-type %(subtype)s does not belong to this stage.") % {"subtype": subtype}))
    if unit and on is not None and unit not in unit_tree(as_of=on):
        text = _("There is no unit %(unit)s on %(day)s.")
        issues.append(("unit", text % {"unit": unit, "day": on}))
    return issues


def _refuse(issues: list[tuple[str, str]]) -> None:
    if issues:
        raise WeightsInvalid(issues)


def known_subtype(text: str, stage: StageKey) -> str:
    """Return the sub-type when it belongs to the stage, else nothing."""
    try:
        return text if SubtypeKey(text) in SUBTYPES_OF[stage] else ""
    except ValueError:
        return ""
