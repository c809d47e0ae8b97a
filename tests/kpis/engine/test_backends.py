"""A second engine gives every figure of the first, to the last digit: DataFusion here, Spark in tests/cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpis.engine.backends import open_remote
from kpis.engine.specs import ScopeKind
from tests.kpis.engine.second import differences, parts_and_frames
from tests.kpis.engine.world import library

SOME = (ScopeKind.COMPANY, ScopeKind.UNIT)


@pytest.mark.parametrize(("period", "kinds"), [("2024-03", tuple(ScopeKind)), ("2023-Q4", SOME)])
def test_every_kpi_is_equal_on_datafusion(period: str, kinds: tuple[ScopeKind, ...], tmp_path: Path) -> None:
    values, wrong = differences("datafusion://", tmp_path, period, kinds=kinds)
    assert wrong == []
    assert {kpi for _period, kpi, _scope in values} == set(library().kpis)
    assert len(library().kpis) == 113
    assert len({kpi for (_period, kpi, _scope), value in values.items() if value.value is not None}) > 95


def test_another_days_organisation_takes_the_place_of_the_first(tmp_path: Path) -> None:
    parts, frames = parts_and_frames(tmp_path)
    opened = open_remote("datafusion://", parts, frames, tables=library().tables)
    opened.replace_frames({"org_units": frames["org_units"].slice(0, 2)})
    units, gone = opened.table("org_units"), opened.table("employees")
    assert units is not None
    assert (opened.rows(units.aggregate(many=units.count())), gone) == ([{"many": 2}], None)
    opened.close()


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="duckdb://, datafusion://, pyspark://"):
        open_remote("abacus://", {}, tables=library().tables)
