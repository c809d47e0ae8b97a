"""Rows that a system sends as JSON: an upload like any other, checked and loaded at once while the caller waits."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from kpis.choices import AutoLoad, UploadState
from kpis.datasets.checks.problems import Problem, Severity, from_json
from kpis.datasets.files.jsonfile import column_names, json_table
from kpis.datasets.files.raw import LINE, RawTable
from kpis.datasets.meaning.mapping import ColumnMapping, propose_mapping
from kpis.datasets.pipeline import load_file
from kpis.datasets.store.outcomes import RowEffect, row_effects
from kpis.engine.specs import TableSpec
from kpis.errors import ColumnsUnsure, NoRows, TooManyRows, UnknownTable
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.organisation import allowed_ids
from kpis.queries.uploads import newest_uploads
from kpis.queries.warehouse import known_ids, part_paths, visible_parts
from kpis.services.checking import check_upload, misfit
from kpis.services.facts import Trial, is_fact_table, try_facts
from kpis.services.loading import load_upload
from kpis.services.staging import SMALL_BATCH_BYTES
from kpis.services.uploads import receive_upload
from omnichannel.jobs.choices import JobOrigin
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import holding_back
from omnichannel.jobs.services.running import Run, running
from omnichannel.workspaces.scoping import current_workspace_id

MOST_ROWS = 1_000  # answered at once, row by row
MOST_LINES = 50_000  # of NDJSON, handed to a worker beyond MOST_ROWS
MOST_JSON_BYTES = SMALL_BATCH_BYTES
MOST_NDJSON_BYTES = 32 * 1024**2
ENDED = (UploadState.LOADED, UploadState.NEEDS_ATTENTION, UploadState.READY, UploadState.REFUSED, UploadState.FAILED)


class RowStatus(StrEnum):
    """What became of a row. `held`: nothing is wrong with it, but the batch was not loaded because of other rows."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class PushedRow:
    """One row of the batch, counted from 0. `key` is what the row gave for the columns of the table's key."""

    index: int
    status: RowStatus
    effect: RowEffect | None
    key: Mapping[str, str | None]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A body that was looked at: its rows, and which key feeds which column. `raw` is None when a worker reads it."""

    body: bytes
    table: TableSpec
    lines: bool
    mapping: ColumnMapping
    rows: int
    raw: RawTable | None

    @property
    def filename(self) -> str:
        """The name under which the upload stands in the list."""
        return f"{self.table.id}.{'ndjson' if self.lines else 'json'}"

    @property
    def ignored(self) -> tuple[str, ...]:
        """The keys that feed no column."""
        used = {column for source in self.mapping.fields.values() for column in source.columns}
        return tuple(match.column for match in self.mapping.matches if match.column not in used)


@dataclass(frozen=True, slots=True)
class Push:
    """What a batch came to. `upload` is None for a dry run; without `rows` a worker is still on it."""

    batch: Batch
    upload: Upload | None
    rows: tuple[PushedRow, ...] | None
    problems: tuple[Problem, ...] = ()
    effect: Mapping[str, Any] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each status."""
        return {status.value: sum(row.status is status for row in self.rows or ()) for status in RowStatus}

    @property
    def refused(self) -> bool:
        """Tell whether nothing was loaded because something is wrong."""
        found = self.counts
        return bool(self.rows) and found["rejected"] + found["held"] == len(self.rows or ())


def read_batch(body: bytes, *, table_id: str, lines: bool) -> Batch:
    """Look at a body. Raises NotJson (no batch at all), TooManyRows, NoRows, ColumnsUnsure, UnknownTable."""
    table = load_library().tables.get(table_id)
    if table is None:
        raise UnknownTable(table_id)
    raw: RawTable | None = None
    if lines:
        columns, many = column_names(body)
    if not lines or many <= MOST_ROWS:
        raw = json_table(body, lines=lines)
        columns, many = raw.columns, raw.rows.num_rows + raw.ragged_count
    limit = MOST_LINES if lines else MOST_ROWS
    if many > limit:
        raise TooManyRows(rows=many, limit=limit)
    if not many:
        raise NoRows
    return Batch(body, table, lines, _mapping(columns, table=table), many, raw)


def _mapping(columns: Sequence[str], *, table: TableSpec) -> ColumnMapping:
    """Map keys that are names or aliases of the table's columns. Nobody can be asked, so an unsure one is refused."""
    mapping = propose_mapping(columns, tables={table.id: table}, hint_table=table.id)
    unsure = {match.column: match.candidates for match in mapping.matches if match.column in mapping.unresolved}
    if unsure:
        raise ColumnsUnsure(unsure)
    return mapping.choose_table(table.id, tables={table.id: table}) if mapping.table is None else mapping


def try_batch(batch: Batch, *, good_rows: bool, zone: str) -> Push:
    """Say what a push would do. Nothing is kept."""
    raw = batch.raw or json_table(batch.body, lines=batch.lines)
    table = batch.table
    with tempfile.TemporaryDirectory(prefix="push-") as name:
        work = Path(name)
        (work / batch.filename).write_bytes(batch.body)
        existing = part_paths(table.id)
        result = load_file(
            path=str(work / batch.filename),
            filename=batch.filename,
            out_dir=str(work / "parts"),
            upload_seq=0,
            mapping=batch.mapping.to_json(),
            table=table.id,
            known=known_ids(table.id, work=work),
            allowed={column: sorted(ids) for column, ids in allowed_ids().items()},
            existing=[str(path) for path in existing],
            good_rows_only=True,
            zone=zone,
        )
        parts = [work / "parts" / part["path"] for part in result["parts"]]
        trial = try_facts(table.id, parts=parts) if is_fact_table(table.id) and parts else Trial()
        effects = row_effects(parts, existing, table=table)
    problems = (*map(from_json, result["problems"]), *(misfit(issue, labels={}) for issue in trial.issues))
    wrong = any(problem.severity is Severity.ERROR for problem in problems)
    loads = bool(parts) and not trial.issues and (good_rows or not wrong)
    rows = _rows(raw, batch, problems=problems, effects=effects, loaded=loads)
    return Push(batch, None, rows, _of_the_file(problems), trial.effect or result["effect"])


