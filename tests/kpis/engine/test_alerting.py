"""Alert levels and what becomes of an alert: the catalogue's cuts at equality, monotone, once, worse, armed again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.alerting import (
    Level,
    Measure,
    Part,
    Reading,
    Standing,
    Step,
    Thresholds,
    driver_of,
    level_of,
    measure,
    step_of,
)
from kpis.engine.specs import KpiSpec
from kpis.library import load_library
from kpis.library.extras import library_extras

NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2)
LEVELS = st.none() | st.sampled_from(Level)
CHURN, SALES, BUDGET = "churn_rate", "sales_net", "budget_execution_rate"


def kpi(key: str) -> KpiSpec:
    return load_library().kpis[key]


def rule(key: str) -> Thresholds:
    spec = library_extras().alert_rules[key]
    return Thresholds(spec.side == "below", {level: spec.thresholds[level] for level in Level})


def rank(level: Level | None) -> int:
    return level.rank if level else 0


@pytest.mark.parametrize(
    ("key", "measured", "level"),
    [
        ("attainment", "90", None),
        ("attainment", "89.99", Level.YELLOW),
        ("attainment", "80", Level.YELLOW),
        ("attainment", "79.99", Level.ORANGE),
        ("attainment", "60", Level.ORANGE),
        ("attainment", "59.99", Level.RED),
        ("adverse-change", "9.99", None),
        ("adverse-change", "10", Level.YELLOW),
        ("adverse-change", "20", Level.ORANGE),
        ("adverse-change", "30", Level.RED),
        ("churn-surge", "30", Level.RED),
        ("complaint-surge", "1.49", None),
        ("complaint-surge", "1.5", Level.YELLOW),
        ("complaint-surge", "3", Level.RED),
        ("contact-loss", "2.99", None),
        ("contact-loss", "3", Level.YELLOW),
        ("contact-loss", "5", Level.ORANGE),
        ("contact-loss", "8", Level.RED),
        ("data-freshness", "2", None),
        ("data-freshness", "3", Level.YELLOW),
        ("data-freshness", "7", Level.ORANGE),
        ("data-freshness", "15", Level.RED),
        ("role-vacancy", "14", None),
        ("role-vacancy", "15", Level.YELLOW),
        ("role-vacancy", "60", Level.RED),
        ("budget-overrun", "104.99", None),
        ("budget-overrun", "105", Level.YELLOW),
        ("budget-overrun", "115", Level.ORANGE),
        ("budget-overrun", "130", Level.RED),
    ],
)
def test_the_catalogues_cuts_hold_at_the_threshold_itself(key: str, measured: str, level: Level | None) -> None:
    assert level_of(Decimal(measured), rule(key)) is level


@given(st.sampled_from(["attainment", "churn-surge"]), NUMBERS, NUMBERS)
def test_what_is_worse_is_never_a_milder_level(key: str, one: Decimal, other: Decimal) -> None:
    cuts = rule(key)
    mild, bad = sorted((one, other), reverse=cuts.below)
    assert rank(level_of(mild, cuts)) <= rank(level_of(bad, cuts))


@given(NUMBERS, st.sets(st.sampled_from(Level)))
def test_a_level_left_out_is_never_reached_and_no_number_raises_nothing(number: Decimal, kept: set[Level]) -> None:
    full = rule("churn-surge")
    some = Thresholds(full.below, {level: full.cuts[level] for level in kept})
    assert level_of(None, some) is None
    found = level_of(number, some)
    assert found is None or found in kept


@pytest.mark.parametrize(
    ("kind", "key", "reading", "expected"),
    [
        (Measure.ATTAINMENT, SALES, Reading(Decimal(85), Decimal(100)), "85.00"),
        (Measure.ATTAINMENT, SALES, Reading(Decimal(85)), None),
        (Measure.ATTAINMENT, SALES, Reading(None, Decimal(100)), None),
        # 300 -> 240 is 20 % less sales; 5 -> 6 is 20 % more churn
        (Measure.ADVERSE_CHANGE, SALES, Reading(Decimal(240), before=[Decimal(300)]), "20.00"),
        (Measure.ADVERSE_CHANGE, SALES, Reading(Decimal(360), before=[Decimal(300)]), "-20.00"),
        (Measure.ADVERSE_CHANGE, CHURN, Reading(Decimal(6), before=[Decimal(5)]), "20.00"),
        (Measure.ADVERSE_CHANGE, SALES, Reading(Decimal(6), before=[Decimal(0)]), None),
        (Measure.ADVERSE_CHANGE, SALES, Reading(Decimal(6), before=[None]), None),
        # the band of the budget is 85 to 105: 110 is 5 outside, of 100 that is 5 %
        (Measure.ADVERSE_CHANGE, BUDGET, Reading(Decimal(110), before=[Decimal(100)]), "5.00"),
        (Measure.ADVERSE_CHANGE, BUDGET, Reading(Decimal(90), before=[Decimal(100)]), "0.00"),
        # 6.5 over the mean of 4, 5 and 6
        (Measure.OVER_MEAN, CHURN, Reading(Decimal("6.5"), before=[Decimal(4), Decimal(5), Decimal(6)]), "30.00"),
        (Measure.OVER_MEAN, CHURN, Reading(Decimal("6.5"), before=[Decimal(4), None, Decimal(6)]), None),
        (Measure.RATIO, "complaint_rate", Reading(Decimal(3), before=[Decimal(2)]), "1.50"),
        (Measure.RATIO, "complaint_rate", Reading(Decimal(3), before=[Decimal(0)]), None),
        (Measure.VALUE, "contact_loss_rate", Reading(Decimal("3.005")), "3.00"),
    ],
)
def test_each_measure_is_worked_out_by_hand(kind: Measure, key: str, reading: Reading, expected: str | None) -> None:
    found = measure(kind, kpi(key), reading)
    assert (str(found.number) if found else None) == expected


def test_a_new_crossing_is_raised_once_and_then_only_kept_up_to_date() -> None:
    raised = step_of(None, Level.YELLOW, episode="2024-11")
    standing = Standing(is_open=True, level=Level.YELLOW, episode="2024-11")
    assert raised is Step.RAISE
    assert step_of(standing, Level.YELLOW, episode="2024-11") is Step.RENEW
    assert step_of(standing, Level.YELLOW, episode="2024-12") is Step.RENEW
    assert step_of(standing, Level.RED, episode="2024-11") is Step.WORSEN
    assert step_of(standing, None, episode="2024-11") is Step.EASE
    assert step_of(standing, None, episode="2024-11", is_known=False) is Step.NOTHING


def test_a_closed_alert_comes_again_in_a_new_episode_or_when_it_is_worse() -> None:
    closed = Standing(is_open=False, level=Level.ORANGE, episode="2024-11")
    assert step_of(closed, Level.ORANGE, episode="2024-11") is Step.NOTHING
    assert step_of(closed, Level.YELLOW, episode="2024-11") is Step.NOTHING
    assert step_of(closed, Level.RED, episode="2024-11") is Step.RAISE
    assert step_of(closed, Level.YELLOW, episode="2024-12") is Step.RAISE
    assert step_of(closed, None, episode="2024-12") is Step.NOTHING


@given(st.lists(st.tuples(LEVELS, st.booleans(), st.booleans()), max_size=30))
def test_whatever_comes_people_hear_only_of_what_is_new_or_worse(days: list[tuple[Level | None, bool, bool]]) -> None:
    """Days with a level found (or no data), and whether somebody closes the alert at their end; one episode."""
    standing: Standing | None = None
    heard: list[Level] = []
    for found, is_known, closes in days:
        step = step_of(standing, found, episode="e", is_known=is_known)
        if step in (Step.RAISE, Step.WORSEN):
            assert found is not None
            assert is_known
            heard.append(found)
            standing = Standing(is_open=True, level=found, episode="e")
        if closes and standing is not None:
            standing = Standing(is_open=False, level=standing.level, episode="e")
    assert [level.rank for level in heard] == sorted({level.rank for level in heard})


def test_the_driver_is_the_child_that_made_it_worse_most() -> None:
    sums = {
        "S1": Part((Decimal(60), None), (Decimal(100), None)),
        "S2": Part((Decimal(90), None), (Decimal(100), None)),
        "S3": Part((Decimal(150), None), (Decimal(100), None)),
    }
    found = driver_of(kpi(SALES), sums, worse=-1)
    assert found is not None
    assert (found.child, found.change, found.total) == ("S1", Decimal(-40), Decimal(0))
    assert driver_of(kpi(SALES), {"S3": sums["S3"]}, worse=-1) is None
    # 10 of 100 and 10 of 100 become 30 of 100 and 10 of 100: from 10 % to 20 %, all of it by S1
    rates = {
        "S1": Part((Decimal(30), Decimal(100)), (Decimal(10), Decimal(100))),
        "S2": Part((Decimal(10), Decimal(100)), (Decimal(10), Decimal(100))),
    }
    found = driver_of(kpi(CHURN), rates, worse=1, factor=Decimal(100))
    assert found is not None
    assert (found.child, found.change, found.total) == ("S1", Decimal(10), Decimal(10))


@given(
    st.dictionaries(
        st.sampled_from("abcde"),
        st.tuples(st.integers(0, 50), st.integers(1, 100), st.integers(0, 50), st.integers(1, 100)),
        min_size=1,
    )
)
def test_what_the_children_did_adds_up_to_the_change_of_the_whole(rows: dict[str, tuple[int, int, int, int]]) -> None:
    parts = {
        child: Part((Decimal(n1), Decimal(d1)), (Decimal(n0), Decimal(d0))) for child, (n1, d1, n0, d0) in rows.items()
    }
    found = driver_of(kpi(CHURN), parts, worse=1, factor=Decimal(100))
    now = Decimal(100) * sum(row[0] for row in rows.values()) / sum(row[1] for row in rows.values())
    before = Decimal(100) * sum(row[2] for row in rows.values()) / sum(row[3] for row in rows.values())
    if found is not None:
        assert abs(found.total - (now - before)) <= Decimal("0.0001")
        assert found.change > 0
    else:
        assert now <= before + Decimal("0.0001")
