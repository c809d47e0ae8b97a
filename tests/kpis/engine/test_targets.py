"""Arithmetic of targets: splits add up exactly, only what can be added is, floors and stretches keep their side."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.specs import Direction
from kpis.engine.targets import (
    Obstacle,
    additivity,
    as_percents,
    even_shares,
    grown,
    out_of_order,
    places_of,
    scaled_with,
    seasonal_shares,
    split,
)
from kpis.library import load_library

MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
SHARES = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40).filter(any)


@given(MONEY, SHARES, st.integers(min_value=0, max_value=4))
def test_parts_add_up_to_the_total_whatever_the_shares(total: Decimal, shares: list[int], places: int) -> None:
    parts = split(total, [Fraction(share) for share in shares], places=places)
    assert sum(parts) == total
    exact = [Fraction(total) * share / sum(shares) for share in shares]
    assert all(
        abs(Fraction(part) - wanted) < Fraction(1, 10**places) for part, wanted in zip(parts, exact, strict=True)
    )


def test_what_rounding_leaves_goes_to_the_largest_remainder_and_then_to_the_first() -> None:
    assert split(Decimal(100), even_shares(3), places=2) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert split(Decimal(10), [Decimal(1), Decimal(1), Decimal(2)], places=0) == [3, 2, 5]
    assert split(Decimal("1000.5"), even_shares(2), places=0) == [Decimal("500.3"), Decimal("500.2")]
    assert split(Decimal("1E+3"), [Decimal(0), Decimal(1)], places=0) == [0, 1000]


@pytest.mark.parametrize("shares", [[], [Decimal(0), Decimal(0)], [Decimal(2), Decimal(-1)]])
def test_shares_that_say_nothing_are_refused(shares: list[Decimal]) -> None:
    with pytest.raises(ValueError, match=r"shares|empty"):
        split(Decimal(1), shares, places=2)


def test_a_season_is_last_years_shares_when_every_month_is_there() -> None:
    year = [Decimal(number) for number in (10, 20, 30, 40)]
    assert seasonal_shares(year) == tuple(Fraction(number, 10) for number in (1, 2, 3, 4))
    assert seasonal_shares([*year, None]) is None
    assert seasonal_shares([Decimal(5), Decimal(-1)]) is None
    assert seasonal_shares([Decimal(0)] * 12) is None
    percents = as_percents(even_shares(12))
    assert (sum(percents), percents[:5]) == (Decimal(100), [Decimal("8.34")] * 4 + [Decimal("8.33")])


def test_sums_and_counts_add_up_and_nothing_else_does() -> None:
    library = load_library()
    found = {kpi: additivity(library, kpi) for kpi in library.kpis}
    for kpi in ("sales_net", "net_profit", "mall_orders", "content_interactions", "new_private_users"):
        assert (found[kpi].units, found[kpi].time, found[kpi].obstacle) == (True, True, None), kpi
    said = {
        "active_user_share": Obstacle.RATIO,
        "sales_yoy_growth": Obstacle.RATIO,
        "cac": Obstacle.RATIO,
        "mall_aov": Obstacle.RATIO,
        "content_output": Obstacle.DISTINCT,
        "media_expansion": Obstacle.DISTINCT,
        "nps": Obstacle.LEVEL,
        "guide_first_reply": Obstacle.LEVEL,
        "manager_rating": Obstacle.JUDGED,
    }
    assert {kpi: found[kpi].obstacle for kpi in said} == said
    assert not any(each.units or each.time for kpi, each in found.items() if kpi in said)


def test_growth_rounds_half_up_in_the_units_places() -> None:
    assert grown(Decimal("1.005"), Decimal(0), places=2) == Decimal("1.01")
    assert grown(Decimal(333), Decimal("12.5"), places=places_of("count")) == 375
    assert grown(Decimal(200), Decimal(-100), places=places_of("CNY")) == 0


@pytest.mark.parametrize(
    ("direction", "floor", "value", "stretch", "wrong"),
    [
        (Direction.UP, 90, 100, 110, ()),
        (Direction.UP, 100, 100, 100, ()),
        (Direction.UP, 101, 100, 99, ("floor", "stretch")),
        (Direction.DOWN, 110, 100, 90, ()),
        (Direction.DOWN, 99, 100, 101, ("floor", "stretch")),
        (Direction.UP, None, 100, None, ()),
    ],
)
def test_floor_and_stretch_lie_on_the_worse_and_the_better_side(
    direction: Direction, floor: int | None, value: int, stretch: int | None, wrong: tuple[str, ...]
) -> None:
    low, high = (None if part is None else Decimal(part) for part in (floor, stretch))
    assert out_of_order(direction, floor=low, value=Decimal(value), stretch=high) == wrong


def test_floor_and_stretch_move_in_proportion() -> None:
    moved = scaled_with(Decimal(85), before=Decimal(100), after=Decimal(200), places=2)
    assert (moved, scaled_with(None, before=Decimal(1), after=Decimal(2), places=2)) == (Decimal(170), None)
    assert scaled_with(Decimal(85), before=None, after=Decimal(200), places=2) == 85
