"""What a move does to weights and scores: told before it is made, and found just so once it is."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kpis.choices import AutoLoad, WeightsSource
from kpis.engine.specs import COMPANY
from kpis.models import KpiValue, Review, Scorecard
from kpis.queries.move_effect import CardMove, CardSide, MoveEffect, UnitMove, table
from kpis.services import draft_effect, draft_figures
from kpis.services.move_effect import move_effect
from omnichannel.accounts.models import User
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import Thing
from roles.models import OrgRevision, Scenario
from roles.services.moving import move
from roles.services.scenarios import apply, approve, current_draft, edited, submit
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from roles.services.sync.checks import lock_organisation
from tests.kpis.door import orders_csv, put, work
from tests.kpis.retailer import NOVEMBER, SINCE, adopt, build_organisation, put_targets, unit

FIRST = date(2024, 11, 1)
TODAY = date(2026, 11, 22)


def build(people: int = 0) -> None:
    """Two business units in different stages with stores, orders of November, targets, figures and cards."""
    build_organisation()
    more = [
        UnitInput("BU2", "男装事业部", "business_unit", "G"),
        UnitInput("S9", "门店S9", "store", "BU2", ownership="direct"),
    ]
    assert upsert_units(more, effective_on=SINCE, actor_id=None).is_ok
    extra = [PersonInput(f"X{number:03}", "UC", SINCE) for number in range(people)]
    assert upsert_people(extra, effective_on=SINCE, actor_id=None).is_ok
    held = [AssignmentInput(person.external_id, "user-ops", "UC", SINCE) for person in extra]
    assert upsert_assignments(held, actor_id=None).is_ok
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED, at="BU1")
    lines = [
        f"O{number},C{number % 7},store,{store},{guide},2024-11-{number % 28 + 1:02} 10:00:00,paid,{net},0,0,{net},1"
        for number, (store, guide, net) in enumerate([("S1", "ES1", 300), ("S2", "ES2", 500), ("S9", "", 70)] * 9)
    ]
    put(orders_csv(*lines), auto=AutoLoad.CLEAN)
    work()
    goals = {("sales_net", COMPANY): 9000, ("sales_net", unit("BU1")): 8000, ("sales_net", unit("BU2")): 500}
    put_targets(NOVEMBER, goals)
    work(JobKind.COMPUTE_VALUES)


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build()


def cards() -> dict[tuple[str, str], Decimal | None]:
    """Return the stored scores of people in November."""
    rows = Scorecard.objects.filter(period="2024-11", scope_kind="employee", is_current=True)
    return {(row.scope_id, row.role_key): row.score for row in rows}


def sales() -> dict[str, Decimal | None]:
    rows = KpiValue.objects.filter(period="2024-11", kpi="sales_net", scope_kind="unit", is_current=True)
    return {row.scope_id: row.value for row in rows if row.scope_id in ("BU1", "BU2")}


def told(effect: MoveEffect) -> dict[tuple[str, str], Decimal | None]:
    return {(card.person, card.role): card.after.score for card in effect.cards if card.after}


def region(on: date = FIRST) -> MoveEffect:
    return move_effect(Thing.UNITS, "R1", to="BU2", on=on, today=TODAY)


@pytest.mark.usefixtures("retailer")
def test_a_move_to_come_stands_on_the_last_closed_month_refusals_say_why_and_no_move_changes_nothing() -> None:
    effect = region(on=date(2027, 1, 1))
    assert (effect.period, effect.day) == (NOVEMBER, date(2027, 1, 1))
    assert told(effect) == told(region())
    loop = move_effect(Thing.UNITS, "BU1", to="S1", on=FIRST, today=TODAY)
    assert loop.refused
    assert not loop.cards
    same = move_effect(Thing.UNITS, "R1", to="BU1", on=FIRST, today=TODAY)
    assert (same.refused, same.changed, same.people) == ((), (), 0)


@pytest.mark.usefixtures("retailer")
def test_what_is_stored_is_measured_again_only_when_a_review_or_a_person_came_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[frozenset[str]] = []

    def counted(organisation: Any, period: Any, *, units: frozenset[str], **options: Any) -> Any:
        measured.append(units)
        return find(organisation, period, units=units, **options)

    find = draft_figures._measured
    monkeypatch.setattr(draft_figures, "_measured", counted)
    quick = region(on=date(2027, 1, 1))
    assert measured.pop() == {"BU1", "BU2"}
    Review.objects.create(
        period="2024-11",
        kpi="review_score",
        subject_kind="role",
        subject_id="user-ops",
        reviewer_id="ES1",
        score=3,
        evidence="x",
        recorded_at=timezone.now(),
    )
    again = region(on=date(2027, 1, 1))
    assert len(measured.pop()) == 4
    assert (again.cards, again.units) == (quick.cards, quick.units)
    Review.objects.all().delete()
    assert upsert_people(
        [PersonInput("N1", "S9", date(2026, 12, 1))], effective_on=date(2026, 12, 1), actor_id=None
    ).is_ok
    region(on=date(2026, 11, 30))
    region(on=date(2027, 1, 1))
    assert [len(units) for units in measured] == [2, 4]


@pytest.mark.usefixtures("retailer")
def test_a_move_in_a_scenario_is_compared_with_the_scenario_and_measured_once_it_is_let_go_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pk = Scenario.objects.create(name="草案", effective_on=FIRST, baseline=0).pk
    with edited(pk, actor_id=None):
        assert move(Thing.UNITS, "R1", to="BU2", on=FIRST, actor_id=None).is_ok
        new = [PersonInput("N1", "S1", FIRST, display_name="新人")]
        assert upsert_people(new, effective_on=FIRST, actor_id=None).is_ok
        held = [AssignmentInput("N1", "digital-guide", "S1", FIRST)]
        assert upsert_assignments(held, actor_id=None).is_ok
    begun, open_while_measured = len(connection.savepoint_ids), []

    def measured(*args: Any, **options: Any) -> Any:
        open_while_measured.append((current_draft(), len(connection.savepoint_ids)))
        return draft_figures.measured_anew(*args, **options)

    monkeypatch.setattr(draft_effect, "measured_anew", measured)
    asked: dict[str, Any] = {"to": "BU1", "on": FIRST, "today": TODAY}
    in_draft = [
        move_effect(Thing.UNITS, "S1", **asked, scenario=pk),
        move_effect(Thing.PEOPLE, "N1", **asked, scenario=pk),
    ]
    assert open_while_measured == [(None, begun)] * 2
    assert {card.name for card in in_draft[0].cards} == {"导购S1", "新人"}
    with edited(pk, actor_id=None):
        pass  # what was tried is no step
    submit(pk, actor_id=None)
    approve(pk, actor_id=User.objects.create_user("chief@acme.test").pk)
    assert apply(pk, actor_id=None).is_ok
    assert in_draft == [move_effect(Thing.UNITS, "S1", **asked), move_effect(Thing.PEOPLE, "N1", **asked)]
    assert in_draft[0].changed


@pytest.mark.usefixtures("retailer")
def test_a_moved_region_gets_the_scores_and_totals_that_the_next_computation_finds() -> None:
    before, revisions, jobs = cards(), OrgRevision.objects.count(), Job.objects.count()
    effect = region()
    assert (effect.period, effect.day, effect.people) == (NOVEMBER, NOVEMBER.last_day, 2)
    assert {(card.person, card.role): card.before.score for card in effect.cards if card.before} == {
        key: score for key, score in before.items() if key[0] in ("ES1", "ES2")
    }
    guide = effect.cards[0]
    assert guide.before is not None
    assert guide.after is not None
    assert (guide.before.stage, guide.after.stage) == ("strong-department", "project")
    assert guide.weights_changed
    assert sum(line.weight_after for line in guide.lines) == 100
    totals = {one.unit: (one.before, one.after) for one in effect.units}
    assert totals == {"BU1": (Decimal(7200), Decimal(0)), "BU2": (Decimal(630), Decimal(7830))}
    assert (OrgRevision.objects.count(), Job.objects.count(), cards()) == (revisions, jobs, before)

    assert move(Thing.UNITS, "R1", to="BU2", on=FIRST, actor_id=None).is_ok
    work(JobKind.COMPUTE_VALUES)
    after = cards()
    assert told(effect) == {key: score for key, score in after.items() if key[0] in ("ES1", "ES2")}
    assert sales() == {one.unit: one.after for one in effect.units}


@pytest.mark.usefixtures("retailer")
def test_a_department_that_moves_answers_for_another_business_and_its_combined_cards_follow() -> None:
    effect = move_effect(Thing.UNITS, "UC", to="BU2", on=FIRST, today=TODAY)
    assert {(card.person, card.role) for card in effect.cards} == {
        ("P1", "user-ops"),
        ("P1", "content-marketing"),
        ("P1", ""),
    }
    assert move(Thing.UNITS, "UC", to="BU2", on=FIRST, actor_id=None).is_ok
    work(JobKind.COMPUTE_VALUES)
    assert told(effect) == {key: score for key, score in cards().items() if key[0] == "P1"}

    # and on from there, a person alone
    effect = move_effect(Thing.PEOPLE, "P1", to="R1", on=FIRST, today=TODAY)
    assert effect.people == 1
    assert effect.weights_changed == 2
    assert move(Thing.PEOPLE, "P1", to="R1", on=FIRST, actor_id=None).is_ok
    work(JobKind.COMPUTE_VALUES)
    assert told(effect) == {key: score for key, score in cards().items() if key[0] == "P1"}


def test_without_a_closed_month_there_is_nothing_to_compare(in_workspace: Workspace) -> None:
    build_organisation()
    assert move_effect(Thing.UNITS, "R1", to="HQ", on=TODAY, today=TODAY).period is None


def test_the_number_of_queries_does_not_grow_with_the_people(in_workspace: Workspace) -> None:
    build(people=2)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert move_effect(Thing.UNITS, "UC", to="HQ", on=FIRST, today=TODAY).people >= 3
        return len(seen)

    assert upsert_people([PersonInput("Z1", "S1", SINCE)], effective_on=SINCE, actor_id=None).is_ok
    queries()  # what is read once by a process is read now
    few = queries()
    extra = [PersonInput(f"Y{number:03}", "UC", SINCE) for number in range(60)]
    assert upsert_people(extra, effective_on=SINCE, actor_id=None).is_ok
    held = [AssignmentInput(person.external_id, "user-ops", "UC", SINCE) for person in extra]
    assert upsert_assignments(held, actor_id=None).is_ok
    assert queries() == few


def test_no_text_of_the_file_is_a_formula_and_every_number_stays_one() -> None:
    texts = ("=1+1", "+A1", "@A1", "-2+3+cmd|' /C calc'!A0", "\t=1+1", "\r=1+1")
    for text in texts:
        side = CardSide(
            person=text,
            role="user-ops",
            unit=text,
            unit_name=text,
            stage="",
            subtype="",
            source=WeightsSource.LIBRARY,
            score=Decimal("-1.50"),
            lines=(),
        )
        move = CardMove(text, text, "user-ops", side, replace(side, score=Decimal("-3.50")), ())
        head, line = table(MoveEffect(NOVEMBER, FIRST, (move,)))
        cells = dict(zip(head, line, strict=True))
        assert {cells[name] for name in ("person", "name", "unit_before", "unit_after")} == {f"'{text}"}
        assert [cells[name] for name in ("score_before", "score_after", "change")] == ["-1.50", "-3.50", "-2.00"]


@pytest.mark.usefixtures("retailer")
def test_the_sheet_shows_it_and_the_file_has_every_line(signed_in: Callable[..., Client]) -> None:
    client = signed_in("hr_lead")
    query = "?thing=units&id=R1&to=BU2&on=2024-11-01"
    for language, words in (("zh-hans", "ES1"), ("en", "Scorecards that change")):
        answer = client.get(f"/w/acme/move-effect/{query}", HTTP_HX_REQUEST="true", HTTP_ACCEPT_LANGUAGE=language)
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert "<html" not in answer.content.decode()
    assert "<h1" in client.get(f"/w/acme/move-effect/{query}").content.decode()
    text = client.get(f"/w/acme/move-effect/cards.csv{query}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    mine = [row for row in rows if row["person"] == "ES1"]
    assert sum(Decimal(row["weight_before"]) for row in mine) == 100
    assert sum(Decimal(row["weight_after"]) for row in mine) == 100
    assert client.get("/w/acme/move-effect/").headers["Location"] == "/w/acme/organisation/"
    for bad in ("thing=lines&id=L1", "thing=units&id=R1&on=yesterday", "id=R1"):
        assert client.get(f"/w/acme/move-effect/?{bad}").status_code == 404
    for role in ("executive", "analyst"):
        assert signed_in(role).get(f"/w/acme/move-effect/{query}").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_while_somebody_else_writes_the_organisation_it_says_so(workspace: Workspace) -> None:
    held, seen = threading.Event(), threading.Event()

    def write() -> None:
        with workspace_scope(workspace.pk), transaction.atomic():
            lock_organisation()
            held.set()
            seen.wait(20)
        connection.close()

    with workspace_scope(workspace.pk):
        build_organisation()
        writer = threading.Thread(target=write)
        writer.start()
        assert held.wait(10)
        effect = move_effect(Thing.UNITS, "R1", to="HQ", on=TODAY, today=TODAY)
        seen.set()
        writer.join()
        assert effect.is_busy


def test_a_unit_whose_other_rows_come_to_the_same_is_not_listed_as_one_that_differs() -> None:
    units = [UnitMove("G", "集团", Decimal(9), Decimal(9)), UnitMove("R1", "华东", Decimal(4), Decimal(5))]
    units.append(UnitMove("R2", "华南", None, Decimal(0)))
    effect = MoveEffect(None, date(2024, 11, 1), units=tuple(units))
    assert [unit.unit for unit in effect.differing_units] == ["R1", "R2"]
