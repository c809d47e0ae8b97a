"""Certificates of people: issued here, recorded from elsewhere, and those that came with loaded training records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kpis.queries.training_rows import TrainingRow, certificates_by_expiry, training_rows
from talent.errors.training import UnknownCertificate
from talent.models import Certificate as CertificateRow
from talent.models import CertificatePattern

REMIND_DAYS = 30  # before it expires it is told
PATTERN = "OC-{year}-{serial}"


class Origin(StrEnum):
    """Where a certificate comes from."""

    ISSUED = "issued"
    ELSEWHERE = "elsewhere"
    RECORDS = "records"


class Standing(StrEnum):
    """How a certificate stands on a day."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it stands on a day: it counts from `issued_on` until the day before `expires_on`."""

    person: str
    programme: str
    number: str
    issued_on: date
    expires_on: date | None
    origin: Origin
    standing: Standing
    issuer: str = ""
    revoked_on: date | None = None
    revoke_reason: str = ""
    pk: int | None = None

    @property
    def is_valid(self) -> bool:
        """True while it counts."""
        return self.standing in (Standing.VALID, Standing.EXPIRING)


def certificates_of(people: Collection[str], *, as_of: date) -> Mapping[str, tuple[Certificate, ...]]:
    """Return the certificates issued by the day per person, newest first; people without one have an empty tuple."""
    found: dict[str, tuple[Certificate, ...]] = dict.fromkeys(people, ())
    for one in certificates(as_of=as_of, people=people):
        found[one.person] += (one,)
    return found


def certificates(*, as_of: date, people: Collection[str] | None = None, number: str | None = None) -> list[Certificate]:
    """Return every certificate issued by the day, newest first: one query and one read of the table.

    With a `number`, in capital or small letters, those of it.

    A row of the table that repeats one of ours (we entered it there) is not told twice.
    """
    kept = CertificateRow.objects.all()
    if people is not None:
        kept = kept.filter(person_external_id__in=list(people))
    if number is not None:
        kept = kept.filter(number__iexact=number)
    rows = list(kept)
    ours = {(row.person_external_id, row.number) for row in rows}
    loaded = [
        row for row in training_rows(people=people, certificate=number) if row.certificate_no and row.completed_on
    ]
    found = [_of_row(row, as_of=as_of) for row in rows]
    found += [_of_record(row, as_of=as_of) for row in loaded if (row.person, row.certificate_no) not in ours]
    return sorted((one for one in found if one.issued_on <= as_of), key=_newest_first)


def standings(*, as_of: date) -> Counter[Standing]:
    """Count every certificate issued by the day by how it stands, as `certificates` lists them; rows add up unread."""
    rows = list(CertificateRow.objects.all())
    found = Counter(
        standing_of(row.expires_on, as_of=as_of, revoked_on=row.revoked_on) for row in rows if row.issued_on <= as_of
    )
    ours = {(row.person_external_id, row.number) for row in rows}
    for expires_on, count in certificates_by_expiry(as_of=as_of, but=ours).items():
        found[standing_of(expires_on, as_of=as_of)] += count
    return found


def certificate_numbered(number: str, *, as_of: date) -> Certificate:
    """Return the certificate of a number, wherever it comes from. Raise UnknownCertificate."""
    for one in certificates(as_of=as_of, number=number.strip()):
        return one
    raise UnknownCertificate


def is_number_taken(number: str, *, person: str = "") -> bool:
    """Tell whether a number is given out; a loaded row of the same person does not count against them."""
    if CertificateRow.objects.filter(number=number).exists():
        return True
    rows = training_rows(certificate=number)
    return any(row.certificate_no == number and row.person != person for row in rows)


def number_pattern() -> str:
    """Return how the workspace numbers its certificates."""
    newest = CertificatePattern.objects.order_by("-pk").values_list("pattern", flat=True).first()
    return newest or PATTERN


def standing_of(expires_on: date | None, *, as_of: date, revoked_on: date | None = None) -> Standing:
    """Return how a certificate stands on a day."""
    if revoked_on is not None and revoked_on <= as_of:
        return Standing.REVOKED
    if expires_on is None:
        return Standing.VALID
    if expires_on <= as_of:
        return Standing.EXPIRED
    return Standing.EXPIRING if expires_on <= as_of + timedelta(days=REMIND_DAYS) else Standing.VALID


def _newest_first(one: Certificate) -> tuple[int, str]:
    return -one.issued_on.toordinal(), one.number


def _of_row(row: CertificateRow, *, as_of: date) -> Certificate:
    return Certificate(
        person=row.person_external_id,
        programme=row.programme,
        number=row.number,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        origin=Origin.ISSUED if row.serial is not None else Origin.ELSEWHERE,
        standing=standing_of(row.expires_on, as_of=as_of, revoked_on=row.revoked_on),
        issuer=row.issuer,
        revoked_on=row.revoked_on,
        revoke_reason=row.revoke_reason,
        pk=row.pk,
    )


def _of_record(row: TrainingRow, *, as_of: date) -> Certificate:
    assert row.completed_on is not None  # noqa: S101 - its caller keeps those only
    return Certificate(
        person=row.person,
        programme=row.programme,
        number=row.certificate_no,
        issued_on=row.completed_on,
        expires_on=row.expires_on,
        origin=Origin.RECORDS,
        standing=standing_of(row.expires_on, as_of=as_of),
    )
