"""Plants the competing targets of the demo."""

from __future__ import annotations

from decimal import Decimal

from kpis.choices import TargetOrigin
from kpis.demo.conflicts import PLANTED_TARGETS
from kpis.engine.specs import ScopeKind
from kpis.models import Target
from kpis.services.target_checks import TargetInput
from kpis.services.target_edits import edit_targets
from omnichannel.core.periods import Period
from roles.queries.org_chart import unit_tree


def seed_conflicts(period: Period, *, actor_id: int) -> None:
    """Give the units their parts of the company's targets of a month; units that are not there get none."""
    tree = unit_tree(as_of=period.last_day)
    rows = Target.objects.filter(period=str(period), scope_kind=ScopeKind.COMPANY.value)
    company: dict[str, Decimal] = dict(rows.values_list("kpi", "value"))
    planted = [
        TargetInput(
            period=str(period),
            kpi=each.kpi,
            scope_kind=ScopeKind.UNIT.value,
            scope_id=each.unit,
            value=max(company[each.kpi] * each.part, Decimal(1)).quantize(Decimal(1)),
        )
        for each in PLANTED_TARGETS
        if each.unit in tree and each.kpi in company
    ]
    done = edit_targets(planted, origin=TargetOrigin.TYPED, actor_id=actor_id)
    if done.issues:
        raise ValueError([issue.message for issue in done.issues])
