"""The check of an upload: what the file is, which column feeds which field, what is wrong, what loading would do."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from kpis.choices import AutoLoad, UploadState
from kpis.datasets.checks.problems import Problem, Severity, from_json
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.models import Upload, UploadProblem
from kpis.queries.uploads import last_change
from kpis.services.facts import FactIssue, is_fact_table, try_facts
from kpis.services.mappings import adopt_saved
from kpis.services.ordering import lock_manifest
from kpis.services.rechecking import outrun_by_its_own
from kpis.services.staging import Stage, clear_work, keep_problem_files, look_at, stage, tell_misfits, work_folder
from kpis.services.unpacking import Unpacked, is_packed, make_members, unpack_archive
from kpis.services.uploads import check_again, queue_load
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import JobOrigin
from omnichannel.jobs.services.running import Run
from omnichannel.workspaces.scoping import current_workspace_id

STORED_PROBLEMS = 10_000
FIT_CODE = "does_not_fit"
FIT_HINT = Bilingual(
    "请先载入它所引用的组织、人员再重新检查，或在文件中改正。",
    "Load the unit or person it refers to first and check again, or correct the file.",
)


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found: the columns of `Upload` to set, the problems, and the file of problem rows."""

    state: UploadState
    columns: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    problem_file: Path | None = None


def check_upload(run: Run, *, upload: Upload, zone: str) -> None:
    """Check the upload in the hands of this run and write the finding, unless a person has changed it meanwhile."""
    Upload.objects.filter(pk=upload.pk, revision=upload.revision).update(state=UploadState.CHECKING, check_job=run.job)
    work, since = work_folder(run, upload), last_change()
    unpacked = unpack_archive(run, upload, work=work) if is_packed(upload) else None
    if unpacked is not None:
        run.finish(partial(_write_members, upload, unpacked))
        return
    check = _check(run, upload, work=work, zone=zone)
    run.finish(partial(_write, upload, check, since=since))


def _check(run: Run, upload: Upload, *, work: Path, zone: str) -> Check:
    """Try the rows at once where nobody may have to be asked; else look at the file first and propose."""
    if upload.auto_load != AutoLoad.OFF and upload.table_id and not upload.inspected:
        check = _try_rows(run, upload, upload.mapping or None, work=work, zone=zone)
        if check.state is not UploadState.REFUSED and goes_on(upload, check.state, check.columns["counts"]):
            return check
        shutil.rmtree(work)
        work.mkdir()
    look = _look(run, upload, work=work)
    if look.state is UploadState.REFUSED:
        return look
    mapping = ColumnMapping.from_json(look.columns["mapping"])
    if not upload.confirmed and not is_sure(mapping):
        return look
    tried = _try_rows(run, upload, look.columns["mapping"], work=work, zone=zone)
    return replace(tried, columns={**look.columns, **tried.columns})


def _look(run: Run, upload: Upload, *, work: Path) -> Check:
    """Say how the file was read and what its columns seem to be; a person's own mapping goes before the proposal."""
    problems: tuple[Problem, ...] = ()
    found: Mapping[str, Any] = {}
    if upload.inspected and upload.mapping:
        mapping, inspected = upload.mapping, upload.inspected
    else:
        outcome = look_at(run, upload, work=work)
        if outcome.result is None:
            return Check(UploadState.REFUSED, problems=outcome.problems)
        inspected = {key: value for key, value in outcome.result.items() if key not in ("mapping", "problems")}
        mapping = upload.mapping or outcome.result["mapping"]
        problems = tuple(map(from_json, outcome.result["problems"]))
        if not upload.mapping:
            found = _remembered(upload, inspected, mapping)
    state = UploadState.NEEDS_ATTENTION if inspected["columns"] else UploadState.REFUSED
    columns = {"inspected": inspected, "mapping": mapping, "table_id": mapping["table"] or upload.table_id}
    return Check(state, {**columns, **found}, problems)


