"""What the pages of job descriptions share: what is asked for, the options to choose from, and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language

from omnichannel.core.spoken import spoken
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from orgstages.catalogue import load_stages
from roles.catalogue import StageKey, load_roles
from roles.choices import SUBTYPE_NAMES, StageName
from roles.queries.chart_facts import Facts
from roles.queries.org_chart import unit_tree
from roles.queries.stages import DEFAULT, adopted_stages
from talent.errors.descriptions import UnknownJobDescription
from talent.people.pay import Level
from talent.queries.jd_materials import Grounds, Subject, read_grounds
from talent.queries.job_descriptions import LANGUAGES, faults_of, settled
from talent.queries.job_descriptions_kept import Described, described


def usual_stage(asked: Mapping[str, str], clock: Clock) -> str:
    """Return the stage asked for; without one that of the unit asked for, else of the organisation's top."""
    stage = asked.get("stage", "")
    if stage in {each.value for each in StageKey}:
        return stage
    tree = unit_tree(as_of=clock.as_of)
    unit = asked.get("unit", "") or next(iter(tree.root_ids), "")
    return adopted_stages(clock.as_of, tree=tree).get(unit, DEFAULT).stage.value


def one_of(text: str, allowed: tuple[str, ...] | list[str], usual: str) -> str:
    """Return the text where it is allowed, else what is usual."""
    return text if text in allowed else usual


def subject_asked(request: WorkspaceRequest, role: str) -> tuple[Subject, Grounds]:
    """Read what is to be described from the address, with the grounds of its day; 404 for what does not exist."""
    asked, clock = request.GET.dict(), clock_of(request)
    levels = [each.value for each in Level]
    subject = Subject(
        role=role,
        stage="",
        level=one_of(asked.get("level", ""), levels, Level.MANAGER.value),
        language=one_of(asked.get("language", ""), LANGUAGES, spoken()),
        subtype=asked.get("subtype", ""),
        unit=asked.get("unit", ""),
        seat=asked.get("seat", ""),
    )
    grounds = read_grounds(clock.as_of, with_chart=bool(subject.unit or subject.seat))
    if grounds.chart is not None:
        if asked.get("unit") is not None and subject.unit != _unit_of(subject.seat, grounds.chart):
            subject = replace(subject, seat="")  # another unit has been chosen since
        subject = settled(subject, grounds=grounds)
    subject = replace(subject, stage=usual_stage({**asked, "unit": subject.unit}, clock))
    if subject.subtype and subject.subtype not in _forms(subject.stage):
        subject = replace(subject, subtype="")
    if grounds.chart is not None:
        subject = settled(subject, grounds=grounds)
    if faults_of(subject, grounds=grounds):
        raise Http404
    return subject, grounds


def _unit_of(seat: str, chart: Facts) -> str:
    rows = chart.seats.get(seat, ())
    return rows[0].unit if rows else ""


def shown(request: WorkspaceRequest, subject: Subject, grounds: Grounds) -> Described:
    """Return the version asked for, the newest or a fresh one; 404 for a version that is not there."""
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
    try:
        return described(subject, grounds=grounds, number=number)
    except UnknownJobDescription as error:
        raise Http404 from error


def address(request: WorkspaceRequest, route: str, subject: Subject, *args: str, more: str = "") -> str:
    """Return the address of a page about the subject, with the day asked for."""
    url = reverse(route, args=[request.access.workspace.slug, subject.role, *args])
    return f"{url}?" + "&".join(filter(None, (subject.pairs, clock_of(request).pairs, more)))


def _forms(stage: str) -> list[str]:
    return [each.value for each in load_stages().stages[StageKey(stage)].subtypes]


def stage_options() -> list[tuple[str, str]]:
    """Return the stages to choose from."""
    return [(each.value, str(StageName(each).label)) for each in StageKey]


def subtype_options(stage: str) -> list[tuple[str, str]]:
    """Return the forms of organisation of a stage."""
    return [(each.value, str(SUBTYPE_NAMES[each])) for each in load_stages().stages[StageKey(stage)].subtypes]


def level_options() -> list[tuple[str, str]]:
    """Return the levels to choose from."""
    language = get_language()
    return [(key, level.names.in_language(language).capitalize()) for key, level in load_roles().jd.levels.items()]


def language_options() -> list[tuple[str, str]]:
    """Return the languages of documents, each in its own words."""
    return [("zh", "中文"), ("en", "English")]
