"""The ladder of an ad budget request: rungs, figures, conditions, instalments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kpis.incentives.budget_asks import (
    METRICS,
    Instalment,
    Rung,
    Spend,
    figures_of,
    instalment_faults,
    missing_rungs,
    reached,
    unmet,
)

START, MID, END = date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 30)
HALF = Decimal(50)


def test_every_rung_without_a_target_is_named_the_shallow_one_first() -> None:
    assert missing_rungs([]) == tuple(Rung)
    assert missing_rungs(["roi"]) == (Rung.SHALLOW, Rung.MIDDLE)
    assert missing_rungs(["click_rate", "platforms", "ltv_cac"]) == ()


def test_a_cost_is_reached_from_above_and_everything_else_from_below() -> None:
    for metric, spec in METRICS.items():
        assert reached(metric, Decimal(10), Decimal(10)), metric
        assert reached(metric, Decimal(9), Decimal(10)) is spec.lower_is_better, metric
        assert reached(metric, Decimal(11), Decimal(10)) is not spec.lower_is_better, metric
        assert not reached(metric, None, Decimal(10)), metric


def test_figures_come_from_sums_and_a_quotient_without_a_denominator_is_none() -> None:
    figures = figures_of(Spend(200_000, 3_000, 500, 3, Decimal(20_000), Decimal(50_000)))
    assert figures["click_rate"] == Decimal("1.5")
    assert figures["cost_per_user"] == Decimal(40)
    assert figures["roi"] == Decimal("2.5")
    nothing = figures_of(Spend())
    assert [nothing[key] for key in ("impressions", "click_rate", "cost_per_user", "roi")] == [0, None, None, None]


def test_conditions_that_are_not_reached_are_named() -> None:
    conditions = {"private_users": Decimal(400), "cost_per_user": Decimal(40), "platforms": Decimal(2)}
    actual = {"private_users": Decimal(500), "cost_per_user": Decimal("40.01"), "platforms": None}
    assert unmet(conditions, actual) == ("cost_per_user", "platforms")
    assert unmet({}, {}) == ()


def test_instalments_add_up_follow_each_other_and_name_rung_two_after_the_first() -> None:
    ready = {"private_users": Decimal(100)}
    first, second = Instalment(START, HALF, {}), Instalment(MID, HALF, ready)

    def faults(*parts: Instalment, amount: Decimal = Decimal(100)) -> dict[int, str]:
        return instalment_faults(amount, list(parts), starts_on=START, ends_on=END)

    assert faults(first, second) == {}
    assert faults(first, second, amount=Decimal(99)) == {-1: "sum"}
    assert faults(first, Instalment(MID, HALF, {})) == {1: "condition"}
    assert faults(first, Instalment(START, HALF, ready)) == {1: "order"}
    assert faults(first, Instalment(date(2026, 12, 1), HALF, ready)) == {1: "outside"}
    assert faults(first, Instalment(MID, HALF, {"roi": Decimal(2)})) == {1: "rung"}
    assert faults(Instalment(START, HALF, ready), second) == {0: "first"}
