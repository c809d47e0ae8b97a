"""Every value of the demo is the sum of stored rows, to the last digit; and a row knows the figures it fed."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from kpis.demo import TINY
from kpis.engine.plan import plan_kpi
from kpis.engine.relations import Relations
from kpis.engine.scoping import UnitTree
from kpis.engine.specs import COMPANY, NoData, Params, Scope, ScopeKind
from kpis.engine.tracing import (
    Counted,
    StoredFacts,
    TracedRow,
    TraceWorld,
    figures_of,
    operand,
    operand_page,
    operand_rows,
    recompute,
    trace,
)
from kpis.engine.windows import span_of
from omnichannel.core.periods import Period, parse_period
from tests.kpis.engine.traced import QUARTER, Behind, Memory, Traced, last_months, open_demo, values_of
from tests.kpis.engine.world import frame, library

OCTOBER = parse_period("2026-10")
# a whole check: TRACE_MONTHS=13 TRACE_ROWS=all TRACE_SCALE=tiny .venv/bin/pytest tests/kpis/engine/test_tracing.py
SAMPLE = os.environ.get("TRACE_ROWS", "250")
SCALE = TINY if os.environ.get("TRACE_SCALE") == "tiny" else QUARTER
# so many months and all KPIs instead of a few that use every measure in every window
WHOLE = "TRACE_MONTHS" in os.environ
MONTHS = last_months(OCTOBER, int(os.environ.get("TRACE_MONTHS", "1")))
SEED = 20261022


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    traced = open_demo(tmp_path_factory.mktemp("traced"), scale=SCALE)
    yield traced
    traced.world.relations.close()


@pytest.fixture(scope="module")
def october(demo: Traced) -> Behind:
    return Behind(demo, OCTOBER)


@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_the_rows_behind_every_value_of_the_demo_add_up_to_it(demo: Traced, october: Behind, period: Period) -> None:
    behind = october if period == OCTOBER else Behind(demo, period)
    values = values_of(demo, period, kpis=_kpis(demo))
    differing = [
        (value.kpi, value.scope, value.value, again)
        for value in values
        if (again := behind.value(value.kpi, value.scope)) != value.value
    ]
    assert differing == []
    assert sum(value.value is not None for value in values) > 3000


def test_one_value_asked_for_alone_has_the_same_rows_and_sums_as_among_all(demo: Traced, october: Behind) -> None:
    rng = random.Random(SEED)
    values = [value for value in values_of(demo, OCTOBER, kpis=_kpis(demo)) if value.value is not None]
    for value in rng.sample(values, 12):
        taken = trace(demo.world, kpi=value.kpi, period=OCTOBER, scope=value.scope)
        assert taken.value == value.value, (value.kpi, value.scope)
        for each in taken.operands:
            page = operand_rows(demo.world, each.ref, period=OCTOBER, scope=value.scope, limit=None)
            assert list(page.rows) == list(october.rows(each.ref).get(value.scope, ()))
            sums = [row.amount for row in page.rows if row.amount is not None]
            assert sum(sums, Fraction(0)) == (each.amount or 0)
            assert (page.total, page.next) == (each.listed, None)


def test_pages_come_one_after_the_other_and_hold_whole_customers(demo: Traced) -> None:
    (ref, _base) = plan_kpi(demo.world.library, "churn_rate").refs
    everything = operand_rows(demo.world, ref, period=OCTOBER, scope=COMPANY, limit=None)
    rows: list[TracedRow] = []
    after: int | None = 0
    pages = 0
    while after is not None:
        added, page = operand_page(demo.world, ref, period=OCTOBER, scope=COMPANY, after=after, limit=7)
        assert added.value == page.total == everything.total
        assert len({row.entity for row in page.rows}) <= 7
        rows += page.rows
        after, pages = page.next, pages + 1
    assert tuple(rows) == everything.rows
    assert pages == -(-everything.total // 7) > 1
    assert sum(row.counted_as is Counted.FIRST for row in rows) == everything.total


def _kpis(demo: Traced) -> list[str]:
    library = demo.world.library
    plans = {kpi: {(ref.measure, ref.window) for ref in plan_kpi(library, kpi).refs} for kpi in library.kpis}
    if WHOLE:
        return list(plans)
    left, chosen = set().union(*plans.values()), []
    while left:
        chosen.append(max(plans, key=lambda kpi: len(plans[kpi] & left) / len(plans[kpi])))
        left -= plans[chosen[-1]]
    return chosen


def test_every_row_names_its_upload_sheet_and_line(demo: Traced) -> None:
    (ref,) = plan_kpi(demo.world.library, "sales_net").refs
    page = operand_rows(demo.world, ref, period=OCTOBER, scope=COMPANY)
    table = demo.world.relations.table("orders")
    assert table is not None
    stored = demo.world.relations.rows(table)
    places = {row["order_id"]: (row["_seq"], row["_sheet"], row["_line"]) for row in stored}
    assert len({row.line for row in page.rows}) == 50
    for row in page.rows:
        assert (row.seq, row.sheet, row.line) == places[row.key[0]]


def test_what_has_no_rows_says_why() -> None:
    orders = frame(library().tables["orders"], [{"order_id": "1", "paid_at": "2024-05-02 10:00:00", "net_amount": 7}])
    opened = Relations.from_parquet({}, {"orders": orders}, tables=library().tables, provenance=True)
    world = TraceWorld(library(), opened, UnitTree.from_parents({"S1": None}))
    sales = plan_kpi(world.library, "sales_net").refs[0]
    june, may = parse_period("2024-06"), parse_period("2024-05")
    store = Scope(ScopeKind.UNIT, "S1")
    assert operand(world, sales, period=may, scope=COMPANY).value == 7
    # rows in the month but none of this store are 0; no rows in the month at all are unknown
    assert operand(world, sales, period=may, scope=store).value == 0
    assert operand(world, sales, period=june, scope=store).reason is NoData.NO_ROWS
    role = operand(world, sales, period=may, scope=Scope(ScopeKind.ROLE, "user-ops"))
    assert (role.reason, role.detail) == (NoData.NOT_AT_SCOPE, "net_sales")
    nps = plan_kpi(world.library, "nps").refs[0]
    added, page = operand_page(world, nps, period=may, scope=COMPANY)
    assert (added.reason, added.detail) == (NoData.TABLE_MISSING, "surveys")
    assert not page.rows


def test_an_id_with_quotes_is_an_id_and_nothing_else(demo: Traced) -> None:
    (ref,) = plan_kpi(demo.world.library, "sales_net").refs
    added, page = operand_page(demo.world, ref, period=OCTOBER, scope=Scope(ScopeKind.EMPLOYEE, "x' or '1'='1"))
    assert added.value == 0
    assert not page.rows


def test_a_customer_listed_without_evidence_is_refused(demo: Traced, october: Behind) -> None:
    (ref, _base) = plan_kpi(demo.world.library, "churn_rate").refs
    rows = list(october.rows(ref)[COMPANY])
    late = replace(rows[0], cells={**rows[0].cells, "paid_at": rows[0].cells["paid_at"].replace(2026, 10, 30)})
    with pytest.raises(ValueError, match=rows[0].entity):
        recompute(
            demo.world.library,
            ref,
            [late, *rows[1:]],
            span=span_of(OCTOBER, ""),
            params=demo.world.used,
            covered=True,
        )


def test_a_row_fed_exactly_the_figures_in_whose_rows_it_stands(demo: Traced, october: Behind) -> None:
    world, memory = demo.world, Memory(demo)
    forward = defaultdict(set)
    for value in values_of(demo, OCTOBER, kpis=_kpis(demo)):
        for ref in plan_kpi(world.library, value.kpi).refs:
            for row in october.rows(ref).get(value.scope, ()):
                forward[row.table, row.key].add((value.kpi, value.scope, ref))
    every = [(table, key) for table, keys in memory.keys.items() for key in keys]
    org = memory.organisation(demo)
    for table, key in every if SAMPLE == "all" else _chosen(forward, every):
        fed = figures_of(
            world.library,
            memory,
            table=table,
            key=key,
            periods=[OCTOBER],
            organisation=lambda _period: org,
            kpis=_kpis(demo),
        )
        assert {(each.kpi, each.scope, each.ref) for each in fed} == forward.get((table, key), set()), (table, key)
    assert len(forward) > 3000


def _chosen(forward: object, every: list[tuple[str, tuple[object, ...]]]) -> list[tuple[str, tuple[object, ...]]]:
    """Return a sample with as many rows of every table, behind a figure or not."""
    rng, by_table = random.Random(SEED), defaultdict(list)
    for place in every:
        by_table[place[0], place in forward].append(place)  # type: ignore[operator]
    share = max(1, int(SAMPLE) // len(by_table))
    return [place for found in by_table.values() for place in rng.sample(found, min(share, len(found)))]


def test_the_stored_rows_tell_the_same_as_those_in_memory(demo: Traced) -> None:
    memory, rng = Memory(demo), random.Random(SEED)
    org = memory.organisation(demo)
    for table in ("orders", "interactions", "contacts"):
        key = rng.choice(sorted(memory.keys[table], key=repr))
        found = [
            figures_of(
                demo.world.library,
                facts,
                table=table,
                key=key,
                periods=[OCTOBER, OCTOBER.previous()],
                organisation=lambda _period: org,
                params=Params(attribution_model="linear"),
            )
            for facts in (memory, StoredFacts(demo.world.relations))
        ]
        assert found[0] == found[1]


def test_a_row_that_is_not_there_fed_nothing(demo: Traced) -> None:
    memory = Memory(demo)
    org = memory.organisation(demo)
    asked = {"periods": [OCTOBER], "organisation": lambda _period: org}
    assert figures_of(demo.world.library, memory, table="orders", key=("nobody",), **asked) == []  # type: ignore[arg-type]
    unit = next(iter(memory.keys["org_units"]))
    assert figures_of(demo.world.library, memory, table="org_units", key=unit, **asked) == []  # type: ignore[arg-type]
