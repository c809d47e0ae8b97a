"""Roadmaps are begun, changed and cancelled; every day of a milestone goes through the data door as its row."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from kpis.queries.milestones import CALLED_OFF
from kpis.services.milestones import enter_milestones, what_was_wrong
from omnichannel.core.errors import DomainError
from orgstages.catalogue import load_stages
from orgstages.catalogue.specs import Transition
from orgstages.errors import (
    DoneAhead,
    MilestoneOver,
    MilestonesRefused,
    ReasonMissing,
    RoadmapOver,
    SkipNotConfirmed,
    UnknownRoadmap,
    refuse,
)
from orgstages.models import Roadmap, RoadmapMilestone
from orgstages.queries.diagnosis import tree_with
from orgstages.queries.roadmaps import MilestoneView, RoadmapView, milestone_of, roadmap
from orgstages.roadmap_plan import is_confirmed, planned_steps, skipped_stages
from orgstages.services.acting import Actor
from orgstages.services.owners import owner_faults, owner_named
from roles.catalogue import RoleKey
from roles.queries.org_chart import unit_tree

# Steps of a transition are objectives: the on-time rate of the strategy lead's objectives counts them.
KIND = "objective"
KEY_BYTES = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a milestone is to be; `shifts` moves the open ones planned after it by the same number of days."""

    planned_on: date
    done_on: date | None
    role: RoleKey
    owner: str = ""
    shifts: bool = False


def begin_roadmap(
    unit: str,
    *,
    transition: str,
    start_on: date,
    actor: Actor,
    role: RoleKey = RoleKey.OMNI_STRATEGY,
    owner: str = "",
    note: str = "",
    confirmation: str = "",
) -> Roadmap:
    """Begin a roadmap: its steps become milestones with days. A route that skips a stage must be confirmed in words."""
    spec = load_stages().transitions.get(transition)
    if spec is None:
        raise UnknownRoadmap
    tree_with(unit, as_of=actor.today, within=actor.within)
    refuse(begin_faults(spec, owner=owner, confirmation=confirmation, actor=actor))
    person = owner_named(owner, on=actor.today)
    key = secrets.token_hex(KEY_BYTES)
    steps = planned_steps(spec, start=start_on)
    rows = [
        _row(f"RM-{key}-{step.order:02d}", title=step.names.both, unit=unit, role=role, planned_on=step.due_on)
        for step in steps
    ]
    _enter(rows, actor=actor)
    with transaction.atomic():
        made = Roadmap.objects.create(
            key=key,
            unit_external_id=unit,
            transition=transition,
            start_on=start_on,
            note=note.strip(),
            skip_confirmed=confirmation.strip() if spec.skip else "",
            created_by_id=actor.id,
        )
        for step, row in zip(steps, rows, strict=True):
            RoadmapMilestone.objects.create(
                roadmap=made,
                milestone_id=row["milestone_id"] or "",
                step=step.order,
                owner_role=role.value,
                owner_person=person,
                first_planned_on=step.due_on,
            )
    return made


def begin_faults(spec: Transition, *, owner: str | None, confirmation: str | None, actor: Actor) -> list[DomainError]:
    """Return what is wrong with how a roadmap is begun; of what could not be read, None, nothing is judged."""
    faults = owner_faults(owner, on=actor.today)
    if confirmation is not None and not is_confirmed(spec, confirmation):
        faults.append(SkipNotConfirmed(stages=skipped_stages(spec)))
    return faults


def milestone_faults(*, owner: str | None, done_on: date | None = None, actor: Actor) -> list[DomainError]:
    """Return what is wrong with a milestone's owner and day, as `begin_faults` does."""
    faults = owner_faults(owner, on=actor.today)
    if done_on is not None and done_on > actor.today:
        faults.append(DoneAhead(today=actor.today))
    return faults


