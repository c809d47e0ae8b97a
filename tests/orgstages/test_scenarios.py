"""Scenarios: what the price says is what applying gives; who sees what; the pages and their queries."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kpis.choices import AutoLoad
from kpis.models import Scorecard
from kpis.services.weights import set_weights
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from orgstages.queries.diagnosis import Diagnosed, diagnose_all
from orgstages.services.pricing import price
from orgstages.services.scenario_drafts import scenario_of_subtype
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.choices import Thing
from roles.models import Scenario
from roles.queries.consequences import snapshot
from roles.queries.org_prices import totals, unit_sides
from roles.services.ending import end
from roles.services.moving import move
from roles.services.scenarios import apply, approve, conflicts, create, edited, share, submit
from roles.services.stages import adopt_stage
from roles.services.sync import PersonInput, SeatInput, UnitInput, upsert_people, upsert_seats, upsert_units
from tests.kpis.door import orders_csv, put, work
from tests.kpis.retailer import NOVEMBER, SINCE, build_organisation
from tests.kpis.test_move_effect import FIRST, TODAY, build


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build()
    seats = [SeatInput("POS1", "S1", "店长", planned_fte=Decimal(1), monthly_budget=Decimal(9000))]
    assert upsert_seats(seats, effective_on=SINCE, actor_id=None).is_ok


@pytest.fixture
def organisation(in_workspace: Workspace) -> None:
    build_organisation()
    assert upsert_units([UnitInput("BU2", "男装", "business_unit", "G")], effective_on=SINCE, actor_id=None).is_ok


def backdated(name: str = "草案", *, on: date = FIRST) -> int:
    """Make a scenario that holds from the first day of the closed month, so that its computation can be repeated."""
    return int(Scenario.objects.create(name=name, effective_on=on, baseline=0).pk)


def rebuilt(pk: int, *, on: date = FIRST) -> None:
    """Move the region to another business, give it a stage of its own, and hire somebody there."""
    with edited(pk, actor_id=None):
        assert move(Thing.UNITS, "R1", to="BU2", on=on, actor_id=None).is_ok
        adopt_stage("BU2", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=on, actor_id=None)
        new = [PersonInput("N1", "S9", on, display_name="新人", monthly_cost=Decimal(8000))]
        assert upsert_people(new, effective_on=on, actor_id=None).is_ok
        for person in ("P1", "P2"):
            assert move(Thing.PEOPLE, person, to="BU2", on=on, actor_id=None).is_ok


def stored() -> dict[tuple[str, str], tuple[Decimal | None, str, str]]:
    rows = Scorecard.objects.filter(period="2024-11", scope_kind="employee", is_current=True)
    return {(row.scope_id, row.role_key): (row.score, row.stage, row.subtype) for row in rows}


def diagnosed(unit: str) -> Diagnosed:
    """Return the diagnosis of one unit on what is stored."""
    (found,) = (one for one in diagnose_all(as_of=NOVEMBER.last_day) if one.unit.external_id == unit)
    return found


def facts(found: Diagnosed) -> dict[str, tuple[object, ...]]:
    return {
        key: (one.option, one.fact.value, one.fact.numerator, one.fact.denominator) if one.fact else (one.option,)
        for key, one in found.answers.items()
    }


@pytest.mark.usefixtures("retailer")
def test_what_the_price_says_is_what_applying_and_computing_again_gives_to_the_digit(
    member: Callable[..., object],
) -> None:
    who = member("owner").pk  # type: ignore[attr-defined]
    for stage in (StageKey.PROJECT, StageKey.FIRST_LEVEL):
        weights = {"sales_net": Decimal(100)}
        set_weights(RoleKey.OMNI_STRATEGY, stage, weights, effective_from=SINCE, actor_id=who)
    before, pk = stored(), backdated()
    rebuilt(pk)
    found = price(pk, on=FIRST, today=TODAY)
    assert (stored(), price(pk, on=FIRST, today=TODAY)) == (before, found), "looking changes nothing"
    assert found.organisation is not None
    assert found.effect is not None
    assert found.left_out == ()

    submit(pk, actor_id=None)
    approve(pk, actor_id=who)
    assert apply(pk, actor_id=None).is_ok
    work(JobKind.COMPUTE_VALUES)

    after = stored()
    told = {(card.person, card.role): card for card in found.effect.cards}
    for key, card in told.items():
        assert (
            (card.after.score, card.after.stage, card.after.subtype) == after[key] if card.after else key not in after
        )
        assert (card.before.score if card.before else None) == before.get(key, (None,))[0]
    unchanged = {key for key in {*before, *after} if key not in told}
    assert {key: after.get(key) for key in unchanged} == {key: before.get(key) for key in unchanged}
    assert any(card.change for card in told.values())

    now = snapshot(FIRST)
    sides = unit_sides(now)
    assert found.organisation.after == totals(now, sides)
    assert found.organisation.after.people == found.organisation.before.people + 1
    assert found.organisation.after.money.cost - found.organisation.before.money.cost == 8000
    for unit in found.organisation.units:
        assert unit.after == sides.get(unit.unit)
    assert {unit.unit for unit in found.organisation.units} >= {"BU1", "BU2", "R1", "S9"}

    diagnosed = {one.unit.external_id: one for one in diagnose_all(as_of=NOVEMBER.last_day)}
    assert {shift.unit for shift in found.verdicts} == set(diagnosed)
    for shift in found.verdicts:
        assert shift.after is not None
        assert shift.after.verdict == diagnosed[shift.unit].verdict
        assert facts(shift.after) == facts(diagnosed[shift.unit])
    assert any(shift.differs for shift in found.verdicts)
    assert [(one.unit, one.after.subtype) for one in found.subtypes] == [("BU2", SubtypeKey.USER_GROWTH_DRIVEN)]
    assert found.subtypes[0].relations


@pytest.mark.usefixtures("retailer")
def test_rows_loaded_since_the_last_computation_are_no_change_of_the_scenario() -> None:
    pk = backdated()
    rebuilt(pk)
    lines = [
        f"M{number},C{number},store,S1,ES1,2024-11-{number + 1:02} 10:00:00,paid,900,0,0,900,1" for number in range(9)
    ]
    put(orders_csv(*lines), auto=AutoLoad.CLEAN)
    work()
    stored_verdict = facts(diagnosed("BU1"))
    (told,) = (shift.before for shift in price(pk, on=FIRST, today=TODAY).verdicts if shift.unit == "BU1")
    work(JobKind.COMPUTE_VALUES)
    assert told is not None
    assert stored_verdict["A12"] != facts(diagnosed("BU1"))["A12"] == facts(told)["A12"]


@pytest.mark.usefixtures("retailer")
def test_pages_show_it_in_both_languages_and_hide_pay_and_people_from_those_who_may_not_see_them(
    signed_in: Callable[..., Client],
) -> None:
    pk = backdated("华东并入")
    rebuilt(pk)
    hr, executive, analyst = signed_in("hr_lead"), signed_in("executive"), signed_in("analyst")
    root = f"/w/acme/scenarios/{pk}/"
    for language in ("zh-hans", "en"):
        for path in ("", "before/", "after/", "price/", "conflicts/"):
            answer = hr.get(root + path, HTTP_ACCEPT_LANGUAGE=language)
            assert answer.status_code == 200, (path, answer.content[:500])
            assert "华东并入" in answer.content.decode()
    sides = {side: hr.get(f"{root}{side}/", {"on": str(FIRST)}).context["units"] for side in ("before", "after")}
    inside = {side: [(row.price.unit, row.indent) for row in rows] for side, rows in sides.items()}
    region = [("R1", 2), ("S1", 3), ("S2", 3)]
    assert inside["before"][1:6] == [("BU1", 1), ("UC", 2), *region]
    assert inside["after"][3:7] == [("BU2", 1), *region]
    shown = hr.get(root + "price/").content.decode()
    assert "¥8,000" in shown or "8,000" in shown
    assert "新人" in hr.get(root).content.decode()
    for path in ("", "price/"):
        text = executive.get(root + path).content.decode()
        assert "新人" not in text
        assert "导购S1" not in text
        assert "8,000" not in text
    assert executive.get(root + "price/cards.csv").status_code == 403
    rows = list(csv.DictReader(io.StringIO(hr.get(root + "price/cards.csv").content.decode("utf-8-sig"))))
    assert {row["person"] for row in rows} >= {"ES1", "ES2"}

    assert analyst.get(root).status_code == 403
    link = f"/w/acme/scenarios/shared/{share(pk, is_shared=True)}/"
    for tab in ("", "?tab=before", "?tab=after", "?tab=price"):
        text = analyst.get(link + tab).content.decode()
        assert "华东并入" in text
        assert "新人" not in text
        assert "8,000" not in text
    assert analyst.get(link + "?tab=conflicts").status_code == 404
    assert signed_in("guide", person_external_id="ES1").get(link).status_code == 403
    share(pk, is_shared=False)
    assert analyst.get(link).status_code == 404


@pytest.mark.usefixtures("retailer")
def test_only_units_of_which_a_shown_figure_differs_are_listed(signed_in: Callable[..., Client]) -> None:
    pk, hr, executive = backdated("预算"), signed_in("hr_lead"), signed_in("executive")

    def listed(client: Client, path: str) -> set[str]:
        rows = client.get(f"/w/acme/scenarios/{pk}/{path}/", {"on": str(FIRST)}).context["units"]
        return {one.unit if path == "price" else one.price.unit for one in rows}

    with edited(pk, actor_id=None):
        dearer = [SeatInput("POS1", "S1", "店长", planned_fte=Decimal(1), monthly_budget=Decimal(9500))]
        assert upsert_seats(dearer, effective_on=FIRST, actor_id=None).is_ok
    found = price(pk, on=FIRST, today=TODAY).organisation
    assert found is not None
    assert {one.unit for one in found.units} >= {"S1", "R1"}, "a budget, which no table of units shows"
    assert [listed(hr, path) for path in ("price", "before", "after")] == [set()] * 3
    with edited(pk, actor_id=None):
        paid = [PersonInput("ES1", "S1", SINCE, display_name="导购S1", monthly_cost=Decimal(8000))]
        assert upsert_people(paid, effective_on=FIRST, actor_id=None).is_ok
    for path in ("price", "before", "after"):
        assert listed(hr, path) >= {"S1", "R1", "BU1"}
        assert listed(executive, path) == set(), "a cost is no difference to who may not see it"
    with edited(pk, actor_id=None):
        assert upsert_units([UnitInput("S1", "一号店", "store", "R1")], effective_on=FIRST, actor_id=None).is_ok
    assert listed(executive, "price") == {"S1"}
    shown = executive.get(f"/w/acme/scenarios/{pk}/price/", {"on": str(FIRST)}).content.decode()
    assert "<del>门店S1</del> 一号店" in shown


@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "ends: its last day is {}"), ("zh-hans", "结束，最后一天为 {}")]
)
def test_an_ended_assignment_says_that_it_ends_and_on_which_day(
    signed_in: Callable[..., Client], language: str, words: str
) -> None:
    day = timezone.localdate() + timedelta(days=3)
    pk, hr = create(name="收", effective_on=day, actor_id=None).pk, signed_in("hr_lead")
    with edited(pk, actor_id=None):
        assert end(Thing.ASSIGNMENTS, f"P2/omni-strategy/{SINCE}", on=day, actor_id=None).is_ok
    root = f"/w/acme/scenarios/{pk}/"
    page = hr.get(root, HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert words.format(day - timedelta(days=1)) in page
    becomes = hr.get(root + "conflicts/", HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert words.format(day - timedelta(days=1)) in becomes


@pytest.mark.usefixtures("organisation")
def test_from_new_to_applied_through_the_pages(signed_in: Callable[..., Client]) -> None:
    hr, owner = signed_in("hr_lead"), signed_in("owner")
    day = timezone.localdate() + timedelta(days=3)
    assert hr.get("/w/acme/scenarios/").status_code == 200
    assert hr.post("/w/acme/scenarios/new/", {"name": "x", "effective_on": "2020-01-01"}).status_code == 422
    both = hr.post("/w/acme/scenarios/new/", {"name": "", "effective_on": "2020-01-01"}, HTTP_ACCEPT_LANGUAGE="en")
    assert both.content.decode().count('class="field__errors"') == 2
    assert "A scenario begins today" in both.content.decode()
    made = hr.post("/w/acme/scenarios/new/", {"name": "一号", "effective_on": str(day), "note": "为何"})
    assert made.status_code == 302
    pk = Scenario.objects.get().pk
    with edited(pk, actor_id=None):
        assert move(Thing.UNITS, "R1", to="BU2", on=day, actor_id=None).is_ok
    root = f"/w/acme/scenarios/{pk}/"

    def status() -> str:
        return str(Scenario.objects.get(pk=pk).status)

    def post(client: Client, path: str, **data: str) -> None:
        assert client.post(root + path, data).status_code == 302

    post(hr, "comments/", text="好")
    post(hr, "do/undo/")
    assert Scenario.objects.get(pk=pk).changes == {}
    post(hr, "do/redo/")
    post(hr, "do/submit/")
    post(hr, "decide/approve/")
    assert status() == "submitted", "who made it does not decide"
    post(owner, "decide/reject/", note="")
    assert status() == "submitted", "a rejection has a reason"
    post(owner, "decide/reject/", note="太早")
    assert "太早" in hr.get(root).content.decode()
    post(hr, "do/submit/")
    assert move(Thing.UNITS, "R1", to="HQ", on=day, actor_id=None).is_ok
    text = hr.get(root + "conflicts/").content.decode()
    assert "BU2" in text
    assert "HQ" in text
    post(owner, "decide/approve/")
    assert status() == "submitted", "a conflict wants a choice first"
    (conflict,) = conflicts(pk)
    told = {}
    for side in ("", "live", "draft"):
        query = {"conflict": conflict.id, "side-0": side}
        page = hr.get(root + "conflicts/", query)
        told[side] = [
            (one.external_id, [(line.before, line.after) for line in one.lines]) for one in page.context["becomes"]
        ]
        part = hr.get(root + "conflicts/", query, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="outcome").content.decode()
        assert part.lstrip().startswith('<div id="outcome"')
    assert told["live"] == []
    assert told[""] == told["draft"] == [("R1", [("集团总部 (HQ)", "男装 (BU2)")])]
    post(hr, "conflicts/", conflict=conflict.id, **{"side-0": "draft"})
    post(owner, "decide/approve/")
    assert status() == "approved"
    post(hr, "do/apply/")
    assert status() == "applied"
    assert snapshot(day).parents["R1"] == "BU2"
    assert snapshot(day - timedelta(days=1)).parents["R1"] == "BU1"
    assert hr.get(root).status_code == 200
    assert hr.get(root + "price/").status_code == 404
    assert hr.post(root + "do/nonsense/").status_code == 404


@pytest.mark.usefixtures("retailer")
def test_scenarios_stand_side_by_side_and_queries_do_not_grow(signed_in: Callable[..., Client]) -> None:
    hr = signed_in("hr_lead")

    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert hr.get(url).status_code == 200
        return len(seen)

    pks = [backdated(f"草案{number}") for number in range(2)]
    for pk in pks:
        rebuilt(pk)
    first = f"/w/acme/scenarios/{pks[0]}/"
    few = [queries(url) for url in ("/w/acme/scenarios/", first, first + "price/")]
    for number in range(6):
        create(name=f"另{number}", effective_on=timezone.localdate(), actor_id=None)
    with edited(pks[0], actor_id=None):
        new = [PersonInput(f"M{number:02}", "S9", FIRST) for number in range(25)]
        assert upsert_people(new, effective_on=FIRST, actor_id=None).is_ok
    assert [queries(url) for url in ("/w/acme/scenarios/", first, first + "price/")] == few
    compared = f"/w/acme/scenarios/compare/?ids={pks[0]}&ids={pks[1]}&on={FIRST}"
    text = hr.get(compared).content.decode()
    assert "草案0" in text
    assert "草案1" in text
    assert "counted anew" not in text, "the month is computed again with both"
    assert hr.get("/w/acme/scenarios/compare/").status_code == 200
    unsettled = hr.post(f"{first}conflicts/", follow=True, headers={"accept-language": "en"}).content.decode()
    assert "nothing has been settled" in unsettled


@pytest.mark.usefixtures("organisation")
def test_a_sub_type_compared_becomes_a_scenario(signed_in: Callable[..., Client]) -> None:
    hr, executive = signed_in("hr_lead"), signed_in("executive")
    url = "/w/acme/stages/units/BU1/subtypes/"
    for language in ("zh-hans", "en"):
        assert hr.get(url, HTTP_ACCEPT_LANGUAGE=language).status_code == 200
    assert executive.get(url).status_code == 200
    assert executive.post(url + "scenario/", {"subtype": "user-growth-driven"}).status_code == 403
    assert hr.get("/w/acme/stages/units/nobody/subtypes/").status_code == 404
    assert hr.post(url + "scenario/", {"subtype": "none"}).status_code == 404
    assert hr.post(url + "scenario/", {"subtype": "user-growth-driven"}).status_code == 302
    row = Scenario.objects.get()
    assert set(row.changes) == {"stages"}
    assert row.note
    made = scenario_of_subtype("BU1", subtype=SubtypeKey.MARKET_LED, on=date.today(), actor_id=None)  # noqa: DTZ011
    assert Scenario.objects.get(pk=made).changes["stages"]["BU1"]["wanted"]["spans"]
