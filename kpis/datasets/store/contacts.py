"""First contacts: the same person added twice is one new private user, credited to the first contact.

A load fills `is_first` over the rows of its own file, so that a part is complete. The current table may see an earlier
contact in another upload: whoever reads several parts replaces the column by FIRST_CONTACT_SQL over the visible rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from kpis.datasets.checks.keys import Lines
from kpis.datasets.checks.scratch import scratch
from kpis.datasets.files.raw import LINE

# An unknown person is known by the contact alone; the prefixes keep the two kinds of id apart.
FIRST_CONTACT_SQL = (
    "(row_number() over (partition by coalesce('p' || customer_id, 'c' || contact_id) "
    "order by added_at, contact_id) = 1)"
)


def first_contact_lines(files: Sequence[Path], *, leave: Lines, folder: Path) -> Lines:
    """Return the lines, ascending, of the rows that are first contacts among those of these files that stay."""
    with scratch(folder) as engine:
        engine.register("leave", pa.table({LINE: leave}))
        engine.register("stored", engine.read_parquet([str(file) for file in files]))
        found: Lines = engine.sql(
            f"select {LINE} as line from (select {LINE}, {FIRST_CONTACT_SQL} as one "  # noqa: S608 - no names of files
            f"from stored anti join leave using ({LINE})) where one order by line"
        ).fetchnumpy()["line"]
        return found
