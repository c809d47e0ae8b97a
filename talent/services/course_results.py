"""What comes of a course: attendance, exam, completion, certificate, feedback; all of it rows of the KPI tables too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kpis.services.training import enter_feedback, enter_training
from orgstages.services.acting import Actor
from talent.choices import EnrolmentState
from talent.errors.training import EnrolmentRefused, ResultsRefused, UnknownEnrolment
from talent.models import Certificate, Course, CourseFeedback, CourseResult, Enrolment
from talent.services.certificates import issue_certificates, revoke_rows
from talent.services.courses import locked

HUNDRED, CENT = Decimal(100), Decimal("0.01")
FACTS = ("days", "hours", "completed_on", "exam_score", "passed")


@dataclass(frozen=True, slots=True)
class ResultWanted:
    """What somebody attended, and their exam; no score: no exam was written."""

    person: str
    days: frozenset[str]
    exam_score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a save did: results that are new or other, certificates issued and revoked."""

    results: int
    issued: tuple[Certificate, ...]
    revoked: tuple[Certificate, ...]


def record_results(
    pk: int, wanted: Sequence[ResultWanted], *, actor: Actor, people: Collection[str] | None = None
) -> Recorded:
    """Keep attendance and exam scores of enrolled people, all or none, and enter the course's training records.

    Completed is who attended enough of the days, once the course is over; passed is who reached the mark; both together
    earn the certificate of a certifying programme. A correction that takes this away revokes it. `people` are those of
    whom the writer may keep results, None everybody; of anybody else it is not told whether they are enrolled.
    """
    if people is not None and any(one.person not in people for one in wanted):
        raise UnknownEnrolment
    with transaction.atomic():
        course = locked(pk)
        seats = _seats(course)
        _check(course, wanted, seats, today=actor.today)
        newest = newest_results(course)
        rows = [_result(course, seats[one.person], one, actor=actor) for one in wanted]
        changed = [row for row in rows if _is_other(row, newest.get(row.enrolment_id))]
        for row in changed:
            row.save()
        revoked = _unearned(changed, actor=actor)
        issued = issue_certificates(_earned(changed), actor=actor)
    records = training_records(course)
    if records and (wrong := enter_training(records, actor_id=actor.id, zone=actor.zone)):
        _take_back(changed, issued, revoked)
        raise ResultsRefused(wrong)
    return Recorded(len(changed), tuple(issued), tuple(revoked))


def give_feedback(pk: int, *, person: str, score: int, remark: str, actor: Actor) -> CourseFeedback:
    """Keep what a trainee says of a course that has begun; the answer enters the surveys without a name."""
    with transaction.atomic():
        course = locked(pk)
        row = _seats(course).get(person)
        if row is None:
            raise UnknownEnrolment
        if course.starts_on > actor.today:
            raise EnrolmentRefused(_("The course has not begun yet."))
        said = CourseFeedback.objects.create(enrolment=row, score=score, remark=remark.strip(), said_on=actor.today)
    answer: dict[str, str | None] = {
        "response_id": _nameless(row),
        "date": said.said_on.isoformat(),
        "kind": "training_feedback",
        "subject": "training",
        "score": str(score),
        "scale_max": "100",
        "responses": "1",
        "customer_id": None,
        "employee_id": None,
    }
    if wrong := enter_feedback([answer], actor_id=None, zone=actor.zone):
        said.delete()
        raise ResultsRefused(wrong)
    return said


def newest_results(course: Course) -> dict[int, CourseResult]:
    """Return the result that counts per enrolment."""
    rows = CourseResult.objects.filter(enrolment__course=course).select_related("enrolment__course").order_by("pk")
    return {row.enrolment_id: row for row in rows}


def training_records(course: Course) -> list[dict[str, str | None]]:
    """Return the course's rows of the table: everyone enrolled of whom a result is kept."""
    results = newest_results(course)
    seats = {row.pk: row for row in _seats(course).values()}
    numbers = {
        row.enrolment_id: row
        for row in Certificate.objects.filter(enrolment__course=course).order_by(
            F("revoked_on").asc(nulls_last=True), "pk"
        )
    }  # one that stands comes last and counts
    return [
        _record(course, seats[key], result, numbers.get(key)) for key, result in sorted(results.items()) if key in seats
    ]


