"""The same world on two engines: a random retailer as Parquet parts, opened here and there, every value compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kpis.engine.backends import open_remote
from kpis.engine.compute import compute_periods
from kpis.engine.relations import Relations
from kpis.engine.scoping import Organisation, ScopeRequest, UnitTree
from kpis.engine.specs import Scope, ScopeKind, Value
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import PARENTS, frame, library, random_tables

SEED = 20241130
FRAMES = frozenset({"org_units", "employees", "role_assignments", "reviews"})
Values = Mapping[tuple[str, str, Scope], Value]


def parts_and_frames(folder: Path, seed: int = SEED) -> tuple[dict[str, list[Path]], dict[str, pa.Table]]:
    """Write the world's tables: facts as two parts each, orders with a second upload that replaces a third of them."""
    parts: dict[str, list[Path]] = {}
    frames: dict[str, pa.Table] = {}
    tables = random_tables(seed)
    for name, rows in tables.items():
        spec = library().tables[name]
        if name in FRAMES:
            frames[name] = frame(spec, rows)
            continue
        half = len(rows) // 2
        halves = (rows[:half], rows[half:])
        parts[name] = [_part(folder, name, seq, frame(spec, some)) for seq, some in enumerate(halves, start=1)]
    again = [{**row, "net_amount": row["gross_amount"]} for row in tables["orders"][::3]]
    older = frame(library().tables["orders"], again).drop_columns(["platform"])  # a column that came later
    parts["orders"].append(_part(folder, "orders", 3, older))
    return parts, frames


def _part(folder: Path, name: str, seq: int, table: pa.Table) -> Path:
    lines = list(range(2, table.num_rows + 2))
    table = table.append_column("_seq", pa.array([seq] * table.num_rows, pa.int64()))
    path = folder / f"{name}-{seq}.parquet"
    pq.write_table(table.append_column("_line", pa.array(lines, pa.int64())), path)
    return path


def values_on(url: str, folder: Path, periods: Iterable[str], kinds: Iterable[ScopeKind]) -> Values:
    """Compute all KPIs of the periods at these kinds of scope on the engine of an address."""
    parts, frames = parts_and_frames(folder)
    specs, dedupe = library().tables, {"orders": library().tables["orders"].key}
    if url.startswith("duckdb"):
        opened = Relations.from_parquet(parts, frames, tables=specs, dedupe=dedupe)
    else:
        opened = open_remote(url, parts, frames, tables=specs, dedupe=dedupe)
    organisation = Organisation(UnitTree.from_parents(PARENTS), frames)
    try:
        blocks = compute_periods(
            library(),
            kpis=list(library().kpis),
            periods=[parse_period(period) for period in periods],
            scopes=ScopeRequest(frozenset(kinds)),
            relations=opened,
            organisation_of=lambda _period: organisation,
        )
        return {(str(block.period), value.kpi, value.scope): value for block in blocks for value in block}
    finally:
        opened.close()


def differences(
    url: str, folder: Path, period: str, *, kinds: Iterable[ScopeKind] = tuple(ScopeKind)
) -> tuple[Values, list[tuple[Value, Value | None]]]:
    """Return the values of the embedded engine, and those pairs of it and the other engine that are not the same."""
    here, there = (values_on(engine, folder, [period], kinds) for engine in ("duckdb://", url))
    missing = [(value, None) for key, value in there.items() if key not in here]
    return here, [(value, there.get(key)) for key, value in here.items() if there.get(key) != value] + missing
