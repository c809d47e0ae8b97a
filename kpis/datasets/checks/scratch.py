"""DuckDB for what needs all rows of a file at once: bounded memory, the rest goes to a folder of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

MEMORY = "192MB"
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]


@contextmanager
def scratch(folder: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine that spills into `folder` (none: it may not spill)."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": "2",
        "temp_directory": str(folder) if folder else "",
    }
    with duckdb.connect(config=settings) as engine:
        yield engine


def quoted(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def parquet(path: Path) -> str:
    """Return the SQL that reads a Parquet file of ours."""
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def hashes(engine: duckdb.DuckDBPyConnection, rows: pa.Table, groups: Sequence[Sequence[str]]) -> list[Hashes]:
    """Return, for each group of columns, 64 bits per row; equal cells give equal bits, empty ones included."""
    if not groups:
        return []
    wanted = ", ".join(f"hash({', '.join(map(quoted, group))}) as h{place}" for place, group in enumerate(groups))
    engine.register("given", rows.select(list(dict.fromkeys(name for group in groups for name in group))))
    found = engine.sql(f"select {wanted} from given").fetchnumpy()  # noqa: S608 - names of the catalogue, quoted
    engine.unregister("given")
    return [found[f"h{place}"] for place in range(len(groups))]


def id_hashes(engine: duckdb.DuckDBPyConnection, ids: Collection[str] | pa.Array | Path) -> Hashes:
    """Return the bits of known ids (the first column of a Parquet file, or given here), ascending."""
    if isinstance(ids, Path):
        rows = engine.read_parquet(str(ids))
    else:
        array = ids if isinstance(ids, pa.Array) else pa.array(list(ids), pa.string())
        given = pa.table({"id": array})
        rows = engine.from_arrow(given)
    name = quoted(rows.columns[0])
    found: Hashes = rows.project(f"hash({name}::varchar) as h").fetchnumpy()["h"]
    return ascending(found)


def ascending(bits: Hashes) -> Hashes:
    """Return the different bits in their order; sorts in place, which is faster and smaller than np.unique."""
    bits.sort()
    return bits[np.concatenate([[True], bits[1:] != bits[:-1]])] if len(bits) else bits


def is_known(wanted: Hashes, *, known: Hashes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return for each of `wanted` whether it is among `known`, which is ascending."""
    if not len(known):
        return np.zeros(len(wanted), dtype=bool)
    # In order the search stays in the cache; mostly all are known, and then nothing more is to be done.
    if _found(np.sort(wanted), known).all():
        return np.ones(len(wanted), dtype=bool)
    return _found(wanted, known)


def _found(wanted: Hashes, known: Hashes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    places = np.searchsorted(known, wanted)
    places[places == len(known)] = 0
    there: np.ndarray[tuple[int], np.dtype[np.bool_]] = known[places] == wanted
    return there
