"""Scenarios of today, of a day to come and of the month in course: the day shows what the price said, to the digit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from kpis.models import KpiValue
from kpis.queries.move_effect import CardMove
from kpis.queries.subjects import Organisation, organisation, person_subjects
from kpis.queries.weights import weights_on
from kpis.services.grading import weights_for
from kpis.services.values import request_computation
from kpis.services.weights import set_weights
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from orgstages.queries.diagnosis import Diagnosed, diagnose_all
from orgstages.queries.prices import Price, VerdictShift
from orgstages.services.pricing import price
from roles.catalogue import RoleKey, StageKey
from roles.choices import Thing
from roles.models import OrgRevision
from roles.queries.consequences import snapshot
from roles.queries.org_prices import org_price, totals, unit_sides
from roles.services.effects import take_effect
from roles.services.moving import move
from roles.services.scenarios import apply, approve, submit
from tests.kpis.door import work
from tests.kpis.retailer import NOVEMBER, SINCE
from tests.kpis.test_move_effect import FIRST, build
from tests.orgstages.test_scenario_pay import pays, statements
from tests.orgstages.test_scenarios import backdated, rebuilt, stored

Verdicts = dict[str, tuple[object, ...]]
MID_NOVEMBER = datetime(2024, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build()
    pays()


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def shown(found: Iterable[Diagnosed | None]) -> Verdicts:
    """Return everything that the diagnostic shows of each unit."""
    return {
        each.unit.external_id: (each.unit.name, each.period, each.verdict, each.adopted, dict(each.answers))
        for each in found
        if each is not None
    }


def side(shifts: Iterable[VerdictShift], name: str) -> Verdicts:
    return shown(getattr(shift, name) for shift in shifts)


def figures() -> list[tuple[object, ...]]:
    rows = KpiValue.objects.filter(period="2024-11", is_current=True).order_by("kpi", "scope_kind", "scope_id")
    return list(rows.values_list("kpi", "scope_kind", "scope_id", "value", "computation_id"))


def graded(card: CardMove) -> tuple[object, ...] | None:
    """Return what the scenario makes of a card: where it is graded, by which weights, and how."""
    after = card.after
    return after and (after.unit, after.stage, after.subtype, after.source, after.score, after.lines)


def cards(found: Price) -> dict[tuple[str, str], tuple[object, ...] | None]:
    assert found.effect is not None
    return {(card.person, card.role): graded(card) for card in found.effect.cards}


def weighed(found: Organisation, *, on: date) -> Iterator[tuple[tuple[str, str], dict[str, Decimal]]]:
    """Yield the weights in force for each person and role of the live organisation."""
    weights = weights_on(on)
    for one in person_subjects(found):
        if one.role:
            yield (one.scope.id, one.role), dict(weights_for(one, found=found, weights=weights).weights)


@pytest.mark.usefixtures("retailer")
@pytest.mark.parametrize("ahead", [0, 40])
def test_what_the_price_says_is_what_the_day_shows_and_no_month_that_is_over_changes(
    member: Callable[..., object], signed_in: Callable[..., Client], ahead: int
) -> None:
    who = member("owner").pk  # type: ignore[attr-defined]
    for stage in (StageKey.PROJECT, StageKey.FIRST_LEVEL):
        set_weights(RoleKey.OMNI_STRATEGY, stage, {"sales_net": Decimal(100)}, effective_from=SINCE, actor_id=who)
    today = timezone.localdate()
    on = today + timedelta(days=ahead)
    pk, long_ago = backdated(on=on), backdated("从十一月起")
    rebuilt(pk, on=on)
    rebuilt(long_ago)
    found, earlier = price(pk, on=on, today=today), price(long_ago, on=FIRST, today=today)
    before, kept, paid = snapshot(on), (stored(), figures()), statements(who)
    assert side(found.verdicts, "before") == shown(diagnose_all(as_of=on))
    page = signed_in("hr_lead").get(f"/w/acme/scenarios/{pk}/price/", headers={"accept-language": "en"})
    assert "2024-11 ended before the change begins, so its scorecards and pay stay as they are" in page.content.decode()
    beside = f"/w/acme/scenarios/compare/?ids={pk}&ids={long_ago}&on={on}"
    page = signed_in("hr_lead").get(beside, headers={"accept-language": "en"})
    assert page.content.decode().count("rows counted anew: ") == sum(
        shift.recounted is not None for shift in found.verdicts
    )

    submit(pk, actor_id=None)
    approve(pk, actor_id=who)
    assert apply(pk, actor_id=None).is_ok
    with time_machine.travel(noon(on), tick=False):
        told = take_effect(now=noon(on))
    assert told == (1 if ahead else 0)
    assert OrgRevision.objects.filter(in_effect_until=on).exists() is bool(ahead)
    work(JobKind.COMPUTE_VALUES)

    # people, money, seats, spans, layers and coverage
    now = snapshot(on)
    assert found.organisation is not None
    assert (found.organisation.before, found.organisation.after) == (
        totals(before, unit_sides(before)),
        totals(now, unit_sides(now)),
    )
    assert found.organisation == org_price(before, now)
    assert {unit.unit for unit in found.organisation.units} >= {"BU1", "BU2", "R1", "S9"}
    # stages, with every fact behind them
    assert side(found.verdicts, "after") == shown(diagnose_all(as_of=on))
    assert any(shift.differs for shift in found.verdicts)
    # weights of everybody whose card changes; the cards themselves, and pay, are what the month would have come to
    live = dict(weighed(organisation(on), on=on))
    told_weights = {
        (card.person, card.role): {line.kpi: line.weight for line in card.after.lines}
        for card in (found.effect.cards if found.effect else ())
        if card.after and card.role
    }
    assert told_weights == {key: live[key] for key in told_weights}
    assert {"P1", "P2"} <= {person for person, _role in told_weights}
    assert found.effect is not None
    assert found.effect.month_stays
    assert not found.is_recounted
    assert (stored(), figures()) == kept
    assert statements(who) == paid
    # that is what the same changes give when they are dated back, which is found exactly so once they are applied
    assert earlier.effect is not None
    assert not earlier.effect.month_stays
    assert earlier.is_recounted
    assert cards(found) == cards(earlier)
    assert found.pay == earlier.pay
    assert found.pay is not None
    assert found.pay.change
    recounted = {shift.unit: shift.recounted.verdict for shift in found.verdicts if shift.recounted}
    assert recounted
    back = {shift.unit: shift.after.verdict for shift in earlier.verdicts if shift.after}
    assert recounted == {unit: back[unit] for unit in recounted}


@pytest.mark.usefixtures("in_workspace")
def test_the_month_in_course_is_computed_again_with_all_that_is_planned_in_it(member: Callable[..., object]) -> None:
    who = member("owner").pk  # type: ignore[attr-defined]
    with time_machine.travel(MID_NOVEMBER, tick=False):
        build()
        today = timezone.localdate()
        assert move(Thing.UNITS, "S9", to="BU1", on=today + timedelta(days=5), actor_id=None).is_ok
        request_computation([NOVEMBER], actor_id=None)
        work(JobKind.COMPUTE_VALUES)
        pk = backdated(on=today)
        rebuilt(pk, on=today)
        found = price(pk, on=today, today=today)
        assert (found.counted, found.is_recounted) == (NOVEMBER, True)
        assert side(found.verdicts, "before") == shown(diagnose_all(as_of=today))
        submit(pk, actor_id=None)
        approve(pk, actor_id=who)
        assert apply(pk, actor_id=None).is_ok
        work(JobKind.COMPUTE_VALUES)
        assert side(found.verdicts, "after") == shown(diagnose_all(as_of=today))
        assert any(shift.differs for shift in found.verdicts)


@pytest.mark.usefixtures("retailer")
def test_own_stores_count_where_the_figures_of_the_month_count_them(signed_in: Callable[..., Client]) -> None:
    """A unit that has taken over stores since is not held to have sold what its figures do not hold."""
    today = timezone.localdate()
    (stays,) = (each.answers["B1"].fact for each in diagnose_all(as_of=today) if each.unit.external_id == "BU2")
    assert move(Thing.UNITS, "R1", to="BU2", on=today, actor_id=None).is_ok
    (moved,) = (each for each in diagnose_all(as_of=today) if each.unit.external_id == "BU2")
    assert stays is not None
    assert moved.answers["B1"].fact == stays
    assert (stays.numerator, stays.denominator) == (Decimal(630), Decimal(630))
    pages = [
        signed_in("hr_lead").get(f"/w/acme/stages/units/{unit}/", headers={"accept-language": "en"}).content.decode()
        for unit in ("BU2", "G")
    ]
    assert ["They count the units of 2024-11-30, when others stood in this one." in page for page in pages] == [
        True,
        False,
    ]
