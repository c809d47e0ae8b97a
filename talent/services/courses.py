"""Courses are planned, changed and cancelled; people are enrolled, wait for a seat, and withdraw."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orgstages.services.acting import Actor
from roles.queries.org_chart import unit_tree
from talent.choices import EnrolmentState
from talent.errors.training import CourseRefused, EnrolmentRefused, UnknownCourse, UnknownEnrolment
from talent.models import Course, CourseResult, Enrolment
from talent.queries.training import programme
from talent.services.trainees import trainee_named

KEY_BYTES = 4
MOST_DAYS, MOST_SEATS = 60, 1000


@dataclass(frozen=True, slots=True)
class CourseWanted:
    """What a course is to be. `days` are its days, in any order."""

    programme: str
    unit: str
    trainer: str
    place: str
    is_online: bool
    capacity: int
    is_open: bool
    days: Sequence[date]
    note: str = ""


def plan_course(wanted: CourseWanted, *, actor: Actor) -> Course:
    """Plan a course; it keeps what its programme asks today."""
    asked = programme(wanted.programme)
    if asked.is_hidden:
        raise CourseRefused(_("This programme is hidden."))
    days = _checked(wanted, actor=actor)
    course = Course(
        key=secrets.token_hex(KEY_BYTES),
        programme=asked.key,
        hours=asked.hours,
        certifies=asked.certifies,
        valid_months=asked.valid_months,
        pass_mark=asked.pass_mark,
        attendance=asked.attendance,
        created_by_id=actor.id,
    )
    _put(course, wanted, days)
    return course


@transaction.atomic
def change_course(pk: int, wanted: CourseWanted, *, actor: Actor) -> Course:
    """Change a course: not its programme, not its days once results are kept, not fewer seats than are taken."""
    course = locked(pk)
    days = _checked(wanted, actor=actor)
    if wanted.programme != course.programme:
        raise CourseRefused(_("A course keeps its programme. Plan another one."))
    if has_results(course) and [day.isoformat() for day in days] != course.days:
        raise CourseRefused(_("Results are kept already, so the days stay."))
    if wanted.capacity < _seated(course).count():
        raise CourseRefused(_("More people than that are enrolled."))
    if days[0] != course.starts_on:
        for person in _seated(course).values_list("person_external_id", flat=True):
            _refuse_twice(course, person, starts_on=days[0])
    _put(course, wanted, days)
    _fill_seats(course)
    return course


@transaction.atomic
def cancel_course(pk: int, *, reason: str, actor: Actor) -> Course:
    """Cancel a course of which no result is kept."""
    course = locked(pk)
    if has_results(course):
        raise CourseRefused(_("Results are kept already; a course that was held is not cancelled."))
    if not reason.strip():
        raise CourseRefused(_("Give a reason."))
    Course.objects.filter(pk=pk).update(cancelled_on=actor.today, cancel_reason=reason.strip())
    course.refresh_from_db()
    return course


@transaction.atomic
def enrol(pk: int, names: Iterable[str], *, actor: Actor) -> list[Enrolment]:
    """Enrol people named by number or name, all or none; beyond the seats they wait in this order."""
    course = locked(pk)
    people = [trainee_named(name, on=actor.today, within=actor.within) for name in names]
    return [_enrol(course, person, actor=actor) for person in dict.fromkeys(people)]


@transaction.atomic
def enrol_oneself(pk: int, *, person: str, actor: Actor) -> Enrolment:
    """Enrol oneself in a course that is open for it."""
    course = locked(pk)
    if not course.is_open:
        raise EnrolmentRefused(_("This course is not open for enrolling oneself. Ask HR."))
    if course.starts_on < actor.today:
        raise EnrolmentRefused(_("The course has begun."))
    return _enrol(course, trainee_named(person, on=actor.today), actor=actor)


@transaction.atomic
def withdraw(pk: int, *, person: str) -> Enrolment | None:
    """Withdraw somebody of whom no result is kept; return who has got the seat, the first of the waiting list."""
    course = locked(pk)
    row = course.enrolments.exclude(state=EnrolmentState.WITHDRAWN).filter(person_external_id=person).first()
    if row is None:
        raise UnknownEnrolment
    if CourseResult.objects.filter(enrolment=row).exists():
        raise EnrolmentRefused(_("Results of this person are kept already; they stay enrolled."))
    Enrolment.objects.filter(pk=row.pk).update(state=EnrolmentState.WITHDRAWN, withdrawn_at=timezone.now())
    seated = _fill_seats(course)
    return seated[0] if seated else None


def locked(pk: int) -> Course:
    """Return the course, held until the transaction ends. Raise UnknownCourse, or CourseRefused when cancelled."""
    course = Course.objects.select_for_update().filter(pk=pk).first()
    if course is None:
        raise UnknownCourse
    if course.cancelled_on is not None:
        raise CourseRefused(_("This course has been cancelled."))
    return course


def has_results(course: Course) -> bool:
    """Tell whether any result of the course is kept."""
    return CourseResult.objects.filter(enrolment__course=course).exists()


def _enrol(course: Course, person: str, *, actor: Actor) -> Enrolment:
    if course.enrolments.exclude(state=EnrolmentState.WITHDRAWN).filter(person_external_id=person).exists():
        raise EnrolmentRefused(_("%(person)s is enrolled already.") % {"person": person})
    _refuse_twice(course, person, starts_on=course.starts_on)
    full = _seated(course).count() >= course.capacity
    state = EnrolmentState.WAITING if full else EnrolmentState.ENROLLED
    return Enrolment.objects.create(course=course, person_external_id=person, state=state, created_by_id=actor.id)


def _refuse_twice(course: Course, person: str, *, starts_on: date) -> None:
    """Refuse a second course of the programme on the same first day: it would be the same training record."""
    others = Enrolment.objects.filter(
        course__programme=course.programme, course__starts_on=starts_on, course__cancelled_on=None,
        person_external_id=person,
    ).exclude(course=course).exclude(state=EnrolmentState.WITHDRAWN)  # fmt: skip
    if others.exists():
        told = {"person": person, "day": starts_on.isoformat()}
        raise EnrolmentRefused(_("%(person)s is in another course of this programme that begins on %(day)s.") % told)


def _fill_seats(course: Course) -> list[Enrolment]:
    free = course.capacity - _seated(course).count()
    waiting = list(course.enrolments.filter(state=EnrolmentState.WAITING).order_by("pk")[: max(free, 0)])
    Enrolment.objects.filter(pk__in=[row.pk for row in waiting]).update(state=EnrolmentState.ENROLLED)
    return waiting


def _seated(course: Course) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(course=course, state=EnrolmentState.ENROLLED)


def _checked(wanted: CourseWanted, *, actor: Actor) -> list[date]:
    """Return the days in order; raise CourseRefused with everything that is wrong."""
    days, wrong = sorted(set(wanted.days)), []
    if not 1 <= len(days) <= MOST_DAYS:
        wrong.append(_("Name 1 to %(most)s days.") % {"most": MOST_DAYS})
    if not 1 <= wanted.capacity <= MOST_SEATS:
        wrong.append(_("Name 1 to %(most)s seats.") % {"most": MOST_SEATS})
    if wanted.unit not in unit_tree(as_of=actor.today):
        wrong.append(_("There is no such unit."))
    if not wanted.trainer.strip():
        wrong.append(_("Name the trainer."))
    if not wanted.place.strip():
        wrong.append(_("Name the place, or the link of an online course."))
    if wrong:
        raise CourseRefused(" ".join(wrong))
    return days


def _put(course: Course, wanted: CourseWanted, days: Sequence[date]) -> None:
    course.unit_external_id = wanted.unit
    course.trainer = wanted.trainer.strip()
    course.place = wanted.place.strip()
    course.is_online = wanted.is_online
    course.capacity = wanted.capacity
    course.is_open = wanted.is_open
    course.days = [day.isoformat() for day in days]
    course.starts_on, course.ends_on = days[0], days[-1]
    course.note = wanted.note.strip()
    course.save()
