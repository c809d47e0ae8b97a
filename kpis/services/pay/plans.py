"""Pay plans: drafts, approval by a second person, retiring. Every step is a revision; none is ever changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import PayPlanState
from kpis.errors import OwnDecision, PlanInvalid, PlanStep
from kpis.incentives.checks import check_plan
from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.specs import Plan
from kpis.incentives.texts import plan_node, read_plan
from kpis.models import PayPlan
from kpis.queries.pay.fault_words import told
from kpis.queries.pay.plans import newest_of, rivals, vocabulary
from omnichannel.workspaces.scoping import lock_in_workspace
from roles.catalogue import RoleKey
from roles.queries.org_chart import unit_tree

PAY_LOCK = 0x0F1B  # first key of the advisory lock: plans and runs are decided one at a time
NOTE = 400
SLUG = re.compile(r"[A-Za-z0-9-]{1,40}")


@transaction.atomic
def save_plan(node: object, *, actor_id: int, unit: str = "", note: str = "") -> PayPlan:
    """Keep a plan as the draft of its id. PlanInvalid names all that is wrong; PlanStep while it waits for approval."""
    lock_pay()
    plan = checked_plan(node)
    newest = newest_of(plan.id)
    if newest is not None and newest.state == PayPlanState.SUBMITTED:
        raise PlanStep(_("This plan waits for approval. Send it back before you change it."))
    return _write(plan.id, PayPlanState.DRAFT, plan_node(plan), unit=unit, note=note, actor_id=actor_id)


def checked_plan(node: object) -> Plan:
    """Return the plan that a node holds. PlanInvalid names every fault, of shape first."""
    try:
        plan = read_plan(node)
    except Faulty as error:
        raise PlanInvalid([told(fault) for fault in error.faults]) from None
    faults = list(check_plan(plan, vocabulary(), roles=frozenset(RoleKey)))
    if not SLUG.fullmatch(plan.id):
        faults.append(Fault("id", "bad_id"))
    if faults:
        raise PlanInvalid([told(fault) for fault in faults])
    return plan


@transaction.atomic
def submit_plan(key: str, *, effective_from: date, actor_id: int, note: str = "") -> PayPlan:
    """Ask for approval from a day on. PlanStep without a draft; PlanInvalid where two plans would pay the same."""
    lock_pay()
    draft = _newest(key, PayPlanState.DRAFT, PayPlanState.REJECTED)
    plan = checked_plan(draft.content)
    unit = draft.unit_external_id
    _check_place(plan, unit, key=key, on=effective_from)
    return _step(draft, PayPlanState.SUBMITTED, note=note, actor_id=actor_id, effective_from=effective_from)


@transaction.atomic
def approve_plan(key: str, *, actor_id: int, note: str = "") -> PayPlan:
    """Let a submitted plan pay from its day on. OwnDecision for whoever drafted or submitted it."""
    lock_pay()
    asked = _newest(key, PayPlanState.SUBMITTED)
    if actor_id in _makers(key):
        raise OwnDecision
    assert asked.effective_from is not None  # noqa: S101 - nothing is submitted without a day
    _check_place(checked_plan(asked.content), asked.unit_external_id, key=key, on=asked.effective_from)
    return _step(asked, PayPlanState.APPROVED, note=note, actor_id=actor_id, effective_from=asked.effective_from)


@transaction.atomic
def reject_plan(key: str, *, actor_id: int, note: str = "") -> PayPlan:
    """Send a submitted plan back."""
    lock_pay()
    return _step(_newest(key, PayPlanState.SUBMITTED), PayPlanState.REJECTED, note=note, actor_id=actor_id)


@transaction.atomic
def retire_plan(key: str, *, effective_from: date, actor_id: int, note: str = "") -> PayPlan:
    """End what pays from a day on; months before it keep their plan."""
    lock_pay()
    last = PayPlan.objects.filter(key=key, state=PayPlanState.APPROVED).first()
    if last is None:
        raise PlanStep(_("This plan has never been approved."))
    return _step(last, PayPlanState.RETIRED, note=note, actor_id=actor_id, effective_from=effective_from)


def lock_pay() -> None:
    """Wait for the other decisions on pay of this workspace, until the transaction ends."""
    lock_in_workspace(PAY_LOCK)


def _check_place(plan: Plan, unit: str, *, key: str, on: date) -> None:
    """Refuse a unit that is none on the day, and a second plan for the same role of the same unit."""
    faults = [Fault("roles", "rival_plan", {"plan": other}) for other in rivals(plan, unit, key=key, on=on)]
    if unit and unit not in unit_tree(as_of=on):
        faults.append(Fault("unit", "not_a_unit", {"unit": unit, "day": on.isoformat()}))
    if faults:
        raise PlanInvalid([told(fault) for fault in faults])


def _makers(key: str) -> set[int]:
    """Return who drafted or submitted what waits: everybody since it was last decided on."""
    makers: set[int] = set()
    for row in PayPlan.objects.filter(key=key):
        if row.state in (PayPlanState.APPROVED, PayPlanState.RETIRED):
            break
        if row.created_by_id is not None and row.state != PayPlanState.REJECTED:
            makers.add(row.created_by_id)
    return makers


def _newest(key: str, *states: PayPlanState) -> PayPlan:
    newest = newest_of(key)
    if newest is None or newest.state not in states:
        raise PlanStep(_("This plan is at another step by now. Look at it again."))
    return newest


def _step(
    row: PayPlan, state: PayPlanState, *, note: str, actor_id: int, effective_from: date | None = None
) -> PayPlan:
    return _write(
        row.key,
        state,
        row.content,
        unit=row.unit_external_id,
        note=note,
        actor_id=actor_id,
        effective_from=effective_from,
    )


def _write(
    key: str,
    state: PayPlanState,
    content: Mapping[str, Any],
    *,
    unit: str,
    note: str,
    actor_id: int,
    effective_from: date | None = None,
) -> PayPlan:
    return PayPlan.objects.create(
        key=key,
        state=state,
        content=dict(content),
        unit_external_id=unit,
        effective_from=effective_from,
        note=note.replace("\x00", "")[:NOTE],
        created_by_id=actor_id,
    )