def _remembered(upload: Upload, inspected: Mapping[str, Any], mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of the file's source: its system, and the mapping a person kept for such headers.

    The own proposal stays beside a kept mapping, so that a person can go back to it.
    """
    system = upload.system or inspected.get("system", "")
    adopted = adopt_saved(list(inspected["columns"]), table_id=upload.table_id)
    if adopted is None:
        return {"system": system}
    kept = adopted.mapping.to_json()
    return {
        "inspected": {**inspected, "proposal": mapping},
        "mapping": kept,
        "table_id": kept["table"],
        "saved_mapping": adopted.saved,
        "system": system or adopted.saved.system,
    }


def is_sure(mapping: ColumnMapping) -> bool:
    """Tell whether nobody needs to be asked: the table is sure and so is every column."""
    return mapping.table is not None and mapping.table_confidence is Confidence.SURE and not mapping.unresolved


def _try_rows(run: Run, upload: Upload, mapping: Mapping[str, Any] | None, *, work: Path, zone: str) -> Check:
    good_rows = upload.auto_load == AutoLoad.GOOD_ROWS
    tried = stage(run, upload, mapping=mapping, work=work, zone=zone, good_rows=good_rows)
    if not isinstance(tried, Stage):
        return Check(UploadState.REFUSED, problems=tried)
    counts, staged, problems = dict(tried.counts), dict(tried.staged), tried.problems
    problem_file = tried.problem_file
    if tried.table and is_fact_table(tried.table) and tried.files:
        trial = try_facts(tried.table, parts=tried.files)
        fields = ColumnMapping.from_json(tried.mapping).fields if tried.mapping else {}
        labels = {name: source.label or name for name, source in fields.items()}
        problems += tuple(misfit(issue, labels=labels) for issue in trial.issues)
        counts["errors"] += len(trial.issues)
        counts["all_or_nothing"] = bool(trial.issues)
        staged["effect"] = dict(trial.effect or staged["effect"])
        if trial.issues:
            language = run.job.params.get("language", "zh-hans")
            problem_file = tell_misfits(staged, problems, language=language) or problem_file
    asks = tried.mapping is None or (not upload.confirmed and not is_sure(ColumnMapping.from_json(tried.mapping)))
    state = UploadState.NEEDS_ATTENTION if counts["errors"] or asks else UploadState.READY
    columns = {
        # The corrections of whole fields are folded in at every check: what is kept is the mapping without them.
        "mapping": mapping or tried.mapping or {},
        "table_id": tried.table or upload.table_id,
        "counts": counts,
        "effect": staged["effect"],
        "staged": staged,
    }
    return Check(state, columns, problems, problem_file)


def misfit(issue: FactIssue, *, labels: Mapping[str, str]) -> Problem:
    """Return a row that does not fit the organisation as a problem of the file's column (`labels`: by field)."""
    column = labels.get(issue.column, issue.column)
    hint = issue.hint or FIT_HINT
    return Problem("", issue.line, column, issue.external_id, FIT_CODE, issue.message, hint, Severity.ERROR)


def _write(upload: Upload, check: Check, *, since: int) -> dict[str, Any]:
    """Store the finding; an automatic upload without a question goes on to be loaded.

    `since` is the place of the newest change of what counted when the check began.
    """
    does_not_fit = bool(check.columns.get("counts", {}).get("all_or_nothing"))
    if does_not_fit:
        lock_manifest()  # a load of what these rows refer to either is seen below, or sees this upload as it is stored
    current = Upload.objects.select_for_update().filter(pk=upload.pk, revision=upload.revision).first()
    if current is None or current.state == UploadState.DISCARDED:
        return {"state": "outdated"}
    for name, value in check.columns.items():
        setattr(current, name, value)
    current.state = check.state
    current.save()
    store_problems(current, check.problems)
    keep_problem_files(current, check.problem_file.parent if check.problem_file else None)
    if does_not_fit and outrun_by_its_own(current, since=since):
        check_again(current, actor_id=current.created_by_id)
        return {"state": "outdated"}
    if goes_on(current, check.state, current.counts):
        queue_load(
            current,
            good_rows=current.auto_load == AutoLoad.GOOD_ROWS,
            actor_id=current.created_by_id,
            origin=JobOrigin(current.origin),
        )
    return {"state": str(check.state), "counts": current.counts, "effect": current.effect}


def goes_on(upload: Upload, state: UploadState, counts: Mapping[str, Any]) -> bool:
    """Tell whether a checked upload is loaded without a person: it is clean, or its good rows were asked for."""
    if upload.auto_load == AutoLoad.GOOD_ROWS:
        return state in (UploadState.READY, UploadState.NEEDS_ATTENTION) and _has_good_rows(counts)
    return upload.auto_load == AutoLoad.CLEAN and state is UploadState.READY


def _write_members(upload: Upload, unpacked: Unpacked) -> dict[str, Any]:
    """Store what an archive held: its files as uploads of their own, what was not read as problems."""
    current = Upload.objects.select_for_update().filter(pk=upload.pk, revision=upload.revision).first()
    if current is None or current.state == UploadState.DISCARDED:
        return {"state": "outdated"}
    many = make_members(current, unpacked)
    current.state = UploadState.UNPACKED if many else UploadState.REFUSED
    current.save()
    store_problems(current, unpacked.problems)
    clear_work(current)
    return {"state": str(current.state), "members": many}


def _has_good_rows(counts: Mapping[str, Any]) -> bool:
    return counts.get("good", 0) > 0 and not counts.get("all_or_nothing")


def store_problems(upload: Upload, problems: tuple[Problem, ...]) -> None:
    """Replace the upload's listed problems; errors come before warnings when there are too many."""
    upload.problems.all().delete()
    ranked = sorted(problems, key=lambda problem: problem.severity is not Severity.ERROR)[:STORED_PROBLEMS]
    UploadProblem.objects.bulk_create(
        [
            UploadProblem(
                workspace_id=current_workspace_id(),
                upload=upload,
                sheet=problem.sheet[:120],
                line=problem.line,
                column=problem.column[:200],
                value=problem.value,
                code=problem.code,
                severity=problem.severity.value,
                message_zh=problem.message.zh,
                message_en=problem.message.en,
                hint_zh=problem.hint.zh,
                hint_en=problem.hint.en,
            )
            for problem in ranked
        ],
        batch_size=1000,
    )
