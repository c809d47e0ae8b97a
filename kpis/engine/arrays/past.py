"""What was read of the rows before the newest period, kept: the next computation of it reads only the rows since.

A file is named by a digest of what it is made from, of a table by days only the parts that may hold a row before the
day. An upload into the newest period leaves these as they are. Where an upload replaced rows, a row may have come from
anywhere: then the table counts as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING

import pyarrow as pa

from kpis.engine.arrays.abreast import abreast
from kpis.engine.arrays.files import MOST_BYTES, engine_text, put_file, taken_file
from kpis.engine.relations import digest_of
from omnichannel.core.periods import shift_months

if TYPE_CHECKING:
    from kpis.engine.arrays.work import Work

LOOKED_BACK = 3  # months: what was kept for the month before is as good, there is only more to read
_NAME = "past-"
_HEAD = 1 << 12  # bytes that hold the names
Held = dict[str, pa.Table]


class Past:
    """The rows of one query before a day; without a folder, by no table's days, or for some ids nothing is kept."""

    def __init__(self, work: Work, made: object, tables: Mapping[str, str]) -> None:
        """`made` tells the query from others; `tables` are those it reads, with the column of its time or none."""
        self.work = work
        by_days = any(work.relations.by_days(name, column) for name, column in tables.items())
        self.folder = work.relations.states if by_days and work.request.ids is None else None
        self.until = work.periods[-1].start
        self._tables = tables
        self._made = [work.params, sorted(work.request.kinds), made]

    def found(self) -> tuple[date, Held] | None:
        """Return the latest day before which the rows are kept, and what they came to."""
        if self.folder is None:
            return None
        for months in range(LOOKED_BACK):
            day = shift_months(self.until, -months)
            with suppress(OSError, ValueError, LookupError, pa.ArrowException):
                return day, _unpacked(self.work, taken_file(self.folder / self._named(day)))
        return None

    def keep(self, held: Callable[[], Iterable[tuple[str, pa.Table]]]) -> None:
        """Keep what the rows before the newest period came to, table by table."""
        if self.folder is None:
            return
        packed = _packed(held())
        if sum(map(len, packed)) <= MOST_BYTES // 2:
            # a disk may be full: it is read again
            with suppress(OSError):
                put_file(self.folder / self._named(self.until), packed)

    def _named(self, day: date) -> str:
        made_of = self.work.relations.made_of
        tables = [(name, made_of(name, (column, day) if column else None)) for name, column in self._tables.items()]
        return f"{_NAME}{digest_of(repr([engine_text(), self._made, day, tables]).encode())}"


def _packed(held: Iterable[tuple[str, pa.Table]]) -> list[bytes | pa.Buffer]:
    streams = {name: _stream(table) for name, table in held}
    head = json.dumps({name: stream.size for name, stream in streams.items()})
    return [head.ljust(_HEAD).encode(), *streams.values()]


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _unpacked(work: Work, data: pa.Buffer) -> Held:
    sizes: dict[str, int] = json.loads(data.slice(0, _HEAD).to_pybytes())
    begins = accumulate(sizes.values(), initial=_HEAD)
    streams = [data.slice(begin, size) for begin, size in zip(begins, sizes.values(), strict=False)]
    return dict(zip(sizes, abreast(work, lambda stream: pa.ipc.open_stream(stream).read_all(), streams), strict=True))
