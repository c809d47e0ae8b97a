"""A unit's training plan for a quarter: computed, then added to and dropped from by hand, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from omnichannel.core.periods import Grain, period_or_none
from orgstages.services.acting import Actor
from roles.queries.org_chart import unit_tree
from talent.choices import NeedReason
from talent.courses.needs import Reason
from talent.errors.training import PlanRefused, UnknownPlan
from talent.models import PlanLine, TrainingPlan
from talent.queries.training import programmes
from talent.queries.training_needs import needs_of
from talent.services.trainees import people_in, trainee_named


@transaction.atomic
def make_plan(unit: str, *, period: str, actor: Actor) -> TrainingPlan:
    """Make the plan of a unit and a quarter, or compute it anew.

    What is needed now is on it with today's reasons; dropped lines stay dropped, lines added by hand stay, and computed
    lines that nothing asks for any more go.
    """
    quarter = period_or_none(period)
    if quarter is None or quarter.grain is not Grain.QUARTER:
        raise PlanRefused(_("Name a quarter such as 2026-Q4."))
    tree = unit_tree(as_of=actor.today)
    bounds = tree.nodes if actor.within is None else tree.subtree(actor.within)
    if unit not in bounds:
        raise UnknownPlan
    now = timezone.now()
    plan, _made = TrainingPlan.objects.get_or_create(
        unit_external_id=unit, period=str(quarter), defaults={"created_by_id": actor.id, "refreshed_at": now}
    )
    TrainingPlan.objects.select_for_update().get(pk=plan.pk)
    _write(plan, actor=actor)
    TrainingPlan.objects.filter(pk=plan.pk).update(refreshed_at=now)
    plan.refresh_from_db()
    return plan


@transaction.atomic
def add_line(pk: int, *, person: str, programme: str, words: str, actor: Actor) -> PlanLine:
    """Put somebody of the unit on the plan by hand, with the reason in words."""
    plan = plan_locked(pk, actor=actor)
    who = trainee_named(person, on=actor.today, within=plan.unit_external_id)
    if programme not in programmes():
        raise PlanRefused(_("There is no such programme."))
    if not words.strip():
        raise PlanRefused(_("Give a reason."))
    reason = {"kind": NeedReason.ADDED.value, "words": words.strip()}
    row = plan.lines.filter(person_external_id=who, programme=programme).first()
    if row is None:
        return PlanLine.objects.create(
            plan=plan, person_external_id=who, programme=programme, reasons=[reason], created_by_id=actor.id
        )
    if row.dropped_at is None:
        raise PlanRefused(_("This line is on the plan already."))
    kept = [each for each in row.reasons if each["kind"] != NeedReason.ADDED]
    PlanLine.objects.filter(pk=row.pk).update(reasons=[*kept, reason], dropped_at=None, dropped_by=None, drop_reason="")
    row.refresh_from_db()
    return row


@transaction.atomic
def drop_line(pk: int, *, line: int, reason: str, actor: Actor) -> None:
    """Take a line off the plan; it stays with the reason and can be brought back."""
    plan = plan_locked(pk, actor=actor)
    if not reason.strip():
        raise PlanRefused(_("Give a reason."))
    rows = plan.lines.filter(pk=line, dropped_at=None)
    if not rows.update(dropped_at=timezone.now(), dropped_by=actor.id, drop_reason=reason.strip()):
        raise UnknownPlan


@transaction.atomic
def bring_back(pk: int, *, line: int, actor: Actor) -> None:
    """Undo the dropping of a line."""
    plan = plan_locked(pk, actor=actor)
    rows = plan.lines.filter(pk=line).exclude(dropped_at=None)
    if not rows.update(dropped_at=None, dropped_by=None, drop_reason=""):
        raise UnknownPlan


def plan_locked(pk: int, *, actor: Actor) -> TrainingPlan:
    """Return a plan within the actor's bounds, held until the transaction ends. Raise UnknownPlan."""
    plan = TrainingPlan.objects.select_for_update().filter(pk=pk).first()
    if plan is None:
        raise UnknownPlan
    if actor.within is not None and plan.unit_external_id not in unit_tree(as_of=actor.today).subtree(actor.within):
        raise UnknownPlan
    return plan


def _write(plan: TrainingPlan, *, actor: Actor) -> None:
    """Bring the plan's computed lines to what is needed now."""
    wanted = {
        (need.person, need.programme): [_json(each) for each in need.reasons]
        for need in needs_of(plan.unit_external_id, as_of=actor.today)
    }
    there = people_in(plan.unit_external_id, on=actor.today)
    rows = {(row.person_external_id, row.programme): row for row in plan.lines.all()}
    gone, altered = [], []
    for key, row in rows.items():
        by_hand = [each for each in row.reasons if each["kind"] == NeedReason.ADDED]
        now = [*wanted.get(key, ()), *(by_hand if key[0] in there else ())]
        if not now and row.dropped_at is None:
            gone.append(row.pk)
        elif now and now != row.reasons:
            row.reasons = now
            altered.append(row)
    PlanLine.objects.filter(pk__in=gone).delete()
    PlanLine.objects.bulk_update(altered, ["reasons"])
    PlanLine.objects.bulk_create(
        PlanLine(
            workspace_id=plan.workspace_id, plan=plan, person_external_id=person, programme=key, reasons=reasons,
            created_by_id=actor.id,
        )
        for (person, key), reasons in wanted.items()
        if (person, key) not in rows
    )  # fmt: skip


def _json(reason: Reason) -> Mapping[str, Any]:
    return {
        "kind": reason.kind,
        "role": reason.role,
        "day": reason.day.isoformat() if reason.day else "",
        "words": reason.words,
        "names": reason.names.as_json() if reason.names else None,
    }
