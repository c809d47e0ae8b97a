"""The parts of a change: they add up to it to the last digit, whatever the numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.contribution import (
    Effect,
    Share,
    differences,
    quotient_effects,
    ratio_effects,
    spread,
)

NAMES = ("a", "b", "c", "d")
amounts = st.integers(min_value=-10_000, max_value=10_000).map(lambda cents: Fraction(cents, 100))
counts = st.integers(min_value=0, max_value=500).map(Fraction)
shares = st.dictionaries(st.sampled_from(NAMES), st.builds(Share, amounts, counts))


def _ratio(parts: dict[str, Share]) -> Fraction:
    top = sum((each.top for each in parts.values()), Fraction(0))
    return top / sum((each.bottom for each in parts.values()), Fraction(0))


@given(st.dictionaries(st.sampled_from(NAMES), amounts), st.dictionaries(st.sampled_from(NAMES), amounts))
def test_differences_add_up_to_the_change_of_the_sum(before: dict[str, Fraction], now: dict[str, Fraction]) -> None:
    assert sum(differences(before, now).values()) == sum(now.values()) - sum(before.values())


@given(shares, shares)
def test_rate_and_mix_add_up_to_the_change_of_the_ratio(before: dict[str, Share], now: dict[str, Share]) -> None:
    found = ratio_effects(before, now)
    if found is None:
        assert not sum(each.bottom for each in before.values()) or not sum(each.bottom for each in now.values())
        return
    assert sum(each.total for each in found.values()) == _ratio(now) - _ratio(before)


@given(shares)
def test_nothing_moved_by_a_whole_that_doubles(parts: dict[str, Share]) -> None:
    twice = {name: Share(each.top * 2, each.bottom * 2) for name, each in parts.items()}
    found = ratio_effects(parts, twice)
    assert found is None or set(found.values()) <= {Effect()}


def test_a_worked_example_of_rate_and_mix() -> None:
    """Two stores at 10 % and 30 %: A keeps its rate and doubles, B goes to 40 %."""
    before = {"A": Share(Fraction(10), Fraction(100)), "B": Share(Fraction(30), Fraction(100))}
    now = {"A": Share(Fraction(20), Fraction(200)), "B": Share(Fraction(40), Fraction(100))}
    found = ratio_effects(before, now)
    # R0 = 0.2, R1 = 0.2; A's weight 1/2 -> 2/3, B's 1/2 -> 1/3; the mean of both ratios is 0.2
    assert found == {
        "A": Effect(rate=Fraction(0), mix=Fraction(1, 6) * (Fraction(1, 10) - Fraction(1, 5))),
        "B": Effect(
            rate=Fraction(1, 10) * (Fraction(1, 2) + Fraction(1, 3)) / 2,
            mix=Fraction(-1, 6) * (Fraction(35, 100) - Fraction(1, 5)),
        ),
    }


def test_a_part_that_appears_is_all_mix_and_a_balance_is_not_told_apart() -> None:
    found = ratio_effects(
        {"A": Share(Fraction(50), Fraction(100))},
        {"A": Share(Fraction(50), Fraction(100)), "B": Share(Fraction(9), Fraction(10))},
    )
    assert found is not None
    assert found["B"].rate == 0
    assert found["B"].mix > 0
    balance = ratio_effects(
        {"A": Share(Fraction(60), Fraction(110)), "rest": Share(Fraction(-5), Fraction(-10))},
        {"A": Share(Fraction(70), Fraction(120)), "rest": Share(Fraction(-5), Fraction(-10))},
    )
    assert balance is not None
    assert balance["rest"] == Effect(rest=balance["rest"].total)


@given(st.builds(Share, amounts, counts), st.builds(Share, amounts, counts))
def test_numerator_and_denominator_add_up_to_the_change(before: Share, now: Share) -> None:
    found = quotient_effects(before, now)
    assert (found is None) == (not before.bottom or not now.bottom)
    if found is not None:
        assert sum(found) == now.top / now.bottom - before.top / before.bottom


@given(st.lists(amounts.map(lambda each: each / 7), min_size=1, max_size=9), st.integers(min_value=0, max_value=6))
def test_spread_parts_add_up_to_the_rounded_total(parts: list[Fraction], places: int) -> None:
    total = Decimal(round(sum(parts, Fraction(0)) * 10**places)).scaleb(-places)
    found = spread(parts, total, places=places)
    assert sum(found) == total
    assert all(abs(Fraction(x) - part) < Fraction(1, 10**places) for x, part in zip(found, parts, strict=True))


def test_nothing_to_spread_is_nothing() -> None:
    assert spread([], Decimal(0), places=2) == []
