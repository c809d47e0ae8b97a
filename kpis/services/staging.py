"""What the limited child does for an upload: look at the file, and try every row with its parts written aside."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction

from kpis.datasets import pipeline
from kpis.datasets.checks.problems import Problem, from_json
from kpis.datasets.child import Outcome, run_limited
from kpis.datasets.files.jsonfile import SUFFIXES as JSON_SUFFIXES
from kpis.datasets.repair.export import problem_csv
from kpis.datasets.repair.problemrows import PROBLEM_FILE, PROBLEM_ROWS
from kpis.models import Upload
from kpis.queries.organisation import allowed_ids, ids_by_name, organisation_names
from kpis.queries.uploads import visible_upload_ids
from kpis.queries.warehouse import known_ids, part_paths
from kpis.services.ordering import take_seq
from omnichannel.jobs.choices import JobStep
from omnichannel.jobs.services.running import Run

STEPS = {"reading": JobStep.READING, "checking": JobStep.CHECKING, "writing": JobStep.WRITING}
SMALL_BATCH_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class Stage:
    """What trying every row came to.

    `staged` names the parts written aside, and `against` which uploads the table had then: with others it is void.
    """

    table: str | None
    mapping: Mapping[str, Any] | None
    counts: Mapping[str, Any]
    effect: Mapping[str, int]
    staged: Mapping[str, Any]
    problems: tuple[Problem, ...]
    problem_file: Path | None

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the Parquet files written aside."""
        return staged_files(self.staged)


def staged_files(staged: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the Parquet files that a stage wrote aside."""
    return tuple(settings.DATA_ROOT / staged["folder"] / part["path"] for part in staged["parts"])


def look_at(run: Run, upload: Upload, *, work: Path) -> Outcome:
    """Look at the file: how it is written, its columns, a sample, what they seem to be."""
    pairs = organisation_names()
    arguments = {
        "path": str(upload.file),
        "filename": upload.filename,
        "guess": upload.guess or None,
        "table": upload.table_id or None,
        "known": {reference: [one for _name, one in found] for reference, found in pairs.items()},
        "names": {reference: ids_by_name(found) for reference, found in pairs.items()},
    }
    return _in_child(run, "inspect_file", arguments, work=work)


def stage(
    run: Run, upload: Upload, *, mapping: Mapping[str, Any] | None, work: Path, zone: str, good_rows: bool
) -> Stage | tuple[Problem, ...]:
    """Try every row and write the parts aside; the problems alone when the file could not be worked through.

    Without a mapping the upload's table is taken and its columns are mapped as far as they are sure.
    """
    table = str(mapping["table"]) if mapping else upload.table_id
    against, seq = visible_upload_ids(table), take_seq(upload)
    out = work / "parts"
    arguments = {
        "path": str(upload.file),
        "filename": upload.filename,
        "mapping": mapping,
        "table": table,
        "out_dir": str(out),
        "upload_seq": seq,
        "zone": zone,
        "guess": upload.guess or None,
        "steps": upload.steps,
        "known": known_ids(table, work=work),
        "allowed": {column: sorted(ids) for column, ids in allowed_ids().items()},
        "existing": [str(path) for path in part_paths(table)],
        "good_rows_only": good_rows,
        "language": run.job.params.get("language", "zh-hans"),
    }
    outcome = _in_child(run, "load_file", arguments, work=work)
    if outcome.result is None:
        return outcome.problems
    result = outcome.result
    staged = {
        "seq": seq,
        "against": against,
        "folder": str(out.relative_to(settings.DATA_ROOT)),
        "parts": result["parts"],
        "months": result["months"],
        "effect": result["effect"],
        "touched": result["touched"],
    }
    return Stage(
        table=result["table"],
        mapping=result["mapping"],
        counts=result["counts"],
        effect=result["effect"],
        staged=staged,
        problems=tuple(map(from_json, result["problems"])),
        problem_file=out / result["problem_file"] if result["problem_file"] else None,
    )


def _in_child(run: Run, function: str, arguments: dict[str, Any], *, work: Path) -> Outcome:
    def on_progress(stage: str, done: int, total: int) -> None:
        run.progress(STEPS.get(stage, JobStep.CHECKING), done=done, total=total)

    run.progress(JobStep.READING)
    if is_small_batch(Path(arguments["path"]), filename=arguments["filename"]):
        return Outcome(getattr(pipeline, function)(**arguments))
    return run_limited(
        f"kpis.datasets.pipeline:{function}",
        arguments,
        memory_mb=settings.UPLOAD_CHILD_MEMORY_MB,
        seconds=settings.UPLOAD_CHILD_SECONDS,
        work_dir=work,
        on_progress=on_progress,
    )


def is_small_batch(path: Path, *, filename: str) -> bool:
    """Tell whether the file is so few rows of JSON that reading it needs no child: our own parser, bounded by size."""
    return filename.lower().endswith(JSON_SUFFIXES) and path.stat().st_size <= SMALL_BATCH_BYTES


def work_folder(run: Run, upload: Upload) -> Path:
    """Return an empty folder of the upload's own for this attempt of the job."""
    folder = upload.folder / "work" / f"{run.job.pk}-{run.job.attempts}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def clear_work(upload: Upload) -> None:
    """Remove what was written aside once the transaction is through."""
    folder = upload.folder / "work"
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def tell_misfits(staged: Mapping[str, Any], problems: Sequence[Problem], *, language: str) -> Path | None:
    """Write the file of problem rows anew with what was found after the child had ended; None without its rows."""
    folder: Path = settings.DATA_ROOT / staged["folder"]
    if not (folder / PROBLEM_ROWS).exists():
        return None
    content = problem_csv(pq.read_table(folder / PROBLEM_ROWS), problems, language=language)
    (folder / PROBLEM_FILE).write_bytes(content)
    return folder / PROBLEM_FILE


def keep_problem_files(upload: Upload, folder: Path | None) -> None:
    """Put what the check wrote about the problem rows where pages find it; what an earlier one wrote goes."""
    for name in (PROBLEM_FILE, PROBLEM_ROWS):
        (upload.folder / name).unlink(missing_ok=True)
        if folder is not None and (folder / name).exists():
            shutil.copyfile(folder / name, upload.folder / name)


def problem_file(upload: Upload) -> Path:
    """Where the file of problem rows of the last check lies, if there were any."""
    return upload.folder / PROBLEM_FILE