def _record(
    course: Course, enrolment: Enrolment, result: CourseResult, certificate: Certificate | None
) -> dict[str, str | None]:
    ends = (certificate.revoked_on, certificate.expires_on) if certificate else ()
    expires = min((day for day in ends if day), default=None)
    return {
        "employee_id": enrolment.person_external_id,
        "programme_id": course.programme,
        "started_on": course.starts_on.isoformat(),
        "completed_on": _day(result.completed_on),
        "hours": str(result.hours),
        "exam_score": None if result.exam_score is None else str(result.exam_score),
        "passed": None if result.passed is None else str(result.passed).lower(),
        "certificate_no": certificate.number if certificate and result.completed_on else None,
        "expires_on": _day(expires) if certificate and result.completed_on else None,
    }


def _nameless(enrolment: Enrolment) -> str:
    """Return the id of an enrolment's answer: the same for a second answer, and it leads nobody back to the person."""
    said = f"{enrolment.workspace_id}/{enrolment.pk}"
    return f"TF-{salted_hmac('talent.course_feedback', said, algorithm='sha256').hexdigest()[:32]}"


def _seats(course: Course) -> dict[str, Enrolment]:
    rows = course.enrolments.filter(state=EnrolmentState.ENROLLED).select_related("course")
    return {row.person_external_id: row for row in rows}


def _check(course: Course, wanted: Sequence[ResultWanted], seats: Mapping[str, Enrolment], *, today: date) -> None:
    wrong = []
    if course.starts_on > today:
        wrong.append(_("The course has not begun yet."))
    known = set(course.days)
    for one in wanted:
        told = {"person": one.person}
        if one.person not in seats:
            wrong.append(_("%(person)s is not enrolled.") % told)
        if one.days - known:
            wrong.append(_("%(person)s: the course has no such day.") % told)
        if any(day > today.isoformat() for day in one.days):
            wrong.append(_("%(person)s: nobody attends a day to come.") % told)
        if one.exam_score is not None and not 0 <= one.exam_score <= HUNDRED:
            wrong.append(_("%(person)s: a score is from 0 to 100.") % told)
        if one.exam_score is not None and not _is_completed(course, one, today=today):
            wrong.append(_("%(person)s: an exam belongs to a completed course.") % told)
    if wrong:
        raise ResultsRefused(wrong)


def _is_completed(course: Course, one: ResultWanted, *, today: date) -> bool:
    return course.ends_on <= today and len(one.days) * 100 >= course.attendance * len(course.days)


def _result(course: Course, enrolment: Enrolment, one: ResultWanted, *, actor: Actor) -> CourseResult:
    """Return the result that somebody's attendance and score come to, not kept yet."""
    share = Decimal(len(one.days)) / Decimal(len(course.days))
    return CourseResult(
        workspace_id=course.workspace_id,
        enrolment=enrolment,
        days=sorted(one.days),
        hours=(course.hours * share).quantize(CENT),
        completed_on=course.ends_on if _is_completed(course, one, today=actor.today) else None,
        exam_score=one.exam_score,
        passed=None if one.exam_score is None else one.exam_score >= course.pass_mark,
        author_id=actor.id,
    )


def _is_other(row: CourseResult, before: CourseResult | None) -> bool:
    return before is None or any(getattr(before, name) != getattr(row, name) for name in FACTS)


def _earned(changed: Sequence[CourseResult]) -> list[CourseResult]:
    """Return the results that earn a certificate which does not stand yet."""
    standing = set(
        Certificate.objects.filter(enrolment__in=[row.enrolment_id for row in changed], revoked_on=None)
        .values_list("enrolment_id", flat=True)
    )  # fmt: skip
    return [row for row in changed if _earns(row) and row.enrolment_id not in standing]


def _unearned(changed: Sequence[CourseResult], *, actor: Actor) -> list[Certificate]:
    """Revoke the certificates that a correction takes the ground from."""
    lost = [row.enrolment_id for row in changed if not _earns(row)]
    rows = list(Certificate.objects.filter(enrolment__in=lost, revoked_on=None))
    revoke_rows(rows, reason=_("The result was corrected."), actor=actor)
    return rows


def _earns(row: CourseResult) -> bool:
    return row.enrolment.course.certifies and row.completed_on is not None and row.passed is True


def _take_back(changed: Sequence[CourseResult], issued: Sequence[Certificate], revoked: Sequence[Certificate]) -> None:
    """Undo what was kept when the data door did not take its rows."""
    with transaction.atomic():
        Certificate.objects.filter(pk__in=[row.pk for row in issued]).delete()
        CourseResult.objects.filter(pk__in=[row.pk for row in changed]).delete()
        Certificate.objects.filter(pk__in=[row.pk for row in revoked]).update(
            revoked_on=None, revoked_by=None, revoke_reason=""
        )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
