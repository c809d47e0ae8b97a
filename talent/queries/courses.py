"""Courses as their pages show them: seats, who is enrolled, what came of it, what a workshop decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from django.db.models import Count, Q, QuerySet

from kpis.engine.arithmetic import rounded
from kpis.queries.analyses.story import FEWEST
from omnichannel.core.text import Bilingual
from roles.queries.people import people_names
from talent.choices import EnrolmentState
from talent.errors.training import UnknownCourse
from talent.models import Certificate, Course, CourseFeedback, CourseResult, Enrolment, WorkshopOutcome
from talent.queries.few import tells_few
from talent.queries.training import programme_titles


class CourseStanding(StrEnum):
    """How a course stands on a day."""

    COMING = "coming"
    RUNNING = "running"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course in the list."""

    course: Course
    names: Bilingual
    standing: CourseStanding
    enrolled: int
    waiting: int

    @property
    def free(self) -> int:
        """Seats that are left."""
        return max(self.course.capacity - self.enrolled, 0)


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a course, with the result that counts. `attended`: the days, as the course's `days`."""

    pk: int
    person: str
    name: str
    state: EnrolmentState
    attended: frozenset[str]
    result: CourseResult | None
    results: int
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class CourseFigures:
    """What a course came to, from the same rows as the KPIs; None where nothing can be computed.

    Nor is a rate told from which, less the people whose results the reader sees, that of fewer than five others could
    be reckoned: `hidden` names the counts it rests on.
    """

    enrolled: int
    recorded: int
    completed: int
    exams: int
    passed: int
    answers: int
    satisfaction: Decimal | None
    hidden: frozenset[str] = frozenset()

    @property
    def is_told(self) -> bool:
        """Tell whether every count rests on enough people."""
        return not self.hidden

    @property
    def completion_rate(self) -> Decimal | None:
        """Completed of those with a record, in percent."""
        if not self.recorded or "recorded" in self.hidden:
            return None
        return rounded(Fraction(self.completed * 100, self.recorded))

    @property
    def pass_rate(self) -> Decimal | None:
        """Passed of those who wrote the exam, in percent."""
        if not self.exams or "exams" in self.hidden:
            return None
        return rounded(Fraction(self.passed * 100, self.exams))


@dataclass(frozen=True, slots=True)
class Remark:
    """What a trainee said, without the name: told from five answers on."""

    score: int
    text: str
    said_on: date


@dataclass(frozen=True, slots=True)
class CourseView:
    """One course. `participants` are those whom the reader may see, the waiting list last."""

    line: CourseLine
    author: str
    participants: tuple[Participant, ...]
    figures: CourseFigures
    remarks: tuple[Remark, ...]
    outcomes: tuple[WorkshopOutcome, ...]


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """A course of one's own, with what one said of it."""

    line: CourseLine
    participant: Participant
    feedback: CourseFeedback | None
    enrolled_at: datetime


def course_lines(rows: QuerySet[Course], *, today: date) -> list[CourseLine]:
    """Return courses for a list, with the seats taken, in two queries."""
    taken = {state: Count("enrolments", filter=Q(enrolments__state=state)) for state in EnrolmentState.values}
    found = list(rows.annotate(seated=taken["enrolled"], queued=taken["waiting"]))
    names = programme_titles({row.programme for row in found})
    return [
        CourseLine(row, names[row.programme], standing_of(row, today=today), row.seated, row.queued) for row in found
    ]


def courses(*, programme: str = "", standing: str = "", today: date) -> QuerySet[Course]:
    """Return courses, those to come first and by their day, then the newest of the past."""
    rows = Course.objects.all()
    if programme:
        rows = rows.filter(programme=programme)
    if standing == CourseStanding.CANCELLED:
        return rows.exclude(cancelled_on=None)
    if standing:
        rows = rows.filter(cancelled_on=None)
    if standing == CourseStanding.COMING:
        rows = rows.filter(starts_on__gt=today)
    elif standing == CourseStanding.RUNNING:
        rows = rows.filter(starts_on__lte=today, ends_on__gte=today)
    elif standing == CourseStanding.OVER:
        rows = rows.filter(ends_on__lt=today)
    return rows


def standing_of(course: Course, *, today: date) -> CourseStanding:
    """Return how a course stands on a day."""
    if course.cancelled_on is not None:
        return CourseStanding.CANCELLED
    if today < course.starts_on:
        return CourseStanding.COMING
    return CourseStanding.RUNNING if today <= course.ends_on else CourseStanding.OVER


