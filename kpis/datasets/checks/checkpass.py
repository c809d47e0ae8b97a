"""The pass over the rows of a file: typed, checked and handed on batch by batch; what needs all rows at its end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.cells import NET_PARTS, Plan, typed
from kpis.datasets.checks.columns import Reader
from kpis.datasets.checks.findings import Counts, Findings
from kpis.datasets.checks.keys import KeyWatch, Lines, Repeats, readable_keys
from kpis.datasets.checks.privacy import personal_columns
from kpis.datasets.checks.problems import Problem, Severity
from kpis.datasets.checks.references import Known, References
from kpis.datasets.checks.scratch import hashes
from kpis.datasets.checks.shaping import shape_of
from kpis.datasets.files.damage import note_damaged
from kpis.datasets.files.raw import LINE, EvenSample, RawTable, empty_rows
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.meaning.sources import Source, missing_columns
from kpis.datasets.repair.fixes import Corrections
from kpis.datasets.threads import ahead
from kpis.engine.specs import ColumnSpec, TableSpec

Allowed = Mapping[str, Collection[str]]
# Rows checked so far, and the last batch of them.
Told = Callable[[int, pa.Table], None]
SAMPLED = 1_000


class Sink(Protocol):
    """Where good rows go, a batch at a time. Some of them may turn out bad later: the report's `leave` names those."""

    def take(self, values: pa.Table, originals: pa.Table) -> None:
        """Take typed rows with their line, and their original cells of the columns that are used."""


@dataclass(frozen=True, slots=True)
class Report:
    """What checking came to. `leave` are the lines, ascending, that are not loaded; `bad_lines` carry an error.

    `ignored` counts rows left out without an error: skipped or left out on a person's word, none of this table's,
    exact repeats.
    """

    table: TableSpec
    sheet: str
    problems: tuple[Problem, ...]
    counts: Counts
    bad_lines: pa.Array
    leave: Lines
    ignored: int
    blocked: bool
    personal: frozenset[str]
    raw: RawTable

    @property
    def ok(self) -> bool:
        """Return whether nothing is an error (warnings may be there)."""
        return self.counts.errors == 0


