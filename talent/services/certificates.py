"""Certificates are numbered, recorded from elsewhere and revoked; the training records follow through the data door."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _

from kpis.queries.training_rows import training_rows
from kpis.services.training import enter_training
from omnichannel.core.periods import shift_months
from omnichannel.workspaces.scoping import lock_in_workspace
from orgstages.services.acting import Actor
from talent.errors.training import CertificateRefused, UnknownCertificate
from talent.models import Certificate, CertificatePattern, CourseResult
from talent.queries.certificates import is_number_taken, number_pattern
from talent.queries.training import national_titles, programmes
from talent.services.trainees import trainee_named

NUMBERS_LOCK = 0x0F27  # first key of the advisory lock of everybody who numbers certificates
PATTERN = re.compile(r"[A-Za-z0-9./_-]*\{year\}[A-Za-z0-9./_-]*\{serial\}[A-Za-z0-9./_-]*")
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A certificate issued elsewhere, as somebody records it. `person` is a name or a number."""

    person: str
    programme: str
    number: str
    issuer: str
    started_on: date
    issued_on: date
    expires_on: date | None
    hours: Decimal


def set_pattern(pattern: str, *, actor: Actor) -> CertificatePattern:
    """Set how certificates are numbered from now on: the year first, then the serial of that year."""
    pattern = pattern.strip()
    if not PATTERN.fullmatch(pattern):
        raise CertificateRefused(_("A pattern has {year} and then {serial}, with letters, digits and . / _ - around."))
    return CertificatePattern.objects.create(pattern=pattern, author_id=actor.id)


def issue_certificates(earned: Iterable[CourseResult], *, actor: Actor) -> list[Certificate]:
    """Number certificates for results that earn one, in the caller's transaction, in the order given."""
    rows = list(earned)
    if not rows:
        return []
    lock_in_workspace(NUMBERS_LOCK)
    taken = {row.certificate_no for row in training_rows()}
    taken |= set(Certificate.objects.values_list("number", flat=True))
    pattern, made = number_pattern(), []
    for result in rows:
        assert result.completed_on is not None  # noqa: S101 - only completed ones earn one
        year = result.completed_on.year
        serial = (Certificate.objects.filter(year=year).aggregate(last=Max("serial"))["last"] or 0) + 1
        while (number := numbered(pattern, year=year, serial=serial)) in taken:
            serial += 1
        taken.add(number)
        made.append(_issue(result, number, serial=serial, actor=actor))
    return made


def numbered(pattern: str, *, year: int, serial: int) -> str:
    """Return the number of a serial in a year."""
    return pattern.replace("{year}", str(year)).replace("{serial}", f"{serial:0{DIGITS}d}")


def _issue(result: CourseResult, number: str, *, serial: int, actor: Actor) -> Certificate:
    enrolment, issued = result.enrolment, result.completed_on
    course = enrolment.course
    assert issued is not None  # noqa: S101 - as above
    return Certificate.objects.create(
        number=number,
        year=issued.year,
        serial=serial,
        person_external_id=enrolment.person_external_id,
        programme=course.programme,
        enrolment=enrolment,
        started_on=course.starts_on,
        issued_on=issued,
        expires_on=shift_months(issued, course.valid_months) if course.valid_months else None,
        hours=result.hours,
        author_id=actor.id,
    )


def record_elsewhere(wanted: Elsewhere, *, actor: Actor) -> Certificate:
    """Record a certificate issued elsewhere, such as a national level: a completed training of its hours."""
    person = trainee_named(wanted.person, on=actor.today, within=actor.within)
    number = wanted.number.strip()
    _check(wanted, number=number, person=person, today=actor.today)
    row = _record(
        person, wanted.programme, wanted.started_on, wanted.issued_on, wanted.hours, number, wanted.expires_on
    )
    if wrong := enter_training([row], actor_id=actor.id, zone=actor.zone):
        raise CertificateRefused(" ".join(wrong))
    return Certificate.objects.create(
        number=number,
        person_external_id=person,
        programme=wanted.programme,
        issuer=wanted.issuer.strip(),
        started_on=wanted.started_on,
        issued_on=wanted.issued_on,
        expires_on=wanted.expires_on,
        hours=wanted.hours,
        author_id=actor.id,
    )


def _check(wanted: Elsewhere, *, number: str, person: str, today: date) -> None:
    wrong = []
    if wanted.programme not in national_titles() and wanted.programme not in programmes(with_hidden=True):
        wrong.append(_("There is no such programme."))
    if not number or is_number_taken(number, person=person):
        wrong.append(_("This number is given out already."))
    if not wanted.started_on <= wanted.issued_on <= today:
        wrong.append(_("It starts, then it is issued, and not later than today."))
    if wanted.expires_on is not None and wanted.expires_on <= wanted.issued_on:
        wrong.append(_("It expires after it is issued."))
    if any(
        (row.programme, row.started_on) == (wanted.programme, wanted.started_on)
        for row in training_rows(people=[person])
    ):
        wrong.append(_("A training record of this programme and start is there already."))
    if wrong:
        raise CertificateRefused(" ".join(wrong))


def revoke_certificate(pk: int, *, reason: str, actor: Actor, people: frozenset[str] | None = None) -> Certificate:
    """Revoke a certificate from today on. `people` are those whom the asker may see, None everybody."""
    row = Certificate.objects.filter(pk=pk).first()
    if row is None or (people is not None and row.person_external_id not in people):
        raise UnknownCertificate
    if row.revoked_on is not None:
        raise CertificateRefused(_("This certificate has been revoked already."))
    if not reason.strip():
        raise CertificateRefused(_("Give a reason."))
    revoke_rows([row], reason=reason, actor=actor)
    if wrong := enter_training(_records_after(row, on=actor.today), actor_id=actor.id, zone=actor.zone):
        Certificate.objects.filter(pk=row.pk).update(revoked_on=None, revoked_by=None, revoke_reason="")
        raise CertificateRefused(" ".join(wrong))
    row.refresh_from_db()
    return row


def revoke_rows(rows: Iterable[Certificate], *, reason: str, actor: Actor) -> None:
    """Mark certificates as revoked today."""
    Certificate.objects.filter(pk__in=[row.pk for row in rows]).update(
        revoked_on=actor.today, revoked_by=actor.id, revoke_reason=reason.strip()
    )


def _records_after(row: Certificate, *, on: date) -> list[dict[str, str | None]]:
    """Return the certificate's training record as it is after the revocation: it expires on that day."""
    for each in training_rows(people=[row.person_external_id]):
        if (each.programme, each.started_on) == (row.programme, row.started_on):
            record = _record(
                each.person, each.programme, each.started_on, each.completed_on or row.issued_on, each.hours,
                row.number, min(on, row.expires_on or on),
            )  # fmt: skip
            score, passed = each.exam_score, each.passed
            return [
                record
                | {
                    "exam_score": None if score is None else str(score),
                    "passed": None if passed is None else str(passed).lower(),
                }
            ]
    return [_record(row.person_external_id, row.programme, row.started_on, row.issued_on, row.hours, row.number, on)]


def _record(
    person: str, programme: str, started: date, completed: date, hours: Decimal, number: str, expires: date | None
) -> dict[str, str | None]:
    return {
        "employee_id": person,
        "programme_id": programme,
        "started_on": started.isoformat(),
        "completed_on": completed.isoformat(),
        "hours": str(hours),
        "exam_score": None,
        "passed": None,
        "certificate_no": number,
        "expires_on": expires.isoformat() if expires else None,
    }
