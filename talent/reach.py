"""How far a reader of talent reaches: who they are, whom they may see, and which side of a rating they may write."""

from __future__ import annotations

from datetime import date

from omnichannel.workspaces.choices import SEES_PAY, MemberRole
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import Access, may
from talent.choices import RatedBy
from talent.queries.headcount_plans import PlanView
from talent.services.rating import Rater, check_reach

# A person's competence and pools are theirs, their manager's and HR's; others are told numbers of people.
SEES_PEOPLE = "talent:person_competence"


def rater_of(access: Access) -> Rater:
    """Return who asks or rates, within which bounds."""
    return Rater(
        user_id=access.user_id,
        today=today_in(access.workspace),
        person=access.person_external_id,
        within=access.own_unit,
        only_self=access.own_person is not None,
    )


def check_person(person: str, *, access: Access, on: date) -> None:
    """Raise OutOfReach unless the reader may see this person's competence on the day."""
    check_reach(person, rater=rater_of(access), on=on)


def side_of(person: str, *, access: Access) -> RatedBy | None:
    """Return the side of a rating that the reader may write; None for none."""
    if access.person_external_id and access.person_external_id == person:
        return RatedBy.SELF
    if access.role is MemberRole.GUIDE or not may(access, "talent:rate", "POST"):
        return None
    return RatedBy.MANAGER


def sees_people(access: Access) -> bool:
    """Tell whether the reader may see single persons' competence at all."""
    return may(access, SEES_PEOPLE)


def sees_role_costs(access: Access, plan: PlanView) -> bool:
    """Tell whether the reader may see what a role costs: not where that tells what somebody earns."""
    return access.role in SEES_PAY or not plan.rests_on_few


def seen_plan(plan: PlanView, access: Access) -> PlanView:
    """Return the plan as the reader may see it."""
    return plan.for_reader(sees_pay=access.role in SEES_PAY)
