"""One row checked at once after an edit, so that a person sees right away whether the cell is right now."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import get_language

from kpis.datasets.checks.checking import check_table
from kpis.datasets.files.raw import LINE, RawTable
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.repair.fixes import fold
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.organisation import allowed_ids
from kpis.queries.upload_grid import current_cells

# What only the whole file or all tables together can tell: not said of a single row.
NEEDS_THE_WHOLE = frozenset({"duplicate_key", "duplicate_row", "unknown_reference", "no_rows", "column_missing"})


def judge_row(upload: Upload, line: int) -> dict[str, dict[str, str]]:
    """Return what is wrong with the row as it now stands, by column; an empty column is the row itself.

    References and repeated keys are left to the check of the whole file.
    """
    library = load_library()
    columns = tuple(upload.inspected.get("columns", ()))
    cells = current_cells(upload, [line]).get(line)
    if cells is None or upload.table_id not in library.tables:
        return {}
    rows = pa.table(
        {name: pa.array([cells.get(name, "")], pa.string()) for name in columns} | {LINE: pa.array([line], pa.int64())}
    )
    checked = check_table(
        RawTable(columns=columns, rows=rows, kind=str(upload.inspected.get("kind", "csv"))),
        mapping=fold(ColumnMapping.from_json(upload.mapping), upload.steps)[0],
        table=library.tables[upload.table_id],
        allowed=allowed_ids(),
    )
    language = get_language()
    return {
        problem.column: {
            "message": problem.message.in_language(language),
            "hint": problem.hint.in_language(language),
            "severity": problem.severity.value,
        }
        for problem in reversed(checked.problems)
        if problem.line is not None and problem.code not in NEEDS_THE_WHOLE
    }
