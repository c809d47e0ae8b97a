"""Many periods at once: the same figures as one by one, and as any other engine gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from kpis.engine.arrays import portions, slabs
from kpis.engine.compute import compute_periods
from kpis.engine.relations import Relations
from kpis.engine.scoping import Organisation, ScopeRequest, UnitTree
from kpis.engine.specs import KpiSpec, Library, Params, ScopeKind, Value
from omnichannel.core.periods import Period, parse_period
from tests.kpis.engine.world import PARENTS, Rows, frame, library, random_tables, relations

# what the library's own formulas do not ask: other windows, filters on any column, several at once
EXTRA = (
    "retained_n[channel=store]@prev / buyers[channel=store]@yoy",
    "repeat_n@r12m + mall_repeat_n@r12m + active_n@r12m",
    "member_sales[platform=platform1]@yoy / member_buyers[unit_id=S1]",
    "private_n@open + staff_n@open + certified_n@prev",
    "interacting_n[channel=store]@r12m / reached_n[campaign_id=CP1]",
    "high_value_n[channel=store|private_mall] / rfm_base_n@prev",
    "activated_n[source=store]@prev / active_private_n[source=ad]",
    "newly_churned_n@r12m + recalled_n@r12m + second_buyers@r12m - churned_open_n@prev",
    "attributed_sales[channel=store]@r12m + nps_value[subject=brand]@r12m",
    "min(survey_index@r12m, abs(reply_share - 3)) * max(inv_cost_avg, inv_qty_close)",
    "line_sales[platform=platform1]@r12m / net_sales[status=paid]",
)
EVERYWHERE = ScopeRequest(frozenset(ScopeKind))


@pytest.fixture(scope="module")
def definitions() -> Library:
    """The product's library with formulas that ask for more than its own do."""
    pattern = library().kpis["sales_net"]
    more: dict[str, KpiSpec] = {
        f"extra_{at}": replace(pattern, id=f"extra_{at}", formula=text) for at, text in enumerate(EXTRA)
    }
    return replace(library(), kpis={**library().kpis, **more})


def _computed(
    opened: Relations,
    definitions: Library,
    periods: Sequence[str],
    params: Params | None = None,
    organisations: Mapping[str, Organisation] | None = None,
) -> dict[Period, list[Value]]:
    everyone = Organisation(UnitTree.from_parents(PARENTS))
    blocks = compute_periods(
        definitions,
        kpis=list(definitions.kpis),
        periods=[parse_period(text) for text in periods],
        scopes=EVERYWHERE,
        relations=opened,
        organisation_of=lambda period: (organisations or {}).get(str(period), everyone),
        params=params or replace(library().params, rfm_min_customers=5),
    )
    return {block.period: list(block) for block in blocks}


class _Elsewhere(Relations):
    """The same engine as if it did not run in this process: period by period, through Ibis alone."""

    @property
    def is_embedded(self) -> bool:
        return False


def _elsewhere(tables: Mapping[str, Rows]) -> Relations:
    frames = {name: frame(library().tables[name], rows) for name, rows in tables.items()}
    return _Elsewhere.from_parquet({}, frames, tables=library().tables, threads=1, memory_limit="500MB")


@pytest.mark.parametrize(
    ("seed", "period", "params"),
    [
        (6, "2024-W10", Params(rfm_min_customers=5, churn_days=20, second_purchase_days=300)),
        (7, "2023-Q4", Params(rfm_min_customers=8, churn_days=40, attribution_model="linear", activation_days=60)),
    ],
)
def test_arrays_find_what_every_other_engine_finds(
    definitions: Library, seed: int, period: str, params: Params
) -> None:
    found = _computed(relations(random_tables(seed)), definitions, [period], params)
    assert found == _computed(_elsewhere(random_tables(seed)), definitions, [period], params)


def test_rows_summed_by_their_conditions_come_to_what_each_condition_alone_does(
    definitions: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = relations(random_tables(11))
    found = _computed(opened, definitions, ["2024-01"])
    for many in (1, 1 << 30):
        monkeypatch.setattr("kpis.engine.arrays.totals._MANY", many)
        assert _computed(opened, definitions, ["2024-01"]) == found


@pytest.mark.parametrize(
    "grain", [["2023-11", "2023-12", "2024-01", "2024-03"], ["2023-Q3", "2023-Q4", "2023", "2024-W01"]]
)
def test_many_periods_are_each_alone(definitions: Library, grain: list[str]) -> None:
    opened = relations(random_tables(9))
    together = _computed(opened, definitions, grain)
    for text in grain:
        assert _computed(opened, definitions, [text])[parse_period(text)] == together[parse_period(text)]


def test_each_period_has_its_own_organisation(definitions: Library) -> None:
    tables = random_tables(10)
    moved = [{**row, "unit_id": "S3"} if row["employee_id"] in ("E1", "E2") else row for row in tables["employees"]]
    later = {**PARENTS, "S2": "R2"}
    del later["S1"]
    specs = library().tables
    known = {name: frame(specs[name], rows) for name, rows in tables.items()}
    organisations = {
        "2023-12": Organisation(UnitTree.from_parents(PARENTS), known),
        "2024-01": Organisation(UnitTree.from_parents(later), {**known, "employees": frame(specs["employees"], moved)}),
        "2024-02": Organisation(UnitTree.from_parents({**later, "S1": "R1"}), known),
    }
    opened = relations(tables)
    together = _computed(opened, definitions, list(organisations), organisations=organisations)
    for text in organisations:
        alone = _computed(opened, definitions, [text], organisations=organisations)
        assert alone[parse_period(text)] == together[parse_period(text)]


def test_how_many_rows_are_followed_at_a_time_does_not_matter(
    definitions: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, months = random_tables(9), ["2024-02", "2024-03", "2024-04"]
    whole = _computed(relations(tables), definitions, months)
    monkeypatch.setattr(slabs, "PART", 7)
    monkeypatch.setattr(portions, "MOST_ROWS", 20)
    assert _computed(relations(tables), definitions, months) == whole
