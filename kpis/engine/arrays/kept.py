"""Grids of measures kept between computations: an upload changes one table, and most measures read others.

A file holds what a group of measures came to in one period. Its name is a digest of everything that this is made from:
the engine's own text, the definitions, the dates, the organisation and the rows. A name can never stand for other
figures, so nothing has to be told when something changes; what is not used any more goes by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kpis.engine.arrays.files import engine_text, put_file, taken_file, trim
from kpis.engine.grids import Grid, spread, stacked
from kpis.engine.plan import measure_tables
from kpis.engine.relations import contents, digest_of
from kpis.engine.specs import ScopeKind, SimpleMeasure

if TYPE_CHECKING:
    from pathlib import Path

    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.grids import Codes
    from kpis.engine.ratios import Exacts

MOST_PERIODS = 13  # what a late row changes, a month and the year after it, is kept whole
NEWEST = 3  # of a longer computation only these are kept, which the next uploads most likely ask for
_NAME = "grids-"
_ARRAYS = [each.name for each in fields(Grid) if each.name != "weight_per"]
Arrays = dict[str, "Exacts"]


class Kept:
    """The kept grids of one computation; without a folder, or for some ids only, nothing is kept."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.folder = work.relations.states if work.request.ids is None else None
        self._names: dict[Asked, list[str]] = {}
        self._digests: dict[int, tuple[object, str]] = {}
        self._codes: dict[tuple[str, bytes], Codes | None] = {}
        self._ids: dict[tuple[ScopeKind, int], bytes] = {}

    def recall(self, asked: Sequence[Asked]) -> bool:
        """Take the grids of a group from what is kept; tell whether they are there, for all periods."""
        if self.folder is None:
            return False
        files = [self.folder / name for name in self._named(asked)]
        if not all(file.exists() for file in files):
            return False
        try:
            held = [_File.read(file) for file in files]
            found = {cell: stacked([self._grid(each, name) for each in held]) for cell, name in _cells(asked)}
        except (OSError, ValueError, LookupError, ArithmeticError, pa.ArrowException):
            return False
        self.work.grids.found |= {cell: grid for cell, grid in found.items() if grid is not None}
        for period, each in enumerate(held):
            for text in each.head["seen"]:
                self._see(period, ScopeKind(text), spread(each.arrays[f"seen.{text}"], self._numbers(each, text)))
        return True

    @contextmanager
    def keeping(self, asked: Sequence[Asked]) -> Iterator[None]:
        """Keep what the block computes of a group."""
        grids = self.work.grids
        before, grids.seen = grids.seen, {}
        yield
        grids.narrow(each.ref for each in asked)
        if self.folder is not None:
            many = len(self.work.periods)
            for period in range(0 if many <= MOST_PERIODS else many - NEWEST, many):
                # a disk may be full, and numbers beyond 64 bits are not kept: they are computed again
                with suppress(OSError, ValueError):
                    self._file(asked, period).write(self.folder / self._named(asked)[period])
        found, grids.seen = grids.seen, before
        for kind, here in found.items():
            grids.see(kind, here)

    def trim(self) -> None:
        """Remove what was used longest ago, where there is too much."""
        if self.folder is not None:
            trim(self.folder)

    def _see(self, period: int, kind: ScopeKind, here: Exacts) -> None:
        whole = np.zeros((self.work.grids.periods, here.shape[1]), dtype=bool)
        whole[period] = here
        self.work.grids.see(kind, whole)

    def _grid(self, held: _File, name: str) -> Grid | None:
        if name not in held.head["grids"]:
            return None
        own = {part: held.arrays[f"{name}.{part}"] for part in _ARRAYS if f"{name}.{part}" in held.arrays}
        return Grid(**{**held.head["grids"][name], **own}).at(self._numbers(held, name.rpartition(".")[2]))

    def _numbers(self, held: _File, kind: str) -> Codes | None:
        """Return the numbers here of the ids of a kind in a file; None where they are the same."""
        key = kind, held.ids[kind]
        if key not in self._codes:
            ids, axis = json.loads(held.ids[kind]), self.work.grids.axes[ScopeKind(kind)]
            codes = axis.codes(ids)
            self._codes[key] = None if axis.ids[: len(ids)] == ids else codes
        return self._codes[key]

    def _file(self, asked: Sequence[Asked], period: int) -> _File:
        grids, this = self.work.grids, slice(period, period + 1)
        whole: dict[str, object] = {}
        arrays = {f"seen.{kind.value}": here[this] for kind, here in grids.seen.items()}
        for cell, name in _cells(asked):
            if (grid := grids.found.get(cell)) is not None:
                own = {part: getattr(grid.of(this), part) for part in _ARRAYS}
                arrays |= {f"{name}.{part}": one for part, one in own.items() if isinstance(one, np.ndarray)}
                plain = {part: one for part, one in own.items() if not isinstance(one, np.ndarray)}
                whole[name] = {**plain, "weight_per": grid.weight_per}
        ids = {kind.value: self._listed(kind) for kind in grids.axes}
        return _File({"grids": whole, "seen": [kind.value for kind in grids.seen]}, ids, arrays)

    def _listed(self, kind: ScopeKind) -> bytes:
        ids = self.work.grids.axes[kind].ids
        key = kind, len(ids)
        if key not in self._ids:
            self._ids[key] = json.dumps(ids).encode()
        return self._ids[key]

    def _named(self, asked: Sequence[Asked]) -> list[str]:
        """Return the names of the files of a group, by period, as the tables are when it is first asked for."""
        if asked[0] not in self._names:
            made, each_period = digest_of(repr(self._made_of(asked)).encode()), range(len(self.work.periods))
            texts = [repr([made, self._made_in(asked, period)]) for period in each_period]
            self._names[asked[0]] = [f"{_NAME}{digest_of(text.encode())}" for text in texts]
        return self._names[asked[0]]

    def _made_of(self, asked: Sequence[Asked]) -> list[object]:
        work, library = self.work, self.work.library
        measures = {each.ref.measure: library.measures[each.ref.measure] for each in _in_order(asked)}
        tables = [(library.tables[table], work.relations.made_of(table)) for table in tables_read(work, asked)]
        return [engine_text(), work.params, sorted(work.request.kinds), measures, tables]

    def _made_in(self, asked: Sequence[Asked], period: int) -> list[object]:
        organisation = self.work.organisations[period]
        spans = [(each.ref, each.spans[period], sorted(each.kinds)) for each in _in_order(asked)]
        shown = organisation.frames or {}
        frames = [(table, self._digest(shown[table])) for table in tables_read(self.work, asked) if table in shown]
        return [spans, self._digest(organisation.units.closure), frames]

    def _digest(self, of: pa.Table | frozenset[tuple[str, str]]) -> str:
        """Return the digest of a small table or a closure; the same objects come again and again."""
        if id(of) not in self._digests:
            content = repr(sorted(of)).encode() if isinstance(of, frozenset) else contents(of)
            self._digests[id(of)] = of, digest_of(content)
        return self._digests[id(of)][1]


