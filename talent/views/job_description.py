"""One job description: shown, written, issued, restored, compared, and as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.workspaces.clock import clock_of, today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options
from talent.description_files import FORMS, KINDS, as_file, file_of, filename
from talent.descriptions import words as w
from talent.descriptions.diff import diff_sections
from talent.errors.descriptions import (
    IssuedAlready,
    NothingChanged,
    SectionsRefused,
    UnknownJobDescription,
    WrittenMeanwhile,
)
from talent.queries.jd_materials import Grounds, Subject
from talent.queries.job_descriptions_kept import Described, date_words, described, version_words
from talent.services.job_descriptions import Author, issue_version, restore_version, save_version
from talent.views.jd_form import NoteForm, edited, sections_said
from talent.views.jd_frame import (
    address,
    language_options,
    level_options,
    shown,
    stage_options,
    subject_asked,
    subtype_options,
)
from talent.views.tabs import talent_tabs


@require_GET
def jd(request: WorkspaceRequest, slug: str, role: str) -> HttpResponse:
    """Show a job description: the newest version, the one asked for, or, where none is kept, the generated one."""
    subject, grounds = subject_asked(request, role)
    found, clock = shown(request, subject, grounds), clock_of(request)
    is_newest = found.version is None or found.version.number == found.newest
    may_write = may(request.access, "talent:jd_edit", "POST") and clock.is_now and is_newest
    version = f"version={found.version.number}" if found.version and not is_newest else ""
    context: dict[str, Any] = {
        **_frame(request, subject, found),
        "clock": clock,
        "is_newest": is_newest,
        "may_write": may_write,
        "may_issue": may_write and found.version is not None and not found.version.issued_on,
        "edit_url": address(request, "talent:jd_edit", subject),
        "sections": [
            {"one": one, "edit_url": address(request, "talent:jd_edit", subject, more=f"section={one.id}#{one.id}")}
            for one in found.sections
        ],
        "files": [
            {"label": label, "url": address(request, "talent:jd_file", subject, form, more=version)}
            for form, label in FORMS.items()
        ],
        "versions": _versions(request, subject, found, may_write=may_write),
        "stages": stage_options(),
        "subtypes": subtype_options(subject.stage),
        "levels": level_options(),
        "languages": language_options(),
        "units": unit_options(grounds.chart.tree if grounds.chart else unit_tree(as_of=clock.as_of)),
    }
    return render(request, "talent/jd.html", context)


def _frame(request: WorkspaceRequest, subject: Subject, found: Described) -> dict[str, Any]:
    """Return what every page of one job description shows."""
    language = subject.language
    facts = [(w.DATE.in_language(language), date_words(found)), (w.VERSION.in_language(language), version_words(found))]
    return {
        "tabs": talent_tabs(request, "talent:jds"),
        "subject": subject,
        "found": found,
        "document": found.document,
        "facts": [*found.document.facts, *facts],
        "lang": "zh-Hans" if subject.language == "zh" else "en",
        "page_url": address(request, "talent:jd", subject),
    }


def _versions(
    request: WorkspaceRequest, subject: Subject, found: Described, *, may_write: bool
) -> list[dict[str, Any]]:
    lines = []
    for place, one in enumerate(found.versions):
        before = found.versions[place + 1].number if place + 1 < len(found.versions) else None
        compare = f"a={before}&b={one.number}"
        lines.append(
            {
                "one": one,
                "url": address(request, "talent:jd", subject, more=f"version={one.number}"),
                "is_shown": found.version is not None and found.version.number == one.number,
                "compare_url": address(request, "talent:jd_compare", subject, more=compare) if before else "",
                "restore_url": address(request, "talent:jd_restore", subject) if place and may_write else "",
            }
        )
    return lines


@require_http_methods(["GET", "POST"])
def jd_edit(request: WorkspaceRequest, slug: str, role: str) -> HttpResponse:
    """Write the sections. `refresh` takes the text generated now, `preview` shows the page; both keep nothing."""
    subject, grounds = subject_asked(request, role)
    found = _newest(subject, grounds)
    if request.method != "POST":
        opened = [request.GET["section"]] if "section" in request.GET else []
        return _form(request, subject, found, NoteForm(initial={"read": found.newest}), opened=opened)
    note = NoteForm(request.POST)
    if "refresh" in request.POST or "preview" in request.POST:
        looked: dict[str, Any] = {
            "refreshed": request.POST.get("refresh", ""),
            "with_preview": "preview" in request.POST,
        }
        return _form(request, subject, found, NoteForm(initial=request.POST.dict()), **looked)
    wrong: dict[str, str] = {}
    if note.is_valid():
        try:
            saved = save_version(
                subject,
                sections=sections_said(found, request.POST),
                author=_author(request),
                note=note.cleaned_data["note"],
                read=note.cleaned_data["read"],
                reviewed=request.POST.getlist("reviewed"),
            )
        except SectionsRefused as error:
            wrong = error.faults
        except WrittenMeanwhile as error:
            note.add_error(None, str(error))
            return _form(request, subject, found, note, status=error.status)
        except NothingChanged as error:
            messages.info(request, str(error))
            return redirect(address(request, "talent:jd", subject))
        else:
            _told(request, subject, _("Version %(number)s is kept.") % {"number": saved.number}, saved.number - 1)
            return redirect(address(request, "talent:jd", subject))
    return _form(request, subject, found, note, errors=wrong, status=422)


def _told(request: WorkspaceRequest, subject: Subject, text: str, before: int) -> None:
    """Say what was done; where a version stood before, with the way back to it."""
    undo = address(request, "talent:jd_restore", subject, more=f"number={before}")
    messages.success(request, text, extra_tags=f"undo:{undo}" if before else "")


def _form(
    request: WorkspaceRequest, subject: Subject, found: Described, note: NoteForm, *, status: int = 200, **how: Any
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    context = {
        **_frame(request, subject, found),
        "note": note,
        "sections": edited(found, data, **how),
        "is_preview": how.get("with_preview", False),
        "save_url": address(request, "talent:jd_edit", subject),
    }
    return render(request, "talent/jd_edit.html", context, status=status)


def _newest(subject: Subject, grounds: Grounds) -> Described:
    return described(subject, grounds=grounds)


def _author(request: WorkspaceRequest) -> Author:
    return Author(request.access.user_id, today_in(request.access.workspace))


def _number(text: str | None) -> int:
    """Return the number of a version; 404 for what is none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Http404
    return int(text)


