"""Analyses: asked for after each computation or by a person, computed with no open transaction, stored as documents."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kpis.analysis_choices import LISTED, AnalysisName
from kpis.choices import ComputationKind
from kpis.engine.analyses.aipl import analyse_aipl
from kpis.engine.analyses.churn import analyse_churn
from kpis.engine.analyses.cohorts import analyse_cohorts
from kpis.engine.analyses.content import analyse_content
from kpis.engine.analyses.documents import as_json
from kpis.engine.analyses.ground import SCRATCH, Ground
from kpis.engine.analyses.ladder import analyse_ladder
from kpis.engine.analyses.lifetime import analyse_lifetime
from kpis.engine.analyses.members import analyse_members
from kpis.engine.analyses.merchandise import analyse_merchandise
from kpis.engine.analyses.rfm import analyse_rfm
from kpis.engine.specs import Scope
from kpis.models import AnalysisResult
from kpis.queries.analyses.stored import data_digest, data_until, params_in_force, units_analysed
from kpis.queries.definitions import library_at
from kpis.queries.values import stored_periods
from kpis.queries.warehouse import World
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces.scoping import current_workspace_id, lock_in_workspace
from roles.choices import UnitLevel
from roles.queries.org_chart import unit_tree

ANALYSES_LOCK = 0x0A7A  # first key of the advisory lock under which results are replaced
AGE = timedelta(days=1)
# Stores are many and small: one is analysed when somebody asks for it, and from then on with the others.
ON_DEMAND = frozenset({UnitLevel.STORE, UnitLevel.PROJECT_TEAM})
Documents = Mapping[Scope, object]


class Report(Protocol):
    """How a run says where it is; `Run.progress` is one."""

    def __call__(self, step: JobStep, *, done: int, total: int) -> None:
        """Tell how many analyses are through."""


@dataclass(frozen=True, slots=True)
class Found:
    """One analysis of one month with its documents, and what it rests on."""

    period: Period
    name: AnalysisName
    documents: Mapping[Scope, object]
    digest: str
    definitions: str
    params: Mapping[str, str]
    data_until: date | None
    list_path: str
    at: datetime


@transaction.atomic
def request_analysis(
    periods: Iterable[Period | str],
    *,
    units: Iterable[str] = (),
    actor_id: int | None,
    origin: JobOrigin = JobOrigin.WEB,
) -> Job:
    """Queue the analyses of some months in the caller's transaction; one that waits for the same will do."""
    params: dict[str, Any] = {"periods": sorted({str(period) for period in periods}), "units": sorted(set(units))}
    waiting = Job.objects.select_for_update().filter(kind=JobKind.ANALYSE, state=JobState.QUEUED)
    for job in waiting:
        if set(params["periods"]) <= set(job.params["periods"]) and set(params["units"]) <= set(job.params["units"]):
            return job
    # one that runs already may have read before the newest rows came: it is not the same work
    params["turn"] = Job.objects.filter(kind=JobKind.ANALYSE).aggregate(last=Max("pk"))["last"] or 0
    job = create_job(JobKind.ANALYSE, params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


def followed(result: dict[str, Any], *, job: Job) -> dict[str, Any]:
    """After a computation, ask for the analyses of its months that are the newest or have been analysed before.

    Takes and returns what the computation stored. Grading again changes nothing that an analysis reads.
    """
    if job.params.get("mode", ComputationKind.VALUES) != ComputationKind.VALUES:
        return result
    computed = set(result["periods"])
    newest = {str(period) for period in stored_periods()[:1]}
    known = AnalysisResult.objects.filter(period__in=computed).values_list("period", flat=True).distinct()
    if wanted := (computed & newest) | set(known):
        request_analysis(wanted, actor_id=job.created_by_id, origin=JobOrigin.SYSTEM)
    return result


def analyse(params: Mapping[str, Any], *, report: Report) -> list[Found]:
    """Compute the analyses a job names. No transaction is open meanwhile."""
    periods = [parse_period(key) for key in params["periods"]]
    total = len(periods) * len(_ANALYSES)
    found: list[Found] = []
    for index, period in enumerate(periods):
        told = partial(_told, report, index * len(_ANALYSES), total)
        found.extend(_of_period(period, units=params["units"], told=told))
    return found


def _told(report: Report, before: int, total: int, done: int) -> None:
    report(JobStep.COMPUTING, done=before + done, total=total)


def _of_period(period: Period, *, units: Sequence[str], told: Callable[[int], None]) -> list[Found]:
    world, library = World(), library_at(period.last_day)
    nodes = unit_tree(as_of=period.last_day)
    wanted = {node.external_id for node in nodes if node.level not in ON_DEMAND}
    wanted |= {*units, *units_analysed(period)}
    folder = _root() / f"{period}-{uuid.uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    relations = world.open(as_of=period.last_day)
    try:
        ground = Ground.of(
            library=library,
            relations=relations,
            tree=world.units(as_of=period.last_day),
            units=wanted,
            period=period,
            folder=folder,
        )
        found = []
        for done, (name, work) in enumerate(_ANALYSES.items()):
            told(done)
            found.append(_found(ground, name, work))
    finally:
        relations.close()
    for path in folder.glob(f"{SCRATCH}*"):
        path.unlink()
    return found


_ANALYSES: Mapping[AnalysisName, Callable[[Ground], Documents]] = {
    AnalysisName.RFM: analyse_rfm,
    AnalysisName.AIPL: analyse_aipl,
    AnalysisName.CHURN: analyse_churn,
    AnalysisName.COHORTS: analyse_cohorts,
    AnalysisName.MEMBERS: analyse_members,
    AnalysisName.LADDER: analyse_ladder,
    AnalysisName.CONTENT: analyse_content,
    AnalysisName.MERCHANDISE: analyse_merchandise,
    AnalysisName.LIFETIME: analyse_lifetime,
}


def _found(ground: Ground, name: AnalysisName, work: Callable[[Ground], Documents]) -> Found:
    digest = data_digest(name)  # read before the data: what changes meanwhile makes the result stale
    documents = work(ground)
    path = ground.folder / f"{name}.parquet"
    return Found(
        period=ground.period,
        name=name,
        documents=documents,
        digest=digest,
        definitions=ground.library.version,
        params=params_in_force(ground.params),
        data_until=data_until(name, ground.period),
        list_path=str(path.relative_to(settings.DATA_ROOT)) if name in LISTED and documents else "",
        at=timezone.now(),
    )


def store(found: Sequence[Found], *, job: Job | None) -> dict[str, Any]:
    """Replace the results of the months in the caller's transaction; return what the job's page tells.

    Of two runs the one that read what counts now wins, whichever ends last.
    """
    lock_in_workspace(ANALYSES_LOCK)
    written = 0
    outdated: set[str] = set()
    for each in found:
        rows = AnalysisResult.objects.filter(period=str(each.period), name=each.name)
        now = data_digest(each.name)
        if each.digest != now and rows.filter(digest=now).exists():
            outdated.add(each.list_path)
            continue
        outdated |= set(rows.values_list("list_path", flat=True).distinct())
        rows.delete()
        AnalysisResult.objects.bulk_create(
            [_row(each, scope, document, job=job) for scope, document in each.documents.items()]
        )
        written += len(each.documents)
    transaction.on_commit(partial(_remove_lists, outdated))
    return {"periods": sorted({str(each.period) for each in found}), "results": written}


def _row(found: Found, scope: Scope, document: object, *, job: Job | None) -> AnalysisResult:
    return AnalysisResult(
        workspace_id=current_workspace_id(),
        period=str(found.period),
        period_start=found.period.start,
        scope_kind=scope.kind.value,
        scope_id=scope.id,
        name=found.name,
        document=as_json(document),
        params=dict(found.params),
        definitions=found.definitions,
        digest=found.digest,
        data_until=found.data_until,
        list_path=found.list_path,
        computed_at=found.at,
        job=job,
    )


def _root() -> Path:
    root: Path = settings.DATA_ROOT / str(current_workspace_id()) / "analyses"
    return root


def _remove_lists(paths: Iterable[str]) -> None:
    for path in filter(None, paths):
        file: Path = settings.DATA_ROOT / path
        file.unlink(missing_ok=True)
        if file.parent.is_dir() and not any(file.parent.iterdir()):
            file.parent.rmdir()


def sweep(*, now: datetime) -> int:
    """Remove the lists of runs that came to nothing, a day later; return how many folders."""
    root = _root()
    if not root.is_dir():
        return 0
    paths = AnalysisResult.objects.exclude(list_path="").values_list("list_path", flat=True).distinct()
    named = {Path(path).parent.name for path in paths}
    before = (now - AGE).timestamp()
    left = [path for path in root.iterdir() if path.name not in named and path.stat().st_mtime < before]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)
