"""A retailer of any size for the bench: 24 months of all tables, made by hashes, one Parquet file per table and month.

Of a hundred rows 25 are orders, 35 order lines, 30 interactions; the rest are customers, contacts, touches, visits and
the daily service of the guides. 2,000 stores in 20 regions and 10,000 guides, however many rows: the answer keeps its
size and what grows is the work. A fifth of the customers place three fifths of the orders; one in eight is anonymous.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

import duckdb

START, MONTHS = "2024-01-01", 24
SHARES = {
    "orders": 0.25,
    "order_lines": 0.35,
    "interactions": 0.30,
    "customers": 0.04,
    "contacts": 0.03,
    "order_touches": 0.01,
    "visits": 0.01,
    "service_daily": 0.01,
}
MONTH_OF = {
    "orders": "paid_at",
    "interactions": "date",
    "contacts": "added_at",
    "visits": "date",
    "service_daily": "date",
    "order_touches": "touched_at",
}
QUERIES = Path(__file__).with_name("retailer.sql")


def write_parts(folder: Path, *, rows: int) -> dict[str, int]:
    """Write the parts under `folder/<table>/`; return how many rows each table has. `rows` is that of all together."""
    queries = _queries(rows)
    with duckdb.connect(config={"memory_limit": "4GB"}) as engine:
        engine.execute("set enable_progress_bar = false")
        engine.execute(queries.pop("macros"))
        return {table: _write(engine, folder / table, query, MONTH_OF.get(table)) for table, query in queries.items()}


def _queries(rows: int) -> dict[str, str]:
    many = {table: max(int(rows * share), 1000) for table, share in SHARES.items()}
    touch_step = max(2 * many["orders"] // many["order_touches"], 1)
    text = Template(QUERIES.read_text(encoding="utf-8")).substitute(
        many,
        start=START,
        months=MONTHS,
        regions=20,
        stores=2_000,
        guides=10_000,
        campaigns=60,
        products=2_000,
        touch_step=touch_step,
    )
    parts = [part.partition("\n") for part in text.split("\n-- ")[1:]]
    return {name: query for name, _, query in parts}


def _write(engine: duckdb.DuckDBPyConnection, folder: Path, query: str, month_of: str | None) -> int:
    folder.mkdir(parents=True)
    engine.sql(query).create("made")
    table = engine.table("made")
    month = f"strftime({month_of}, '%Y-%m')" if month_of else "'all'"
    counts = table.aggregate(f"{month} as month, count(*)", "month").fetchall()
    for part, _count in counts:
        table.filter(f"{month} = '{part}'").write_parquet(str(folder / f"{part}.parquet"), compression="zstd")
    engine.execute("drop table made")
    return sum(int(count) for _part, count in counts)
