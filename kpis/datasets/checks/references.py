"""References: ids that no known row has. Those to other tables as rows stream by, those inside the file at its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.cells import Faults
from kpis.datasets.checks.findings import Findings
from kpis.datasets.checks.keys import Mask
from kpis.datasets.checks.scratch import Hashes, id_hashes, is_known
from kpis.datasets.files.raw import LINE
from kpis.engine.specs import ColumnSpec, TableSpec
from kpis.library import load_library

# Tables whose rows stand under rows of the same table: there a missing parent is an error, elsewhere a warning.
TREES = {"org_units": ("unit_id", "parent_id"), "employees": ("employee_id", "manager_id")}
Known = Mapping[str, Collection[str] | pa.Array | Path]


class References:
    """The references of one table. Tables nobody told us about are not judged."""

    def __init__(
        self, table: TableSpec, *, labels: Mapping[str, str], known: Known, engine: duckdb.DuckDBPyConnection
    ) -> None:
        referring = [column for column in table.columns if column.ref and column.name in labels]
        self._table = table
        self._labels = labels
        self._known = known
        self._inside = [column for column in referring if _parent(column)[0] == table.id]
        outside = [column for column in referring if _parent(column)[0] != table.id and column.ref in known]
        found = {ref: id_hashes(engine, known[ref]) for ref in dict.fromkeys(column.ref for column in outside)}
        self._ids: dict[str, Hashes] = {column.name: found[column.ref] for column in outside}
        self._rows: list[pa.Table] = []

    @property
    def hashed(self) -> list[str]:
        """Return the columns that `check` wants the bits of, in their order."""
        return list(self._ids)

    def check(
        self, faults: Faults, *, values: pa.Table, hashed: list[Hashes], unread: Mapping[str, pa.BooleanArray]
    ) -> None:
        """Report the ids of one batch that no row of another table has. 64 bits tell: unknown is surely unknown."""
        for name, bits in zip(self._ids, hashed, strict=True):
            found = is_known(bits, known=self._ids[name])
            if found.all():
                continue
            cells = values.column(name).combine_chunks()
            unknown = pc.and_(pc.is_valid(cells), pc.invert(pa.array(found)))
            if name in unread:
                unknown = pc.and_(unknown, pc.invert(unread[name]))
            parent = _named(_parent(self._table.column(name))[0])
            faults.add("unknown_reference", column=self._labels[name], mask=unknown, texts=cells, params=parent)

    def keep(self, values: pa.Table, *, left: Mask | None) -> None:
        """Keep what references inside the file need; only small tables have them."""
        if self._inside:
            names = {LINE, *(column.name for column in self._inside), *(_parent(one)[1] for one in self._inside)}
            rows = values.select(sorted(names))
            self._rows.append(rows if left is None else rows.filter(pa.array(~left)))

    def check_inside(self, findings: Findings) -> None:
        """Report parents that are neither known nor in the file, and chains of parents that lead back."""
        if not self._rows:
            return
        values = pa.concat_tables(self._rows).combine_chunks()
        lines = _flat(values.column(LINE))
        for column in self._inside:
            tree = column.name == TREES.get(self._table.id, ("", ""))[1]
            given = self._known.get(column.ref)
            if given is None and not tree:
                continue
            own = _flat(values.column(_parent(column)[1]))
            ids = pa.concat_arrays([_strings(given), own]) if given is not None else own
            cells = _flat(values.column(column.name))
            findings.add(
                "unknown_parent" if tree else "unknown_reference",
                column=self._labels[column.name],
                mask=pc.and_(pc.is_valid(cells), pc.invert(pc.is_in(cells, value_set=ids))),
                lines=lines,
                texts=cells,
                params=_named(self._table.id),
            )
        self._check_cycles(findings, values)

    def _check_cycles(self, findings: Findings, values: pa.Table) -> None:
        key, parent = TREES.get(self._table.id, ("", ""))
        if parent not in self._labels or key not in self._labels:
            return
        ids = values.column(key).to_pylist()
        if len(set(ids)) < len(ids):
            return  # a history: whether a chain leads back depends on the day, and the organisation looks at every one
        above = dict(zip(ids, values.column(parent).to_pylist(), strict=True))
        looping = _looping(above)
        if looping:
            cells = _flat(values.column(key))
            mask = pc.is_in(cells, value_set=pa.array(sorted(looping), pa.string()))
            findings.add("cycle", column=self._labels[parent], mask=mask, lines=_flat(values.column(LINE)), texts=cells)


def _parent(column: ColumnSpec) -> tuple[str, str]:
    table, _, name = column.ref.partition(".")
    return table, name


def _named(table_id: str) -> dict[str, object]:
    """Return what the texts call a table in each language; its id where the catalogue has no such table."""
    table = load_library().tables.get(table_id)
    return {"table_zh": table.names.zh if table else table_id, "table_en": table.names.en if table else table_id}


def _strings(ids: Collection[str] | pa.Array | Path) -> pa.Array:
    if isinstance(ids, Path):
        with duckdb.connect() as engine:
            rows = engine.read_parquet(str(ids))
            return _flat(rows.project(f'"{rows.columns[0]}"::varchar as id').to_arrow_table().column("id"))
    return pc.cast(ids if isinstance(ids, pa.Array) else pa.array(list(ids), pa.string()), pa.string())


def _looping(above: Mapping[str | None, str | None]) -> set[str]:
    """Return the ids whose chain of parents leads back to themselves; each id is walked over once."""
    done: set[str] = set()
    looping: set[str] = set()
    for start in above:
        path: dict[str, int] = {}
        at = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = above.get(at)
        if at is not None and at in path:
            looping |= set(list(path)[path[at] :])
        done |= path.keys()
    return looping


def _flat(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)