def push_batch(batch: Batch, *, good_rows: bool, actor_id: int | None, zone: str) -> Push:
    """Store, check and load the batch. At most MOST_ROWS rows are worked off here; more of them by a worker.

    The jobs are those of any upload: should this process die, a worker takes them over.
    """
    if batch.raw is None:
        return Push(batch, _receive(batch, good_rows=good_rows, actor_id=actor_id), None)
    with holding_back():
        upload = _receive(batch, good_rows=good_rows, actor_id=actor_id)
        _work_off(upload.check_job, lambda run: check_upload(run, upload=upload, zone=zone))
        upload = _again(upload)
        if upload.state == UploadState.LOADING:
            _work_off(upload.load_job, lambda run: load_upload(run, upload=upload, good_rows=good_rows, zone=zone))
            upload = _again(upload)
    if upload.standing not in ENDED:
        return Push(batch, upload, None)
    problems = tuple(one.as_found() for one in upload.problems.all())
    loaded = upload.state == UploadState.LOADED
    rows = _rows(batch.raw, batch, problems=problems, effects=_effects(upload), loaded=loaded)
    return Push(batch, upload, rows, _of_the_file(problems), upload.effect)


def _receive(batch: Batch, *, good_rows: bool, actor_id: int | None) -> Upload:
    return receive_upload(
        [batch.body],
        filename=batch.filename,
        actor_id=actor_id,
        origin=JobOrigin.API,
        table_id=batch.table.id,
        mapping=batch.mapping.to_json(),
        auto_load=AutoLoad.GOOD_ROWS if good_rows else AutoLoad.CLEAN,
    )


def _work_off(job: Job | None, work: Callable[[Run], None]) -> None:
    if job is None:
        return
    with running(workspace_id=current_workspace_id(), job_id=job.pk) as run:
        if run is not None:
            work(run)


def _again(upload: Upload) -> Upload:
    return newest_uploads().get(pk=upload.pk)


def _effects(upload: Upload) -> Mapping[int, RowEffect]:
    """Compare the upload's parts with those that counted before it."""
    mine = [settings.DATA_ROOT / path for path in upload.parts.values_list("path", flat=True)]
    before = visible_parts().filter(table_id=upload.table_id, upload__seq__lt=upload.seq).values_list("path", flat=True)
    existing = [settings.DATA_ROOT / path for path in before]
    return row_effects(mine, existing, table=load_library().tables[upload.table_id])


def _rows(
    raw: RawTable,
    batch: Batch,
    *,
    problems: Sequence[Problem],
    effects: Mapping[int, RowEffect],
    loaded: bool,
) -> tuple[PushedRow, ...]:
    told: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.line is not None:
            told[problem.line].append(problem)
    keys = _keys(raw, batch)
    rows = []
    for line in range(1, batch.rows + 1):
        wrong = any(problem.severity is Severity.ERROR for problem in told[line])
        effect = effects.get(line, RowEffect.SAME) if loaded and not wrong else None
        rows.append(PushedRow(line - 1, _status(effect, wrong=wrong), effect, keys.get(line, {}), tuple(told[line])))
    return tuple(rows)


def _status(effect: RowEffect | None, *, wrong: bool) -> RowStatus:
    if wrong:
        return RowStatus.REJECTED
    if effect is None:
        return RowStatus.HELD
    return RowStatus.UNCHANGED if effect is RowEffect.SAME else RowStatus.ACCEPTED


def _keys(raw: RawTable, batch: Batch) -> dict[int, dict[str, str | None]]:
    """Return line -> the key's texts as they were sent."""
    sources = {name: batch.mapping.fields[name].column for name in batch.table.key if name in batch.mapping.fields}
    rows = raw.rows.select([*dict.fromkeys(sources.values()), LINE]).to_pylist()
    return {row[LINE]: {name: row[column] for name, column in sources.items()} for row in rows}


def _of_the_file(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.line is None)


def push_rows(rows: Sequence[Mapping[str, str | None]], *, table_id: str, actor_id: int | None, zone: str) -> Push:
    """Push rows that are at hand as a system would send them: all are taken or none."""
    body = json.dumps([dict(row) for row in rows], ensure_ascii=False).encode()
    return push_batch(read_batch(body, table_id=table_id, lines=False), good_rows=False, actor_id=actor_id, zone=zone)


def words_of(push: Push) -> list[str]:
    """Return what is wrong with the rows of a push and with it as a whole, in the reader's language, by column."""
    problems = [problem for row in push.rows or () for problem in row.problems] + list(push.problems)
    names = {column.name: column.names.in_language(get_language()) for column in push.batch.table.columns}
    told = [(names.get(one.column, one.column), one.message.in_language(get_language())) for one in problems]
    return [f"{column}: {message}" if column else message for column, message in told]
