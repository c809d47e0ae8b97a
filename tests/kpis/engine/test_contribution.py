"""The parts of a change: they add up to it to the last digit, whatever the numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.contribution import (
    Effects,
    Quotients,
    Share,
    Shares,
    quotient_effects,
    ratio_effects,
    spread,
    sum_effects,
)

NAMES = ("a", "b", "c", "d")
amounts = st.integers(min_value=-10_000, max_value=10_000)
counts = st.integers(min_value=0, max_value=500)
shares = st.dictionaries(st.sampled_from(NAMES), st.builds(Share, amounts, counts))


def _ratio(parts: dict[str, Share]) -> Fraction:
    return Fraction(sum(each.top for each in parts.values()), sum(each.bottom for each in parts.values()))


def _effects(before: dict[str, Share], now: dict[str, Share]) -> tuple[list[str], Effects | None]:
    """Return all parts and what they did; one that is missing on one side is nothing there."""
    names, sides = list({**before, **now}), []
    for side in (before, now):
        found = [side.get(name, Share(0, 0)) for name in names]
        sides.append(Shares.of([each.top for each in found], [each.bottom for each in found]))
    return names, ratio_effects(*sides)


def _told(before: dict[str, Share], now: dict[str, Share]) -> dict[str, tuple[Fraction, Fraction]]:
    names, found = _effects(before, now)
    assert found is not None
    return dict(zip(names, zip(found.rate.exact, found.mix.exact, strict=True), strict=True))


@given(st.lists(st.tuples(amounts, amounts), min_size=1), st.integers(min_value=1, max_value=1_000_000))
def test_differences_add_up_to_the_change_of_the_sum(parts: list[tuple[int, int]], over: int) -> None:
    before, now = zip(*parts, strict=True)
    nothing = [0] * len(parts)
    found = sum_effects(Shares.of(before, nothing), Shares.of(now, nothing), over=over)
    assert sum(found.totals) == Fraction(sum(now) - sum(before), over)
    assert found.totals == found.rate.exact


@given(shares, shares)
def test_rate_and_mix_add_up_to_the_change_of_the_ratio(before: dict[str, Share], now: dict[str, Share]) -> None:
    _names, found = _effects(before, now)
    if found is None:
        assert not sum(each.bottom for each in before.values()) or not sum(each.bottom for each in now.values())
        return
    assert sum(found.totals) == _ratio(now) - _ratio(before)
    assert found.cells.exact == [each for pair in zip(found.rate.exact, found.mix.exact, strict=True) for each in pair]


@given(shares)
def test_nothing_moved_by_a_whole_that_doubles(parts: dict[str, Share]) -> None:
    twice = {name: Share(each.top * 2, each.bottom * 2) for name, each in parts.items()}
    _names, found = _effects(parts, twice)
    assert found is None or not any(found.cells.exact)


def test_a_worked_example_of_rate_and_mix() -> None:
    """Two stores at 10 % and 30 %: A keeps its rate and doubles, B goes to 40 %."""
    before = {"A": Share(10, 100), "B": Share(30, 100)}
    now = {"A": Share(20, 200), "B": Share(40, 100)}
    # R0 = 0.2, R1 = 0.2; A's weight 1/2 -> 2/3, B's 1/2 -> 1/3; the mean of both ratios is 0.2
    assert _told(before, now) == {
        "A": (Fraction(0), Fraction(1, 6) * (Fraction(1, 10) - Fraction(1, 5))),
        "B": (
            Fraction(1, 10) * (Fraction(1, 2) + Fraction(1, 3)) / 2,
            Fraction(-1, 6) * (Fraction(35, 100) - Fraction(1, 5)),
        ),
    }


@given(shares, shares)
def test_whole_numbers_give_what_the_formulas_say(before: dict[str, Share], now: dict[str, Share]) -> None:
    if _effects(before, now)[1] is None:
        return
    found = _told(before, now)
    whole0, whole1 = (sum(each.bottom for each in side.values()) for side in (before, now))
    middle = (_ratio(before) + _ratio(now)) / 2
    for name in before.keys() & now.keys():
        old, new = before[name], now[name]
        if not old.bottom or not new.bottom:
            continue
        rates = Fraction(*old), Fraction(*new)
        weights = Fraction(old.bottom, whole0), Fraction(new.bottom, whole1)
        assert found[name] == (
            (rates[1] - rates[0]) * sum(weights) / 2,
            (weights[1] - weights[0]) * (sum(rates) / 2 - middle),
        )


def test_a_part_that_appears_is_all_mix_and_a_balance_is_not_told_apart() -> None:
    found = _told(
        {"A": Share(50, 100)},
        {"A": Share(50, 100), "B": Share(9, 10)},
    )
    assert found["B"][0] == 0
    assert found["B"][1] > 0
    names, balance = _effects(
        {"A": Share(60, 110), "rest": Share(-5, -10)},
        {"A": Share(70, 120), "rest": Share(-5, -10)},
    )
    assert balance is not None
    assert names == ["A", "rest"]
    assert balance.mix.exact[0] != 0
    assert balance.mix.exact[1] == 0
    assert balance.rate.exact[1] == balance.totals[1] != 0


@given(st.builds(Share, amounts, counts), st.builds(Share, amounts, counts))
def test_numerator_and_denominator_add_up_to_the_change(before: Share, now: Share) -> None:
    found = quotient_effects(before, now)
    assert (found is None) == (not before.bottom or not now.bottom)
    if found is not None:
        assert sum(found.exact) == Fraction(*now) - Fraction(*before)


@given(
    st.lists(st.tuples(amounts, st.integers(min_value=1, max_value=700)), min_size=1, max_size=9),
    st.integers(min_value=0, max_value=6),
    st.sampled_from([Fraction(1), Fraction(100), Fraction(-3, 7)]),
)
def test_spread_parts_add_up_to_the_rounded_total(pairs: list[tuple[int, int]], places: int, factor: Fraction) -> None:
    parts = Quotients(*Shares.of(*zip(*pairs, strict=True)))
    exact = [part * factor for part in parts.exact]
    total = Decimal(round(sum(exact, Fraction(0)) * 10**places)).scaleb(-places)
    found = spread(parts, total, places=places, factor=factor)
    assert sum(found) == total
    assert all(abs(Fraction(x) - part) < Fraction(1, 10**places) for x, part in zip(found, exact, strict=True))


def test_nothing_to_spread_is_nothing() -> None:
    assert spread(Quotients(*Shares.of([], [])), Decimal(0), places=2) == []
