"""A raw table under a mapping into typed rows and every problem of the whole file, in one pass."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.checkpass import Allowed, CheckPass, Report, Sink, Told
from kpis.datasets.checks.columns import arrow_type
from kpis.datasets.checks.findings import Counts
from kpis.datasets.checks.problems import Problem
from kpis.datasets.checks.references import Known
from kpis.datasets.checks.scratch import scratch
from kpis.datasets.files.raw import LINE, RawTable, empty_rows
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.repair.fixes import Corrections
from kpis.engine.specs import TableSpec


@dataclass(frozen=True, slots=True)
class Checked:
    """The good rows in memory, typed, with `_line`; `raw_rows` are their original cells, of the used columns only."""

    table: TableSpec
    sheet: str
    rows: pa.Table
    raw_rows: pa.Table
    problems: tuple[Problem, ...]
    counts: Counts
    bad_lines: pa.Array
    blocked: bool

    @property
    def ok(self) -> bool:
        """Return whether nothing is an error (warnings may be there)."""
        return self.counts.errors == 0


def check_table(
    raw: RawTable,
    *,
    mapping: ColumnMapping,
    table: TableSpec,
    known: Known | None = None,
    allowed: Allowed | None = None,
    zone: str = "Asia/Shanghai",
    corrections: Corrections | None = None,
) -> Checked:
    """Check a file small enough for its rows to be in memory; see `check_rows` for the rules."""
    kept = _Kept()
    with tempfile.TemporaryDirectory(prefix="check-") as work:
        report = check_rows(
            raw,
            mapping=mapping,
            table=table,
            sink=kept,
            work=Path(work),
            known=known,
            allowed=allowed,
            zone=zone,
            corrections=corrections,
        )
    rows, originals = kept.without(report, table)
    counts, bad = report.counts, report.bad_lines
    return Checked(table, report.sheet, rows, originals, report.problems, counts, bad, report.blocked)


class _Kept:
    """A sink in memory."""

    def __init__(self) -> None:
        self.taken: list[tuple[pa.Table, pa.Table]] = []

    def take(self, values: pa.Table, originals: pa.Table) -> None:
        self.taken.append((values, originals))

    def without(self, report: Report, table: TableSpec) -> tuple[pa.Table, pa.Table]:
        """Return the rows that stay."""
        fields = [pa.field(column.name, arrow_type(column)) for column in table.columns]
        blank = pa.schema([*fields, pa.field(LINE, pa.int64())]).empty_table()
        if not self.taken or report.blocked:
            return blank, empty_rows()
        values, originals = (pa.concat_tables(tables) for tables in zip(*self.taken, strict=True))
        keep = pc.invert(pc.is_in(values.column(LINE), value_set=pa.array(report.leave)))
        return values.filter(keep), originals.filter(keep)


def check_rows(
    raw: RawTable,
    *,
    mapping: ColumnMapping,
    table: TableSpec,
    sink: Sink,
    work: Path,
    known: Known | None = None,
    allowed: Allowed | None = None,
    zone: str = "Asia/Shanghai",
    corrections: Corrections | None = None,
    all_or_nothing: bool = False,
    on_rows: Told | None = None,
) -> Report:
    """Check a whole file in bounded memory. An error of one cell never hides an error of another cell or row.

    `known`: `table.column` -> ids that exist, for references. `allowed`: column -> ids of the catalogue. Of two rows
    with one key the later is the error, whatever else is wrong with either; a row repeated exactly is kept once and
    is only a warning. `work` is a folder for what does not fit in memory. Rows of the file are read again only when
    keys repeat. With `all_or_nothing` the sink gets no more rows once there is an error.
    """
    with scratch(work) as engine:
        return CheckPass(
            raw,
            mapping=mapping,
            table=table,
            sink=sink,
            work=work,
            engine=engine,
            known=known or {},
            allowed=allowed or {},
            zone=ZoneInfo(zone),
            corrections=corrections or Corrections(),
            all_or_nothing=all_or_nothing,
            on_rows=on_rows or (lambda rows, batch: None),
        ).report()