def tables_read(work: Work, asked: Sequence[Asked]) -> list[str]:
    """Return every table that what is asked is made from.

    Whether a table covers a window is told by all times that its measures are read at; people lead to units.
    """
    found = {"employees"}
    for each in asked:
        found.update(measure_tables(work.library.measures[each.ref.measure]))
    timed = [each for each in work.library.measures.values() if isinstance(each, SimpleMeasure) and each.table in found]
    found.update(each.time.split(".")[0] for each in timed if "." in each.time)
    return sorted(found)


def _in_order(asked: Sequence[Asked]) -> list[Asked]:
    return sorted(asked, key=lambda each: each.ref)


def _cells(asked: Sequence[Asked]) -> Iterable[tuple[tuple[MeasureRef, ScopeKind], str]]:
    """Yield where each grid of a group stands, and what it is called in a file."""
    for at, each in enumerate(_in_order(asked)):
        for kind in sorted(each.kinds):
            yield (each.ref, kind), f"{at}.{kind.value}"


@dataclass(frozen=True, slots=True)
class _File:
    """What stands in a file: the ids of each kind of scope as JSON, and the arrays whose columns they number."""

    head: Mapping[str, Any]
    ids: Mapping[str, bytes]
    arrays: Arrays

    def write(self, file: Path) -> None:
        """Write it under its name at once: whoever reads finds all of it or nothing. ValueError for objects."""
        if any(each.dtype == object for each in self.arrays.values()):
            raise ValueError("only numbers of 64 bits are kept")
        data = b"".join([*self.ids.values(), *(np.ascontiguousarray(each).tobytes() for each in self.arrays.values())])
        head = {
            **self.head,
            "ids": {kind: len(ids) for kind, ids in self.ids.items()},
            "arrays": {name: (each.dtype.str, each.shape) for name, each in self.arrays.items()},
            "size": len(data),
        }
        put_file(file, [json.dumps(head).encode(), b"\n", pa.compress(data, codec="zstd", asbytes=True)])

    @classmethod
    def read(cls, file: Path) -> _File:
        """Read it back. ValueError, LookupError or an error of Arrow where it is not as it was written."""
        first, _, packed = taken_file(file).to_pybytes().partition(b"\n")
        head = json.loads(first)
        data = pa.decompress(packed, decompressed_size=head["size"], codec="zstd", asbytes=True)
        start, ids, arrays = 0, {}, Arrays()
        for kind, size in head["ids"].items():
            ids[kind] = data[start : start + size]
            start += size
        for name, (dtype, shape) in head["arrays"].items():
            arrays[name] = np.frombuffer(data, dtype, int(np.prod(shape)), start).reshape(shape)
            start += arrays[name].nbytes
        return cls(head, ids, arrays)
