"""Job descriptions as files: DOCX, PDF and Markdown, the company's paper."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from talent.paper.blocks import Letterhead, Paper
from talent.paper.writing import write_paper
from talent.queries.jd_materials import Subject
from talent.queries.job_descriptions_kept import Described, letterhead_of, paper_of

KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "md": "text/markdown; charset=utf-8",
}
FORMS = {"docx": "DOCX", "pdf": "PDF", "md": "Markdown"}


def file_of(found: Described, *, form: str, company: str, author: str) -> bytes:
    """Return a job description as a file of the form."""
    paper, head = paper_of(found, company=company), letterhead_of(found, company=company)
    content: bytes = WRITERS[form](paper, head, author=author, made_at=timezone.now())
    return content


def _docx(paper: Paper, head: Letterhead, *, author: str, made_at: datetime) -> bytes:
    # heavy: not for every process at its start, only for who writes one
    from talent.paper.docx import as_docx

    return as_docx(paper, head, author=author, made_at=made_at)


def _pdf(paper: Paper, head: Letterhead, *, author: str, made_at: datetime) -> bytes:
    # heavy, as above
    from roles.paper.pdf import as_pdf
    from talent.paper.pages import pages_of

    return as_pdf(pages_of(paper, head), title=paper.title, author=author, made_at=made_at)


def _markdown(paper: Paper, head: Letterhead, *, author: str, made_at: datetime) -> bytes:
    return write_paper(paper).encode()


WRITERS: Mapping[str, Any] = {"docx": _docx, "pdf": _pdf, "md": _markdown}


def bundle_of(every: Sequence[Described], *, form: str, company: str, author: str, name: str) -> tuple[bytes, str, str]:
    """Return several job descriptions as one PDF, else as an archive of files: content, kind, name with its ending."""
    if form == "pdf":
        # one document, so that the print font goes in once; heavy, as above
        from roles.paper.pdf import as_pdf
        from talent.paper.pages import pages_of

        pages = [
            page
            for found in every
            for page in pages_of(paper_of(found, company=company), letterhead_of(found, company=company))
        ]
        return as_pdf(pages, title=name, author=author, made_at=timezone.now()), KINDS["pdf"], f"{name}.pdf"
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for found in every:
            content = file_of(found, form=form, company=company, author=author)
            archive.writestr(filename(found.document.subject, form), content)
    return kept.getvalue(), "application/zip", f"{name}.zip"


def filename(subject: Subject, form: str) -> str:
    """Return what a file is called: letters that every system takes."""
    place = subject.seat or subject.unit
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in place)
    return "-".join(filter(None, (subject.role, subject.level, subject.stage, safe, subject.language))) + f".{form}"


def as_file(content: bytes, *, kind: str, name: str) -> HttpResponse:
    """Answer a file to keep."""
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