class CheckPass:
    """One pass over the rows, and a second one over those whose key is there twice."""

    def __init__(
        self,
        raw: RawTable,
        *,
        mapping: ColumnMapping,
        table: TableSpec,
        sink: Sink,
        work: Path,
        engine: duckdb.DuckDBPyConnection,
        known: Known,
        allowed: Allowed,
        zone: ZoneInfo,
        corrections: Corrections,
        all_or_nothing: bool,
        on_rows: Told,
    ) -> None:
        self.raw, self.mapping, self.table, self.sink, self.work = raw, mapping, table, sink, work
        self.engine, self.corrections, self.on_rows = engine, corrections, on_rows
        self.all_or_nothing = all_or_nothing
        self.findings = Findings(raw.sheet, corrections.left_out)
        self.sample = EvenSample(SAMPLED)
        self.watch = KeyWatch()
        self.end = raw
        self.mended: frozenset[int] = frozenset()
        self.settled: frozenset[int] = frozenset()
        self.rows = self.lost = self.skipped = self.ignored = 0
        self._note_all(raw.problems)
        self.personal: set[str] = set()
        batches = self._rows()
        first = next(batches, None)
        self.batches = batches if first is None else chain([first], batches)
        self.plan = self._plan(empty_rows(raw.columns) if first is None else first, allowed=allowed, zone=zone)
        labels = self.plan.labels
        self.references = References(table, labels=labels, known=known, engine=engine)
        self.keyed = labels.keys() >= {name for name in table.key if not table.column(name).nullable}

    def report(self) -> Report:
        """Go over the rows and say what was found."""
        for rows in ahead(iter(self.batches)):
            self._take(rows)
        self._note_all(self.end.problems[len(self.raw.problems) :])
        self._note_ragged()
        sample = self.sample.rows(self.raw.columns)
        self._note_personal(sample)
        note_damaged(self.findings, sample, columns=self.plan.text_columns)
        self.references.check_inside(self.findings)
        dropped = self._check_keys()
        return self._result(dropped)

    def _note_all(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            if problem.code != "ragged_row":
                self.findings.note(problem)

    def _rows(self) -> Iterator[pa.Table]:
        """Yield the rows as a person corrected them; lines they mended, which did not fit the header, come last."""
        self.skipped = 0
        for rows in self.raw.batches():
            applied = self.corrections.apply(rows) if self.corrections else rows
            self.skipped += rows.num_rows - applied.num_rows
            yield applied
        self.end = self.raw.ended()
        if self.corrections and self.end.ragged:
            mended, self.settled = self.corrections.mend(
                self.end.ragged, columns=self.raw.columns, delimiter=self.raw.delimiter
            )
            self.mended = frozenset(mended.column(LINE).to_pylist())
            if mended.num_rows:
                yield mended

    def _plan(self, first: pa.Table, *, allowed: Allowed, zone: ZoneInfo) -> Plan:
        """Return which fields are read and how; report columns that are missing, personal, or needed and not fed."""
        names = {column.name for column in self.table.columns if not column.computed}
        fields = {name: source for name, source in self.mapping.fields.items() if name in names}
        if not self.raw.columns:
            return Plan(self.table, {}, {})
        mapping = self.mapping
        grouped = {one.key for one in (mapping.first_of, mapping.sum_by) if one} | (
            {mapping.first_of.by} if mapping.first_of else set()
        )
        missing = missing_columns(
            (*fields.values(), *(Source(column=name) for name in sorted(grouped))), columns=self.raw.columns
        )
        for column in missing:
            self.findings.about_file("source_missing", column=column, value=column)
        self._note_personal(first.slice(0, SAMPLED // 2))
        self._note_unfed(fields)
        refused = self.personal | set(missing)
        usable = {name: source for name, source in fields.items() if not refused & set(source.columns)}
        flags = tuple(flag for flag in self.raw.flags if not self.corrections.touches(flag.line, flag.column))
        readers = {
            name: self._reader(self.table.column(name), source, allowed=allowed, zone=zone)
            for name, source in usable.items()
        }
        skipped = self.skipped
        shape = shape_of(
            self.mapping,
            table=self.table,
            columns=self.raw.columns,
            batches=self._rows,
            engine=self.engine,
            work=self.work,
        )
        # Going over the rows beforehand has counted them again.
        self.skipped = skipped
        return Plan(self.table, usable, readers, flags, shape)

    def _reader(self, column: ColumnSpec, source: Source, *, allowed: Allowed, zone: ZoneInfo) -> Reader:
        return Reader(
            column=column,
            zone=zone,
            scale=Decimal(source.scale),
            words=self.mapping.values.get(column.name),
            allowed=allowed.get(column.name),
            serials=self.raw.kind == "workbook",
            epoch_1904=self.raw.epoch_1904,
        )

    def _note_personal(self, rows: pa.Table) -> None:
        """Report columns of customers' personal data. The first rows say it at once, all of them at the end."""
        used = {column for source in self.mapping.fields.values() for column in source.columns}
        for column, kind in personal_columns(rows, columns=self.raw.columns, table=self.table.id).items():
            if column not in self.personal:
                code = "personal_data" if column in used else "personal_data_dropped"
                self.findings.about_file(code, column=column, kind_zh=kind.zh, kind_en=kind.en)
                self.personal.add(column)

    def _note_unfed(self, fields: Mapping[str, Source]) -> None:
        for column in self.table.columns:
            derived = self.table.id == "orders" and column.name == "net_amount" and fields.keys() >= NET_PARTS
            if column.nullable or column.computed or column.name in fields or derived:
                continue
            zh, en = column.names.zh or column.name, column.names.en or column.name
            self.findings.about_file("column_missing", column=column.name, name_zh=zh, name_en=en)

    def _take(self, rows: pa.Table) -> None:
        """Check one batch, report it, and hand on its good rows."""
        self.sample.take(rows)
        counted = self.plan.shape.counted(rows)
        self.ignored += rows.num_rows - counted.num_rows
        rows = self.plan.shape.standing(counted).combine_chunks()
        self.rows += rows.num_rows
        one = typed(rows, self.plan)
        keys = [self.table.row_key] if self.keyed else []
        bits = hashes(self.engine, one.values, [*keys, *([name] for name in self.references.hashed)])
        self.references.check(one.faults, values=one.values, hashed=bits[len(keys) :], unread=one.unread)
        bad, left = one.faults.settle(self.findings)
        self.references.keep(one.values, left=left)
        if self.keyed:
            readable = readable_keys(one.values, table=self.table, unread=one.unread)
            if left is not None:
                readable = ~left if readable is None else readable & ~left
            if len(self.plan.shape.unsummed):
                alone = ~np.isin(one.faults.lines.to_numpy(), self.plan.shape.unsummed)
                readable = alone if readable is None else readable & alone
            self.watch.take(bits[0], one.faults.lines.to_numpy(), readable=readable)
        leave = left if bad is None else bad if left is None else bad | left
        values, originals = one.values, rows.select([*self.plan.used, LINE])
        if leave is not None:
            values, originals = values.filter(pa.array(~leave)), originals.filter(pa.array(~leave))
        useless = self.findings.blocked or (self.all_or_nothing and self.findings.bad)
        if values.num_rows and not useless:
            self.sink.take(values, originals)
        self.on_rows(self.rows, rows)

    def _note_ragged(self) -> None:
        """Report the lines that do not fit the header, unless a person mended or skipped them."""
        for problem in self.end.problems:
            if problem.code == "ragged_row" and problem.line not in self.settled:
                self.findings.note(problem)
                self.lost += 1
        beyond = self.end.ragged_count - len(self.end.ragged)
        self.findings.more("ragged_row", count=beyond)
        self.lost += beyond

    def _check_keys(self) -> Lines:
        """Report keys that are there twice; return the lines that only repeat or give way to another."""
        suspects = self.watch.suspects() if self.keyed else np.empty(0, dtype=np.int64)
        if not len(suspects):
            return suspects
        repeats = Repeats(self.work, table=self.table)
        wanted = pa.array(suspects)
        for rows in map(self.plan.shape.rows, self._rows()):
            picked = rows.filter(pc.is_in(rows.column(LINE), value_set=wanted)).combine_chunks()
            if picked.num_rows:
                one = typed(picked, self.plan)
                bad, _ = one.faults.settle(Findings(self.raw.sheet))
                repeats.take(one.values, picked.select(self.plan.used), bad)
        found = repeats.report(self.findings, self.engine, labels=self.plan.labels, keep=self.corrections.keep)
        dropped = [lines for code, lines in found if code != "duplicate_key"]
        return np.concatenate(dropped) if dropped else suspects[:0]

    def _result(self, dropped: Lines) -> Report:
        findings, raw = self.findings, self.end
        bad = findings.bad_lines()
        leave = np.unique(np.concatenate([bad.to_numpy(), findings.left_lines().to_numpy(), dropped]))
        outside = [one.line for one in raw.ragged if one.line not in self.mended]
        rows_left = len(leave) - int(np.isin(leave, np.array(outside, dtype=np.int64)).sum())
        good = 0 if findings.blocked else self.rows - rows_left
        sums = {severity: 0 for severity in Severity}
        groups = findings.groups()
        for group in groups:
            sums[group.severity] += group.count
        bad_count = len(bad) + raw.ragged_count - len(raw.ragged)
        total = self.rows + self.lost
        counts = Counts(
            rows=total,
            good=good,
            bad=bad_count,
            errors=sums[Severity.ERROR],
            warnings=sums[Severity.WARNING],
            groups=groups,
        )
        ignored = 0 if findings.blocked else total - good - bad_count + self.skipped + self.ignored
        return Report(
            self.table,
            raw.sheet,
            findings.sorted_problems(),
            counts,
            bad,
            leave,
            ignored,
            findings.blocked,
            frozenset(self.personal),
            raw,
        )
