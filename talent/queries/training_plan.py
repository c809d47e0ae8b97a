"""A training plan as its page shows it: lines with people and reasons, how far each is, and seats and hours needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kpis.queries.training_rows import training_rows
from omnichannel.core.periods import Period, parse_period
from omnichannel.core.text import Bilingual
from roles.queries.library import role_library
from roles.queries.org_chart import UnitTree
from roles.queries.people import people_names
from talent.choices import EnrolmentState, NeedReason
from talent.errors.training import UnknownPlan
from talent.models import Enrolment, PlanLine, TrainingPlan
from talent.queries.training import Programme, programmes


class Progress(StrEnum):
    """How far a line is within its quarter."""

    OPEN = "open"
    ENROLLED = "enrolled"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One reason of a line. `names`: the ability; `words`: a number, the levels, or what was typed."""

    kind: NeedReason
    role: Bilingual | None
    day: str
    words: str
    names: Bilingual | None


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Somebody and a programme, why, and how far it is."""

    pk: int
    person: str
    person_name: str
    programme: str
    programme_names: Bilingual
    hours: int
    reasons: tuple[WhyLine, ...]
    progress: Progress
    course: int | None
    dropped_by: str
    dropped_at: datetime | None
    drop_reason: str


@dataclass(frozen=True, slots=True)
class Demand:
    """A programme of the plan: seats are its lines that are not dropped, hours those seats times its length."""

    programme: str
    names: Bilingual
    seats: int
    done: int
    enrolled: int
    hours: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its lines by person."""

    pk: int
    unit: str
    unit_name: str
    period: Period
    author: str
    created_at: datetime
    refreshed_at: datetime
    lines: tuple[PlannedLine, ...]
    demand: tuple[Demand, ...]

    @property
    def counted(self) -> tuple[PlannedLine, ...]:
        """The lines that are not dropped."""
        return tuple(line for line in self.lines if line.progress is not Progress.DROPPED)


def plans(*, tree: UnitTree, within: str | None = None) -> list[TrainingPlan]:
    """Return the plans of units inside the bounds, the newest quarter first."""
    rows = TrainingPlan.objects.select_related("created_by").order_by("-period", "unit_external_id")
    return list(rows if within is None else rows.filter(unit_external_id__in=tree.subtree(within)))


def plan_of(unit: str, period: str) -> TrainingPlan | None:
    """Return the plan of a unit and a quarter, if it has been made."""
    return TrainingPlan.objects.filter(unit_external_id=unit, period=period).first()


def plan_view(pk: int, *, tree: UnitTree, within: str | None = None) -> PlanView:
    """Return a plan in a number of queries that does not grow with its lines. Raise UnknownPlan."""
    plan = TrainingPlan.objects.select_related("created_by").filter(pk=pk).first()
    if plan is None or (within is not None and plan.unit_external_id not in tree.subtree(within)):
        raise UnknownPlan
    rows = list(plan.lines.select_related("dropped_by").order_by("person_external_id", "pk"))
    period, known = parse_period(plan.period), programmes(with_hidden=True)
    lines = _lines(rows, period=period, known=known)
    unit = plan.unit_external_id
    return PlanView(
        pk=plan.pk,
        unit=unit,
        unit_name=tree.nodes[unit].name if unit in tree else unit,
        period=period,
        author=str(plan.created_by or ""),
        created_at=plan.created_at,
        refreshed_at=plan.refreshed_at,
        lines=lines,
        demand=_demand(lines, known),
    )


def _lines(rows: Sequence[PlanLine], *, period: Period, known: Mapping[str, Programme]) -> tuple[PlannedLine, ...]:
    people = {row.person_external_id for row in rows}
    names, roles = people_names(people), _role_names()
    done = {
        (row.person, row.programme)
        for row in training_rows(people=people)
        if row.completed_on is not None and period.start <= row.completed_on < period.end
    }
    seats = Enrolment.objects.filter(
        person_external_id__in=people, state=EnrolmentState.ENROLLED, course__cancelled_on=None,
        course__starts_on__lt=period.end, course__ends_on__gte=period.start,
    ).values_list("person_external_id", "course__programme", "course_id")  # fmt: skip
    booked = {(person, programme): course for person, programme, course in seats}
    return tuple(_line(row, names=names, roles=roles, known=known, done=done, booked=booked) for row in rows)


def _line(
    row: PlanLine,
    *,
    names: Mapping[str, str],
    roles: Mapping[str, Bilingual],
    known: Mapping[str, Programme],
    done: set[tuple[str, str]],
    booked: Mapping[tuple[str, str], int],
) -> PlannedLine:
    person, key = row.person_external_id, row.programme
    one = known.get(key)
    progress = Progress.ENROLLED if (person, key) in booked else Progress.OPEN
    progress = Progress.DONE if (person, key) in done else progress
    return PlannedLine(
        pk=row.pk,
        person=person,
        person_name=names.get(person, person),
        programme=key,
        programme_names=one.names if one else Bilingual(key, key),
        hours=one.hours if one else 0,
        reasons=tuple(_why(each, roles) for each in row.reasons),
        progress=Progress.DROPPED if row.dropped_at else progress,
        course=booked.get((person, key)),
        dropped_by=str(row.dropped_by or ""),
        dropped_at=row.dropped_at,
        drop_reason=row.drop_reason,
    )


def _why(node: Mapping[str, Any], roles: Mapping[str, Bilingual]) -> WhyLine:
    role, names = node.get("role", ""), node.get("names")
    return WhyLine(
        kind=NeedReason(node["kind"]),
        role=roles.get(role, Bilingual(role, role)) if role else None,
        day=node.get("day", ""),
        words=node.get("words", ""),
        names=Bilingual(names["zh"], names["en"]) if names else None,
    )


def _role_names() -> dict[str, Bilingual]:
    return {key.value: one.names for key, one in role_library().roles.items()}


def _demand(lines: Sequence[PlannedLine], known: Mapping[str, Programme]) -> tuple[Demand, ...]:
    found = []
    for key in dict.fromkeys([*known, *(line.programme for line in lines)]):
        mine = [line for line in lines if line.programme == key and line.progress is not Progress.DROPPED]
        if mine:
            done, enrolled = (
                sum(line.progress is each for line in mine) for each in (Progress.DONE, Progress.ENROLLED)
            )
            hours = sum(line.hours for line in mine)
            found.append(Demand(key, mine[0].programme_names, len(mine), done, enrolled, hours))
    return tuple(found)


def quarter_choices(today: date) -> list[str]:
    """Return the quarter of the day and the three after it."""
    first = (today.month - 1) // 3
    return [f"{today.year + (first + step) // 4}-Q{(first + step) % 4 + 1}" for step in range(4)]
