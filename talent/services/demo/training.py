"""Training of the demo retailer: a plan for this quarter, courses to come with their people and a waiting list."""

from __future__ import annotations

from datetime import timedelta

from omnichannel.core.periods import quarter_of
from omnichannel.workspaces.queries.zones import current_day, current_zone
from orgstages.services.acting import Actor
from talent.models import PlanLine
from talent.services.courses import CourseWanted, enrol, plan_course
from talent.services.training_plans import make_plan

UNIT, GROUP = "BU1", "G"
FULL, MORE = 10, 3


def seed_training() -> None:
    """Plan the quarter of a unit, and hold what it asks for most; certificates come with the training records."""
    today = current_day()
    actor = Actor(None, str(current_zone()), today)
    plan = make_plan(UNIT, period=str(quarter_of(today)), actor=actor)
    for programme, place, days in (
        ("frontline-practice", "上海培训中心", (9, 10)),
        ("operator-training", "总部 3 楼", (16, 17, 23, 24)),
    ):
        wanted = CourseWanted(
            programme=programme,
            unit=UNIT,
            trainer="培训赋能组",
            place=place,
            is_online=False,
            capacity=FULL,
            is_open=True,
            days=[today + timedelta(days=day) for day in days],
        )
        course = plan_course(wanted, actor=actor)
        lines = PlanLine.objects.filter(plan=plan, programme=programme).order_by("person_external_id")
        enrol(course.pk, lines.values_list("person_external_id", flat=True)[: FULL + MORE], actor=actor)
    _workshop(actor)


def _workshop(actor: Actor) -> None:
    """Plan the strategy workshop of the company; what it decides is entered once it is held."""
    plan_course(
        CourseWanted(
            programme="strategy-workshop",
            unit=GROUP,
            trainer="总经理",
            place="总部会议室",
            is_online=False,
            capacity=16,
            is_open=False,
            days=[actor.today + timedelta(days=day) for day in (30, 31)],
        ),
        actor=actor,
    )
