"""The parts of a change: they add up to it to the last digit, whatever the numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.contribution import (
    Effect,
    Quotient,
    Share,
    differences,
    quotient_effects,
    ratio_effects,
    spread,
)

NAMES = ("a", "b", "c", "d")
amounts = st.integers(min_value=-10_000, max_value=10_000)
counts = st.integers(min_value=0, max_value=500)
shares = st.dictionaries(st.sampled_from(NAMES), st.builds(Share, amounts, counts))


def _ratio(parts: dict[str, Share]) -> Fraction:
    return Fraction(sum(each.top for each in parts.values()), sum(each.bottom for each in parts.values()))


@given(st.dictionaries(st.sampled_from(NAMES), amounts), st.dictionaries(st.sampled_from(NAMES), amounts))
def test_differences_add_up_to_the_change_of_the_sum(before: dict[str, int], now: dict[str, int]) -> None:
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
    assert found is None or not any(cell.top for each in found.values() for cell in (each.rate, each.mix, each.rest))


def test_a_worked_example_of_rate_and_mix() -> None:
    """Two stores at 10 % and 30 %: A keeps its rate and doubles, B goes to 40 %."""
    before = {"A": Share(10, 100), "B": Share(30, 100)}
    now = {"A": Share(20, 200), "B": Share(40, 100)}
    found = ratio_effects(before, now)
    # R0 = 0.2, R1 = 0.2; A's weight 1/2 -> 2/3, B's 1/2 -> 1/3; the mean of both ratios is 0.2
    assert found is not None
    assert {name: (each.rate.exact, each.mix.exact, each.rest.exact) for name, each in found.items()} == {
        "A": (Fraction(0), Fraction(1, 6) * (Fraction(1, 10) - Fraction(1, 5)), Fraction(0)),
        "B": (
            Fraction(1, 10) * (Fraction(1, 2) + Fraction(1, 3)) / 2,
            Fraction(-1, 6) * (Fraction(35, 100) - Fraction(1, 5)),
            Fraction(0),
        ),
    }


@given(shares, shares)
def test_whole_numbers_give_what_the_formulas_say(before: dict[str, Share], now: dict[str, Share]) -> None:
    found = ratio_effects(before, now)
    if found is None:
        return
    whole0, whole1 = (sum(each.bottom for each in side.values()) for side in (before, now))
    middle = (_ratio(before) + _ratio(now)) / 2
    for name in before.keys() & now.keys():
        old, new = before[name], now[name]
        if not old.bottom or not new.bottom:
            continue
        rates = Fraction(*old), Fraction(*new)
        weights = Fraction(old.bottom, whole0), Fraction(new.bottom, whole1)
        assert found[name].rate.exact == (rates[1] - rates[0]) * sum(weights) / 2
        assert found[name].mix.exact == (weights[1] - weights[0]) * (sum(rates) / 2 - middle)


def test_a_part_that_appears_is_all_mix_and_a_balance_is_not_told_apart() -> None:
    found = ratio_effects(
        {"A": Share(50, 100)},
        {"A": Share(50, 100), "B": Share(9, 10)},
    )
    assert found is not None
    assert found["B"].rate.exact == 0
    assert found["B"].mix.exact > 0
    balance = ratio_effects(
        {"A": Share(60, 110), "rest": Share(-5, -10)},
        {"A": Share(70, 120), "rest": Share(-5, -10)},
    )
    assert balance is not None
    assert (balance["rest"].rate, balance["rest"].mix) == (Effect().rate, Effect().mix)
    assert balance["rest"].rest.exact == balance["rest"].total != 0


@given(st.builds(Share, amounts, counts), st.builds(Share, amounts, counts))
def test_numerator_and_denominator_add_up_to_the_change(before: Share, now: Share) -> None:
    found = quotient_effects(before, now)
    assert (found is None) == (not before.bottom or not now.bottom)
    if found is not None:
        assert sum(each.exact for each in found) == Fraction(*now) - Fraction(*before)


@given(
    st.lists(st.builds(Quotient, amounts, st.integers(min_value=1, max_value=700)), min_size=1, max_size=9),
    st.integers(min_value=0, max_value=6),
    st.sampled_from([Fraction(1), Fraction(100), Fraction(-3, 7)]),
)
def test_spread_parts_add_up_to_the_rounded_total(parts: list[Quotient], places: int, factor: Fraction) -> None:
    exact = [part.exact * factor for part in parts]
    total = Decimal(round(sum(exact, Fraction(0)) * 10**places)).scaleb(-places)
    found = spread(parts, total, places=places, factor=factor)
    assert sum(found) == total
    assert all(abs(Fraction(x) - part) < Fraction(1, 10**places) for x, part in zip(found, exact, strict=True))


def test_nothing_to_spread_is_nothing() -> None:
    assert spread([], Decimal(0), places=2) == []
