"""The bonus in a scenario's price: exactly what the month's run calculates once the scenario is applied."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kpis.choices import PayPlanState
from kpis.incentives.specs import Component, Phase, Plan, Pool, PoolKey, Rate, ScoreBonus
from kpis.incentives.texts import plan_node
from kpis.models import PayPlan, PayRun
from kpis.queries.pay.draft_pay import PayEffect, PayMove, PaySide
from kpis.services.pay.runs import open_run, request_calculation
from kpis.services.weights import set_weights
from omnichannel.core.text import Bilingual
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from orgstages.services.pricing import price
from roles.catalogue import RoleKey, StageKey
from roles.services.scenarios import apply, approve, submit
from tests.kpis.door import work
from tests.kpis.retailer import NOVEMBER, SINCE
from tests.kpis.test_move_effect import FIRST, TODAY, build
from tests.orgstages.test_scenarios import backdated, rebuilt

SALES, SCORE = Bilingual("门店提成", "store rate"), Bilingual("绩效奖", "score bonus")
POOL = Bilingual("门店奖金池", "store pool")


def holds(key: str, unit: str, *roles: str, components: tuple[Component, ...]) -> None:
    plan = Plan(key, Bilingual(key, key), Phase.GROWTH, roles, components)
    PayPlan.objects.create(
        key=key,
        state=PayPlanState.APPROVED,
        content=plan_node(plan),
        unit_external_id=unit,
        effective_from=SINCE,
    )


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build()
    pays()


def pays() -> None:
    """Guides of BU2 earn at another rate than those elsewhere; heads earn by their score."""
    pool = Component("pool", POOL, Pool("store_total_sales", Decimal("0.01"), PoolKey.EQUAL))
    rate = Component("rate", SALES, Rate("store_sales", Decimal("0.01")))
    dear = Component("rate", SALES, Rate("store_sales", Decimal("0.03")))
    holds("guides", "", "digital-guide", components=(rate, pool))
    holds("guides-bu2", "BU2", "digital-guide", components=(dear,))
    score = Component("score", SCORE, ScoreBonus(Decimal(5000)))
    holds("heads", "", "user-ops", "omni-strategy", "content-marketing", components=(score,))


def statements(actor: int) -> dict[str, Decimal]:
    run = PayRun.objects.first() or open_run(NOVEMBER, actor_id=actor)
    request_calculation(run.pk, actor_id=actor)
    work(JobKind.CALCULATE_PAY)
    found: dict[str, Decimal] = {}
    for person, amount in run.statements.values_list("person_external_id", "amount"):
        found[person] = found.get(person, Decimal(0)) + amount
    return found


@pytest.mark.usefixtures("retailer")
def test_the_pay_that_a_price_tells_is_what_the_run_calculates_once_it_is_applied(
    member: Callable[..., object], signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    who = member("owner").pk  # type: ignore[attr-defined]
    for stage in (StageKey.PROJECT, StageKey.FIRST_LEVEL):
        weights = {"sales_net": Decimal(100)}
        set_weights(RoleKey.OMNI_STRATEGY, stage, weights, effective_from=SINCE, actor_id=who)
    before, pk = statements(who), backdated()
    rebuilt(pk)
    found = price(pk, on=FIRST, today=TODAY)
    pay, effect = found.pay, found.effect
    assert pay is not None
    assert pay.before == sum(before.values())

    root = f"/w/acme/scenarios/{pk}/price/"
    shown = signed_in("hr_lead").get(root).content.decode()
    rows = list(csv.DictReader(io.StringIO(signed_in("hr_lead").get(root + "pay.csv").content.decode("utf-8-sig"))))
    assert {row["person"]: Decimal(row["change"]) for row in rows} == {one.person: one.change for one in pay.moves}
    assert all(one.person in shown for one in pay.moves)
    executive = signed_in("executive")
    assert "ES1" not in executive.get(root).content.decode()
    assert executive.get(root + "pay.csv").status_code == 403
    compared = f"/w/acme/scenarios/compare/?ids={pk}&ids={backdated('另一个')}&on={FIRST}"
    asked = {"accept-language": "en"}
    beside = signed_in("hr_lead").get(compared, headers=asked).content.decode()
    assert "Incentive pay of the month" in beside
    assert effect is not None
    assert effect.average_change is not None
    average = f"{effect.average_change:+.2f}".replace("-", "−")
    told = re.sub(r"<[^>]+>", "", beside.partition("Change of the scores, on average")[2].partition("</tr>")[0])
    assert told.endswith(average)
    assert "Incentive pay of the month" not in executive.get(compared, headers=asked).content.decode()
    api = f"/api/v1/workspaces/acme/scenarios/{pk}/price/"
    assert Decimal(api_client("hr_lead").get(api).json()["pay"]["change"]) == pay.change
    less = api_client("executive").get(api).json()["pay"]
    assert (less["before"], less["after"], less["people"], less["change"]) == (None, None, None, None)

    submit(pk, actor_id=None)
    approve(pk, actor_id=who)
    assert apply(pk, actor_id=None).is_ok
    work(JobKind.COMPUTE_VALUES)
    after = statements(who)
    assert {one.person: one.after.amount for one in pay.moves if one.after} == {
        one.person: after[one.person] for one in pay.moves if one.after
    }
    assert {one.person: one.before.amount for one in pay.moves if one.before} == {
        one.person: before[one.person] for one in pay.moves if one.before
    }
    same = {person for person in before.keys() | after.keys()} - {one.person for one in pay.moves}
    assert {person: after.get(person) for person in same} == {person: before.get(person) for person in same}
    assert (pay.after, pay.people) == (sum(after.values()), len(before.keys() | after.keys()))
    changed = {one.person: one.change for one in pay.moves}
    # ES1 sold 9 x 300 in S1: 1 % and a pool of 1 % alone before, 3 % after
    assert changed["ES1"] == Decimal("81.00") - Decimal("27.00") - Decimal("27.00")
    assert {"ES1", "ES2"} < changed.keys(), "the score of somebody moves as well"


def test_others_read_a_rough_sum_and_only_where_five_people_make_it() -> None:
    def moves(number: int) -> tuple[PayMove, ...]:
        sides = PaySide(Decimal(100), ("p",), "S1", True), PaySide(Decimal(133), ("p",), "S1", True)
        return tuple(PayMove(f"E{one}", f"E{one}", *sides) for one in range(number))

    four = PayEffect(Decimal(1000), Decimal(1132), 50, moves(4))
    five = PayEffect(Decimal(1000), Decimal(1165), 50, moves(5))
    assert (four.rough_change, five.change, five.rough_change) == (None, Decimal(165), Decimal(200))
    # and two drafts that differ by one person's pay of thousands do not tell it
    dear = PayMove("E9", "E9", None, PaySide(Decimal(4321), ("p",), "S1", True))
    with_dear = PayEffect(Decimal(1000), Decimal(1165) + 4321, 50, (*moves(5), dear))
    assert with_dear.rough_change == Decimal(5000)
