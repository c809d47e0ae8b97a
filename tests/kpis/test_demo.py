"""The demo retailer: complete, consistent, the same for the same seed, and telling its story."""

# ruff: noqa: S608 (queries are put together from names of our own tables)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from kpis.demo import REORGANISED_ON, TABLES, TINY, TROUBLE_STORE, Manifest, generate, people_for_sign_in
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.library import load_library

SEED = 7
SPECS: dict[str, TableSpec] = dict(load_library().tables)
DATA_ENDS = "2026-11-01"
REFERENCES = [
    (table, column.name, *column.ref.split("."))
    for table, spec in SPECS.items()
    for column in spec.columns
    if column.ref and not column.computed
]


@dataclass(frozen=True, slots=True)
class Demo:
    """The tiny retailer, loaded as text so that an empty cell is seen as such."""

    manifest: Manifest
    db: duckdb.DuckDBPyConnection

    def number(self, sql: str) -> float:
        """Return the one figure a query gives."""
        return float(self.db.execute(sql).fetchall()[0][0])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    manifest = generate(TINY, seed=SEED, out=tmp_path_factory.mktemp("demo"))
    with duckdb.connect() as db:
        for table in manifest.tables:
            db.sql(f"create table {table.name} as from read_csv('{table.path}', all_varchar = true, header = true)")
        yield Demo(manifest, db)


def test_no_seat_of_the_demo_has_stood_vacant_for_longer_than_half_a_year(demo: Demo) -> None:
    rows = demo.db.execute(
        """
        SELECT s.seat_id, coalesce(max(date_diff('day', CAST(e.left_on AS DATE), DATE '2026-11-01')),
               date_diff('day', CAST(s.starts_on AS DATE), DATE '2026-11-01'))
        FROM seats s LEFT JOIN employees e USING (seat_id)
        WHERE s.ends_on IS NULL
        GROUP BY s.seat_id, s.starts_on
        HAVING count(e.employee_id) = count(e.left_on)
        """
    ).fetchall()
    assert rows
    assert {seat for seat, days in rows if days > 180} == set()


def test_every_table_is_written_with_rows_and_counted(demo: Demo) -> None:
    assert {table.name for table in demo.manifest.tables} == set(SPECS)
    assert len(demo.manifest.tables) == len(TABLES) == 25
    for table in demo.manifest.tables:
        assert table.rows > 0, table.name
        assert demo.number(f"select count(*) from {table.name}") == table.rows


def test_tables_come_after_the_tables_they_refer_to(demo: Demo) -> None:
    order = [table.name for table in demo.manifest.tables]
    for table, _, parent, _ in REFERENCES:
        assert order.index(parent) <= order.index(table), f"{table} before {parent}"


@pytest.mark.parametrize("table", sorted(SPECS))
def test_columns_are_the_canonical_ones_and_hold_only_allowed_values(demo: Demo, table: str) -> None:
    spec = SPECS[table]
    written = [row[0] for row in demo.db.sql(f"describe {table}").fetchall()]
    assert written == [column.name for column in spec.columns if not column.computed]
    for column in spec.columns:
        if not column.computed:
            _assert_cells(demo, table, column)
    key = ", ".join(spec.key)
    assert demo.number(f"select count(*) - count(distinct ({key})) from {table}") == 0, f"{table} repeats a key"


def _assert_cells(demo: Demo, table: str, column: ColumnSpec) -> None:
    where = f"from {table} where {column.name}"
    if not column.nullable:
        assert demo.number(f"select count(*) {where} is null") == 0, f"{table}.{column.name} is empty"
    if column.enum:
        allowed = ", ".join(f"'{value}'" for value in column.enum)
        assert demo.number(f"select count(*) {where} not in ({allowed})") == 0, f"{table}.{column.name}"
    types = {ColumnType.INTEGER: "bigint", ColumnType.DECIMAL: "decimal(18,4)", ColumnType.DATE: "date"}
    types |= {ColumnType.BOOLEAN: "boolean", ColumnType.DATETIME: "timestamptz"}
    if column.type in types:
        cast = f"try_cast({column.name} as {types[column.type]}) is null"
        assert demo.number(f"select count(*) {where} is not null and {cast}") == 0, f"{table}.{column.name}"
    if column.type is ColumnType.DATETIME:
        assert demo.number(f"select count(*) {where} not like '%+08:00'") == 0, f"{table}.{column.name}"


@pytest.mark.parametrize(("table", "column", "parent", "key"), REFERENCES)
def test_references_are_valid(demo: Demo, table: str, column: str, parent: str, key: str) -> None:
    orphans = (
        f"select count(*) from {table} t anti join {parent} p on t.{column} = p.{key} where t.{column} is not null"
    )
    assert demo.number(orphans) == 0


