"""Job descriptions that have been kept: the list, one with its versions, and what has changed behind their texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from talent.descriptions import words as w
from talent.descriptions.material import Origin
from talent.errors.descriptions import UnknownJobDescription
from talent.models import JobDescription, JobDescriptionVersion
from talent.paper.blocks import Block, Letterhead, Paper, Section
from talent.paper.reading import read_blocks
from talent.queries.jd_materials import Grounds, Subject, read_grounds
from talent.queries.job_descriptions import Document, faults_of, generated_known


@dataclass(frozen=True, slots=True)
class KeptSection:
    """A section of a version. `is_stale`: what is generated now differs from what the text was last held against.

    `fresh` is the text generated now; `is_edited` tells that the section's text is not the generated one.
    """

    id: str
    heading: str
    text: str
    fresh: str
    basis: str
    origins: tuple[Origin, ...]
    is_stale: bool
    is_edited: bool

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return the text in the grammar of documents."""
        return read_blocks(self.text)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as the history lists it."""

    number: int
    author: str
    created_at: datetime
    note: str
    restored_from: int | None
    issued_on: date | None
    issued_by: str


@dataclass(frozen=True, slots=True)
class Described:
    """A job description as a page shows it: kept in a version, or, without one, as it would be generated now."""

    document: Document
    pk: int | None
    version: VersionLine | None
    as_of: date
    sections: tuple[KeptSection, ...]
    versions: tuple[VersionLine, ...]

    @property
    def newest(self) -> int:
        """Return the number of the newest version, 0 without any."""
        return self.versions[0].number if self.versions else 0

    @property
    def stale(self) -> int:
        """Return how many sections have other data behind them now."""
        return sum(each.is_stale for each in self.sections)

    @property
    def issued(self) -> VersionLine | None:
        """Return the newest version that has been issued."""
        return next((each for each in self.versions if each.issued_on), None)


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A kept job description in the list. `stale` is None where the role, unit or seat is gone."""

    pk: int
    subject: Subject
    role_name: str
    place: str
    newest: VersionLine
    issued: VersionLine | None
    stale: int | None


def described(subject: Subject, *, grounds: Grounds, number: int | None = None) -> Described:
    """Return what is kept about a subject: its newest version or the one asked for; generated where nothing is."""
    document = generated_known(subject, grounds=grounds)
    row = JobDescription.objects.filter(**fields_of(subject)).first()
    rows = _versions(row.pk) if row else []
    if number is not None and number not in {each.number for each in rows}:
        raise UnknownJobDescription
    shown = next((each for each in rows if number in (None, each.number)), None)
    lines = tuple(_line(each) for each in rows)
    version = next((each for each in lines if shown is not None and each.number == shown.number), None)
    kept = {each["id"]: each for each in shown.sections} if shown else {}
    as_of = shown.as_of if shown else grounds.as_of
    return Described(document, row.pk if row else None, version, as_of, sections_of(document, kept), lines)


def sections_of(document: Document, kept: Mapping[str, Mapping[str, str]]) -> tuple[KeptSection, ...]:
    """Lay kept texts over the generated ones."""
    found = []
    for one in document.sections:
        text = kept[one.id]["text"] if one.id in kept else one.text
        basis = kept[one.id]["basis"] if one.id in kept else one.digest
        found.append(
            KeptSection(one.id, one.heading, text, one.text, basis, one.origins, basis != one.digest, text != one.text)
        )
    return tuple(found)


def subject_of(row: JobDescription) -> Subject:
    """Return what a kept job description is about."""
    return Subject(
        row.role_key, row.stage, row.level, row.language, row.subtype, row.unit_external_id, row.seat_external_id
    )


def fields_of(subject: Subject) -> dict[str, str]:
    """Return the columns a subject is found by."""
    return {
        "role_key": subject.role,
        "stage": subject.stage,
        "subtype": subject.subtype,
        "level": subject.level,
        "language": subject.language,
        "unit_external_id": subject.unit,
        "seat_external_id": subject.seat,
    }


def kept_subject(pk: int) -> Subject:
    """Return what the job description of a number is about. Raise UnknownJobDescription."""
    row = JobDescription.objects.filter(pk=pk).first()
    if row is None:
        raise UnknownJobDescription
    return subject_of(row)


