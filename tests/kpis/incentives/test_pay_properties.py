"""What holds for the money of any month, whatever its rows: Hypothesis over facts, plans and shares."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from kpis.incentives.calculating import calculate
from kpis.incentives.documents import facts_node, payout_node, read_facts, sharing_of
from kpis.incentives.specs import CENT, Facts, PoolKey
from kpis.incentives.templates import load_bases, load_templates
from kpis.incentives.texts import plan_node, read_plan

MONEY = st.decimals(min_value=0, max_value=500_000, places=2)
COUNTS = st.integers(min_value=0, max_value=400).map(Decimal)
BASES = sorted(load_bases())
PLANS = st.sampled_from(sorted(load_templates()))
SHIFTS = st.dictionaries(st.sampled_from([f"P{n}" for n in range(12)]), st.integers(0, 31).map(Decimal), min_size=1)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """A person's month with any figures, any of them missing."""
    return Facts(
        "P1",
        draw(st.dictionaries(st.sampled_from(BASES), st.one_of(MONEY, COUNTS))),
        draw(st.dictionaries(st.sampled_from(BASES), MONEY)),
        draw(st.none() | st.decimals(min_value=0, max_value=130, places=2)),
        draw(st.frozensets(st.sampled_from(["complaint_rate", "contact_loss_rate"]))),
        {PoolKey.SHIFTS: draw(SHIFTS), PoolKey.EQUAL: {"P1": Decimal(1)}},
    )


@given(name=PLANS, facts=any_facts())
def test_a_statement_is_worked_out_again_from_what_is_stored_of_it(name: str, facts: Facts) -> None:
    plan = load_templates()[name]
    stored = json.loads(json.dumps([plan_node(plan), facts_node(facts)]))
    others = {person for weights in facts.attendance.values() for person in weights}
    theirs = [(each, "", facts_node(replace(facts, person=each))["attendance"]) for each in sorted(others)]
    first = calculate(plan, facts)
    again = calculate(read_plan(stored[0]), read_facts(stored[1], sharing_of(theirs)))
    assert payout_node(again) == payout_node(first)
    assert not others & set(json.dumps(stored[1]["attendance"]).split('"'))  # a colleague stands on their own statement


@given(name=PLANS, facts=any_facts())
def test_a_statement_is_the_sum_of_its_lines_and_of_the_bounds_of_its_plan(name: str, facts: Facts) -> None:
    payout = calculate(load_templates()[name], facts)
    lines = [line.amount for line in payout.lines if line.amount is not None]
    assert payout.amount == sum(lines, Decimal(0)) + sum((bound.delta for bound in payout.bounds), Decimal(0))
    assert payout.amount == payout.amount.quantize(CENT)
    assert payout.is_complete == (len(lines) == len(payout.lines))


@given(sold=MONEY, shifts=SHIFTS)
def test_what_the_people_of_a_store_get_of_its_pool_is_the_pool(sold: Decimal, shifts: dict[str, Decimal]) -> None:
    plan = load_templates()["shift-pool"]
    payouts = [
        calculate(plan, Facts(person, {"store_home_sales": sold}, attendance={PoolKey.SHIFTS: shifts}))
        for person in shifts
    ]
    if not any(shifts.values()):
        assert not any(payout.is_complete for payout in payouts)
        return
    pool = (sold * Decimal("0.02")).quantize(CENT, rounding=ROUND_HALF_UP)
    assert sum((payout.amount for payout in payouts), Decimal(0)) == pool


@given(name=PLANS, facts=any_facts(), order=st.randoms(use_true_random=False))
def test_the_order_in_which_facts_were_read_does_not_matter(name: str, facts: Facts, order: object) -> None:
    mixed = sorted(facts.quantities.items(), key=lambda _pair: order.random())  # type: ignore[attr-defined] # Random
    other = Facts(
        facts.person, dict(mixed), facts.targets, facts.score, frozenset(sorted(facts.red)[::-1]), facts.attendance
    )
    plan = load_templates()[name]
    assert payout_node(calculate(plan, other)) == payout_node(calculate(plan, facts))
    assert facts_node(other) == facts_node(facts)
