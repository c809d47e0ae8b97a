"""Writes canonical CSV files: column builders that work on whole arrays, and a sink that counts rows. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from kpis.demo.scale import DAY_SECONDS, START, Flags, Ints

EPOCH_DAY = int(np.datetime64(START, "D").astype(np.int64))
FIRST_DAY, LAST_DAY = -800, 800  # day numbers that have a prepared date text
Cell = str | int | bool | None | object
Bytes = npt.NDArray[np.uint8]


def _text_from(matrix: Bytes) -> pa.StringArray:
    """Return strings of equal width without a Python object per row: the byte matrix is the Arrow buffer."""
    rows, width = matrix.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    data = np.ascontiguousarray(matrix)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def _digits(values: Ints, width: int) -> Bytes:
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((values[:, None] // powers) % 10 + ord("0")).astype(np.uint8)


def _letters(text: str, rows: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(text.encode(), dtype=np.uint8), (rows, len(text)))


def numbered(prefix: str, values: Ints, *, width: int) -> pa.StringArray:
    """Return `prefix` and the zero-padded number."""
    return _text_from(np.hstack([_letters(prefix, len(values)), _digits(values, width)]))


def hashed(prefix: str, values: Ints) -> pa.StringArray:
    """Return pseudonymous ids: a bijection of 32-bit numbers in hex, so that no two numbers meet."""
    mixed = values.astype(np.uint64) & np.uint64(0xFFFFFFFF)
    for multiplier in (0x9E3779B1, 0x85EBCA77):
        mixed = (mixed * np.uint64(multiplier)) & np.uint64(0xFFFFFFFF)
        mixed ^= mixed >> np.uint64(15)
    shifts = np.arange(28, -4, -4, dtype=np.uint64)
    nibbles = (mixed[:, None] >> shifts) & np.uint64(15)
    hexes = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)[nibbles.astype(np.int64)]
    return _text_from(np.hstack([_letters(prefix, len(values)), hexes]))


_DATES = np.frombuffer(
    "".join(str(np.datetime64(START, "D") + day) for day in range(FIRST_DAY, LAST_DAY)).encode(), dtype=np.uint8
).reshape(-1, 10)


def moments(seconds: Ints) -> pa.StringArray:
    """Return ISO times with the +08:00 offset from seconds since the first day of the data."""
    days, rest = np.divmod(seconds, DAY_SECONDS)
    rows = len(seconds)
    parts = [_DATES[days - FIRST_DAY], _letters("T", rows), _digits(rest // 3600, 2), _letters(":", rows)]
    parts += [_digits(rest // 60 % 60, 2), _letters(":", rows), _digits(rest % 60, 2), _letters("+08:00", rows)]
    return _text_from(np.hstack(parts))


def dates(days: Ints, *, known: Flags | None = None) -> pa.Array:
    """Return dates from day numbers; rows that are not `known` are empty."""
    return pa.array((days + EPOCH_DAY).astype(np.int32), mask=None if known is None else ~known).cast(pa.date32())


def decimals(scaled: Ints, *, places: int = 2, known: Flags | None = None) -> pa.Array:
    """Return exact decimals from integers in units of the last place (cents for two places)."""
    words = np.empty((len(scaled), 2), dtype=np.int64)
    words[:, 0] = scaled
    words[:, 1] = scaled >> 63
    valid = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(18, places), len(scaled), [valid, pa.py_buffer(words)])


def labels(names: pa.Array | Sequence[str], codes: Ints) -> pa.Array:
    """Return the name of each code; a negative code is empty."""
    source = names if isinstance(names, pa.Array | pa.ChunkedArray) else pa.array(names, pa.string())
    return source.take(pa.array(codes, mask=codes < 0))


def optional(values: pa.Array, known: Flags) -> pa.Array:
    """Return the values with those that are not `known` emptied."""
    return pa.compute.if_else(pa.array(known), values, pa.scalar(None, values.type))


class Sink:
    """Files of one folder: `<table>.csv`. Rows are counted per table, in the order of the first write."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.rows: dict[str, int] = {}
        self._open: dict[str, tuple[BinaryIO, pa_csv.CSVWriter]] = {}
        out.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for file, writer in self._open.values():
            writer.close()
            file.close()

    def add(self, table: str, columns: Mapping[str, pa.Array]) -> None:
        """Append one block of columns. Ids and codes only: no cell may need quotes."""
        block = pa.table(dict(columns))
        if table not in self._open:
            file = (self.out / f"{table}.csv").open("wb")
            file.write((",".join(columns) + "\n").encode())
            # the writer's own header would quote every column name
            options = pa_csv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)
            self._open[table] = (file, pa_csv.CSVWriter(file, block.schema, write_options=options))
        self._open[table][1].write_table(block)
        self.rows[table] = self.rows.get(table, 0) + block.num_rows

    def add_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write a whole small table of Python rows, with quotes where text needs them; None is empty."""
        count = 0
        with (self.out / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow([_plain(cell) for cell in row])
                count += 1
        self.rows[table] = count


def _plain(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell
