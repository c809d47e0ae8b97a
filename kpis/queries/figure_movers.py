"""The page of a turn: the last search for figures that change, as a person reads it, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kpis.choices import ScopeKindChoice, UploadState, UploadTurn
from kpis.engine.specs import KpiSpec, ScopeKind
from kpis.models import Upload
from kpis.queries.definitions import every_kpi
from kpis.queries.upload_words import value_name
from kpis.queries.uploads import last_change
from omnichannel.core.numerals import from_text
from omnichannel.jobs.choices import ACTIVE, JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.frames import org_units_rows

BEFORE = {UploadTurn.REVERT: UploadState.LOADED, UploadTurn.REAPPLY: UploadState.REVERTED}
KINDS = {UploadTurn.REVERT: JobKind.REVERT_UPLOAD, UploadTurn.REAPPLY: JobKind.REAPPLY_UPLOAD}


@dataclass(frozen=True, slots=True)
class FigureMove:
    """One figure before and after."""

    kpi: KpiSpec
    period: str
    scope_kind: str
    scope_name: str
    before: Decimal | None
    after: Decimal | None
    reason_before: str
    reason_after: str

    @property
    def change(self) -> Decimal | None:
        """Return the difference where both numbers are there."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class FactObstacle:
    """A fact that stands in the way, in the page's language."""

    key: str
    line: int | None
    message: str
    upload: int | None


@dataclass(frozen=True, slots=True)
class TurnPage:
    """Everything the page shows. `preview` is the newest search, `job` the turn itself once it was asked for.

    `possible`: the upload stands so that the turn can be made. `outdated`: what counts has changed since the search.
    `same_rows` are later uploads that brought some of the same rows and therefore keep none of their own.
    """

    upload: Upload
    turn: UploadTurn
    preview: Job | None
    job: Job | None
    possible: bool
    outdated: bool
    changed: int
    by_kind: tuple[tuple[str, int], ...]
    periods: tuple[str, ...]
    retired: tuple[str, ...]
    moves: tuple[FigureMove, ...]
    obstacles: tuple[FactObstacle, ...]
    obstacle_count: int
    same_rows: tuple[Upload, ...]

    @property
    def busy(self) -> bool:
        """True while the search or the turn waits or runs."""
        return any(job is not None and job.state in ACTIVE for job in (self.preview, self.job))

    @property
    def running(self) -> Job | None:
        """Return the job that waits or runs."""
        return next((job for job in (self.job, self.preview) if job is not None and job.state in ACTIVE), None)

    @property
    def found(self) -> bool:
        """True when the search has ended well."""
        return self.preview is not None and self.preview.state == JobState.SUCCEEDED

    @property
    def may_turn(self) -> bool:
        """True when the turn can be confirmed: its figures were shown, and nothing stands in the way."""
        shown = self.found or (self.preview is not None and self.preview.state == JobState.FAILED)
        return self.possible and shown and not self.busy and not self.obstacles and self.turn is not UploadTurn.LOAD


def turn_page(upload: Upload, turn: UploadTurn, *, language: str) -> TurnPage:
    """Return the page of a turn of an upload that was fetched by `newest_uploads`."""
    jobs = Job.objects.select_related("workspace").filter(params__upload=upload.pk)
    preview = jobs.filter(kind=JobKind.PREVIEW_FIGURES, params__turn=turn.value).first()
    job = jobs.filter(kind=KINDS[turn]).first() if turn in KINDS else None
    result: Mapping[str, Any] = preview.result if preview is not None else {}
    loadable = upload.state in (UploadState.READY, UploadState.NEEDS_ATTENTION) and bool(upload.staged.get("parts"))
    return TurnPage(
        upload=upload,
        turn=turn,
        preview=preview,
        job=job,
        possible=upload.state == BEFORE[turn] if turn in BEFORE else loadable,
        outdated=bool(result) and (result["seen"] != last_change() or _changed_since(upload, preview)),
        changed=result.get("changed", 0),
        by_kind=_kinds(result.get("by_kind", {})),
        periods=tuple(result.get("periods", ())),
        retired=tuple(result.get("retired", ())),
        moves=_moves(result.get("movers", ())),
        obstacles=_obstacles(result.get("obstacles", ()), language=language),
        obstacle_count=result.get("obstacle_count", 0),
        same_rows=_same_rows(upload) if turn is UploadTurn.REVERT else (),
    )


def _changed_since(upload: Upload, preview: Job | None) -> bool:
    return preview is not None and preview.params.get("revision") != upload.revision


def _kinds(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((str(ScopeKindChoice(kind).label), counts[kind]) for kind in ScopeKindChoice.values if kind in counts)


def _moves(movers: Sequence[Mapping[str, Any]]) -> tuple[FigureMove, ...]:
    kpis = every_kpi()
    units: dict[str, str] = {}
    if any(mover["scope_kind"] == ScopeKind.UNIT for mover in movers):
        units = {str(row["unit_id"]): str(row["name"]) for row in org_units_rows(current_day())}
    return tuple(
        FigureMove(
            kpi=kpis[mover["kpi"]],
            period=mover["period"],
            scope_kind=str(ScopeKindChoice(mover["scope_kind"]).label),
            scope_name=units.get(mover["scope_id"]) or value_name(mover["scope_id"]),
            before=from_text(mover["before"]),
            after=from_text(mover["after"]),
            reason_before=mover["reason_before"],
            reason_after=mover["reason_after"],
        )
        for mover in movers
        if mover["kpi"] in kpis
    )


def _obstacles(obstacles: Sequence[Mapping[str, Any]], *, language: str) -> tuple[FactObstacle, ...]:
    told = "zh" if language.startswith("zh") else "en"
    return tuple(FactObstacle(each["key"], each["line"], each[told], each["upload"]) for each in obstacles)


def _same_rows(upload: Upload) -> tuple[Upload, ...]:
    """Return later uploads of the table that count and keep no rows because all of them were there already."""
    later = Upload.objects.filter(table_id=upload.table_id, state=UploadState.LOADED, seq__gt=upload.seq or 0)
    return tuple(later.filter(parts=None, effect__same__gt=0).order_by("seq")[:10])
