"""The two steps of an upload, JSON in and JSON out, made for the limited child: look at a file, load a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kpis.datasets.checking import Checked, check_table
from kpis.datasets.export import problem_rows
from kpis.datasets.mapping import ColumnMapping, known_headers, propose_mapping, table_hint
from kpis.datasets.parts import Effect, Part, overlap_counts, write_parts
from kpis.datasets.presets import load_presets, match_preset
from kpis.datasets.privacy import personal_columns
from kpis.datasets.problems import make_problem, printable, to_json
from kpis.datasets.progress import report
from kpis.datasets.raw import Guess, RawTable
from kpis.datasets.reading import read_table
from kpis.engine.specs import Library
from kpis.library import load_library

SAMPLE_ROWS = 20
PROBLEM_FILE = "problems.csv"


def inspect_file(
    *, path: str, filename: str, guess: Mapping[str, Any] | None = None, table: str | None = None
) -> dict[str, Any]:
    """Return how the file was read, a sample of its cells, the proposed mapping (and the preset it matches).

    `table` is what a person said; otherwise the file name hints at it. Cells of columns that carry personal data are
    not in the sample.
    """
    tables = load_library().tables
    raw = read_table(Path(path), filename=filename, guess=Guess.from_json(guess), headers=known_headers(tables))
    hint = table if table in tables else table_hint(filename, tables=tables)
    preset = match_preset(raw.columns, presets=load_presets())
    mapping = propose_mapping(raw.columns, tables=tables, hint_table=hint)
    if preset is not None and len(preset.mappings) == 1 and table is None:
        mapping = preset.mappings[0]
    hidden = personal_columns(raw.rows, columns=raw.columns, table=mapping.table or "customers")
    return {
        "encoding": raw.encoding,
        "encoding_sure": raw.encoding_sure,
        "delimiter": raw.delimiter,
        "kind": raw.kind,
        "sheet": raw.sheet,
        "sheets": list(raw.sheets),
        "header_line": raw.header_line,
        "columns": list(raw.columns),
        "personal": {column: {"zh": kind.zh, "en": kind.en} for column, kind in hidden.items()},
        "rows": raw.rows.num_rows,
        "sample": _sample(raw, hidden=frozenset(hidden)),
        "preset": preset.id if preset else None,
        "preset_mappings": [given.to_json() for given in preset.mappings] if preset else [],
        "mapping": mapping.to_json(),
        "problems": [to_json(problem) for problem in raw.problems],
    }


def _sample(raw: RawTable, *, hidden: frozenset[str]) -> list[list[str]]:
    rows = raw.rows.slice(0, SAMPLE_ROWS).to_pylist()
    return [
        ["•••" if name in hidden else printable(str(row[name] or "")[:100]) for name in raw.columns] for row in rows
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
    known: Mapping[str, Any] | None = None,
    allowed: Mapping[str, Sequence[str]] | None = None,
    existing: Sequence[str] = (),
    good_rows_only: bool = False,
    zone: str = "Asia/Shanghai",
    language: str = "zh-hans",
) -> dict[str, Any]:
    """Read, check and write a file. With errors nothing is written unless `good_rows_only`.

    Without a mapping the proposal is used, provided the table is sure; what is not sure is then left out, and a
    required field that is left out is an error. `known`: `table.column` -> ids or the path of a Parquet file of them.
    """
    library = load_library()
    report("reading")
    raw = read_table(Path(path), filename=filename, guess=Guess.from_json(guess), headers=known_headers(library.tables))
    chosen = _mapping(raw, filename=filename, mapping=mapping, table=table, library=library)
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    if chosen.table is None:
        return _unknown_table(raw)
    report("checking", total=raw.rows.num_rows)
    checked = check_table(
        raw,
        mapping=chosen,
        table=library.tables[chosen.table],
        known={name: _ids(given) for name, given in (known or {}).items()},
        allowed=allowed if allowed is not None else catalogue_ids(library),
        zone=zone,
    )
    report("writing", done=checked.rows.num_rows, total=raw.rows.num_rows)
    parts: tuple[Part, ...] = ()
    if checked.ok or (good_rows_only and not checked.blocked):
        parts = write_parts(checked, table=checked.table, upload_seq=upload_seq, out_dir=out)
    effect = overlap_counts([part.path for part in parts], [Path(one) for one in existing], table=checked.table)
    return _summary(checked, parts=parts, effect=effect) | {
        "mapping": chosen.to_json(),
        "problem_file": _problem_file(raw, checked, out=out, language=language),
    }


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
    hint = table if table in library.tables else table_hint(filename, tables=library.tables)
    proposed = propose_mapping(raw.columns, tables=library.tables, hint_table=hint)
    return proposed if hint or proposed.table_confidence == "sure" else replace(proposed, table=None)


def _ids(given: object) -> pa.Array:
    if isinstance(given, str):
        return pq.read_table(given).column(0).combine_chunks().cast(pa.string()).unique()
    if isinstance(given, list | tuple | set | frozenset):
        return pa.array(sorted(map(str, given)), pa.string())
    raise ValueError("known ids are a list or the path of a Parquet file")


def _unknown_table(raw: RawTable) -> dict[str, Any]:
    problems = raw.problems if not raw.columns else (*raw.problems, make_problem("table_unknown", sheet=raw.sheet))
    counts = {
        "rows": raw.rows.num_rows,
        "good": 0,
        "bad": raw.rows.num_rows,
        "errors": sum(problem.severity == "error" for problem in problems),
        "warnings": sum(problem.severity == "warning" for problem in problems),
        "groups": [],
    }
    return {
        "table": None,
        "counts": counts,
        "problems": [to_json(problem) for problem in problems],
        "problem_file": None,
        "parts": [],
        "effect": asdict(Effect(0, 0, 0)),
        "months": [],
        "mapping": None,
    }


def _summary(checked: Checked, *, parts: Sequence[Part], effect: Effect) -> dict[str, Any]:
    return {
        "table": checked.table.id,
        "counts": asdict(checked.counts),
        "problems": [to_json(problem) for problem in checked.problems],
        "parts": [_part(part) for part in parts],
        "effect": asdict(effect),
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


def _problem_file(raw: RawTable, checked: Checked, *, out: Path, language: str) -> str | None:
    if not any(problem.line is not None for problem in checked.problems):
        return None
    hidden = frozenset(personal_columns(raw.rows, columns=raw.columns, table=checked.table.id))
    content = problem_rows(raw, checked.problems, lines=checked.bad_lines, hidden=hidden, language=language)
    (out / PROBLEM_FILE).write_bytes(content)
    return PROBLEM_FILE