def test_references_to_the_catalogue_are_valid(demo: Demo) -> None:
    library = load_library()
    for table in ("targets", "reviews"):
        used = {row[0] for row in demo.db.sql(f"select distinct kpi_id from {table}").fetchall()}
        assert used <= set(library.kpis)
    weighted = {kpi for weights in library.weights.values() for kpi in weights.weights}
    planned = demo.db.sql("select distinct kpi_id from targets where period = '2026-10' and scope_kind = 'company'")
    assert weighted - {row[0] for row in planned.fetchall()} == set()
    judged = {kpi for kpi, spec in library.kpis.items() if spec.qualitative}
    reviewed = {
        row[0] for row in demo.db.sql("select distinct kpi_id from reviews where period = '2026-Q4'").fetchall()
    }
    assert reviewed == judged
    roles = {role for role, _ in library.weights}
    held = demo.db.sql("select distinct role_id from role_assignments where end_on is null").fetchall()
    assert {row[0] for row in held} == roles


def test_targets_and_reviews_point_to_real_units_and_people(demo: Demo) -> None:
    for table, kind, scope in (("targets", "scope_kind", "scope_id"), ("reviews", "subject_kind", "subject_id")):
        for of, parent, key in (("unit", "org_units", "unit_id"), ("employee", "employees", "employee_id")):
            sql = f"select count(*) from {table} t anti join {parent} p on t.{scope} = p.{key} where t.{kind} = '{of}'"
            assert demo.number(sql) == 0, f"{table} of {of}"


def test_amounts_of_an_order_add_up_and_its_lines_too(demo: Demo) -> None:
    money = "gross_amount::decimal(18,2) - discount_amount::decimal(18,2) - refund_amount::decimal(18,2)"
    assert demo.number(f"select count(*) from orders where net_amount::decimal(18,2) <> {money}") == 0
    assert demo.number("select count(*) from orders where net_amount::decimal(18,2) < 0") == 0
    lines = "select order_id, sum(net_amount::decimal(18,2)) as net, sum(qty::int) as qty from order_lines group by 1"
    differ = "l.net <> o.net_amount::decimal(18,2) or l.qty <> o.item_count::int"
    assert demo.number(f"select count(*) from orders o join ({lines}) l using (order_id) where {differ}") == 0


def test_nothing_happens_before_its_cause_or_after_the_data_ends(demo: Demo) -> None:
    before_created = "select count(*) from {} f join customers c using (customer_id) where f.{} < c.created_at"
    assert demo.number(before_created.format("orders", "paid_at")) == 0
    assert demo.number(before_created.format("contacts", "added_at")) == 0
    assert demo.number("select count(*) from contacts where removed_at <= added_at") == 0
    forgotten = "select count(*) from orders o join customers c using (customer_id) where o.paid_at > c.erased_at"
    assert demo.number(forgotten) == 0
    for table, column in (
        ("orders", "paid_at"),
        ("interactions", "date"),
        ("contacts", "removed_at"),
        ("visits", "date"),
    ):
        assert demo.number(f"select count(*) from {table} where {column} >= '{DATA_ENDS}'") == 0, table
    assert demo.number("select count(*) from milestones where done_on >= '2026-11-01'") == 0


def test_every_milestone_is_named_in_words_of_both_languages(demo: Demo) -> None:
    assert demo.number("select count(*) from milestones") > 100
    assert demo.number("select count(*) from milestones where title is null") == 0
    assert demo.number("select count(*) from milestones where not regexp_matches(title, '[一-龥].*[A-Za-z]')") == 0


def test_credited_guides_work_in_the_store_on_that_day(demo: Demo) -> None:
    wrong = "e.unit_id <> o.unit_id or o.paid_at::date < e.hired_on::date or o.paid_at::date > e.left_on::date"
    sql = f"select count(*) from orders o join employees e using (employee_id) where {wrong}"
    assert demo.number("select count(*) from orders where employee_id is not null") > 1_000
    assert demo.number(sql) == 0


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(demo: Demo, tmp_path: Path) -> None:
    again = generate(TINY, seed=SEED, out=tmp_path / "again")
    other = generate(TINY, seed=SEED + 1, out=tmp_path / "other")
    for first, second in zip(demo.manifest.tables, again.tables, strict=True):
        assert first.path.read_bytes() == second.path.read_bytes(), first.name
    assert other.tables[6].path.read_bytes() != again.tables[6].path.read_bytes()


