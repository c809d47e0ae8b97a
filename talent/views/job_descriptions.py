"""Job descriptions: which there are by role and level, as a list, as CSV, and all of a stage in one archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.core.spoken import spoken
from omnichannel.workspaces.clock import clock_of, today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.choices import StageName
from roles.queries.library import role_library
from roles.role_texts import EffectiveRole
from talent.description_files import FORMS, as_file, bundle_of
from talent.models import JobDescription
from talent.people.pay import Level
from talent.queries.jd_materials import Subject, read_grounds
from talent.queries.job_descriptions import LANGUAGES
from talent.queries.job_descriptions_kept import KeptLine, described, kept_lines, kept_rows
from talent.views.jd_frame import (
    language_options,
    level_options,
    one_of,
    stage_options,
    usual_stage,
)
from talent.views.tabs import talent_tabs

PAGE = 50
PLAIN = Q(subtype="", unit_external_id="", seat_external_id="")
COLUMNS = (
    "id", "role", "role_name", "stage", "subtype", "level", "language", "unit", "seat", "place", "version", "kept_on",
    "author", "issued_version", "issued_on", "stale_sections",
)  # fmt: skip


@require_GET
def jds(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show each role's job descriptions on the three levels of a stage, and those for single units and seats."""
    asked, clock = request.GET.dict(), clock_of(request)
    stage, language = usual_stage(asked, clock), one_of(asked.get("language", ""), LANGUAGES, spoken())
    words = asked.get("q", "").strip()
    roles = [role for role in role_library().offered if _fits(role, words)]
    kept = kept_rows({"stage": stage, "language": language}).filter(role_key__in=[role.key.value for role in roles])
    general = {
        (line.subject.role, line.subject.level): line for line in kept_lines(kept.filter(PLAIN), as_of=clock.as_of)
    }
    special = _special(kept, asked.get("page", "1"))
    context: dict[str, Any] = {
        "tabs": talent_tabs(request, "talent:jds"),
        "clock": clock,
        "q": words,
        "stage": stage,
        "stage_name": StageName(stage).label,
        "stages": stage_options(),
        "language": language,
        "languages": language_options(),
        "levels": level_options(),
        "rows": [_row(slug, role, general, stage=stage, language=language) for role in roles],
        "written": len(general),
        "issued": sum(line.issued is not None for line in general.values()),
        "stale": sum(bool(line.stale) for line in general.values()),
        "special": special,
        "special_lines": [_special_line(slug, line) for line in kept_lines(special.object_list, as_of=clock.as_of)],
        "may_write": may(request.access, "talent:jd_edit", "POST"),
        "forms": list(FORMS.items()),
    }  # fmt: skip
    return render(request, "talent/jds.html", context)


def _fits(role: EffectiveRole, words: str) -> bool:
    return not words or any(words.casefold() in title.casefold() for title in role.titles)


def _special(kept: QuerySet[JobDescription], page: str) -> Any:
    order = ("role_key", "level", "unit_external_id", "seat_external_id", "pk")
    return Paginator(kept.exclude(PLAIN).order_by(*order), PAGE).get_page(page)


def _row(
    slug: str, role: EffectiveRole, kept: Mapping[tuple[str, str], KeptLine], *, stage: str, language: str
) -> dict[str, Any]:
    cells = []
    for level, label in level_options():
        subject = Subject(role.key.value, stage, level, language)
        url = f"{reverse('talent:jd', args=[slug, subject.role])}?{subject.pairs}"
        cells.append({"label": label, "url": url, "line": kept.get((subject.role, level))})
    return {"role": role, "cells": cells}


def _special_line(slug: str, line: KeptLine) -> dict[str, Any]:
    levels = dict(level_options())
    url = f"{reverse('talent:jd', args=[slug, line.subject.role])}?{line.subject.pairs}"
    return {"line": line, "url": url, "level": levels[line.subject.level]}


@require_GET
def jds_csv(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer every kept job description as CSV."""
    rows: list[tuple[object, ...]] = [COLUMNS]
    for line in kept_lines(kept_rows({}), as_of=today_in(request.access.workspace)):
        one, newest, issued = line.subject, line.newest, line.issued
        rows.append(
            (
                line.pk, one.role, line.role_name, one.stage, one.subtype, one.level, one.language, one.unit, one.seat,
                line.place, newest.number, timezone.localtime(newest.created_at).date().isoformat(), newest.author,
                issued.number if issued else "", issued.issued_on.isoformat() if issued and issued.issued_on else "",
                "" if line.stale is None else line.stale,
            )
        )  # fmt: skip
    return csv_answer(csv_text(rows), filename="job-descriptions.csv")


@require_GET
def jds_zip(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the job descriptions of all roles of a stage on a level in one archive, or as one PDF.

    Each in its issued version, else the newest one, else as it is generated now.
    """
    asked, clock = request.GET.dict(), clock_of(request)
    form, level = asked.get("form", "docx"), asked.get("level", Level.MANAGER.value)
    if form not in FORMS or level not in {each.value for each in Level}:
        raise Http404
    stage, language = usual_stage(asked, clock), one_of(asked.get("language", ""), LANGUAGES, spoken())
    grounds, company = read_grounds(clock.as_of, with_chart=False), request.access.workspace.name
    every = []
    for role in grounds.roles.offered:
        subject = Subject(role.key.value, stage, level, language)
        found = described(subject, grounds=grounds)
        if found.issued is not None and found.issued != found.version:
            found = described(subject, grounds=grounds, number=found.issued.number)
        every.append(found)
    name = f"job-descriptions-{stage}-{level}-{language}"
    content, kind, full = bundle_of(every, form=form, company=company, author=str(request.user), name=name)
    return as_file(content, kind=kind, name=full)
