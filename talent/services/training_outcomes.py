"""What a strategy workshop decides becomes a milestone with an owner or a target, and each knows the other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.choices import TargetOrigin
from kpis.services.milestones import enter_milestone, what_was_wrong
from kpis.services.target_checks import TargetInput
from kpis.services.target_edits import edit_targets
from orgstages.services.acting import Actor
from roles.catalogue import RoleKey
from roles.queries.org_chart import unit_tree
from talent.choices import OutcomeKind
from talent.errors.training import OutcomeRefused, UnknownCourse
from talent.models import Course, WorkshopOutcome
from talent.services.trainees import trainee_named

PREFIX = "WS-"  # of the ids of milestones that come from a workshop: pages of milestones link back by it
KIND = "objective"
ID_BYTES = 3


@dataclass(frozen=True, slots=True)
class MilestoneWanted:
    """An outcome that somebody sees to until a day."""

    title: str
    unit: str
    planned_on: date
    role: RoleKey
    owner: str


@dataclass(frozen=True, slots=True)
class TargetWanted:
    """An outcome that is a number to reach: of the company where there is no unit."""

    title: str
    kpi: str
    period: str
    unit: str
    value: Decimal


def decide_milestone(pk: int, wanted: MilestoneWanted, *, actor: Actor) -> WorkshopOutcome:
    """Enter a milestone through the data door and keep that it comes from the workshop."""
    course, title = _course(pk), _titled(wanted.title)
    if wanted.unit not in unit_tree(as_of=actor.today):
        raise OutcomeRefused(_("There is no such unit."))
    owner = trainee_named(wanted.owner, on=actor.today)
    reference = f"{PREFIX}{course.key}-{secrets.token_hex(ID_BYTES)}"
    row = {
        "milestone_id": reference,
        "title": title,
        "kind": KIND,
        "owner_role": wanted.role.value,
        "unit_id": wanted.unit,
        "planned_on": wanted.planned_on.isoformat(),
        "done_on": None,
    }
    kept = WorkshopOutcome.objects.create(
        course=course,
        kind=OutcomeKind.MILESTONE,
        title=title,
        reference=reference,
        owner_role=wanted.role.value,
        owner_person=owner,
        created_by_id=actor.id,
    )
    try:
        if wrong := what_was_wrong(enter_milestone(row, actor_id=actor.id, zone=actor.zone)):
            raise OutcomeRefused(" ".join(dict.fromkeys(wrong)))
    except Exception:
        kept.delete()  # no outcome without its milestone
        raise
    return kept


def decide_target(pk: int, wanted: TargetWanted, *, actor: Actor, url: str) -> WorkshopOutcome:
    """Set a target; its history says which workshop it comes from, with the address of the page."""
    course, title = _course(pk), _titled(wanted.title)
    scope = ("unit", wanted.unit) if wanted.unit else ("company", "")
    said = TargetInput(wanted.period, wanted.kpi, *scope, value=wanted.value)
    note = _("From a workshop: %(title)s (%(url)s)") % {"title": title, "url": url}
    edited = edit_targets([said], origin=TargetOrigin.TYPED, actor_id=actor.id, note=note[:400])
    if edited.issues:
        raise OutcomeRefused(" ".join(issue.message for issue in edited.issues))
    reference = "|".join((wanted.period, wanted.kpi, *scope))
    row, _made = WorkshopOutcome.objects.update_or_create(
        course=course,
        kind=OutcomeKind.TARGET,
        reference=reference,
        defaults={"title": title, "created_by_id": actor.id, "workspace_id": course.workspace_id},
    )
    return row


def _course(pk: int) -> Course:
    course = Course.objects.filter(pk=pk).first()
    if course is None:
        raise UnknownCourse
    if course.cancelled_on is not None:
        raise OutcomeRefused(_("This course has been cancelled."))
    return course


def _titled(title: str) -> str:
    if not title.strip():
        raise OutcomeRefused(_("Say what was decided."))
    return title.strip()
