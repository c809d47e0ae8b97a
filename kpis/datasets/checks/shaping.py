"""Rows of the file into the rows of the table: some are none of it, some stand for several, some count their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kpis.datasets.checks.columns import Reader, convert
from kpis.datasets.checks.keys import Lines
from kpis.datasets.checks.scratch import parquet, quoted
from kpis.datasets.checks.values import BLANKS
from kpis.datasets.files.raw import LINE
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.meaning.sources import FirstOf, Source, SumBy
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec

NUMBER = ColumnSpec(name="sum", type=ColumnType.DECIMAL, nullable=True)
Batches = Callable[[], Iterable[pa.Table]]


@dataclass(slots=True)
class Shape:
    """What is done to the rows of every batch. `kept`: the lines, ascending, that stay; None keeps all."""

    ignore: Mapping[str, tuple[str, ...]]
    kept: Lines | None = None
    sums: pa.Table | None = None
    unsummed: Lines = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ordinals: dict[str, tuple[Lines, Lines]] = field(default_factory=dict)

    def rows(self, batch: pa.Table) -> pa.Table:
        """Return the rows of a batch that stand for rows of the table, sums in their place."""
        return self.standing(self.counted(batch))

    def standing(self, batch: pa.Table) -> pa.Table:
        """Return of rows that count those that stand for their group, sums in their place."""
        if self.kept is not None:
            batch = batch.filter(pc.is_in(batch.column(LINE), value_set=pa.array(self.kept)))
        if self.sums is not None:
            at = pc.index_in(batch.column(LINE), value_set=self.sums.column(LINE).combine_chunks())
            for name in self.sums.column_names[1:]:
                texts = self.sums.column(name).take(at)
                chosen = pc.if_else(pc.is_valid(at), pc.fill_null(texts, ""), batch.column(name))
                batch = batch.set_column(batch.schema.get_field_index(name), name, chosen)
        return batch

    def counted(self, batch: pa.Table) -> pa.Table:
        """Return the rows that are not ignored."""
        for column, texts in self.ignore.items():
            if column in batch.column_names:
                bare = pc.utf8_trim(pc.fill_null(batch.column(column), ""), BLANKS)
                batch = batch.filter(pc.invert(pc.is_in(bare, value_set=pa.array(texts, pa.string()))))
        return batch

    def places(self, column: str, lines: pa.Array) -> pa.StringArray:
        """Return for each line its place among the rows with the same cell in this column: 1, 2, 3."""
        known, places = self.ordinals[column]
        return pc.cast(pa.array(places[np.searchsorted(known, lines.to_numpy())]), pa.string())


@dataclass(frozen=True, slots=True)
class _Summed:
    """One column that is added up, read as the field it feeds will be: with its words, and what stands for nothing."""

    source: Source
    words: Mapping[str, str] | None
    needed: bool

    @classmethod
    def of(cls, name: str, mapping: ColumnMapping, *, table: TableSpec) -> _Summed:
        field_name = next((one for one, source in mapping.fields.items() if name in source.columns), None)
        if field_name is None:
            return cls(Source(column=name), None, needed=False)
        fed = mapping.fields[field_name]
        first = name == (fed.column or next((term for _, term in fed.terms), ""))
        source = Source(column=name, default=fed.default if fed.column else None)
        needed = first and source.default is None and not table.column(field_name).nullable
        return cls(source, mapping.values.get(field_name), needed=needed)

    def read(self, batch: pa.Table) -> tuple[pa.Array, pa.Array]:
        """Return the numbers, and which cells have none though they should: an empty one is not taken for 0."""
        reader = Reader(NUMBER, ZoneInfo("Asia/Shanghai"), words=self.words)
        one = convert(self.source.texts(batch).combine_chunks(), reader=reader)
        unread = pc.is_null(one.values) if self.needed else pa.repeat(pa.scalar(False), batch.num_rows)
        if one.codes is not None:
            unread = pc.or_(unread, pc.and_(pc.is_valid(one.codes), pc.is_null(one.values)))
        return one.values, unread


def shape_of(
    mapping: ColumnMapping,
    *,
    table: TableSpec,
    columns: tuple[str, ...],
    batches: Batches,
    engine: duckdb.DuckDBPyConnection,
    work: Path,
) -> Shape:
    """Return how a mapping shapes rows. The rows are gone over beforehand only if some stand for several."""
    shape = Shape(mapping.ignore)
    ordinals = sorted({source.ordinal for source in mapping.fields.values() if source.ordinal} & set(columns))
    first_of, sum_by = mapping.first_of, mapping.sum_by
    names = [*ordinals]
    names += [first_of.key, first_of.by] if first_of else []
    names += [sum_by.key, *sum_by.columns] if sum_by else []
    if not names or not set(names) <= set(columns):
        return shape
    void = sum_by.void if sum_by and set(sum_by.void) <= set(columns) else {}
    statuses = {
        source.column: Reader(table.column(name), ZoneInfo("Asia/Shanghai"), words=mapping.values.get(name))
        for name, source in mapping.fields.items()
        if source.column in void and table.column(name).type is ColumnType.ENUM
    }
    path = work / "shape.parquet"
    summed = tuple(_Summed.of(name, mapping, table=table) for name in (sum_by.columns if sum_by else ()))
    # A place is that among all rows of the file: a line that is left out later must not move the lines after it.
    grouped = first_of is not None or sum_by is not None
    spooled = (shape.counted(batch) if grouped else batch for batch in batches())
    wanted = list(dict.fromkeys(names))
    if not _spool(spooled, wanted, path=path, summed=summed, void=void, statuses=statuses):
        return shape
    engine.execute(f"create or replace temp view spooled as from {parquet(path)}")
    if first_of is not None:
        shape.kept = _first_lines(engine, first_of)
    if sum_by is not None:
        _add_up(shape, engine, sum_by)
    for name in ordinals:
        shape.ordinals[name] = _places(engine, name, kept=shape.kept)
    return shape


def _spool(
    batches: Iterator[pa.Table],
    names: list[str],
    *,
    path: Path,
    summed: tuple[_Summed, ...],
    void: Mapping[str, tuple[str, ...]],
    statuses: Mapping[str, Reader],
) -> bool:
    """Write the cells that decide to disk, numbers beside the texts to be summed; return whether there was a row."""
    writer: pq.ParquetWriter | None = None
    for batch in batches:
        rows = batch.select([*names, LINE])
        unread = pa.array(np.zeros(rows.num_rows, dtype=bool))
        for place, one in enumerate(summed):
            numbers, lacking = one.read(batch)
            rows = rows.append_column(f"_sum{place}", numbers)
            unread = pc.or_(unread, lacking)
        for column, reader in statuses.items():
            # A status that nobody can read may void its row: of the rows of a group each is looked at, not the first.
            unread = pc.or_(unread, pc.is_null(convert(batch.column(column).combine_chunks(), reader=reader).values))
        rows = rows.append_column("_unread", unread)
        rows = rows.append_column("_void", _voided(batch, void))
        writer = writer or pq.ParquetWriter(path, rows.schema, compression="zstd")
        writer.write_table(rows)
    if writer is not None:
        writer.close()
    return writer is not None


def _voided(batch: pa.Table, void: Mapping[str, tuple[str, ...]]) -> pa.Array:
    """Return which rows are none of their group while another of it stands."""
    found = pa.array(np.zeros(batch.num_rows, dtype=bool))
    for column, texts in void.items():
        bare = pc.utf8_trim(pc.fill_null(batch.column(column), ""), BLANKS).combine_chunks()
        found = pc.or_(found, pc.is_in(bare, value_set=pa.array(texts, pa.string())))
    return found


def _first_lines(engine: duckdb.DuckDBPyConnection, first_of: FirstOf) -> Lines:
    """Return the lines of one row per key: the smallest text of `by`, the earliest of year-first dates."""
    key, by = quoted(first_of.key), quoted(first_of.by)
    query = f"select arg_min({LINE}, ({by}, {LINE})) as line from spooled group by {key} order by line"  # noqa: S608
    found: Lines = engine.sql(query).fetchnumpy()["line"]
    return found


def _add_up(shape: Shape, engine: duckdb.DuckDBPyConnection, sum_by: SumBy) -> None:
    """Keep the first row of each key with the sums of all of them.

    Of a key with a number nobody can read every such row stays as it is, for its fault to be told where it is.
    """
    counts = "(not _void or _all_void)" if sum_by.void else "true"
    sums = ", ".join(
        f"(sum(_sum{place}) filter ({counts}))::decimal(28, 4)::varchar as {quoted(name)}"
        for place, name in enumerate(sum_by.columns)
    )
    # A row without a key stands for itself: that it has none is its own fault.
    key = f"case when trim({quoted(sum_by.key)}) = '' then {LINE}::varchar else 'k' || {quoted(sum_by.key)} end"
    grouped = f"(select *, {key} as _group, bool_and(_void) over (partition by {key}) as _all_void from spooled)"  # noqa: S608
    if not sum_by.void:
        grouped = f"(select *, {key} as _group from spooled)"  # noqa: S608
    engine.execute(
        f"create or replace temp table groups as select _group as key, min({LINE}) filter ({counts}) as line, "  # noqa: S608
        f"bool_or(_unread) as unread{', ' + sums if sums else ''} from {grouped} group by _group"
    )
    totals = ", ".join(quoted(name) for name in sum_by.columns)
    shape.sums = engine.sql(
        f"select line as {LINE}{', ' + totals if totals else ''} from groups where not unread order by line"  # noqa: S608
    ).to_arrow_table()
    unsummed = engine.sql(
        f"select {LINE} as line from spooled join (from groups where unread) as dirty on {key} = dirty.key "  # noqa: S608
        f"where _unread order by line"
    ).fetchnumpy()["line"]
    shape.unsummed = unsummed
    shape.kept = np.union1d(shape.sums.column(LINE).to_numpy(), unsummed)


def _places(engine: duckdb.DuckDBPyConnection, name: str, *, kept: Lines | None) -> tuple[Lines, Lines]:
    rows = "spooled"
    if kept is not None:
        engine.register("kept", pa.table({LINE: kept}))
        rows = f"spooled semi join kept using ({LINE})"
    found = engine.sql(
        f"select {LINE} as line, row_number() over (partition by {quoted(name)} order by {LINE}) as place "  # noqa: S608
        f"from {rows} order by line"
    ).fetchnumpy()
    return found["line"], found["place"]
