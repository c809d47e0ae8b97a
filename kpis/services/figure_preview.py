"""Which figures a load, a revert or a re-apply would change: computed beside what counts, kept only in the job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language

from kpis.choices import UploadState, UploadTurn
from kpis.engine.blocks import ValueBlock
from kpis.engine.scoping import Organisation
from kpis.engine.specs import Scope, ScopeKind, Value
from kpis.errors import UploadBusy
from kpis.models import Upload
from kpis.queries.turning import Moved, fact_months, moved_periods, part_change, swing
from kpis.queries.uploads import last_change
from kpis.queries.values import Book, as_book, current_values
from kpis.queries.warehouse import World, organisation_on
from kpis.services.fact_changes import Obstacle, fact_key, turn_facts
from kpis.services.facts import is_fact_table, keep_facts, read_rows
from kpis.services.org_listener import listening
from kpis.services.reverting import part_swing
from kpis.services.staging import staged_files
from kpis.services.values import is_fresh, measuring
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job

MOST_MOVERS = 200
MOST_OBSTACLES = 50
STANDS = {
    UploadTurn.LOAD: (UploadState.READY, UploadState.NEEDS_ATTENTION),
    UploadTurn.REVERT: (UploadState.LOADED,),
    UploadTurn.REAPPLY: (UploadState.REVERTED,),
}


class Report(Protocol):
    """How a run says where it is; `Run.progress` is one."""

    def __call__(self, step: JobStep, *, done: int, total: int) -> None:
        """Tell how many of all periods are through."""


@dataclass(frozen=True, slots=True)
class Mover:
    """One figure that would change."""

    period: Period
    kpi: str
    scope: Scope
    before: Value | None
    after: Value | None

    @property
    def weight(self) -> Decimal:
        """How much it moves against the larger of both numbers, 0 to 2; a number that comes or goes moves by 1."""
        old, new = _number(self.before), _number(self.after)
        if old is None or new is None:
            return Decimal(1)
        most = max(abs(old), abs(new))
        return abs(new - old) / most if most else Decimal(0)

    def to_json(self) -> dict[str, Any]:
        """Return the mover as the job keeps it."""
        return {
            "period": str(self.period),
            "kpi": self.kpi,
            "scope_kind": self.scope.kind.value,
            "scope_id": self.scope.id,
            "before": _text(self.before),
            "after": _text(self.after),
            "reason_before": _reason(self.before),
            "reason_after": _reason(self.after),
        }


@dataclass(slots=True)
class Movers:
    """Collects what changes over all periods: everything counted, the largest kept."""

    total: int = 0
    kept: list[Mover] = field(default_factory=list)
    kpis: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    periods: Counter[str] = field(default_factory=Counter)

    def add(self, movers: Iterable[Mover]) -> None:
        """Take the changes of one period."""
        for mover in movers:
            self.total += 1
            self.kpis[mover.kpi] += 1
            self.kinds[mover.scope.kind.value] += 1
            self.periods[str(mover.period)] += 1
            self.kept.append(mover)
        self.kept = sorted(self.kept, key=_rank)[:MOST_MOVERS]


def _rank(mover: Mover) -> tuple[bool, Decimal, str, str, Scope]:
    return (mover.scope.kind is not ScopeKind.COMPANY, -mover.weight, mover.kpi, str(mover.period), mover.scope)


@transaction.atomic
def request_figure_preview(
    upload: Upload, turn: UploadTurn, *, actor_id: int | None, origin: JobOrigin = JobOrigin.WEB
) -> Job:
    """Queue the search for the figures that the turn would change. UploadBusy when the upload cannot make it now."""
    if upload.state not in STANDS[turn] or (turn is UploadTurn.LOAD and not upload.staged.get("parts")):
        raise UploadBusy
    params = {"upload": upload.pk, "turn": turn.value, "seen": last_change(), "revision": upload.revision}
    job = create_job(JobKind.PREVIEW_FIGURES, params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


def preview(params: Mapping[str, Any], *, report: Report) -> dict[str, Any]:
    """Compute the months a turn moves with the change in them, and compare with the figures as they are.

    Nothing is written: facts of PostgreSQL are turned in a transaction that is rolled back once they have been read.
    """
    upload, turn = Upload.objects.get(pk=params["upload"]), UploadTurn(params["turn"])
    if upload.state not in STANDS[turn]:
        raise UploadBusy
    seen = last_change()
    moved = moved_periods(upload, turn, months=_months(upload, turn))
    obstacles: list[dict[str, Any]] = []
    days = None
    if is_fact_table(upload.table_id):
        obstacles, days = _turned_facts(upload, turn, moved.compute)
    found = Movers()
    if not obstacles:
        _compare(found, moved, World(part_change(upload, turn), days), report=report)
    return _result(found, moved, seen=seen, obstacles=obstacles)


def _months(upload: Upload, turn: UploadTurn) -> Sequence[str]:
    if turn is not UploadTurn.LOAD:
        return part_swing(upload).months
    if is_fact_table(upload.table_id):
        rows = read_rows(staged_files(upload.staged))
        return fact_months({fact_key(upload.table_id, row) for row in rows}, table=upload.table_id)
    return swing(upload, staged_files(upload.staged)).months


def _compare(found: Movers, moved: Moved, world: World, *, report: Report) -> None:
    total = len(moved.compute) + len(moved.retire)
    for done, period in enumerate(moved.retire):
        report(JobStep.COMPUTING, done=done, total=total)
        found.add(_differences(period, _stored(period), {}))
    stale = [period for period in moved.compute if not is_fresh(period)]
    with ExitStack() as stack:
        then = stack.enter_context(measuring(world=world)).each(moved.compute)
        now = stack.enter_context(measuring()).each(stale)
        waiting: dict[Period, Book] = {}
        report(JobStep.COMPUTING, done=len(moved.retire), total=total)
        for done, block in enumerate(then, start=len(moved.retire) + 1):
            present = _stored(block.period) if block.period not in stale else _next(now, block.period, waiting)
            found.add(_differences(block.period, present, as_book(block)))
            report(JobStep.COMPUTING, done=done, total=total)


def _next(blocks: Iterator[ValueBlock], period: Period, waiting: dict[Period, Book]) -> Book:
    """Return the figures of a period; those of others that come before it wait."""
    while period not in waiting:
        block = next(blocks)
        waiting[block.period] = as_book(block)
    return waiting.pop(period)


def _stored(period: Period) -> Book:
    return as_book(current_values(period))


def _differences(period: Period, before: Book, after: Book) -> Iterable[Mover]:
    for kpi, scope in sorted(before.keys() | after.keys()):
        old, new = before.get((kpi, scope)), after.get((kpi, scope))
        if _number(old) != _number(new):
            yield Mover(period, kpi, scope, old, new)


def _number(value: Value | None) -> Decimal | None:
    return value.value if value is not None else None


def _text(value: Value | None) -> str | None:
    number = _number(value)
    return None if number is None else f"{number:f}"


def _reason(value: Value | None) -> str:
    return value.reason.value if value is not None and value.reason else ""


def _turned_facts(
    upload: Upload, turn: UploadTurn, periods: Sequence[Period]
) -> tuple[list[dict[str, Any]], dict[Any, Organisation] | None]:
    """Turn the facts, read the organisation of each period's last day as it would be, and let go of it all."""
    told: dict[str, list[Obstacle]] = {}
    for language in dict.fromkeys((get_language() or "en", "zh-hans", "en")):
        with translation.override(language), transaction.atomic(), listening():
            obstacles = _turn(upload, turn)
            days = None if obstacles else {period.last_day: organisation_on(period.last_day) for period in periods}
            transaction.set_rollback(True)
        if days is not None:
            return [], days
        told[language] = obstacles
    pairs = list(zip(told["zh-hans"], told["en"], strict=True))
    return [
        {"key": zh.key, "line": zh.line, "upload": zh.upload, "zh": zh.message, "en": en.message} for zh, en in pairs
    ], None


def _turn(upload: Upload, turn: UploadTurn) -> list[Obstacle]:
    if turn is UploadTurn.LOAD:
        rows = read_rows(staged_files(upload.staged))
        keep_facts(upload.table_id, rows, actor_id=None, upload_id=upload.pk)
        return []
    return turn_facts(upload, turn=turn, actor_id=None)


def _result(found: Movers, moved: Moved, *, seen: int, obstacles: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "seen": seen,
        "changed": found.total,
        "by_period": dict(sorted(found.periods.items())),
        "by_kind": dict(found.kinds),
        "by_kpi": dict(found.kpis.most_common()),
        "periods": [str(period) for period in moved.compute],
        "retired": [str(period) for period in moved.retire],
        "movers": [mover.to_json() for mover in found.kept],
        "obstacles": list(obstacles[:MOST_OBSTACLES]),
        "obstacle_count": len(obstacles),
    }
