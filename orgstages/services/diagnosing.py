"""Recording a verdict as an immutable revision, and adopting a stage for a unit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from kpis.choices import ComputationKind
from kpis.queries.values import stored_periods
from kpis.services.values import request_computation
from omnichannel.jobs.models import Job
from omnichannel.workspaces.scoping import lock_in_workspace
from orgstages import answers, verdicts
from orgstages.catalogue import load_stages
from orgstages.models import Diagnosis
from orgstages.queries.diagnosis import diagnose
from roles.catalogue import StageKey, SubtypeKey
from roles.errors import ScenarioDay
from roles.services.scenarios import current_draft
from roles.services.stages import adopt_stage
from roles.services.sync.revisions import too_early_words

# First key of the advisory lock; the second is the workspace.
RECORDING_LOCK = 7_303


@dataclass(frozen=True, slots=True)
class Run:
    """What recording a verdict did; not `is_new` when the last revision says the same."""

    diagnosis: Diagnosis
    is_new: bool


@transaction.atomic
def run_diagnosis(unit: str, *, as_of: date, actor_id: int | None, within: str | None = None) -> Run:
    """Judge the unit from what is stored now and record the verdict with every fact and answer it rests on."""
    _lock()
    found = diagnose(unit, as_of=as_of, within=within)
    given, verdict = answers.to_json(found.answers), verdicts.to_json(found.verdict)
    digest = _digest([given, verdict, load_stages().version])
    rows = Diagnosis.objects.filter(unit_external_id=unit, as_of=as_of)
    newest = rows.order_by("-revision").first()
    if newest is not None and newest.digest == digest:
        return Run(newest, is_new=False)
    rows.filter(is_current=True).update(is_current=False)
    row = Diagnosis.objects.create(
        unit_external_id=unit,
        unit_name=found.unit.name,
        as_of=as_of,
        period=str(found.period or ""),
        revision=newest.revision + 1 if newest else 1,
        answers=given,
        verdict=verdict,
        catalogue_version=load_stages().version,
        digest=digest,
        created_by_id=actor_id,
    )
    return Run(row, is_new=True)


@transaction.atomic
def adopt_subtype(
    unit: str, *, subtype: SubtypeKey, on: date, actor_id: int | None, note: str = "", within: str | None = None
) -> Job | None:
    """Let the unit work in the sub-type and its stage from `on`.

    KPI weights follow the stage, so scorecards of the stored months from then on are graded again: that is the job.
    None when nothing changed, no such month is stored, or a scenario's draft adopts it.
    """
    diagnose(unit, as_of=on, within=within)
    stage: StageKey = load_stages().subtypes[subtype].stage
    if not adopt_stage(unit, stage=stage, subtype=subtype, on=on, actor_id=actor_id, note=note):
        return None
    if current_draft() is not None:
        return None
    periods = [period for period in stored_periods() if period.last_day >= on]
    if not periods:
        return None
    return request_computation(periods, actor_id=actor_id, recent_only=True, mode=ComputationKind.GRADES)


def check_adoption(unit: str, *, on: date, within: str | None = None) -> None:
    """Refuse a day on which nothing can be adopted: the unit is not there, or the open scenario begins later."""
    diagnose(unit, as_of=on, within=within)
    draft = current_draft()
    if draft is not None and on < draft.effective_on:
        raise ScenarioDay(too_early_words(draft.effective_on))


def _lock() -> None:
    lock_in_workspace(RECORDING_LOCK)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
