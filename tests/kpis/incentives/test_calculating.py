"""The arithmetic of pay: golden sheets to the cent, and what must hold for any plan."""

from __future__ import annotations

import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.incentives.calculating import BoundKind, ahead, calculate, what_if
from kpis.incentives.specs import Facts, PoolKey, clawback_ends
from kpis.incentives.templates import load_bases, load_templates
from tests.kpis.incentives.golden import SHEETS, Sheet, facts

CENTS = st.decimals(min_value=0, max_value=500_000, places=2)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.plan)
def test_a_ready_plan_pays_what_was_worked_out_by_hand(sheet: Sheet) -> None:
    payout = calculate(load_templates()[sheet.plan], sheet.facts)
    assert [str(line.amount) for line in payout.lines] == list(sheet.lines)
    assert str(payout.amount) == sheet.total


def test_every_ready_plan_has_a_golden_sheet() -> None:
    assert {sheet.plan for sheet in SHEETS} == set(load_templates())
    assert len(load_templates()) >= 12


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.plan)
def test_a_line_is_its_parts_and_its_bounds(sheet: Sheet) -> None:
    for line in calculate(load_templates()[sheet.plan], sheet.facts).lines:
        assert line.amount is not None
        exact = sum((part.amount for part in line.parts), Decimal(0)) + sum((b.delta for b in line.bounds), Decimal(0))
        assert abs(exact - line.amount) <= line.component.step / 2


def test_a_missing_figure_is_no_data_and_never_nothing() -> None:
    payout = calculate(load_templates()["guide-composite"], facts(store_sales="90000", mall_sales="0"))
    assert [line.amount for line in payout.lines] == [Decimal("900.00"), Decimal("0.00"), None, None]
    assert [(m.what, m.base) for line in payout.lines if (m := line.missing)] == [
        ("quantity", "valid_contacts"),
        ("score", ""),
    ]
    assert not payout.is_complete


def test_a_cliff_that_cannot_be_judged_is_no_data() -> None:
    (line,) = calculate(load_templates()["cliff"], facts(mall_sales="100")).lines
    assert line.amount is None
    assert line.missing is not None


def test_a_closed_gate_names_its_alert() -> None:
    payout = calculate(
        load_templates()["care"], facts(None, ("complaint_rate",), repurchase_customers="0", recalled_customers="3")
    )
    (bound,) = payout.lines[1].bounds
    assert (bound.kind, bound.on, bound.delta) == (BoundKind.GATE, "complaint_rate", Decimal("-30"))


def test_six_more_contacts_are_what_the_later_month_pays_more() -> None:
    plan = load_templates()["growth-contacts"]
    now = facts(targets={"valid_contacts": "40"}, valid_contacts="37")
    later = facts(targets={"valid_contacts": "40"}, valid_contacts="43")
    more = what_if(plan, now, base="valid_contacts", more=Decimal(6))
    assert more == Decimal("24.00")  # three at 3, three at 5
    assert calculate(plan, now).amount + more == calculate(plan, later).amount


def test_the_next_step_is_told_in_things_to_do_and_in_money() -> None:
    plan = load_templates()["care"]
    (step,) = ahead(plan, facts(repurchase_customers="17", recalled_customers="0"), dict(load_bases()))
    assert (step.component.id, step.more, step.gain) == ("again", Decimal(3), Decimal("75.00"))  # 20 x 8 - 17 x 5


def test_the_last_step_has_nothing_ahead() -> None:
    assert ahead(load_templates()["care"], facts(repurchase_customers="25"), dict(load_bases())) == ()


@given(pool=CENTS, shifts=st.lists(st.integers(min_value=0, max_value=31), min_size=1, max_size=12))
def test_a_pool_is_shared_to_the_cent_in_any_order(pool: Decimal, shifts: list[int]) -> None:
    plan = load_templates()["shift-pool"]
    people = {f"P{at}": Decimal(many) for at, many in enumerate(shifts)}
    if not sum(shifts):
        return
    mixed = list(people.items())
    random.Random(7).shuffle(mixed)
    paid = [
        [
            calculate(
                plan, Facts(person, {"store_home_sales": pool}, {}, None, frozenset(), {PoolKey.SHIFTS: attendance})
            ).amount
            for person in people
        ]
        for attendance in (people, dict(mixed))
    ]
    assert paid[0] == paid[1]
    assert sum(paid[0]) == (pool * Decimal("0.02")).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(less=CENTS, more=CENTS)
def test_selling_more_never_pays_less(less: Decimal, more: Decimal) -> None:
    low, high = sorted([less, more])
    for name, plan in load_templates().items():
        if name == "growth-manager":
            continue
        amounts = [
            calculate(
                plan,
                facts(
                    targets={"store_sales": "80000", "mall_sales": "20000"}, store_sales=str(sold), mall_sales=str(sold)
                ),
            ).amount
            for sold in (low, high)
        ]
        assert amounts[0] <= amounts[1], name


@given(sold=CENTS, guides=st.integers(min_value=1, max_value=7), managers=st.integers(min_value=0, max_value=2))
def test_a_split_pays_each_role_its_part_to_the_cent(sold: Decimal, guides: int, managers: int) -> None:
    plan = load_templates()["store-split"]
    roles = {f"G{at}": "digital-guide" for at in range(guides)}
    roles |= {f"M{at}": "training-enablement" for at in range(managers)}
    shifts = {PoolKey.SHIFTS: {person: Decimal(20 + at) for at, person in enumerate(roles)}}
    paid = {
        person: calculate(
            plan, Facts(person, {"store_total_sales": sold}, {}, None, frozenset(), shifts, role, roles)
        ).amount
        for person, role in roles.items()
    }
    pool = (sold / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    ours = sum(amount for person, amount in paid.items() if roles[person] == "digital-guide")
    assert abs(ours - pool * Decimal("0.8")) < Decimal("0.01")
    assert sum(paid.values()) == (pool if managers else ours)  # nobody holds the role: its part stays with the company


def test_a_split_without_the_persons_role_is_no_data() -> None:
    (line,) = calculate(load_templates()["store-split"], facts(store_total_sales="1000")).lines
    assert line.amount is None


def test_what_is_missing_to_the_accelerator_is_told() -> None:
    plan = load_templates()["over-target"]
    held = facts(targets={"mall_sales": "20000", "valid_contacts": "40"}, mall_sales="25000", valid_contacts="45")
    (step,) = ahead(plan, held, dict(load_bases()))
    assert (step.component.id, step.more, step.gain) == ("contacts", Decimal(3), Decimal("9.00"))


def test_late_refunds_count_until_a_day() -> None:
    assert clawback_ends(date(2026, 2, 10), 30) == date(2026, 3, 12)
    assert clawback_ends(date(2026, 2, 10), 0) == date(2026, 2, 10)
    assert clawback_ends(date(2026, 2, 10), None) is None
