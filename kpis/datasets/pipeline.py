"""The two steps of an upload, JSON in and JSON out, made for the limited child: look at a file, load a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from kpis.datasets.checks.checking import check_rows
from kpis.datasets.checks.checkpass import Report
from kpis.datasets.checks.privacy import personal_columns
from kpis.datasets.checks.problems import make_problem, printable, to_json
from kpis.datasets.checks.references import Known
from kpis.datasets.files.raw import EvenSample, Guess, RawTable, empty_rows
from kpis.datasets.files.reading import read_table
from kpis.datasets.files.workbook import data_sheets
from kpis.datasets.limits import LIMITS, TooLarge
from kpis.datasets.meaning.evidence import LOOKED
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence, known_headers, table_hint
from kpis.datasets.meaning.presets import preset_headers
from kpis.datasets.meaning.proposal import propose
from kpis.datasets.progress import report
from kpis.datasets.repair.fixes import Corrections, fold
from kpis.datasets.repair.problemrows import write_problem_rows
from kpis.datasets.store.effect import Effect, Touched, effect_of
from kpis.datasets.store.parts import Part, PartWriter
from kpis.engine.specs import Library
from kpis.library import load_library

SAMPLE_ROWS = 20
HIDDEN = "•••"  # stands for each cell of a column with personal data of customers


def inspect_file(
    *,
    path: str,
    filename: str,
    guess: Mapping[str, Any] | None = None,
    table: str | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
    known: Mapping[str, Sequence[str]] | None = None,
    names: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None,
) -> dict[str, Any]:
    """Return how the file was read, a sample of its cells, the proposed mapping (and the preset it matches).

    `table` is what a person said; otherwise the file name hints at it. `known` ids and `names` of units and the like
    help to recognise columns. Cells of columns that carry personal data are not in the sample.
    """
    tables = load_library().tables
    with tempfile.TemporaryDirectory(prefix="inspect-") as work:
        raw = _read(path, filename=filename, guess=guess, work=Path(work))
        _, corrections = fold(ColumnMapping(None, Confidence.NONE), steps)
        raw, head, sample, rows = _looked_over(raw, corrections)
    said = table if table in tables else None
    proposal = propose(raw.columns, rows=sample, tables=tables, filename=filename, table=said, known=known, names=names)
    mapping = proposal.mapping
    hidden = personal_columns(sample, columns=raw.columns, table=mapping.table or "customers")
    return {
        "encoding": raw.encoding,
        "encoding_sure": raw.encoding_sure,
        "delimiter": raw.delimiter,
        "kind": raw.kind,
        "sheet": raw.sheet,
        "sheets": list(raw.sheets),
        "data_sheets": list(data_sheets(Path(path))) if len(raw.sheets) > 1 else list(raw.sheets),
        "header_line": raw.header_line,
        "columns": list(raw.columns),
        "personal": {column: {"zh": kind.zh, "en": kind.en} for column, kind in hidden.items()},
        "rows": rows,
        "sample": _sample(head, columns=raw.columns, hidden=frozenset(hidden)),
        "preset": proposal.preset.id if proposal.preset else None,
        "system": proposal.preset.system if proposal.preset else "",
        "preset_mappings": [given.to_json() for given in proposal.mappings],
        "mapping": mapping.to_json(),
        "values": [line.to_json() for line in proposal.values if line.column not in hidden],
        "problems": [to_json(problem) for problem in raw.problems],
    }


def _read(path: str, *, filename: str, guess: Mapping[str, Any] | None, work: Path) -> RawTable:
    headers = known_headers(load_library().tables) | preset_headers()
    return read_table(Path(path), filename=filename, guess=Guess.from_json(guess), headers=headers, work=work)


def _looked_over(raw: RawTable, corrections: Corrections) -> tuple[RawTable, pa.Table, pa.Table, int]:
    """Go over all rows once; return the table at its end, its first rows, rows from all over it, and their number."""
    sample, head = EvenSample(), empty_rows(raw.columns)
    try:
        for rows in raw.batches():
            rows = corrections.apply(rows) if corrections else rows
            if head.num_rows < LOOKED:
                head = pa.concat_tables([head, rows.slice(0, LOOKED - head.num_rows)])
            sample.take(rows)
    except TooLarge as error:
        return replace(raw, problems=(make_problem("too_large", detail=str(error)),), stream=None), head, head, 0
    return raw.ended(), head, sample.rows(raw.columns), sample.seen


def _sample(head: pa.Table, *, columns: Sequence[str], hidden: frozenset[str]) -> list[list[str]]:
    return [
        [HIDDEN if name in hidden else printable(str(row[name] or "")[:100]) for name in columns]
        for row in head.slice(0, SAMPLE_ROWS).to_pylist()
    ]


def load_file(
    *,
    path: str,
    filename: str,
    out_dir: str,
    upload_seq: int,
    mapping: Mapping[str, Any] | None = None,
    table: str | None = None,
    guess: Mapping[str, Any] | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
    known: Mapping[str, Any] | None = None,
    allowed: Mapping[str, Sequence[str]] | None = None,
    existing: Sequence[str] = (),
    good_rows_only: bool = False,
    zone: str = "Asia/Shanghai",
    language: str = "zh-hans",
) -> dict[str, Any]:
    """Read, check and write a file in bounded memory. With errors nothing is written unless `good_rows_only`.

    Without a mapping the proposal is used, provided the table is sure; what is not sure is then left out, and a
    required field that is left out is an error. `known`: `table.column` -> ids or the path of a Parquet file of them.
    `steps` are a person's corrections (see `fixes`).
    """
    library = load_library()
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    report("reading")
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        work = Path(name)
        raw = _read(path, filename=filename, guess=guess, work=work)
        try:
            chosen = _mapping(raw, filename=filename, mapping=mapping, table=table, library=library)
            chosen, corrections = fold(chosen, steps)
            if chosen.table is None:
                return _unknown_table(raw)
            writer = PartWriter(table=library.tables[chosen.table], upload_seq=upload_seq, sheet=raw.sheet, out_dir=out)
            checked = check_rows(
                raw,
                mapping=chosen,
                table=library.tables[chosen.table],
                sink=writer,
                work=work,
                known=_known(known or {}),
                allowed=allowed if allowed is not None else catalogue_ids(library),
                zone=zone,
                corrections=corrections,
                all_or_nothing=not good_rows_only,
                on_rows=_teller(raw, path=Path(path)),
            )
            report("writing", done=checked.counts.good, total=checked.counts.rows)
            parts = _parts(writer, checked, wanted=checked.ok or good_rows_only)
            effect, touched = effect_of(
                [part.path for part in parts],
                [Path(one) for one in existing],
                table=checked.table,
                work=work,
                ignored=checked.ignored + checked.counts.bad,
            )
            told = write_problem_rows(checked, mapping=chosen, corrections=corrections, out=out, language=language)
        except TooLarge as error:
            return _refused("too_large", detail=str(error))
    return _summary(checked, parts=parts, effect=effect, touched=touched) | told | {"mapping": chosen.to_json()}


def _teller(raw: RawTable, *, path: Path) -> Callable[[int, pa.Table], None]:
    """Return what says how far checking is. The rows of a stream are guessed from how long the first ones are."""
    total = raw.rows.num_rows

    def tell(done: int, batch: pa.Table) -> None:
        nonlocal total
        if not total and batch.num_rows:
            cells = batch.num_rows * len(raw.columns)
            texts = batch.drop_columns(["_line"]).nbytes - 4 * cells
            total = int(path.stat().st_size * batch.num_rows / max(texts + cells, 1))
        report("checking", done=done, total=max(total, done))

    return tell


def _parts(writer: PartWriter, checked: Report, *, wanted: bool) -> tuple[Part, ...]:
    if wanted and not checked.blocked:
        return writer.finish(checked.leave)
    writer.discard()
    return ()


def catalogue_ids(library: Library) -> dict[str, frozenset[str]]:
    """Return column -> the ids of the catalogue that it may hold."""
    roles = frozenset(weights.role for weights in library.weights.values())
    return {"kpi_id": frozenset(library.kpis), "role_id": roles, "owner_role": roles}


def _mapping(
    raw: RawTable, *, filename: str, mapping: Mapping[str, Any] | None, table: str | None, library: Library
) -> ColumnMapping:
    if mapping is not None:
        given = ColumnMapping.from_json(mapping)
        return given if given.table in library.tables else replace(given, table=None)
    head = next(raw.batches(), empty_rows(raw.columns))
    said = table if table in library.tables else None
    proposed = propose(raw.columns, rows=head, tables=library.tables, filename=filename, table=said).mapping
    hinted = said or table_hint(filename, tables=library.tables)
    return proposed if hinted or proposed.table_confidence == "sure" else replace(proposed, table=None)


def _known(given: Mapping[str, Any]) -> Known:
    """Return the ids that exist: given here, or as the path of a Parquet file of them."""
    known: dict[str, Any] = {}
    for name, ids in given.items():
        if not isinstance(ids, str | list | tuple | set | frozenset):
            raise ValueError("known ids are a list or the path of a Parquet file")
        known[name] = Path(ids) if isinstance(ids, str) else pa.array(sorted(map(str, ids)), pa.string())
    return known


def _unknown_table(raw: RawTable) -> dict[str, Any]:
    rows = sum(batch.num_rows for batch in raw.batches())
    raw = raw.ended()
    problems = raw.problems if not raw.columns else (*raw.problems, make_problem("table_unknown", sheet=raw.sheet))
    told = [to_json(problem) for problem in problems[: LIMITS.problems]]
    errors = sum(problem.severity == "error" for problem in problems)
    return _nothing(told, rows=rows, errors=errors)


def _refused(code: str, **params: object) -> dict[str, Any]:
    return _nothing([to_json(make_problem(code, **params))], rows=0, errors=1)  # type: ignore[arg-type]


def _nothing(problems: list[dict[str, object]], *, rows: int, errors: int) -> dict[str, Any]:
    """Return the answer for a file that could not be checked."""
    counts = {"rows": rows, "good": 0, "bad": rows, "errors": errors, "warnings": len(problems) - errors, "groups": []}
    return {
        "table": None,
        "counts": counts,
        "problems": problems,
        "problem_file": None,
        "problem_rows": None,
        "problem_lines": 0,
        "parts": [],
        "effect": asdict(Effect(0, 0, 0)),
        "touched": asdict(Touched()),
        "months": [],
        "mapping": None,
    }


def _summary(checked: Report, *, parts: Sequence[Part], effect: Effect, touched: Touched) -> dict[str, Any]:
    return {
        "table": checked.table.id,
        "counts": asdict(checked.counts),
        "problems": [to_json(problem) for problem in checked.problems],
        "parts": [_part(part) for part in parts],
        "effect": asdict(effect),
        "touched": asdict(touched),
        "months": [part.month for part in parts if part.month],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "table": part.table,
        "month": part.month,
        "path": part.path.name,
        "raw_path": part.raw_path.name,
        "rows": part.rows,
        "bytes": part.bytes,
        "sha256": part.sha256,
        "first_day": part.first_day.isoformat() if part.first_day else None,
        "last_day": part.last_day.isoformat() if part.last_day else None,
    }
