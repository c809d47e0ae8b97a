"""The rows with problems as a grid: each cell as it stands after the corrections, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from django.core.paginator import Page, Paginator

from kpis.datasets.files.raw import LINE, empty_rows
from kpis.datasets.limits import LIMITS
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.repair.export import problem_workbook
from kpis.datasets.repair.fixes import Corrections, fold
from kpis.datasets.repair.problemrows import PROBLEM_ROWS
from kpis.library import load_library
from kpis.models import Upload

ROWS = 20
# How a problem names several columns at once.
JOINED = re.compile(r", | [-+] ")


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell. `name` is its form field, empty when it cannot be edited; `problem` says what is wrong with it."""

    column: str
    name: str
    value: str
    problem: str
    severity: str
    hint: str
    changed: bool


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of the file with problems; `others` are those of no single cell shown, `skipped` when it is left out."""

    line: int
    cells: tuple[GridCell, ...]
    others: tuple[str, ...]
    skipped: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of problem rows. `cause`: the one it is narrowed to, empty for all."""

    page: Page[int | None]
    columns: tuple[str, ...]
    rows: tuple[GridRow, ...]
    cause: str
    all_columns: bool


def problem_grid(upload: Upload, *, cause: str, page: str | None, all_columns: bool, language: str) -> Grid | None:
    """Return the asked page of problem rows, or None when there are none that could be shown."""
    code, _colon, column = cause.partition(":")
    found = upload.problems.filter(line__isnull=False)
    narrowed = found.filter(code=code, column=column) if code else found.filter(severity="error")
    lines = narrowed.order_by("line").values_list("line", flat=True).distinct()
    shown = Paginator(lines, ROWS).get_page(page)
    wanted = [line for line in shown if line is not None]
    if not wanted:
        return None
    told = "zh" if language.startswith("zh") else "en"
    problems: dict[int, list[tuple[str, str, str, str]]] = {}
    # Without a cause only errors are in question: a warning lets its row in.
    of_rows = (found if code else found.filter(severity="error")).filter(line__in=wanted)
    for line, *rest in of_rows.values_list("line", "column", f"message_{told}", f"hint_{told}", "severity"):
        problems.setdefault(line, []).append((rest[0], rest[1], rest[2], rest[3]))
    stored = stored_rows(upload, wanted)
    columns = _columns(upload, problems, all_columns=all_columns)
    corrections, fresh = corrections_of(upload), unchecked_cells(upload)
    rows = [
        _row(
            line,
            stored.get(line),
            columns=columns,
            places=upload.inspected.get("columns", []),
            problems=problems.get(line, ()),
            edits=corrections.cells.get(line, {}),
            fresh=fresh.get(line, {}),
            skipped=line in corrections.skip,
            hidden=upload.inspected.get("personal", {}),
        )
        for line in wanted
    ]
    return Grid(shown, columns, tuple(rows), cause, all_columns)


def stored_rows(upload: Upload, lines: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Return the cells of these problem rows as the last check left them, by line; lines not kept are not there."""
    path = upload.folder / PROBLEM_ROWS
    if not path.exists():
        return {}
    rows = pq.read_table(path, filters=[(LINE, "in", list(lines))]) if lines else empty_rows()
    return {row[LINE]: row for row in rows.to_pylist()}


def current_cells(upload: Upload, lines: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the cells of these problem rows with a person's corrections in them."""
    edits = corrections_of(upload).cells
    return {
        line: {name: str(cell or "") for name, cell in row.items() if name != LINE} | dict(edits.get(line, {}))
        for line, row in stored_rows(upload, lines).items()
    }


def problem_workbook_of(upload: Upload, *, language: str) -> bytes | None:
    """Return the problem rows as a workbook in the reader's language; None when there are more than it could hold."""
    path = upload.folder / PROBLEM_ROWS
    if not path.exists() or upload.counts.get("bad", 0) > LIMITS.problems:
        return None
    problems = [one.as_found() for one in upload.problems.all()]
    return problem_workbook(pq.read_table(path), problems, language=language)


def corrections_of(upload: Upload) -> Corrections:
    """Return what a person's steps do to the rows."""
    return fold(ColumnMapping.from_json(upload.mapping), upload.steps)[1]


def unchecked_cells(upload: Upload) -> Mapping[int, Mapping[str, str]]:
    """Return the cells corrected since the last check, by line."""
    seen = int(upload.check_job.params.get("steps", 0)) if upload.check_job else 0
    return fold(ColumnMapping.from_json(upload.mapping), upload.steps[seen:])[1].cells


def _by_column(
    problems: Sequence[tuple[str, str, str, str]], columns: Sequence[str]
) -> dict[str, tuple[str, str, str]]:
    """Return column -> what is wrong; a problem of several columns stands at the first of them that is shown."""
    found: dict[str, tuple[str, str, str]] = {}
    for column, *told in reversed(problems):
        named = [column, *JOINED.split(column)]
        found[next((name for name in named if name in columns), column)] = (told[0], told[1], told[2])
    return found


def _columns(
    upload: Upload, problems: Mapping[int, Sequence[tuple[str, str, str, str]]], *, all_columns: bool
) -> tuple[str, ...]:
    """Return the columns to show: those that tell the rows apart, those with problems, or all of the file."""
    names: list[str] = upload.inspected.get("columns", [])
    if all_columns:
        return tuple(names)
    mapping = ColumnMapping.from_json(upload.mapping)
    wanted = {column for found in problems.values() for column, *_rest in found}
    wanted |= {part for column in wanted for part in JOINED.split(column)}
    shown = {name for name in names if name in wanted}
    for field, source in mapping.fields.items():
        if source.label in wanted or field in wanted:
            shown |= set(source.columns)
    first = next((match.column for match in mapping.matches if match.field in _keys(upload)), None)
    return tuple(name for name in names if name in shown or name == first)


def _keys(upload: Upload) -> tuple[str, ...]:
    table = load_library().tables.get(upload.table_id)
    return table.key if table else ()


def _row(
    line: int,
    stored: Mapping[str, Any] | None,
    *,
    columns: Sequence[str],
    places: Sequence[str],
    problems: Sequence[tuple[str, str, str, str]],
    edits: Mapping[str, str],
    fresh: Mapping[str, str],
    skipped: bool,
    hidden: Container[str],
) -> GridRow:
    by_column = _by_column(problems, columns)
    cells = []
    for name in columns:
        value = str((stored or {}).get(name) or "")
        message, hint, severity = by_column.pop(name, ("", "", ""))
        editable = stored is not None and name not in hidden
        cells.append(
            GridCell(
                column=name,
                name=f"cell-{line}-{places.index(name)}" if editable else "",
                value=edits.get(name, value),
                problem="" if name in fresh else message,
                severity=severity,
                hint=hint,
                changed=name in edits,
            )
        )
    others = tuple(f"{column}: {told[0]}" if column else told[0] for column, told in by_column.items())
    return GridRow(line, tuple(cells), others, skipped)
