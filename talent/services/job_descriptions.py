"""Job descriptions are kept in versions, issued, and restored; nothing that has been kept is edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from talent.errors.descriptions import (
    IssuedAlready,
    NothingChanged,
    SectionsRefused,
    UnknownJobDescription,
    WrittenMeanwhile,
)
from talent.models import JobDescription, JobDescriptionIssue, JobDescriptionVersion
from talent.paper.reading import read_blocks
from talent.paper.writing import write_blocks
from talent.queries.jd_materials import Subject, read_grounds
from talent.queries.job_descriptions import generated
from talent.queries.job_descriptions_kept import fields_of

LONGEST, LONGEST_NOTE = 20_000, 300


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and what day it is for them."""

    id: int | None
    today: date


def save_version(
    subject: Subject,
    *,
    sections: Mapping[str, str],
    author: Author,
    note: str = "",
    read: int | None = None,
    reviewed: Collection[str] = (),
) -> JobDescriptionVersion:
    """Keep a version of all nine sections. Sections left out keep their text, at first the generated one.

    `read` is the number of the version that the texts were made from (0: none was there); WrittenMeanwhile where a
    newer one stands. `reviewed` names sections whose own text has been held against the present data.
    """
    grounds = read_grounds(author.today, with_chart=bool(subject.unit or subject.seat))
    document = generated(subject, grounds=grounds)
    fresh = {each.id: each for each in document.sections}
    faults = {name: _("There is no such section.") for name in sections if name not in fresh}
    texts = {name: normal_text(text) for name, text in sections.items() if name in fresh}
    faults |= _faults(sections, texts, note)
    if faults:
        raise SectionsRefused(faults)
    with transaction.atomic():
        row = _locked(subject)
        newest = _newest(row)
        number = newest.number if newest else 0
        if read is not None and read != number:
            raise WrittenMeanwhile(number)
        before = {each["id"]: each for each in newest.sections} if newest else {}
        kept = []
        for one in document.sections:
            old = before.get(one.id)
            text = texts.get(one.id, old["text"] if old else one.text)
            is_held = old is None or text == one.text or one.id in reviewed
            kept.append({"id": one.id, "text": text, "basis": one.digest if is_held or old is None else old["basis"]})
        if newest is not None and kept == newest.sections:
            raise NothingChanged
        return _insert(row, number + 1, kept, author=author, note=note)


def restore_version(pk: int, *, number: int, author: Author, note: str = "") -> JobDescriptionVersion:
    """Bring the text of an earlier version back as a new one."""
    with transaction.atomic():
        row = _by_pk(pk)
        newest = _newest(row)
        old = JobDescriptionVersion.objects.filter(job_description=row, number=number).first()
        if old is None or newest is None:
            raise UnknownJobDescription
        if old.sections == newest.sections:
            raise NothingChanged
        return _insert(row, newest.number + 1, old.sections, author=author, note=note, restored_from=number)


def issue_version(pk: int, *, number: int, author: Author) -> JobDescriptionIssue:
    """Issue the newest version."""
    with transaction.atomic():
        row = _by_pk(pk)
        newest = _newest(row)
        version = JobDescriptionVersion.objects.filter(job_description=row, number=number).first()
        if version is None or newest is None:
            raise UnknownJobDescription
        if JobDescriptionIssue.objects.filter(version=version).exists():
            raise IssuedAlready(is_old=False)
        if version.number != newest.number:
            raise IssuedAlready(is_old=True)
        return JobDescriptionIssue.objects.create(version=version, issued_on=author.today, author_id=author.id)


def normal_text(text: str) -> str:
    """Return Markdown in the closed grammar: what else it held has become text."""
    return write_blocks(read_blocks(text[: LONGEST + 1]))


def _faults(sections: Mapping[str, str], texts: Mapping[str, str], note: str) -> dict[str, str]:
    found = {}
    for name, text in texts.items():
        if len(sections[name]) > LONGEST or len(text) > LONGEST:
            found[name] = _("This is longer than %(most)s characters.") % {"most": LONGEST}
        elif not text.strip():
            found[name] = _("A section may not be empty.")
    if len(note) > LONGEST_NOTE:
        found["note"] = _("This is longer than %(most)s characters.") % {"most": LONGEST_NOTE}
    return found


def _locked(subject: Subject) -> JobDescription:
    """Return the row of the subject, made where there is none, locked until the transaction ends."""
    rows = JobDescription.objects.select_for_update()
    said: dict[str, Any] = dict(fields_of(subject))
    found = rows.filter(**said).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = JobDescription(**said)
            made.save()
            return made
    except IntegrityError:
        return rows.get(**said)


def _by_pk(pk: int) -> JobDescription:
    row = JobDescription.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise UnknownJobDescription
    return row


def _newest(row: JobDescription) -> JobDescriptionVersion | None:
    return JobDescriptionVersion.objects.filter(job_description=row).order_by("-number").first()


def _insert(
    row: JobDescription,
    number: int,
    sections: object,
    *,
    author: Author,
    note: str = "",
    restored_from: int | None = None,
) -> JobDescriptionVersion:
    return JobDescriptionVersion.objects.create(
        job_description=row,
        number=number,
        sections=sections,
        as_of=author.today,
        note=" ".join(note.split()),
        restored_from=restored_from,
        author_id=author.id,
    )
