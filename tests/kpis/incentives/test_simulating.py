"""Plans held against each other, and who stands near a jump: worked out by hand."""

from __future__ import annotations

from decimal import Decimal

from kpis.incentives.calculating import calculate, what_if
from kpis.incentives.edges import EdgeKind, edges
from kpis.incentives.simulating import Place, Side, changes, comparison
from kpis.incentives.specs import (
    Cliff,
    Component,
    Facts,
    Fixed,
    Gate,
    Phase,
    Plan,
    Rate,
    Scale,
    Step,
    TierMode,
    Tiers,
)
from kpis.incentives.templates import load_bases
from omnichannel.core.text import Bilingual

NAMES = Bilingual("奖", "bonus")
HERE = Place("S1", "digital-guide")


def plan(*components: Component) -> Plan:
    return Plan("p", NAMES, Phase.GROWTH, ("digital-guide",), components)


def facts(person: str, contacts: int, *, red: frozenset[str] = frozenset()) -> Facts:
    quantities = {"valid_contacts": Decimal(contacts)}
    return Facts(person, quantities, targets={"valid_contacts": Decimal(100)}, red=red)


def ladder(mode: TierMode) -> Plan:
    steps = (Step(Decimal(0), Decimal(1)), Step(Decimal(100), Decimal(2)))
    return plan(Component("c", NAMES, Tiers("valid_contacts", mode, Scale.QUANTITY, steps)))


def test_just_under_a_step_that_pays_everything_anew_the_jump_is_worth_what_reaching_it_brings() -> None:
    (under,) = edges(ladder(TierMode.WHOLE), facts("A", 96), load_bases())
    assert (under.kind, under.point, under.is_under) == (EdgeKind.STEP, 100, True)
    assert under.money == Decimal(104)  # 100 at 2 less 96 at 1
    (over,) = edges(ladder(TierMode.WHOLE), facts("A", 103), load_bases())
    assert (over.is_under, over.money) == (False, Decimal(107))  # 103 at 2 less 99 at 1
    assert list(edges(ladder(TierMode.WHOLE), facts("A", 94), load_bases())) == []
    assert list(edges(ladder(TierMode.WHOLE), facts("A", 106), load_bases())) == []


def test_bands_at_their_own_price_have_no_jump() -> None:
    assert list(edges(ladder(TierMode.BAND), facts("A", 99), load_bases())) == []


def test_a_cliff_is_a_jump_of_all_that_stands_behind_it() -> None:
    gated = plan(Component("f", NAMES, Fixed(Decimal(500)), cliff=Cliff("valid_contacts", Decimal("0.8"))))
    (under,) = edges(gated, facts("A", 79), load_bases())
    assert (under.kind, under.point, under.money) == (EdgeKind.CLIFF, 80, 500)
    (over,) = edges(gated, facts("A", 80), load_bases())
    assert (over.is_under, over.money) == (False, 500)
    assert what_if(gated, facts("A", 79), base="valid_contacts", more=Decimal(1)) == 500


def test_winners_losers_and_causes_add_up_to_the_change_of_the_whole() -> None:
    rate = plan(Component("r", Bilingual("拉新奖", "contacts"), Rate("valid_contacts", Decimal(3))))
    fixed = plan(
        Component("r", Bilingual("拉新奖", "contacts"), Rate("valid_contacts", Decimal(1))),
        Component("f", Bilingual("固定奖", "fixed"), Fixed(Decimal(100)), gates=(Gate("nps"),)),
    )
    before, after = Side(), Side()
    people = {"A": facts("A", 10), "B": facts("B", 90), "C": facts("C", 50, red=frozenset({"nps"}))}
    for month in ("2026-01", "2026-02"):
        for each in people.values():
            before.add(month, HERE, calculate(rate, each))
            after.add(month, HERE, calculate(fixed, each))
    found = {each.person: each for each in changes(before, after)}
    assert {person: each.change for person, each in found.items()} == {"A": 160, "B": -160, "C": -200}
    assert found["A"].causes == (("f", Decimal(200)), ("r", Decimal(-40)))
    for each in found.values():
        assert sum(delta for _key, delta in each.causes) == each.change
    told = comparison(before, after, list(found.values()), months=["2026-01", "2026-02"])
    assert (told["winners"], told["won"], told["losers"], told["lost"]) == (1, "160.00", 2, "-360.00")
    assert Decimal(told["after"]) - Decimal(told["before"]) == Decimal("160.00") + Decimal("-360.00")
    assert sum(Decimal(month["after"]) for month in told["months"]) == Decimal(told["after"])
    assert sum(band["count"] for band in told["bands"]) == 3
    assert {band["low"]: band["count"] for band in told["bands"] if band["count"]} == {"-200": 2, "50": 1}
    assert [(unit["id"], unit["people"], unit["before"]) for unit in told["units"]] == [("S1", 3, "900.00")]
    closed = {"component": "f", "kind": "gate", "before": {"count": 0, "money": "0"}}
    assert told["closed"] == [closed | {"after": {"count": 2, "money": "200"}}]


def test_who_is_paid_on_one_side_only_wins_or_loses_all_of_it() -> None:
    rate = plan(Component("r", NAMES, Rate("valid_contacts", Decimal(3))))
    before, after = Side(), Side()
    before.add("2026-01", HERE, calculate(rate, facts("A", 10)))
    after.add("2026-01", Place("S2", "live-host"), calculate(rate, facts("B", 5)))
    found = {each.person: (each.change, each.unit) for each in changes(before, after)}
    assert found == {"A": (Decimal(-30), "S1"), "B": (Decimal(15), "S2")}
