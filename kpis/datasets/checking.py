"""A raw table under a mapping into typed rows and every problem of the whole file, in one pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.columns import Converted, Reader, arrow_type, convert
from kpis.datasets.findings import Counts, Findings
from kpis.datasets.mapping import ColumnMapping
from kpis.datasets.privacy import personal_columns
from kpis.datasets.problems import Problem, Severity
from kpis.datasets.raw import LINE, RawTable
from kpis.datasets.rules import (
    Known,
    check_amounts,
    check_cycles,
    check_keys,
    check_order,
    check_references,
    net_of,
)
from kpis.datasets.sources import FirstOf, Source, missing_columns
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec

Allowed = Mapping[str, Collection[str]]
NET_PARTS = frozenset({"gross_amount", "discount_amount", "refund_amount"})
BATCH_ROWS = 131_072


@dataclass(frozen=True, slots=True)
class Checked:
    """The good rows, typed, with `_line`; `raw_rows` are their original cells, of the columns that were used only."""

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


@dataclass(frozen=True, slots=True)
class _Job:
    """What every step of one check needs."""

    raw: RawTable
    table: TableSpec
    fields: Mapping[str, Source]
    readers: Mapping[str, Reader]
    findings: Findings

    @property
    def labels(self) -> dict[str, str]:
        """Return field -> the column a person sees in the file (the field itself for constants)."""
        return {name: source.label or name for name, source in self.fields.items()}


def check_table(
    raw: RawTable,
    *,
    mapping: ColumnMapping,
    table: TableSpec,
    known: Known | None = None,
    allowed: Allowed | None = None,
    zone: str = "Asia/Shanghai",
) -> Checked:
    """Check a whole file. Rows with an error are left out of `rows`; an error of the file itself leaves none.

    `known`: `table.column` -> ids that exist, for references. `allowed`: column -> ids of the catalogue. Of two rows
    with one key the later is the error; a row repeated exactly is kept once and is only a warning.
    """
    findings = Findings(raw.sheet)
    for problem in raw.problems:
        findings.note(problem)
    findings.counted["ragged_row", "", Severity.ERROR] += raw.ragged_count - len(raw.ragged)
    fields = _usable_fields(raw, mapping=mapping, table=table, findings=findings)
    readers = {
        name: _reader(raw, table.column(name), source, mapping=mapping, allowed=allowed or {}, zone=ZoneInfo(zone))
        for name, source in fields.items()
    }
    job = _Job(raw, table, fields, readers, findings)
    rows = _first_rows(raw.rows, mapping.first_of) if mapping.first_of else raw.rows
    values = pa.concat_tables([_typed(batch, job) for batch in _batches(rows)] or [_typed(rows, job)])
    dropped = _check_whole(values, job, known=known or {})
    return _result(job, rows=rows, values=values, dropped=dropped)


def _batches(rows: pa.Table) -> list[pa.Table]:
    return [pa.Table.from_batches([batch]) for batch in rows.to_batches(max_chunksize=BATCH_ROWS) if batch.num_rows]


def _usable_fields(raw: RawTable, *, mapping: ColumnMapping, table: TableSpec, findings: Findings) -> dict[str, Source]:
    """Return the fields that can be read; report columns that are missing, personal or required and not mapped."""
    names = {column.name for column in table.columns if not column.computed}
    fields = {name: source for name, source in mapping.fields.items() if name in names}
    if not raw.columns:
        return {}
    for column in missing_columns(tuple(fields.values()), columns=raw.columns):
        findings.about_file("source_missing", column=column, value=column)
    personal = personal_columns(raw.rows, columns=raw.columns, table=table.id)
    used = {column for source in fields.values() for column in source.columns}
    for column, kind in personal.items():
        code = "personal_data" if column in used else "personal_data_dropped"
        findings.about_file(code, column=column, kind_zh=kind.zh, kind_en=kind.en)
    refused = set(personal) | set(missing_columns(tuple(fields.values()), columns=raw.columns))
    usable = {name: source for name, source in fields.items() if not refused & set(source.columns)}
    _report_missing(table, fields=fields, findings=findings)
    return usable


def _report_missing(table: TableSpec, *, fields: Mapping[str, Source], findings: Findings) -> None:
    for column in table.columns:
        derived = table.id == "orders" and column.name == "net_amount" and fields.keys() >= NET_PARTS
        if column.nullable or column.computed or column.name in fields or derived:
            continue
        names = column.names
        findings.about_file(
            "column_missing", column=column.name, name_zh=names.zh or column.name, name_en=names.en or column.name
        )


def _reader(
    raw: RawTable, column: ColumnSpec, source: Source, *, mapping: ColumnMapping, allowed: Allowed, zone: ZoneInfo
) -> Reader:
    return Reader(
        column=column,
        zone=zone,
        scale=Decimal(source.scale),
        words=mapping.values.get(column.name),
        allowed=allowed.get(column.name),
        serials=raw.kind == "workbook",
        epoch_1904=raw.epoch_1904,
    )


def _first_rows(rows: pa.Table, first_of: FirstOf) -> pa.Table:
    """Keep one row per key; the smallest text of `by` wins, which for year-first dates is the earliest."""
    key, by = (name.replace('"', '""') for name in (first_of.key, first_of.by))
    with duckdb.connect() as engine:
        engine.register("given", rows)
        return engine.sql(
            f'select * from given qualify row_number() over (partition by "{key}" order by "{by}", {LINE}) = 1 '  # noqa: S608
            f"order by {LINE}"
        ).to_arrow_table()


def _typed(rows: pa.Table, job: _Job) -> pa.Table:
    """Convert one batch, report its cells and its row rules."""
    lines = rows.column(LINE).combine_chunks()
    arrays = []
    for column in job.table.columns:
        source = job.fields.get(column.name)
        if source is None:
            arrays.append(pa.nulls(rows.num_rows, arrow_type(column)))
        else:
            arrays.append(_cells(rows, column, source, job=job, lines=lines))
    names = [*(column.name for column in job.table.columns), LINE]
    values = pa.Table.from_arrays([*arrays, lines], names=names)
    if job.table.id == "orders" and "net_amount" not in job.fields and job.fields.keys() >= NET_PARTS:
        place = values.schema.get_field_index("net_amount")
        values = values.set_column(place, "net_amount", net_of(values))
    check_amounts(job.findings, values=values, table=job.table, labels=job.labels)
    check_order(job.findings, values=values, table=job.table, labels=job.labels)
    return values


def _cells(rows: pa.Table, column: ColumnSpec, source: Source, *, job: _Job, lines: pa.Array) -> pa.Array:
    if source.subtract:
        return _difference(rows, column, source, job=job, lines=lines)
    texts = source.texts(rows).combine_chunks()
    converted = convert(texts, reader=job.readers[column.name])
    bad = _report_cells(converted, texts, column=column, source=source, job=job, lines=lines)
    if not column.nullable:
        empty = pc.and_(pc.is_null(converted.values), pc.invert(bad))
        job.findings.add("required_empty", column=source.label or column.name, mask=empty, lines=lines, texts=texts)
    return converted.values


def _report_cells(
    converted: Converted, texts: pa.Array, *, column: ColumnSpec, source: Source, job: _Job, lines: pa.Array
) -> pa.BooleanArray:
    """Report the codes of one column; return the rows that have one or carry a flag from reading."""
    label = source.label or column.name
    faulty = pc.is_valid(converted.codes)

    def params(row: int) -> dict[str, object]:
        return _params(column, str(texts[row].as_py()), job.readers[column.name])

    for code in converted.codes.unique().drop_null().to_pylist():
        job.findings.add(
            code,
            column=label,
            mask=pc.equal(converted.codes, code),
            lines=lines,
            texts=texts,
            params=params,
        )
    flagged = [flag.line for flag in job.raw.flags if flag.column == source.column]
    if flagged and arrow_type(column) == pa.string():
        mask = pc.is_in(lines, value_set=pa.array(flagged, pa.int64()))
        job.findings.add("damaged_number", column=label, mask=mask, lines=lines, texts=texts)
        faulty = pc.or_(faulty, mask)
    return faulty


def _params(column: ColumnSpec, text: str, reader: Reader) -> dict[str, object]:
    nearest = _nearest(text, reader.allowed or ())
    return {
        "options": ", ".join(column.enum),
        "length": len(text),
        "limit": 200 if column.type is ColumnType.STRING else 10_000,
        "nearest_zh": f"，例如 {nearest}" if nearest else "",
        "nearest_en": f", for example {nearest}" if nearest else "",
    }


def _nearest(text: str, allowed: Collection[str]) -> str:
    return next(iter(get_close_matches(text, allowed, n=1)), "")


def _difference(rows: pa.Table, column: ColumnSpec, source: Source, *, job: _Job, lines: pa.Array) -> pa.Array:
    """Return the first column minus the others; an empty one of the others counts as nothing to subtract."""
    total: pa.Array | None = None
    for name in source.subtract:
        texts = rows.column(name).combine_chunks()
        one = convert(texts, reader=job.readers[column.name])
        bad = _report_cells(one, texts, column=column, source=Source(column=name), job=job, lines=lines)
        if total is None:
            total = one.values
            empty = pc.and_(pc.is_null(one.values), pc.invert(bad))
            if not column.nullable:
                job.findings.add("required_empty", column=name, mask=empty, lines=lines, texts=texts)
        else:
            less = pc.coalesce(one.values, pa.scalar(Decimal(0), one.values.type))
            total = pc.cast(pc.subtract(total, less), arrow_type(column), safe=False)
    return total


def _check_whole(values: pa.Table, job: _Job, *, known: Known) -> pa.Array:
    """Run the rules that need all rows; return the lines of exact repeats."""
    labels = job.labels
    check_references(job.findings, values=values, table=job.table, labels=labels, known=known)
    check_cycles(job.findings, values=values, table=job.table, labels=labels)
    if not labels.keys() >= set(job.table.key) - _nullable(job.table):
        return pa.array([], pa.int64())
    bad = job.findings.bad_lines()
    sound = values.filter(pc.invert(pc.is_in(values.column(LINE), value_set=bad))) if len(bad) else values
    return check_keys(job.findings, values=sound, table=job.table, labels=labels)


def _nullable(table: TableSpec) -> set[str]:
    return {column.name for column in table.columns if column.nullable}


def _result(job: _Job, *, rows: pa.Table, values: pa.Table, dropped: pa.Array) -> Checked:
    findings = job.findings
    bad = findings.bad_lines()
    leave = pa.concat_arrays([bad, dropped])
    keep = pc.invert(pc.is_in(values.column(LINE), value_set=leave)) if len(leave) else None
    good = values if keep is None else values.filter(keep)
    used = list(dict.fromkeys(column for source in job.fields.values() for column in source.columns))
    originals = rows.select([*used, LINE]) if used else rows.select([LINE])
    originals = originals if keep is None else originals.filter(keep)
    if findings.blocked:
        good, originals = good.slice(0, 0), originals.slice(0, 0)
    sums = {severity: 0 for severity in Severity}
    for group in findings.groups():
        sums[group.severity] += group.count
    counts = Counts(
        rows=rows.num_rows + job.raw.ragged_count,
        good=good.num_rows,
        bad=len(bad) + job.raw.ragged_count - len(job.raw.ragged),
        errors=sums[Severity.ERROR],
        warnings=sums[Severity.WARNING],
        groups=findings.groups(),
    )
    return Checked(job.table, job.raw.sheet, good, originals, findings.sorted_problems(), counts, bad, findings.blocked)
