"""A file as read: every cell as text, with its line, before anyone has said what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

import numpy as np
import pyarrow as pa

from kpis.datasets.checks.problems import Problem

LINE = "_line"
BATCH_ROWS = 131_072
SAMPLE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Guess:
    """What a person said about the file; None leaves it to us. `header_line` 0: no header, `columns` names them."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_line: int | None = None
    columns: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object] | None) -> Guess:
        """Read the JSON form; unknown keys are ignored."""
        data = data or {}
        text = {key: str(data[key]) for key in ("encoding", "delimiter", "sheet") if data.get(key)}
        line, columns = data.get("header_line"), data.get("columns")
        return cls(
            encoding=text.get("encoding"),
            delimiter=text.get("delimiter"),
            sheet=text.get("sheet"),
            header_line=int(str(line)) if line is not None else None,
            columns=tuple(str(name) for name in columns) if isinstance(columns, list | tuple) else None,
        )

    def to_json(self) -> dict[str, object]:
        """Return plain JSON data that `from_json` reads."""
        return {**asdict(self), "columns": list(self.columns) if self.columns is not None else None}


@dataclass(frozen=True, slots=True)
class CellFlag:
    """A cell whose text cannot be trusted (formula error, digits lost in Excel). It matters only if it is used."""

    line: int
    column: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class RaggedLine:
    """A line with too few or too many cells; kept out of the rows, shown in the problem file."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a stream only when all of it was read: problems and lines that did not fit the header."""

    problems: tuple[Problem, ...] = ()
    ragged: tuple[RaggedLine, ...] = ()
    ragged_count: int = 0


class RowStream(Protocol):
    """Rows read from the file anew each time they are wanted, so that they never need to be in memory at once."""

    def batches(self) -> Iterator[pa.Table]:
        """Yield the rows; raise TooLarge beyond the row limit."""

    def ending(self) -> Ending:
        """Return what the last complete pass over `batches` has found."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table of text. `rows` has the columns of `columns` (unique names) and `_line`; problems are the file's own.

    `ragged` holds the first lines that did not fit the header, `ragged_count` how many there were. With a `stream`
    `rows` is empty (or a sample) and `batches` reads the file; what the file's lines hold wrong is in `ended`.
    """

    columns: tuple[str, ...]
    rows: pa.Table
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_line: int = 1
    encoding: str = ""
    encoding_sure: bool = True
    delimiter: str = ""
    kind: str = "csv"
    epoch_1904: bool = False
    problems: tuple[Problem, ...] = ()
    flags: tuple[CellFlag, ...] = field(default=())
    ragged: tuple[RaggedLine, ...] = ()
    ragged_count: int = 0
    stream: RowStream | None = None

    def batches(self) -> Iterator[pa.Table]:
        """Yield all rows in the order of the file, a bounded number at a time."""
        if self.stream is not None:
            yield from self.stream.batches()
            return
        for batch in self.rows.to_batches(max_chunksize=BATCH_ROWS):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])

    def ended(self) -> RawTable:
        """Return the table with what a complete pass over its stream has found."""
        if self.stream is None:
            return self
        end = self.stream.ending()
        return replace(
            self,
            problems=(*self.problems, *end.problems),
            ragged=(*self.ragged, *end.ragged),
            ragged_count=self.ragged_count + end.ragged_count,
        )

    def in_memory(self) -> RawTable:
        """Return the table with all of its rows read."""
        if self.stream is None:
            return self
        batches = list(self.stream.batches())
        rows = pa.concat_tables(batches) if batches else empty_rows(self.columns)
        return replace(self.ended(), rows=rows, stream=None)


class EvenSample:
    """Rows spread evenly over a stream of unknown length: whenever there are too many, every other one goes."""

    def __init__(self, most: int = SAMPLE_ROWS) -> None:
        self.most = most
        self.seen = 0
        self._step = 1
        self._kept: list[pa.Table] = []
        self._places: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []

    def take(self, batch: pa.Table) -> None:
        """Look at the next rows."""
        first = -self.seen % self._step
        inside = np.arange(first, batch.num_rows, self._step, dtype=np.int64)
        if len(inside):
            self._kept.append(batch.take(pa.array(inside)))
            self._places.append(inside + self.seen)
        self.seen += batch.num_rows
        while sum(map(len, self._places)) > 2 * self.most:
            self._step *= 2
            stays = [places % self._step == 0 for places in self._places]
            self._kept = [rows.filter(pa.array(stay)) for rows, stay in zip(self._kept, stays, strict=True)]
            self._places = [places[stay] for places, stay in zip(self._places, stays, strict=True)]

    def rows(self, columns: tuple[str, ...]) -> pa.Table:
        """Return the sample, in the order of the file."""
        return pa.concat_tables(self._kept) if self._kept else empty_rows(columns)


def empty_rows(columns: tuple[str, ...] = ()) -> pa.Table:
    """Return a table of no rows with these text columns and `_line`."""
    fields = [pa.field(name, pa.string()) for name in columns]
    return pa.schema([*fields, pa.field(LINE, pa.int64())]).empty_table()
