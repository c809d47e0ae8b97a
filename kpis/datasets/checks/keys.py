"""Rows with one key: found by 64 bits per row as they stream by, told apart by the rows themselves in a second look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kpis.datasets.checks.findings import Findings, Params
from kpis.datasets.checks.scratch import Hashes, ascending, is_known, parquet, quoted
from kpis.datasets.files.raw import LINE
from kpis.engine.specs import TableSpec

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Lines = np.ndarray[tuple[int], np.dtype[np.int64]]
BAD, TEXT = "_bad", "_text"
CHUNK = 1 << 20


class KeyWatch:
    """Remembers the key of every row as 64 bits, whatever the key is; lines that follow each other cost nothing."""

    def __init__(self) -> None:
        self._hashes: list[Hashes] = []
        self._lines: list[range | Lines] = []

    def take(self, hashed: Hashes, lines: Lines, *, readable: Mask | None) -> None:
        """Remember the rows whose key can be read."""
        if readable is not None:
            hashed, lines = hashed[readable], lines[readable]
        if len(lines):
            run = range(int(lines[0]), int(lines[-1]) + 1)
            self._hashes.append(hashed)
            self._lines.append(run if len(run) == len(lines) else lines)

    def suspects(self) -> Lines:
        """Return the lines, ascending, whose bits are met more than once: keys that are there twice are all in it."""
        if not self._hashes:
            return np.empty(0, dtype=np.int64)
        ordered = np.concatenate(self._hashes)
        ordered.sort()
        twice = ascending(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(twice):
            return np.empty(0, dtype=np.int64)
        found = [
            np.asarray(lines, dtype=np.int64)[is_known(hashed, known=twice)]
            for hashed, lines in zip(self._hashes, self._lines, strict=True)
        ]
        return np.sort(np.concatenate(found))


def readable_keys(values: pa.Table, *, table: TableSpec, unread: Mapping[str, pa.BooleanArray]) -> Mask | None:
    """Return which rows have a whole key; None when all have. An empty cell counts as a value where it may be empty."""
    readable: Mask | None = None
    for name in table.row_key:
        masks = [pc.invert(unread[name])] if name in unread else []
        if not table.column(name).nullable and values.column(name).null_count:
            masks.append(pc.is_valid(values.column(name)))
        for mask in masks:
            one = np.asarray(mask)
            readable = one if readable is None else readable & one
    return readable


class Repeats:
    """The suspect rows on disk, and what they turn out to be."""

    def __init__(self, folder: Path, *, table: TableSpec) -> None:
        self._path = folder / "repeats.parquet"
        self._table = table
        self._writer: pq.ParquetWriter | None = None

    def take(self, values: pa.Table, texts: pa.Table, bad: Mask | None) -> None:
        """Keep rows; of bad rows the texts decide whether two are alike, since faulty cells have no value."""
        rows = values.append_column(BAD, pa.array(np.zeros(len(values), dtype=bool) if bad is None else bad))
        said = pa.nulls(len(values), pa.string())
        if bad is not None and bad.any():
            columns = [pc.fill_null(pc.cast(column, pa.string()), "") for column in texts.columns]
            said = pc.binary_join_element_wise(*columns, "\x1f") if columns else said
        rows = rows.append_column(TEXT, said)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, rows.schema, compression="zstd")
        self._writer.write_table(rows)

    def report(
        self, findings: Findings, engine: duckdb.DuckDBPyConnection, *, labels: Mapping[str, str], keep: str = ""
    ) -> Iterator[tuple[str, Lines]]:
        """Report rows whose key another row has, and yield (code, lines) as they are found.

        The later row is the one at fault; with `keep` nobody is, all but the `first` or the `last` are left out.
        """
        if self._writer is None:
            return
        self._writer.close()
        label = ", ".join(labels.get(key, key) for key in self._table.row_key)
        reader = engine.sql(self._query(descending=keep == "last")).to_arrow_reader(CHUNK)
        for batch in reader:
            same, lines = batch.column("same"), batch.column(LINE)
            if keep:
                yield "left_out", lines.to_numpy()
                continue
            for code, mask in (("duplicate_row", same), ("duplicate_key", pc.invert(same))):
                findings.add(
                    code,
                    column=label,
                    mask=mask,
                    lines=lines,
                    texts=batch.column("key"),
                    params=_first_lines(batch.column("first_line")),
                )
                yield code, lines.filter(mask).to_numpy()

    def _query(self, *, descending: bool) -> str:
        table, order = self._table, "desc" if descending else "asc"
        key = ", ".join(quoted(name) for name in table.row_key)
        shown = ", ".join(f"coalesce({quoted(name)}::varchar, '')" for name in table.row_key)
        row = ", ".join(quoted(column.name) for column in table.columns if not column.computed)
        # What is compared: the row itself, and its text where one of the two has a cell without a value.
        return f"""
            select {LINE}, first_line, key,
                   one is not distinct from first_one
                   and (not ({BAD} or first_bad) or {TEXT} is not distinct from first_text) as same
            from (
                select {LINE}, row({row}) as one, {BAD}, {TEXT}, concat_ws(' / ', {shown}) as key,
                       first_value({LINE}) over earlier as first_line,
                       first_value(row({row})) over earlier as first_one,
                       first_value({BAD}) over earlier as first_bad,
                       first_value({TEXT}) over earlier as first_text,
                       row_number() over earlier as place
                from {parquet(self._path)}
                window earlier as (partition by {key} order by {LINE} {order})
            )
            where place > 1 order by {LINE}
            """  # noqa: S608 - names come from the catalogue, never from a file


def _first_lines(lines: pa.Array) -> Params:
    return lambda row: {"first_line": lines[row].as_py()}
