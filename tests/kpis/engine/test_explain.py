"""Definition hashes and formulas with their numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from kpis.engine.explain import definition_hash, params_of, substituted
from kpis.engine.plan import PlanError, plan_kpi
from kpis.engine.results import Quantity
from kpis.engine.specs import Library, Params, SimpleMeasure
from omnichannel.core.text import Bilingual
from tests.kpis.engine.world import library


def _with_formula(formula: str) -> Library:
    base = library()
    return replace(base, kpis={**base.kpis, "own": replace(base.kpis["sales_net"], id="own", formula=formula)})


def test_the_hash_follows_meaning_and_not_wording() -> None:
    base = library()
    measure = base.measures["net_sales"]
    assert isinstance(measure, SimpleMeasure)
    renamed = replace(base, measures={**base.measures, "net_sales": replace(measure, names=Bilingual("新", "new"))})
    refiltered = replace(base, measures={**base.measures, "net_sales": replace(measure, filters=())})
    assert definition_hash(renamed, "sales_net") == definition_hash(base, "sales_net")
    assert definition_hash(refiltered, "sales_net") != definition_hash(base, "sales_net")
    assert definition_hash(_with_formula("net_sales  /  buyers"), "own") == definition_hash(
        _with_formula("net_sales/buyers"), "own"
    )


def test_only_the_parameters_a_kpi_uses_change_its_hash() -> None:
    changed = Params(churn_days=90)
    base = library()
    assert definition_hash(base, "churn_rate", changed) != definition_hash(base, "churn_rate")
    assert definition_hash(base, "sales_net", changed) == definition_hash(base, "sales_net")
    assert params_of(base, "high_value_user_share") == ("rfm_bins", "rfm_min_customers", "rfm_window_days")
    assert "attribution_model" in params_of(base, "sales_attributed")


def test_every_hash_is_different() -> None:
    quantitative = [kpi.id for kpi in library().kpis.values()]
    same = {"guide_private_customers", "training_private_users"}
    hashes = {definition_hash(library(), kpi) for kpi in quantitative if kpi not in same}
    assert len(hashes) == len(quantitative) - len(same)


def test_a_formula_is_shown_with_its_numbers() -> None:
    planned = plan_kpi(library(), "sales_mom_growth")
    known = {"": Quantity(Fraction("12.50")), "prev": Quantity(None)}
    operands = {ref: known[ref.window] for ref in planned.refs}
    assert substituted(planned.root, operands) == "(12.5 - ?) / ? * 100"


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("no_such", "unknown_measure"),
        ("net_sales[colour=red]", "unknown_column"),
        ("repeat_n[colour=red]", "unknown_column"),
        ("net_sales@open", "bad_window"),
        ("repeat_n@open", "bad_window"),
        ("content_items[is_ugc=maybe]", "bad_value"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_refused(formula: str, code: str) -> None:
    with pytest.raises(PlanError) as refused:
        plan_kpi(_with_formula(formula), "own")
    assert refused.value.code == code
