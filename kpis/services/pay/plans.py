"""Pay plans: drafts, approval by a second person, retiring. Every step is a revision; none is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import PayPlanState
from kpis.errors import OwnDecision, PlanInvalid, PlanStep
from kpis.incentives.faults import Fault
from kpis.incentives.specs import Plan
from kpis.incentives.texts import plan_node, read_plan
from kpis.models import PayPlan
from kpis.queries.pay.fault_words import told
from kpis.queries.pay.plan_check import check_node
from kpis.queries.pay.plans import approved_before, makers_of, newest_of, rivals
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import lock_in_workspace
from roles.queries.org_chart import unit_tree

PAY_LOCK = 0x0F1B  # first key of the advisory lock: plans and runs are decided one at a time
NOTE = 400


@transaction.atomic
def save_plan(
    node: object, *, actor_id: int, unit: str = "", note: str = "", seen: int | None = None, is_new: bool = False
) -> PayPlan:
    """Keep a plan as the draft of its id. PlanInvalid names all that is wrong; PlanStep while it waits for approval.

    `seen` is the revision that was changed: PlanStep when there is a later one. `is_new` refuses an id that is taken.
    The draft that stands already is not written again.
    """
    lock_pay()
    plan = checked_plan(node)
    newest = newest_of(plan.id)
    if is_new and newest is not None:
        raise PlanInvalid([told(Fault("id", "id_taken", {"id": plan.id}))])
    if newest is not None and newest.state == PayPlanState.SUBMITTED:
        raise PlanStep(_("This plan waits for approval. Send it back before you change it."))
    if seen is not None and newest is not None and newest.pk != seen:
        raise PlanStep(
            _("Somebody has changed this plan since you opened it. Open it again and look at the difference.")
        )
    if unit and unit not in unit_tree(as_of=current_day()):
        raise PlanInvalid([told(Fault("unit", "not_a_unit", {"unit": unit, "day": current_day().isoformat()}))])
    content = plan_node(plan)
    same = (PayPlanState.DRAFT, content, unit, note or (newest.note if newest else ""), actor_id)
    if newest and (newest.state, newest.content, newest.unit_external_id, newest.note, newest.created_by_id) == same:
        return newest
    return _write(plan.id, PayPlanState.DRAFT, content, unit=unit, note=note, actor_id=actor_id)


def checked_plan(node: object) -> Plan:
    """Return the plan that a node holds. PlanInvalid names every fault, of shape first."""
    checked = check_node(node)
    if checked.faults or checked.plan is None:
        raise PlanInvalid([told(fault) for fault in checked.faults])
    return checked.plan


@transaction.atomic
def restore_plan(key: str, *, revision: int, actor_id: int, note: str = "") -> PayPlan:
    """Make an older revision the draft again. PlanStep while the plan waits, or where there is no such revision."""
    lock_pay()
    row = PayPlan.objects.filter(key=key, pk=revision).first()
    if row is None:
        raise PlanStep(_("This plan has no such revision."))
    said = note or _("As revision %(number)s") % {"number": row.pk}
    return save_plan(row.content, actor_id=actor_id, unit=row.unit_external_id, note=said)


@transaction.atomic
def copy_plan(key: str, *, new_key: str, names: Bilingual, actor_id: int, unit: str = "") -> PayPlan:
    """Keep the newest revision of a plan under another id and name, as a draft. PlanInvalid where the id is taken."""
    row = newest_of(key)
    if row is None:
        raise PlanStep(_("This plan has no such revision."))
    node = {**row.content, "id": new_key, "names": names.as_json()}
    return save_plan(node, actor_id=actor_id, unit=unit or row.unit_external_id, is_new=True)


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
def approve_plan(key: str, *, actor_id: int, note: str = "", seen: int | None = None) -> PayPlan:
    """Let a submitted plan pay from its day on. OwnDecision for whoever drafted or submitted it.

    `seen` is the revision that was looked at: PlanStep when it is another one by now.
    """
    lock_pay()
    asked = _newest(key, PayPlanState.SUBMITTED)
    if seen is not None and asked.pk != seen:
        raise PlanStep(_("This plan is at another step by now. Look at it again."))
    if actor_id in makers_of(key):
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


@transaction.atomic
def take_back_retirement(key: str, *, actor_id: int, note: str = "") -> PayPlan:
    """Let a plan pay on whose end has not come: what two people had approved before holds again, unchanged.

    PlanStep once the day has come, or where something else was written since; PlanInvalid where another plan has taken
    its place.
    """
    lock_pay()
    end = _newest(key, PayPlanState.RETIRED)
    assert end.effective_from is not None  # noqa: S101 - nothing is retired without a day
    if end.effective_from <= current_day():
        raise PlanStep(_("This plan has ended. Restore a revision as a draft and let another person approve it."))
    said = note or _("Retirement #%(number)s taken back") % {"number": end.pk}
    again = end
    for row in approved_before(end):
        assert row.effective_from is not None  # noqa: S101 - nothing is approved without a day
        _check_place(checked_plan(row.content), row.unit_external_id, key=key, on=row.effective_from)
        again = _step(row, PayPlanState.APPROVED, note=said, actor_id=actor_id, effective_from=row.effective_from)
    return again


def lock_pay() -> None:
    """Wait for the other decisions on pay of this workspace, until the transaction ends."""
    lock_in_workspace(PAY_LOCK)


def _check_place(plan: Plan, unit: str, *, key: str, on: date) -> None:
    """Refuse a unit that is none on the day, and a second plan for the same role of the same unit."""
    faults = [Fault("roles", "rival_plan", {"plan": _called(other)}) for other in rivals(plan, unit, key=key, on=on)]
    if unit and unit not in unit_tree(as_of=on):
        faults.append(Fault("unit", "not_a_unit", {"unit": unit, "day": on.isoformat()}))
    if faults:
        raise PlanInvalid([told(fault) for fault in faults])


def _called(key: str) -> str:
    """Return what a plan is called, as people read it; its key where it is not to be had."""
    newest = newest_of(key)
    return read_plan(newest.content).names.in_language(get_language() or "en") if newest else key


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