def change_milestone(pk: int, *, milestone: int, wanted: Wanted, actor: Actor) -> int:
    """Change a milestone's days and owner; return how many rows went through the data door."""
    view = _open(pk, actor=actor)
    one = milestone_of(view, milestone)
    if one.is_called_off:
        raise MilestoneOver
    refuse(milestone_faults(owner=wanted.owner, done_on=wanted.done_on, actor=actor))
    person = owner_named(wanted.owner, on=actor.today)
    by = wanted.planned_on - one.planned_on
    following = _following(view, one) if wanted.shifts and by else []
    rows = [
        _again(one, view, role=wanted.role, planned_on=wanted.planned_on, done_on=wanted.done_on),
        *(_again(each, view, role=each.owner_role, planned_on=each.planned_on + by) for each in following),
    ]
    if (wanted.planned_on, wanted.done_on, wanted.role) != (
        one.planned_on,
        one.done_on,
        one.owner_role,
    ) or not one.is_kept:
        _enter(rows, actor=actor)
    else:
        rows = []
    RoadmapMilestone.objects.filter(pk=one.pk).update(owner_role=wanted.role.value, owner_person=person)
    return len(rows)


def add_milestone(
    pk: int, *, title: str, planned_on: date, role: RoleKey, owner: str, actor: Actor
) -> RoadmapMilestone:
    """Add a milestone of one's own to a roadmap."""
    view = _open(pk, actor=actor)
    row = Roadmap.objects.get(pk=pk)
    person = owner_named(owner, on=actor.today)
    milestone_id = f"RM-{row.key}-{secrets.token_hex(KEY_BYTES)}"
    _enter([_row(milestone_id, title=title.strip(), unit=view.unit, role=role, planned_on=planned_on)], actor=actor)
    return RoadmapMilestone.objects.create(
        roadmap=row,
        milestone_id=milestone_id,
        title=title.strip(),
        owner_role=role.value,
        owner_person=person,
        first_planned_on=planned_on,
    )


def call_off(pk: int, *, milestone: int, actor: Actor) -> None:
    """Call one milestone off: its row stays, but counts in no rate any more."""
    view = _open(pk, actor=actor)
    one = milestone_of(view, milestone)
    if one.is_called_off or one.is_done:
        raise MilestoneOver
    _call_off(view, [one], actor=actor)


def cancel_roadmap(pk: int, *, reason: str, actor: Actor) -> int:
    """Cancel a roadmap and call off what was still to come; return how many. What was due before counts as it stood."""
    view = _open(pk, actor=actor)
    if not reason.strip():
        raise ReasonMissing
    coming = [one for one in view.counted if not one.is_done and one.planned_on >= actor.today]
    if coming:
        _call_off(view, coming, actor=actor)
    Roadmap.objects.filter(pk=pk).update(cancelled_on=actor.today, cancelled_by=actor.id, cancel_reason=reason.strip())
    return len(coming)


def _open(pk: int, *, actor: Actor) -> RoadmapView:
    view = roadmap(pk, today=actor.today, tree=unit_tree(as_of=actor.today), within=actor.within)
    if view.cancelled_on is not None:
        raise RoadmapOver
    return view


def _following(view: RoadmapView, one: MilestoneView) -> list[MilestoneView]:
    return [
        each for each in view.counted if not each.is_done and each.pk != one.pk and each.planned_on > one.planned_on
    ]


def _call_off(view: RoadmapView, called: Sequence[MilestoneView], *, actor: Actor) -> None:
    rows = [_again(one, view, role=one.owner_role, planned_on=one.planned_on, kind=CALLED_OFF) for one in called]
    _enter(rows, actor=actor)
    RoadmapMilestone.objects.filter(pk__in=[one.pk for one in called]).update(called_off_on=actor.today)


def _again(
    one: MilestoneView,
    view: RoadmapView,
    *,
    role: RoleKey,
    planned_on: date,
    done_on: date | None = None,
    kind: str = KIND,
) -> dict[str, str | None]:
    """Return the row of a milestone that is there already; a title somebody gave it in the table stays."""
    title = one.title or one.names.both
    return _row(one.id, title=title, unit=view.unit, role=role, planned_on=planned_on, done_on=done_on, kind=kind)


def _row(
    milestone: str,
    *,
    title: str,
    unit: str,
    role: RoleKey,
    planned_on: date,
    done_on: date | None = None,
    kind: str = KIND,
) -> dict[str, str | None]:
    return {
        "milestone_id": milestone,
        "title": title,
        "kind": kind,
        "owner_role": role.value,
        "unit_id": unit,
        "planned_on": planned_on.isoformat(),
        "done_on": done_on.isoformat() if done_on else None,
    }


def _enter(rows: Sequence[dict[str, str | None]], *, actor: Actor) -> None:
    if wrong := what_was_wrong(enter_milestones(rows, actor_id=actor.id, zone=actor.zone)):
        raise MilestonesRefused(dict.fromkeys(wrong))
