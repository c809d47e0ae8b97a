"""The ways that are compared, each in a process of its own: `python -m …kpi_bench.contenders NAME DIR` prints JSON."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from kpis.engine.compiling import keep_in
from kpis.engine.compute import compute_periods
from kpis.engine.plan import measure_tables
from kpis.engine.relations import Made, Relations, States
from kpis.engine.scoping import Organisation, ScopeRequest, UnitTree
from kpis.engine.specs import DerivedMeasure, Library, ScopeKind
from kpis.library import load_library
from omnichannel.core.periods import Period, parse_period, shift_months
from omnichannel.services.kpi_bench.data import MONTH_OF, MONTHS, START
from omnichannel.services.memory import peak_mb

MEMORY, THREADS = "1500MB", 2
SHARED = frozenset(ScopeKind) - {ScopeKind.EMPLOYEE}


def periods() -> list[Period]:
    """Return the months of the data."""
    first = parse_period(START[:7])
    return [parse_period(f"{shift_months(first.start, step):%Y-%m}") for step in range(MONTHS)]


def kinds_of(library: Library) -> dict[str, frozenset[ScopeKind]]:
    """Return where each KPI is read, as the product reads it: guides' and judged KPIs at people too."""
    personal = {
        kpi.id for kpi in library.kpis.values() if kpi.qualitative or kpi.any_role or "digital-guide" in kpi.roles
    }
    return {kpi: SHARED | ({ScopeKind.EMPLOYEE} if kpi in personal else frozenset()) for kpi in library.kpis}


def scope_request(library: Library) -> ScopeRequest:
    """Return all scopes the product computes."""
    personal = frozenset(kpi for kpi, kinds in kinds_of(library).items() if ScopeKind.EMPLOYEE in kinds)
    return ScopeRequest(frozenset(ScopeKind), keep_unavailable=False, kpis_at={ScopeKind.EMPLOYEE: personal})


def open_relations(
    folder: Path, spill: str, again: Sequence[str] = (), *, keep: bool = True
) -> tuple[Relations, UnitTree]:
    """Open the parts under a bound on memory; the queries are compiled once for all processes, as the product does.

    What measures come to is kept as the product keeps it; of the tables `again` the newest part is taken for a new one.
    """
    keep_in(folder.parent / "compiled")
    parts = {each.name: sorted(each.glob("*.parquet")) for each in folder.iterdir() if each.is_dir()}
    made = {name: [_made(part) for part in found] for name, found in parts.items()}
    for name in again:
        if name in made:
            made[name][-1] = made[name][-1]._replace(digest=str(time.time_ns()))
    relations = Relations.from_parquet(
        parts,
        tables=load_library().tables,
        memory_limit=MEMORY,
        threads=THREADS,
        temp_directory=spill,
        states=States(_states(folder), made, MONTH_OF) if keep else None,
    )
    with duckdb.connect() as engine:
        rows = engine.execute(f"select unit_id, parent_id from '{folder}/org_units/all.parquet'").fetchall()  # noqa: S608
    return relations, UnitTree.from_parents(dict(rows))


def _made(part: Path) -> Made:
    """Return what tells a part from others; those of a month are named by it."""
    return Made("as written", None if part.stem == "all" else date.fromisoformat(f"{part.stem}-01"))


def _states(folder: Path) -> Path:
    return folder.parent / f"states-{folder.name}"


def all_values(
    folder: Path,
    kpis: Sequence[str] = (),
    months: Sequence[Period] = (),
    *,
    again: Sequence[str] = (),
    keep: bool = True,
) -> int:
    """Compute as the product does: all KPIs of 24 months at all scopes, or those asked. Return how many values came."""
    library, count = load_library(), 0
    with tempfile.TemporaryDirectory() as spill:
        relations, units = open_relations(folder, spill, again, keep=keep)
        blocks = compute_periods(
            library,
            kpis=kpis or list(library.kpis),
            periods=months or periods(),
            scopes=scope_request(library),
            relations=relations,
            organisation_of=lambda _period: Organisation(units),
        )
        for block in blocks:
            count += sum(len(column.rows) for column in block.columns)
        relations.close()
    return count


def fused(folder: Path) -> dict[str, float]:
    """Compute everything together, with nothing kept from before."""
    shutil.rmtree(_states(folder), ignore_errors=True)
    return {"values": all_values(folder)}


def one_month(folder: Path) -> dict[str, float]:
    """Compute what uploads of the newest month into every table ask for; a table that is one file has come anew."""
    return {"values": all_values(folder, months=periods()[-1:], again=sorted(load_library().tables))}


def one_month_of_orders(folder: Path) -> dict[str, float]:
    """Compute what an upload of the newest month's orders, which most measures read, asks for."""
    return {"values": all_values(folder, months=periods()[-1:], again=["orders"])}


def one_month_of_visits(folder: Path) -> dict[str, float]:
    """Compute what an upload of the newest month's visits, which few measures read, asks for."""
    return {"values": all_values(folder, months=periods()[-1:], again=["visits"])}


def one_by_one(folder: Path) -> dict[str, float]:
    """Compute each KPI by itself, all months and scopes of it at once, with nothing kept."""
    return {"values": sum(all_values(folder, [kpi], keep=False) for kpi in load_library().kpis)}


def scan(folder: Path) -> dict[str, float]:
    """Read every column a measure names once, from the same files, and aggregate it without any grouping."""
    library = load_library()
    used: set[str] = set()
    for measure in library.measures.values():
        used.update(measure_tables(measure))
    for measure in library.measures.values():
        if isinstance(measure, DerivedMeasure):
            used.update(measure.tables)
    with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY}) as engine:
        # else the largest value of a column may be told by the files' footers, and nothing is read
        engine.execute("SET disabled_optimizers = 'statistics_propagation'")
        for table in sorted(used):
            files = f"read_parquet('{folder / table}/*.parquet')"
            names = [name for name, *_ in engine.execute(f"describe from {files}").fetchall()]
            engine.execute(f"select {', '.join(f'max({name})' for name in names)} from {files}").fetchall()  # noqa: S608
    return {"tables": len(used)}


def pandas(folder: Path) -> dict[str, float]:
    """Compute everything with pandas."""
    from omnichannel.services.kpi_bench.pandas_kpis import PandasKpis

    library = load_library()
    found = PandasKpis(folder, library, kinds_of(library))
    return {"values": sum(int(cube.size) for _kpi, _kind, cube in found.all_values())}


CONTENDERS: dict[str, Callable[[Path], dict[str, float]]] = {
    "scan": scan,
    "fused": fused,
    "one_month": one_month,
    "one_month_of_orders": one_month_of_orders,
    "one_month_of_visits": one_month_of_visits,
    "one_by_one": one_by_one,
    "pandas": pandas,
}


# what a way loads when it first needs it; a worker that has computed once has loaded it
IMPORTS = {"scan": (), "pandas": ("omnichannel.services.kpi_bench.pandas_kpis",)}
ENGINE = ("ibis.backends.duckdb", "pandas")


def main(name: str, folder: Path) -> None:
    """Run one way and print its seconds of the clock and of all threads, and its memory.

    Imports are done and the definitions read before, as in a worker; `base_mb` is what these alone take.
    """
    for module in IMPORTS.get(name, ENGINE):
        importlib.import_module(module)
    load_library()
    base = peak_mb()
    started, worked = time.perf_counter(), time.process_time()
    said = CONTENDERS[name](folder)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": cpu, "base_mb": base, "peak_mb": peak_mb(), **said}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