def _kept_pk(subject: Subject, grounds: Grounds) -> int:
    found = _newest(subject, grounds)
    if found.pk is None:
        raise Http404
    return found.pk


@require_POST
def jd_issue(request: WorkspaceRequest, slug: str, role: str) -> HttpResponse:
    """Issue the newest version."""
    subject, grounds = subject_asked(request, role)
    number, pk = _number(request.POST.get("number")), _kept_pk(subject, grounds)
    try:
        issue_version(pk, number=number, author=_author(request))
    except UnknownJobDescription as error:
        raise Http404 from error
    except IssuedAlready as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Version %(number)s is issued.") % {"number": number})
    return redirect(address(request, "talent:jd", subject))


@require_POST
def jd_restore(request: WorkspaceRequest, slug: str, role: str) -> HttpResponse:
    """Bring an earlier version back as a new one."""
    subject, grounds = subject_asked(request, role)
    number = _number(request.POST.get("number") or request.GET.get("number"))
    pk = _kept_pk(subject, grounds)
    try:
        made = restore_version(pk, number=number, author=_author(request))
    except UnknownJobDescription as error:
        raise Http404 from error
    except NothingChanged as error:
        messages.info(request, str(error))
    else:
        said = _("Version %(old)s is back as version %(number)s.") % {"old": number, "number": made.number}
        _told(request, subject, said, made.number - 1)
    return redirect(address(request, "talent:jd", subject))


@require_GET
def jd_compare(request: WorkspaceRequest, slug: str, role: str) -> HttpResponse:
    """Show what differs between two versions; `a` left out or 0 is what is generated now."""
    subject, grounds = subject_asked(request, role)
    newest = _newest(subject, grounds)
    if newest.pk is None:
        raise Http404
    a, b = _number(request.GET.get("a", "0")), _number(request.GET.get("b", str(newest.newest)))
    texts = []
    for number in (a, b):
        try:
            one = described(subject, grounds=grounds, number=number) if number else newest
        except UnknownJobDescription as error:
            raise Http404 from error
        texts.append({each.id: each.text if number else each.fresh for each in one.sections})
    headings = {each.id: each.heading for each in newest.sections}
    numbers = [("0", _("Generated now")), *((str(each.number), _label(each.number)) for each in newest.versions)]
    context = {
        **_frame(request, subject, newest),
        "diffs": diff_sections(texts[0], texts[1], headings=headings),
        "a": str(a),
        "b": str(b),
        "numbers": numbers,
    }
    return render(request, "talent/jd_compare.html", context)


def _label(number: int) -> str:
    return _("Version %(number)s") % {"number": number}


@require_GET
def jd_file(request: WorkspaceRequest, slug: str, role: str, form: str) -> HttpResponse:
    """Answer a job description as DOCX, PDF or Markdown."""
    if form not in FORMS:
        raise Http404
    subject, grounds = subject_asked(request, role)
    found = shown(request, subject, grounds)
    content = file_of(found, form=form, company=request.access.workspace.name, author=str(request.user))
    return as_file(content, kind=KINDS[form], name=filename(subject, form))
