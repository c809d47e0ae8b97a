"""What is kept between computations: the figures are those of a computation that keeps nothing, whatever changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpis.engine.arrays import files as stored
from kpis.engine.arrays import kept, measure_grids, slabs
from kpis.engine.arrays.work import Work
from kpis.engine.bounds import bounds_of
from kpis.engine.compute import compute_periods
from kpis.engine.plan import plan_kpi
from kpis.engine.relations import Made, Relations, States, digest_of
from kpis.engine.scoping import Organisation, ScopeRequest, UnitTree
from kpis.engine.specs import Params, ScopeKind, SimpleMeasure, Value
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import PARENTS, frame, library, random_tables, relations

PERIODS = ("2023-11", "2023-12", "2024-01")
ORGANISATION = frozenset({"org_units", "employees", "role_assignments", "reviews"})
DAYS = {
    "orders": "paid_at",
    "order_touches": "touched_at",
    "contacts": "added_at",
    "interactions": "date",
    "visits": "date",
    "ad_spend": "date",
    "surveys": "date",
}
EVERYONE = UnitTree.from_parents(PARENTS)


@dataclass
class _Uploads:
    """A folder of parts: each upload of a table is one file, the newest row of a key counts."""

    folder: Path
    params: Params = field(default_factory=lambda: Params(rfm_min_customers=5))
    units: UnitTree = EVERYONE
    frames: dict[str, pa.Table] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)
    apart: bool = False  # no upload replaces rows of another
    count: int = 0

    def add(self, table: str, rows: Sequence[Mapping[str, object]]) -> Path:
        """Upload rows."""
        self.count += 1
        spec = library().tables[table]
        part = frame(spec, rows)
        part = part.append_column("_seq", pa.array([self.count] * len(rows), pa.int64()))
        part = part.append_column("_line", pa.array(range(len(rows)), pa.int64()))
        path = self.folder / f"{table}-{self.count}.parquet"
        pq.write_table(part, path)
        self.files.setdefault(table, []).append(path)
        return path

    @contextmanager
    def opened(self, states: Path | None) -> Iterator[Relations]:
        """Open what counts now."""
        specs = library().tables
        replaced = {table for table, files in self.files.items() if len(files) > 1 and not self.apart}
        made = {table: [_made(table, file) for file in files] for table, files in self.files.items()}
        opened = Relations.from_parquet(
            self.files,
            self.frames,
            tables=specs,
            dedupe={table: specs[table].key for table in replaced},
            threads=1,
            memory_limit="500MB",
            states=None if states is None else States(states, made, DAYS),
        )
        yield opened
        opened.close()

    def figures(self, states: Path | None, periods: Sequence[str] = PERIODS) -> list[tuple[object, list[Value]]]:
        """Compute everything."""
        with self.opened(states) as opened:
            blocks = compute_periods(
                library(),
                kpis=list(library().kpis),
                periods=[parse_period(text) for text in periods],
                scopes=ScopeRequest(frozenset(ScopeKind)),
                relations=opened,
                organisation_of=lambda _period: Organisation(self.units, self.frames),
                params=self.params,
            )
            return [(block.period, list(block)) for block in blocks]


def _made(table: str, file: Path) -> Made:
    """Return what tells a part from others."""
    column = DAYS.get(table)
    days = [cell for cell in pq.read_table(file).column(column).to_pylist() if cell is not None] if column else []
    first = min((cell.date() if isinstance(cell, datetime) else cell for cell in days), default=None)
    return Made(digest_of(file.read_bytes()), first)


def _world(folder: Path, seed: int) -> tuple[_Uploads, dict[str, list[dict[str, object]]]]:
    tables = random_tables(seed)
    world = _Uploads(folder)
    for table, rows in tables.items():
        if table in ORGANISATION:
            world.frames[table] = frame(library().tables[table], rows)
        else:
            world.add(table, rows)
    return world, tables


def _some(rows: Sequence[Mapping[str, object]], rng: random.Random, month: str) -> list[Mapping[str, object]]:
    """Return rows as a later file has them: of one month, as far as the table has months, some cells corrected."""
    chosen = [row for row in rows if any(_month(cell) == month for cell in row.values())] or list(rows)
    some = rng.sample(chosen, min(len(chosen), 9))
    return [{**row, **{name: 3 for name in ("net_amount", "qty", "count") if name in row}} for row in some]


def _month(cell: object) -> str:
    return f"{cell:%Y-%m}" if isinstance(cell, date | datetime) else ""


def test_whatever_changes_the_figures_are_those_of_a_computation_that_keeps_nothing(tmp_path: Path) -> None:
    rng = random.Random(2)
    world, tables = _world(tmp_path, 2)
    states = tmp_path / "states"
    loaded = [table for table in tables if table not in ORGANISATION]
    undone: list[tuple[str, Path]] = []
    for step in range(7):
        if step in (1, 2, 3):  # late rows and corrections of any month, in any table
            table = ("orders", rng.choice(loaded), rng.choice(loaded))[step - 1]
            undone.append((table, world.add(table, _some(tables[table], rng, rng.choice(("2023-03", *PERIODS))))))
        elif step == 4:  # an upload is undone
            table, path = undone[1]
            world.files[table].remove(path)
        elif step == 5:
            moved = [{**row, "unit_id": "S3"} for row in tables["employees"]]
            world.frames["employees"] = frame(library().tables["employees"], moved)
            world.units = UnitTree.from_parents({**PARENTS, "S2": "R2"})
        elif step == 6:
            world.params = replace(world.params, churn_days=40, activation_days=30)
        some = PERIODS if step != 3 else PERIODS[-1:]
        assert world.figures(states, some) == world.figures(None, some)


def test_each_period_is_found_by_itself_and_in_the_numbers_of_another_computation(tmp_path: Path) -> None:
    world, tables = _world(tmp_path, 3)
    states = tmp_path / "states"
    together = world.figures(states)
    # other ids come first now, so that scopes have other numbers
    world.add("campaigns", [{**row, "campaign_id": f"A{number}"} for number, row in enumerate(tables["campaigns"])])
    expected = world.figures(None)
    assert world.figures(states, PERIODS[1:2]) == expected[1:2]
    assert world.figures(states) == expected
    world.files["campaigns"].pop()
    assert world.figures(states) == together


def _month_by_month(folder: Path, seed: int) -> tuple[_Uploads, dict[tuple[str, str], list[dict[str, object]]]]:
    """Return a world in which each month of a table with days is a part of its own, and the rows of each part."""
    tables = random_tables(seed)
    world, parts = _Uploads(folder, apart=True), dict[tuple[str, str], list[dict[str, object]]]()
    for table, rows in tables.items():
        if table in ORGANISATION:
            world.frames[table] = frame(library().tables[table], rows)
            continue
        for row in rows:
            parts.setdefault((table, _month(row[DAYS[table]]) if table in DAYS else ""), []).append(row)
    for (table, _), rows in parts.items():
        world.add(table, rows)
    return world, parts


@pytest.mark.parametrize("seed", [11, 12])
def test_uploads_into_any_month_give_the_figures_of_a_computation_that_keeps_nothing(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    world, parts = _month_by_month(tmp_path, seed)
    states = tmp_path / "states"
    keys = sorted(parts)
    for step in range(6):
        table, month = rng.choice([key for key in keys if key[1] == "2024-01" or step % 2])
        key = library().tables[table].key[0]
        rows = rng.sample(parts[table, month], min(len(parts[table, month]), 6))
        if step == 4:
            world.files[table].remove(rng.choice(world.files[table]))
        world.add(table, [{**row, key: f"{row[key]}-{step}"} if isinstance(row[key], str) else row for row in rows])
        some = [PERIODS, PERIODS[-1:], PERIODS[-1:], PERIODS[:2], PERIODS[-2:], PERIODS[-1:]][step]
        assert world.figures(states, some) == world.figures(None, some)


def test_of_older_months_nothing_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, parts = _month_by_month(tmp_path, 14)
    states = tmp_path / "states"
    world.figures(states)
    world.add("orders", [{**row, "order_id": f"{row['order_id']}-again"} for row in parts["orders", "2024-01"][:5]])
    expected, read, load = world.figures(None, PERIODS[-1:]), list[int](), slabs.load

    def noted(*told: object, **named: object) -> slabs.Slab:
        slab = load(*told, **named)  # type: ignore[arg-type]
        read.append(int(slab.day.min()))
        return slab

    monkeypatch.setattr("kpis.engine.arrays.orders.load", noted)
    assert world.figures(states, PERIODS[-1:]) == expected
    assert len(read) == 1
    assert read[0] >= (date(2024, 1, 1) - date(1970, 1, 1)).days


def test_what_has_not_changed_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, tables = _world(tmp_path, 4)
    states = tmp_path / "states"
    world.figures(states, PERIODS[:1])
    world.add("training_records", tables["training_records"][:5])
    monkeypatch.setattr("kpis.engine.arrays.orders.load", None)
    monkeypatch.setattr("kpis.engine.arrays.touches.load", None)
    found = world.figures(states, PERIODS[:1])
    monkeypatch.undo()
    assert found == world.figures(None, PERIODS[:1])


def test_what_a_killed_writer_or_a_bad_disk_left_is_computed_again(tmp_path: Path) -> None:
    world, _tables = _world(tmp_path, 5)
    states = tmp_path / "states"
    expected = world.figures(states, PERIODS[:1])
    files = sorted(states.iterdir())
    for at, file in enumerate(files):
        whole = file.read_bytes()
        file.write_bytes((b"", whole[: len(whole) // 2], b"{}\n", whole[:-3] + b"\0\0\0")[at % 4])
    (states / f"{files[0].name}.k1lled").write_bytes(b"half")
    assert world.figures(states, PERIODS[:1]) == expected
    assert world.figures(states, PERIODS[:1]) == expected


def test_of_a_long_computation_the_newest_periods_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _tables = _world(tmp_path, 7)
    alone, states = tmp_path / "alone", tmp_path / "states"
    expected = world.figures(alone, PERIODS[-1:])
    monkeypatch.setattr(kept, "MOST_PERIODS", 2)
    monkeypatch.setattr(kept, "NEWEST", 1)
    assert world.figures(states)[-1:] == expected
    assert {file.name for file in states.iterdir()} == {file.name for file in alone.iterdir()}


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _tables = _world(tmp_path, 6)
    states = tmp_path / "states"
    world.figures(states, PERIODS[:1])
    most = sum(file.stat().st_size for file in states.iterdir()) // 2
    monkeypatch.setattr(stored, "MOST_BYTES", most)
    world.params = replace(world.params, churn_days=50)
    world.figures(states, PERIODS[:1])
    assert 0 < sum(file.stat().st_size for file in states.iterdir()) <= most


def test_a_measure_reads_only_tables_that_its_name_on_disk_is_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, request = relations(random_tables(8, days=500, customers=30)), ScopeRequest(frozenset(ScopeKind))
    pattern = library().kpis["sales_net"]
    chart, read, table_of = Organisation(EVERYONE), set[str](), Relations.table

    def noted(self: Relations, name: str) -> object:
        read.add(name)
        return table_of(self, name)

    monkeypatch.setattr(Relations, "table", noted)
    for measure in library().measures.values():
        if isinstance(measure, SimpleMeasure) and "." not in f"{measure.time}{measure.filters}":
            continue  # reads its own table
        definitions = replace(library(), kpis={"one": replace(pattern, id="one", formula=measure.id)})
        planned = plan_kpi(definitions, "one")
        opened.days, opened.texts = {}, {}
        with bounds_of():
            work = Work(definitions, opened, request, [(parse_period("2023-12"), chart)], library().params)
            read.clear()
            measure_grids(work, [planned])
        asked = [work.asked(ref, frozenset(ScopeKind)) for ref in planned.refs]
        # all customers are numbered where some are: whatever number one has, the figures are the same
        assert read <= {*kept.tables_read(work, asked), "customers"}, measure.id
    opened.close()