def course_view(pk: int, *, today: date, people: Collection[str] | None = None) -> CourseView:
    """Return one course; `people` are those whom the reader may see, None everybody. Raise UnknownCourse."""
    found = course_lines(Course.objects.filter(pk=pk).select_related("created_by"), today=today)
    if not found:
        raise UnknownCourse
    line = found[0]
    everybody = participants(Enrolment.objects.filter(course_id=pk).exclude(state=EnrolmentState.WITHDRAWN))
    said = newest_feedback(Enrolment.objects.filter(course_id=pk))
    return CourseView(
        line=line,
        author=str(line.course.created_by or ""),
        participants=tuple(one for one in everybody if people is None or one.person in people),
        figures=figures_of(everybody, said.values(), seen=people),
        remarks=_remarks(said.values()),
        outcomes=tuple(WorkshopOutcome.objects.filter(course_id=pk).order_by("pk")),
    )


def participants(rows: QuerySet[Enrolment]) -> list[Participant]:
    """Return people in courses with their results and certificates, in four queries."""
    found = list(rows.order_by("state", "pk"))
    names = people_names({row.person_external_id for row in found})
    results: dict[int, list[CourseResult]] = {}
    for result in CourseResult.objects.filter(enrolment__in=found).order_by("pk"):
        results.setdefault(result.enrolment_id, []).append(result)
    standing = {row.enrolment_id: row for row in Certificate.objects.filter(enrolment__in=found, revoked_on=None)}
    return [
        _participant(row, names.get(row.person_external_id, ""), results.get(row.pk, ()), standing) for row in found
    ]


def figures_of(
    people: Iterable[Participant], said: Iterable[CourseFeedback], *, seen: Collection[str] | None = None
) -> CourseFigures:
    """Count a course from its people and their answers; `seen` are those whose results the reader sees, None: all."""
    seated = [one for one in people if one.state is EnrolmentState.ENROLLED]
    results = [one.result for one in seated if one.result is not None]
    scores = [one.score for one in said]
    known = {one.person for one in seated} if seen is None else seen
    rests = {
        "recorded": [one.person for one in seated if one.result is not None],
        "exams": [one.person for one in seated if one.result is not None and one.result.exam_score is not None],
    }
    hidden = {name for name, some in rests.items() if tells_few(some, known)}
    if seen is not None and len(scores) < FEWEST:  # answers have no name, whoever the reader sees
        hidden.add("answers")
    return CourseFigures(
        enrolled=len(seated),
        recorded=len(results),
        completed=sum(row.completed_on is not None for row in results),
        exams=sum(row.exam_score is not None for row in results),
        passed=sum(row.passed is True for row in results),
        answers=len(scores),
        satisfaction=rounded(Fraction(sum(scores), len(scores))) if scores and "answers" not in hidden else None,
        hidden=frozenset(hidden),
    )


def own_courses(person: str, *, today: date) -> list[OwnCourse]:
    """Return somebody's courses, the newest first, in a number of queries that does not grow."""
    rows = Enrolment.objects.filter(person_external_id=person).exclude(state=EnrolmentState.WITHDRAWN)
    mine = {row.course_id: row for row in rows}
    lines = course_lines(Course.objects.filter(pk__in=list(mine)).order_by("-starts_on", "-pk"), today=today)
    seen = {one.pk: one for one in participants(rows)}
    said = newest_feedback(rows)
    return [
        OwnCourse(
            line, seen[mine[line.course.pk].pk], said.get(mine[line.course.pk].pk), mine[line.course.pk].created_at
        )
        for line in lines
    ]


def newest_feedback(rows: QuerySet[Enrolment]) -> dict[int, CourseFeedback]:
    """Return the answer that counts per enrolment."""
    said = CourseFeedback.objects.filter(enrolment__in=rows.order_by()).order_by("pk")
    return {row.enrolment_id: row for row in said}


def outcome_of(reference: str) -> WorkshopOutcome | None:
    """Return the workshop's outcome that a milestone or target comes from, if any."""
    return WorkshopOutcome.objects.select_related("course").filter(reference=reference).order_by("-pk").first()


def _remarks(said: Collection[CourseFeedback]) -> tuple[Remark, ...]:
    """Return what people said, in an order that does not tell who answered first."""
    if len(said) < FEWEST:
        return ()
    found = [Remark(one.score, one.remark, one.said_on) for one in said]
    return tuple(sorted(found, key=lambda one: (one.said_on, one.score, one.text)))


def _participant(
    row: Enrolment, name: str, results: Sequence[CourseResult], standing: dict[int | None, Certificate]
) -> Participant:
    newest = results[-1] if results else None
    return Participant(
        pk=row.pk,
        person=row.person_external_id,
        name=name or row.person_external_id,
        state=EnrolmentState(row.state),
        attended=frozenset(newest.days) if newest else frozenset(),
        result=newest,
        results=len(results),
        certificate=standing.get(row.pk),
    )