def _late_to_early(demo: Demo, stores: str) -> float:
    """Return the store sales of the last four months over those of the same months a year before."""
    late = "sum(net_amount::double) filter (paid_at >= '2026-07-01')"
    early = "sum(net_amount::double) filter (paid_at >= '2025-07-01' and paid_at < '2025-11-01')"
    return demo.number(f"select {late} / {early} from orders where status <> 'cancelled' and unit_id {stores}")


def test_the_store_in_trouble_loses_sales_contacts_and_answers_slowly(demo: Demo) -> None:
    trouble = _late_to_early(demo, f"= '{TROUBLE_STORE}'")
    others = _late_to_early(demo, f"like 'S0%' and unit_id <> '{TROUBLE_STORE}'")
    assert trouble < 0.72 < 0.85 < others
    lost = "avg(coalesce(removed_at >= '2026-07-01' and removed_by = 'customer', false)::int)"
    alive = "from contacts where coalesce(removed_at, '9') >= '2026-07-01' and unit_id"
    here, elsewhere = (f"select {lost} {alive} {op} '{TROUBLE_STORE}'" for op in ("=", "<>"))
    assert demo.number(here) > 2.5 * demo.number(elsewhere)
    reply = (
        "select avg(avg_first_reply_min::double) from service_daily join employees using (employee_id) where unit_id"
    )
    assert demo.number(f"{reply} = '{TROUBLE_STORE}'") > 2 * demo.number(f"{reply} <> '{TROUBLE_STORE}'")


def test_sales_have_a_season_and_few_members_bring_most(demo: Demo) -> None:
    month = "select sum(net_amount::double) from orders where strftime(paid_at::timestamptz, '%Y-%m') = "
    assert demo.number(f"{month} '2025-11'") > 1.25 * demo.number(f"{month} '2025-10'")
    assert demo.number(f"{month} '2026-02'") < 0.85 * demo.number(f"{month} '2026-03'")
    spent = (
        "select sum(net_amount::double) as v from orders join customers using (customer_id)"
        " where member_since::date <= paid_at::timestamptz::date and paid_at >= '2025-11-01' group by customer_id"
    )
    ranked = f"select v, percent_rank() over (order by v desc) as p from ({spent})"
    assert 0.5 < demo.number(f"select sum(v) filter (p <= 0.2) / sum(v) from ({ranked})") < 0.7


def test_user_operations_move_from_marketing_to_the_user_centre(demo: Demo) -> None:
    moved = demo.db.sql(
        "select old.end_on::date, new.start_on::date from role_assignments old join role_assignments new"
        " using (employee_id, role_id) where old.unit_id = 'D-MKT' and new.unit_id = 'BU1-UC'"
        " and new.start_on::date = old.end_on::date + 1"
    ).fetchall()
    assert len(moved) >= 4
    assert {new for _, new in moved} == {REORGANISED_ON}
    assert demo.number("select count(*) from org_units where unit_id = 'BU1-UC' and parent_id = 'BU1'") == 1


def test_planted_conflicts_have_two_guides_on_one_order(demo: Demo) -> None:
    per_order = "select order_id from order_touches group by 1 having count(distinct employee_id) > 1"
    assert demo.number(f"select count(*) from ({per_order})") >= 1


def test_people_for_the_sign_ins_exist_and_the_guide_has_data(demo: Demo) -> None:
    people = people_for_sign_in(demo.manifest)
    for person in people:
        where = f"employee_id = '{person.employee_id}' and unit_id = '{person.unit_id}' and left_on is null"
        assert demo.number(f"select count(*) from employees where {where}") == 1
    assert people.line_manager.unit_id == "R01"
    guide = people.guide.employee_id
    targets = "select count(distinct kpi_id) from targets where period = '2026-10' and scope_kind = 'employee'"
    assert demo.number(f"{targets} and scope_id = '{guide}'") == 5
    for table in ("orders", "contacts", "interactions", "service_daily"):
        assert demo.number(f"select count(*) from {table} where employee_id = '{guide}'") > 10, table


def test_the_contingency_rule_is_met_in_one_year_only(demo: Demo) -> None:
    share = "sum(amount::double) filter (cost_type = 'contingency') / sum(amount::double)"
    sql = f"select {share} from costs where version = 'budget' and period like "
    assert 0.15 <= demo.number(f"{sql} '2026-%'") <= 0.20
    assert demo.number(f"{sql} '2025-%'") < 0.15


def test_reorganisation_lies_ten_months_before_the_end() -> None:
    assert date(2026, 1, 1) == REORGANISED_ON
