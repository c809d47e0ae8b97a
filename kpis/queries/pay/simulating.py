"""What a simulation reads: the months, the plans on both sides, what the people cost, and marks of all its inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, Max

from kpis.alert_choices import LevelName
from kpis.choices import PayPlanState
from kpis.incentives.specs import Plan
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node, read_plan
from kpis.models import Alert, PayPlan, PayRun, Scorecard, Target
from kpis.queries.pay.plans import PlanOn, newest_plans
from kpis.queries.uploads import last_change
from kpis.queries.values import months_with_data
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.queries.feed import newest_revision

MOST_MONTHS = 12
PLAN, TEMPLATE = "plan", "template"
DRAFTS = (PayPlanState.DRAFT, PayPlanState.SUBMITTED, PayPlanState.REJECTED)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan to be tried: a revision of the workspace's own, or a ready one. `ref` is `plan:12` or `template:id`."""

    ref: str
    key: str
    unit: str
    state: str
    names: Bilingual
    plan: Plan

    def to_json(self) -> dict[str, Any]:
        """Return it as a simulation keeps it."""
        said = {"ref": self.ref, "key": self.key, "unit": self.unit, "state": self.state}
        return {**said, "names": self.names.as_json(), "content": plan_node(self.plan)}


def read_proposal(node: dict[str, Any]) -> Proposal:
    """Read what `to_json` wrote."""
    names = Bilingual(**node["names"])
    return Proposal(node["ref"], node["key"], node["unit"], node["state"], names, read_plan(node["content"]))


def proposals_offered() -> list[Proposal]:
    """Return what can be tried: of each plan the newest revision and the approved one beside a draft; ready plans."""
    offered = [row for row in newest_plans() if row.state != PayPlanState.RETIRED]
    drafts = [row.key for row in offered if row.state in DRAFTS]
    approved = PayPlan.objects.filter(state=PayPlanState.APPROVED, key__in=drafts)
    beside = approved.order_by("key", "-id").distinct("key")
    rows = sorted([*offered, *beside], key=lambda row: (row.key, -row.pk))
    return [_of_row(row) for row in rows] + [_of_template(plan) for plan in load_templates().values()]


def proposal_of(ref: str) -> Proposal | None:
    """Return the proposal of a ref; any revision of a plan may be tried."""
    kind, _colon, name = ref.partition(":")
    if kind == TEMPLATE:
        plan = load_templates().get(name)
        return _of_template(plan) if plan is not None else None
    if kind != PLAN or not name.isdecimal() or len(name) > 18:
        return None
    row = PayPlan.objects.exclude(state=PayPlanState.RETIRED).filter(pk=int(name)).first()
    return _of_row(row) if row is not None else None


def _of_row(row: PayPlan) -> Proposal:
    plan = read_plan(row.content)
    return Proposal(f"{PLAN}:{row.pk}", row.key, row.unit_external_id, row.state, plan.names, plan)


def _of_template(plan: Plan) -> Proposal:
    return Proposal(f"{TEMPLATE}:{plan.id}", plan.id, "", "", plan.names, plan)


def with_proposal(holding: Sequence[PlanOn], proposal: Proposal) -> list[PlanOn]:
    """Return the plans that would pay: the proposal in the place of its own key, and of its roles in the same unit."""
    row = PayPlan(key=proposal.key, unit_external_id=proposal.unit, content=plan_node(proposal.plan))
    found = [PlanOn(row, proposal.plan)]
    for each in holding:
        if each.row.key == proposal.key:
            continue
        left = each.plan.roles
        if each.row.unit_external_id == proposal.unit:
            left = tuple(role for role in left if role not in proposal.plan.roles)
        if left:
            found.append(replace(each, plan=replace(each.plan, roles=left)))
    return found


def closed_months(today: date, *, most: int = MOST_MONTHS) -> list[Period]:
    """Return the newest months with rows that are over, the earliest first."""
    return [month for month in months_with_data() if month.last_day < today][-most:]


def input_marks(months: Sequence[str]) -> dict[str, str]:
    """Return a short text for each kind of input: another one later means that it has changed since."""
    targets = Target.objects.filter(period__in=months).aggregate(at=Max("recorded_at"), count=Count("id"))
    cards = Scorecard.objects.filter(period__in=months, is_current=True).aggregate(at=Max("id"), count=Count("id"))
    red = Alert.objects.filter(episode__in=months, level=LevelName.RED).aggregate(at=Max("id"), count=Count("id"))
    runs = PayRun.objects.filter(period__in=months, locked_at__isnull=False)
    return {
        "rows": str(last_change()),
        "organisation": str(newest_revision()),
        "plans": str(PayPlan.objects.aggregate(at=Max("id"))["at"] or 0),
        "targets": f"{targets['at']} {targets['count']}",
        "scores": f"{cards['at']} {cards['count']}",
        "alerts": f"{red['at']} {red['count']}",
        "runs": " ".join(runs.order_by("period").values_list("digest", flat=True)),
    }


def digest_of(*parts: object) -> str:
    """Return the SHA-256 of some JSON."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