def kept_rows(asked: Mapping[str, str]) -> QuerySet[JobDescription]:
    """Return the kept job descriptions that fit; empty values do not narrow."""
    columns = {"role": "role_key", "unit": "unit_external_id", "seat": "seat_external_id"}
    said = {columns.get(name, name): value for name, value in asked.items() if value}
    return JobDescription.objects.filter(**said).order_by("pk")


def kept_lines(rows: Iterable[JobDescription], *, as_of: date) -> tuple[KeptLine, ...]:
    """Return the lines of kept job descriptions in a fixed number of queries, however many there are."""
    found = list(rows)
    if not found:
        return ()
    grounds = read_grounds(as_of, with_chart=any(each.unit_external_id or each.seat_external_id for each in found))
    by_row: dict[int, list[JobDescriptionVersion]] = {}
    for version in _versions(*(each.pk for each in found)):
        by_row.setdefault(version.job_description_id, []).append(version)
    return tuple(_kept_line(row, by_row[row.pk], grounds) for row in found if row.pk in by_row)


def _kept_line(row: JobDescription, versions: Sequence[JobDescriptionVersion], grounds: Grounds) -> KeptLine:
    subject, lines = subject_of(row), [_line(each) for each in versions]
    chart = grounds.chart if subject.unit or subject.seat else None
    known = not faults_of(subject, grounds=replace(grounds, chart=chart))
    document = generated_known(subject, grounds=replace(grounds, chart=chart)) if known else None
    stale = None
    if document is not None:
        kept = {each["id"]: each for each in versions[0].sections}
        stale = sum(each.is_stale for each in sections_of(document, kept))
    facts = dict(document.facts) if document else {}
    say = {name: fact.in_language(subject.language) for name, fact in (("unit", w.UNIT), ("seat", w.SEAT))}
    place = " · ".join(filter(None, (facts.get(say["unit"], subject.unit), facts.get(say["seat"], subject.seat))))
    names = {key.value: spec.names for key, spec in grounds.roles.roles.items()}
    role = names[subject.role].in_language(subject.language) if subject.role in names else subject.role
    issued = next((each for each in lines if each.issued_on), None)
    return KeptLine(row.pk, subject, role, place, lines[0], issued, stale)


def paper_of(found: Described, *, company: str) -> Paper:
    """Return a job description as a document: title block with company, place, level, date and version."""
    language = found.document.subject.language
    facts = [(w.COMPANY.in_language(language), company), *found.document.facts]
    facts += [
        (w.DATE.in_language(language), date_words(found)),
        (w.VERSION.in_language(language), version_words(found)),
    ]
    sections = tuple(Section(each.heading, each.blocks) for each in found.sections)
    return Paper(found.document.title, tuple(facts), sections)


def letterhead_of(found: Described, *, company: str) -> Letterhead:
    """Return what stands on every page."""
    document = found.document
    language = document.subject.language
    stamp = w.STAMP.in_language(language).format(
        role=document.role_name, level=document.level_name, version=version_words(found)
    )
    return Letterhead(company, f"{stamp} · {date_words(found)}", w.NUMBERED.in_language(language), language)


def date_words(found: Described) -> str:
    """Return the day a document bears: of its issue, else the day its data are of."""
    return ((found.version.issued_on if found.version else None) or found.as_of).isoformat()


def version_words(found: Described) -> str:
    """Return what a document says about its version."""
    language = found.document.subject.language
    if found.version is None:
        return w.UNSAVED.in_language(language)
    said = w.ISSUED if found.version.issued_on else w.DRAFT
    return said.in_language(language).format(number=found.version.number)


def _versions(*pks: int) -> list[JobDescriptionVersion]:
    """Return the versions of job descriptions, newest first."""
    rows = JobDescriptionVersion.objects.filter(job_description__in=pks)
    return list(rows.select_related("author", "issue__author").order_by("-number"))


def _line(row: JobDescriptionVersion) -> VersionLine:
    issue: Any = getattr(row, "issue", None)
    return VersionLine(
        row.number,
        str(row.author or ""),
        row.created_at,
        row.note,
        row.restored_from,
        issue.issued_on if issue else None,
        str(issue.author or "") if issue else "",
    )
