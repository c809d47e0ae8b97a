"""The organisation changed by hand: forms, the move sheet, closing and taking back, as pages and as sheets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import Assignment, Employment, OrgRevision, Person, ReportingLine, SeatVersion, UnitVersion, as_known
from roles.queries.unplaced import ProblemKind, unplaced
from roles.services.sync import PersonInput, SeatInput, UnitInput, upsert_people, upsert_seats, upsert_units
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation

SignedIn = Callable[..., Client]
EN = {"HTTP_ACCEPT_LANGUAGE": "en"}
SHEET = {**EN, "HTTP_HX_REQUEST": "true"}
HERE = "/w/acme/organisation"


@pytest.fixture(autouse=True)
def _organisation(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        write_organisation()
        assert upsert_seats([SeatInput("P1", "R01", "区域经理", is_head=True)], effective_on=DAY, actor_id=None).is_ok


@pytest.fixture
def today(workspace: Workspace) -> date:
    """Today where the workspace is."""
    return today_in(workspace)


def typed(html: str) -> dict[str, str]:
    """Return what a browser would send of the forms' fields, hidden ones included."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", html):
        at = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = at.get("type") in {"checkbox", "radio"}
        if "name" in at and at["name"] not in {"csrfmiddlewaretoken", "typed"} and (not is_box or " checked" in tag):
            found[at["name"]] = at.get("value", "on" if is_box else "")
    for name, inside in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inside)
        found[name] = chosen[1] if chosen else ""
    return found


def opened(client: Client, path: str) -> dict[str, str]:
    """Open a form and return its fields."""
    answer = client.get(f"{HERE}/{path}", **EN)  # type: ignore[arg-type]
    assert answer.status_code == 200, (path, answer.status_code)
    return typed(answer.content.decode().split('<main id="main"')[1])


def test_a_unit_is_edited_from_a_day_on_and_undone_by_the_word_that_tells_of_it(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client, path = signed_in("hr_lead"), "change/units/R01/edit/"
    form = opened(client, path)
    assert (form["name"], form["parent_external_id"], form["on"]) == ("华东大区", "云裳集团 · G", str(today))
    saved = client.post(f"{HERE}/{path}", {**form, "name": "华东新区", "note": "改名"}, follow=True, **EN)  # type: ignore[arg-type]
    assert saved.redirect_chain == [(f"{HERE}/units/R01/", 302)]
    assert "Saved: 华东新区." in saved.content.decode()
    with workspace_scope(workspace.pk):
        assert UnitVersion.objects.on(today).get(unit__external_id="R01").name == "华东新区"
        assert UnitVersion.objects.on(today - timedelta(days=1)).get(unit__external_id="R01").name == "华东大区"
        last = OrgRevision.objects.latest("number")
        assert (last.note, last.source) == ("改名", "web")
    undo = re.search(r'action="([^"]+/undo/)"', saved.content.decode())
    assert undo is not None
    back = client.post(undo[1], HTTP_REFERER=f"http://testserver{HERE}/units/R01/", follow=True, **EN)  # type: ignore[arg-type]
    assert f"r{last.number} is undone." in back.content.decode()
    with workspace_scope(workspace.pk):
        assert UnitVersion.objects.on(today).get(unit__external_id="R01").name == "华东大区"


def test_all_faults_stand_at_their_fields_and_nothing_typed_is_lost(signed_in: SignedIn, workspace: Workspace) -> None:
    client, path = signed_in("owner"), "change/people/E3/edit/"
    form = opened(client, path)
    wrong = {**form, "unit_external_id": "nowhere", "fte": "7", "left_on": "2020-01-01", "display_name": "新名字"}
    shape = client.post(f"{HERE}/{path}", wrong, **EN)  # type: ignore[arg-type]
    assert shape.status_code == 422
    assert "Nothing here is called “nowhere”." in shape.content.decode()
    assert 'value="新名字"' in shape.content.decode()
    rules = client.post(f"{HERE}/{path}", {**wrong, "unit_external_id": form["unit_external_id"]}, **EN)  # type: ignore[arg-type]
    text = rules.content.decode()
    assert rules.status_code == 422
    assert "FTE lies between 0 and 2" in text
    assert "The first day gone comes after the day hired" in text
    with workspace_scope(workspace.pk):
        assert Person.objects.get(external_id="E3").display_name == "王导购"


def test_two_who_edit_the_same_thing_lose_nothing(signed_in: SignedIn, workspace: Workspace, today: date) -> None:
    mine, other, path = signed_in("hr_lead"), signed_in("owner"), "change/units/S0101/edit/"
    form, theirs = opened(mine, path), opened(other, path)
    other.post(f"{HERE}/{path}", {**theirs, "city": "苏州", "name": "苏州一店"})
    merged = mine.post(f"{HERE}/{path}", {**form, "ownership": "franchise"})
    assert merged.status_code == 302
    with workspace_scope(workspace.pk):
        now = UnitVersion.objects.on(today).get(unit__external_id="S0101")
        assert (now.name, now.city, now.ownership) == ("苏州一店", "苏州", "franchise")
    refused = mine.post(f"{HERE}/{path}", {**form, "name": "静安旗舰店"}, **EN)  # type: ignore[arg-type]
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Since you opened this," in text
    assert "has set it to “苏州一店”" in text
    again = typed(text.split('<main id="main"')[1])
    assert again["name"] == "静安旗舰店"
    assert mine.post(f"{HERE}/{path}", again).status_code == 302
    with workspace_scope(workspace.pk):
        assert UnitVersion.objects.on(today).get(unit__external_id="S0101").name == "静安旗舰店"


def test_a_planned_name_is_not_overwritten_by_a_form_opened_before_its_day(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    soon, later = today + timedelta(days=30), today + timedelta(days=60)
    with workspace_scope(workspace.pk):
        assert upsert_units([replace(UNITS[2], name="华东一区")], effective_on=soon, actor_id=None).is_ok
    client, path = signed_in("hr_lead"), "change/units/R01/edit/"
    shown = client.get(f"{HERE}/{path}", **EN)  # type: ignore[arg-type]
    assert f"From {soon} on something else is planned already" in shown.content.decode()
    form = typed(shown.content.decode().split('<main id="main"')[1])
    assert client.post(f"{HERE}/{path}", {**form, "city": "杭州", "on": str(later)}).status_code == 302
    with workspace_scope(workspace.pk):
        then = UnitVersion.objects.on(later).get(unit__external_id="R01")
        assert (then.name, then.city) == ("华东一区", "杭州")


def test_a_correction_of_the_past_is_said_to_be_one_and_the_earlier_answer_stays_readable(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client, path, past = signed_in("hr_lead"), "change/seats/P2/edit/", today - timedelta(days=90)
    with workspace_scope(workspace.pk):
        assert upsert_seats(
            [SeatInput("P2", "R01", "店长")], effective_on=today - timedelta(days=200), actor_id=None
        ).is_ok
        before = OrgRevision.objects.latest("number").at
    sent = {**opened(client, path), "title": "大店长", "on": str(past)}
    saved = client.post(f"{HERE}/{path}", sent, follow=True, **EN)  # type: ignore[arg-type]
    assert f"Saved: 大店长, as a correction of the past from {past} on." in saved.content.decode()
    with workspace_scope(workspace.pk):
        assert SeatVersion.objects.on(past).get(seat__external_id="P2").title == "大店长"
        with as_known(before):
            assert SeatVersion.objects.on(past).get(seat__external_id="P2").title == "店长"


def test_new_things_are_added_with_ids_of_their_own_or_made_ones(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client = signed_in("hr_lead")
    unit = {**opened(client, "change/units/new/"), "name": "西南大区", "parent_external_id": "云裳集团"}
    assert client.post(f"{HERE}/change/units/new/", unit).status_code == 302
    with workspace_scope(workspace.pk):
        made = UnitVersion.objects.on(today).get(name="西南大区")
        assert made.unit.external_id.startswith("U-")
        assert made.during.lower == today
    taken = client.post(f"{HERE}/change/units/new/", {**unit, "external_id": "R01"}, **EN)  # type: ignore[arg-type]
    assert taken.status_code == 422
    assert "This id is taken already, by 华东大区." in taken.content.decode()
    person = {
        **opened(client, "change/people/new/?unit_external_id=R02"),
        "external_id": "E9",
        "display_name": "新同事",
    }
    assert person["unit_external_id"] == "华南大区 · R02"
    assert client.post(f"{HERE}/change/people/new/", {**person, "monthly_cost": "9000.5"}).status_code == 302
    line = opened(client, "change/lines/new/?between=people&from_external_id=E3")
    sent = {**line, "to_external_id": "E6", "kind": "functional"}
    added = client.post(f"{HERE}/change/lines/new/?between=people", sent, follow=True, **EN)  # type: ignore[arg-type]
    assert f"Added: {PEOPLE[2].display_name} → {PEOPLE[5].display_name}." in added.content.decode()
    role = {
        **opened(client, "change/assignments/new/?person_external_id=E3&unit_external_id=R02"),
        "role": "digital-guide",
    }
    twice = client.post(f"{HERE}/change/assignments/new/", {**role, "start_on": "2023-05-01"}, **EN)  # type: ignore[arg-type]
    assert "holds this role in 上海静安店 already" in twice.content.decode()
    with workspace_scope(workspace.pk):
        assert Employment.objects.on(today).get(person__external_id="E9").monthly_cost == Decimal("9000.5")
        assert ReportingLine.objects.get().to_person.external_id == "E6"  # type: ignore[union-attr]


def test_a_share_of_time_changed_from_a_day_on_keeps_what_it_was_before(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client, key = signed_in("hr_lead"), "E3/digital-guide/2023-05-01"
    form = opened(client, f"change/assignments/{key}/edit/")
    assert form["share"] == "0.9"
    shown = client.get(f"{HERE}/change/assignments/{key}/edit/", **EN).content.decode()  # type: ignore[arg-type]
    assert 'data-load="0"' in shown
    assert client.post(f"{HERE}/change/assignments/{key}/edit/", {**form, "share": "0.5"}).status_code == 302
    with workspace_scope(workspace.pk):
        held = Assignment.objects.filter(person__external_id="E3").order_by("during")
        assert [(one.share, one.during.lower, one.during.upper) for one in held] == [
            (Decimal("0.9"), date(2023, 5, 1), today),
            (Decimal("0.5"), today, None),
        ]
    whole = {**form, "share": "0.8", "on": "2023-05-01"}
    later = f"change/assignments/E3/digital-guide/{today}/edit/"
    corrected = {**opened(client, later), "start_on": "2026-01-01"}
    assert client.post(f"{HERE}/{later}", corrected, **EN).status_code == 422, "the first one runs into it"  # type: ignore[arg-type]
    assert client.post(f"{HERE}/change/assignments/{key}/edit/", whole).status_code == 302
    with workspace_scope(workspace.pk):
        assert Assignment.objects.filter(person__external_id="E3", share=Decimal("0.8")).count() == 1


def test_the_move_sheet_says_what_follows_and_writes_only_when_confirmed(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client = signed_in("hr_lead")
    url = f"{HERE}/move/?thing=units&id=R01&to=D-MKT"
    sheet = client.get(url, **SHEET)  # type: ignore[arg-type]
    text = sheet.content.decode()
    assert sheet.status_code == 200
    assert "<html" not in text
    assert "What goes along: 3 units · 3 people" in text
    assert "move-effect/?thing=units" in text
    with workspace_scope(workspace.pk):
        assert UnitVersion.objects.on(today).get(unit__external_id="R01").parent.external_id == "G"  # type: ignore[union-attr]
    confirmed = client.post(f"{HERE}/move/", typed(text), **SHEET)  # type: ignore[arg-type]
    assert confirmed.status_code == 200
    event = json.loads(confirmed["HX-Trigger"])["org:changed"]
    assert (event["thing"], event["id"]) == ("units", "R01")
    assert 'hx-swap-oob="beforeend:#toasts"' in confirmed.content.decode()
    assert f"/history/{event['revision']}/undo/" in confirmed.content.decode()
    with workspace_scope(workspace.pk):
        assert UnitVersion.objects.on(today).get(unit__external_id="R01").parent.external_id == "D-MKT"  # type: ignore[union-attr]


def test_a_move_that_cannot_be_is_named_before_and_at_the_confirmation(
    signed_in: SignedIn, workspace: Workspace
) -> None:
    client = signed_in("owner")
    loop = client.get(f"{HERE}/move/?thing=units&id=R01&to=S0101", **EN)  # type: ignore[arg-type]
    assert "The units form a loop: R01 → S0101" in loop.content.decode()
    sent = {"thing": "units", "id": "R01", "to": "S0101", "on": str(DAY), "whole_branch": "1", "note": ""}
    refused = client.post(f"{HERE}/move/", sent, **EN)  # type: ignore[arg-type]
    assert refused.status_code == 422
    assert "The units form a loop" in refused.content.decode()
    shown = client.post(f"{HERE}/move/", {**sent, "to": "R02", "show": "1"}, **EN)  # type: ignore[arg-type]
    assert "What goes along: 3 units" in shown.content.decode()
    with workspace_scope(workspace.pk):
        assert not UnitVersion.objects.filter(unit__external_id="R01", parent__external_id="R02").exists()
    led = client.get(f"{HERE}/move/?thing=people&id=E2&to=R01&manager=E3&part=plan", **EN)  # type: ignore[arg-type]
    assert "The managers form a loop: E2 → E3 → E2." in led.content.decode()
    assert client.get(f"{HERE}/move/?thing=lines&id=L1").status_code == 404
    assert client.get(f"{HERE}/move/?thing=units&id=nobody").status_code == 404


def test_a_person_moves_on_a_day_to_come_and_the_page_shows_the_plan(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client, soon = signed_in("hr_lead"), today + timedelta(days=10)
    sent = {
        "thing": "people",
        "id": "E3",
        "to": "S0201",
        "on": str(soon),
        "whole_branch": "0",
        "manager": "E5",
        "note": "",
    }
    moved = client.post(f"{HERE}/move/", sent, follow=True, **EN)  # type: ignore[arg-type]
    assert moved.redirect_chain == [(f"{HERE}/people/E3/?as_of={soon}", 302)]
    assert f"planned for {soon}" in moved.content.decode()
    with workspace_scope(workspace.pk):
        assert Employment.objects.on(today).get(person__external_id="E3").unit.external_id == "S0101"
        then = Employment.objects.on(soon).get(person__external_id="E3")
        assert (then.unit.external_id, then.manager.external_id) == ("S0201", "E5")  # type: ignore[union-attr]


def test_closing_names_every_obstacle_and_taking_back_wants_the_id_typed(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client = signed_in("hr_lead")
    refused = client.post(f"{HERE}/change/units/R01/end/", {"on": str(today)}, **EN)  # type: ignore[arg-type]
    assert refused.status_code == 422
    assert "上海静安店 · S0101" in refused.content.decode()
    ended = client.post(f"{HERE}/change/seats/P1/end/", {"on": str(today)}, follow=True, **EN)  # type: ignore[arg-type]
    assert "Ended: 区域经理." in ended.content.decode()
    assert "not in the organisation" not in ended.content.decode(), "it leads to what is there"
    with workspace_scope(workspace.pk):
        assert not SeatVersion.objects.on(today).exists()
    mistyped = client.post(f"{HERE}/change/seats/P1/remove/", {"typed": "p1"}, **EN)  # type: ignore[arg-type]
    assert mistyped.status_code == 422
    assert "This is not the id." in mistyped.content.decode()
    gone = client.post(f"{HERE}/change/seats/P1/remove/", {"typed": "P1"}, follow=True, **EN)  # type: ignore[arg-type]
    assert "Taken back: 区域经理." in gone.content.decode()
    assert not re.search(r'action="[^"]+/undo/"', gone.content.decode()), "confirmed by typing, so no undo beside it"
    with workspace_scope(workspace.pk):
        assert not SeatVersion.objects.exists()
    merged = client.post(f"{HERE}/merge/S0102/", {"into": "上海静安店", "on": str(today)}, follow=True, **EN)  # type: ignore[arg-type]
    assert "Merged: 杭州西湖店." in merged.content.decode()
    with workspace_scope(workspace.pk):
        assert Employment.objects.on(today).get(person__external_id="E4").unit.external_id == "S0101"
    empty = {**opened(client, "change/units/new/"), "external_id": "D9", "name": "空部门", "parent_external_id": "G"}
    assert client.post(f"{HERE}/change/units/new/", {**empty, "on": "2026-01-01"}).status_code == 302
    closed = client.post(f"{HERE}/change/units/D9/end/", {"on": str(today)}, follow=True, **EN)  # type: ignore[arg-type]
    assert (closed.status_code, closed.redirect_chain) == (200, [(f"{HERE}/", 302)])
    same = client.post(f"{HERE}/change/units/R02/edit/", opened(client, "change/units/R02/edit/"), follow=True, **EN)  # type: ignore[arg-type]
    assert "Nothing was changed." in same.content.decode()


def test_the_tray_lists_what_has_no_place_and_leads_to_where_it_is_put_right(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    with workspace_scope(workspace.pk):
        twin = PersonInput("E33", "S0201", PEOPLE[2].hired_on, PEOPLE[2].display_name, "E1")
        assert upsert_people([twin], effective_on=DAY, actor_id=None).is_ok
        seat = SeatInput("P9", "S0201", "店员", planned_fte=Decimal("1.5"))
        assert upsert_seats([seat], effective_on=DAY, actor_id=None).is_ok
        pair = [replace(PEOPLE[each], unit_external_id="S0201", seat_external_id="P9") for each in (2, 5)]
        assert upsert_people(pair, effective_on=DAY, actor_id=None).is_ok
        Person.objects.create(external_id="E77", display_name="待安排", hired_on=DAY)
        Employment.objects.filter(person__external_id="E1").update(
            superseded_at=OrgRevision.objects.latest("number").at
        )
        found = {(each.kind, each.external_id) for each in unplaced(today)}
    assert found >= {
        (ProblemKind.NOWHERE, "E77"),
        (ProblemKind.DOUBLE, "E33"),
        (ProblemKind.MANAGER_GONE, "E2"),
        (ProblemKind.NOWHERE, "E1"),
        (ProblemKind.SEAT_OVERFULL, pair[1].external_id),
    }
    client = signed_in("hr_lead")
    tray = client.get(f"{HERE}/unplaced/", **SHEET).content.decode()  # type: ignore[arg-type]
    assert 'data-id="E77"' in tray
    page = client.get(f"{HERE}/unplaced/?kind=nowhere", **EN).content.decode()  # type: ignore[arg-type]
    assert "待安排" in page
    assert "王导购" not in page.split('<main id="main"')[1]
    placed = {**opened(client, "change/people/E77/edit/"), "unit_external_id": "R02"}
    assert client.post(f"{HERE}/change/people/E77/edit/", placed).status_code == 302
    with workspace_scope(workspace.pk):
        assert (ProblemKind.NOWHERE, "E77") not in {(each.kind, each.external_id) for each in unplaced(today)}


def test_a_project_team_is_given_an_end_that_can_be_taken_back(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    client, path = signed_in("hr_lead"), "change/units/T1/edit/"
    end = today + timedelta(days=90)
    new = {**opened(client, "change/units/new/"), "external_id": "T1", "name": "全域项目组", "level": "project_team"}
    sent = {**new, "parent_external_id": "G", "ends_on": str(end)}
    assert client.post(f"{HERE}/change/units/new/", sent).status_code == 302
    form = opened(client, path)
    assert form["ends_on"] == str(end)
    assert client.post(f"{HERE}/{path}", {**form, "city": "上海"}).status_code == 302
    with workspace_scope(workspace.pk):
        assert not UnitVersion.objects.on(end).filter(unit__external_id="T1").exists()
    assert client.post(f"{HERE}/{path}", {**opened(client, path), "ends_on": ""}).status_code == 302
    with workspace_scope(workspace.pk):
        assert UnitVersion.objects.on(end).get(unit__external_id="T1").city == "上海"


def test_nonsense_in_a_form_is_answered_and_never_a_fault_of_ours(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    for path in ("change/assignments/nothing/edit/", "change/assignments/a/b/c/end/", "change/stages/G/edit/"):
        assert client.get(f"{HERE}/{path}").status_code == 404, path
    form = opened(client, "change/people/E3/edit/")
    for wrong in (
        {"unit_external_id": "a\x00b", "display_name": "x"},
        {"initial-fte": "nonsense", "fte": "1e400"},
        {"on": "9999-12-31"},
        {"monthly_cost": "NaN"},
        {"initial-unit_external_id": "\x00", "unit_external_id": "R02", "seen": "9" * 40},
    ):
        assert client.post(f"{HERE}/change/people/E3/edit/", {**form, **wrong}).status_code in {302, 422}, wrong
    move = {"thing": "units", "id": "R01", "to": "R02", "on": "2026-06-01", "whole_branch": "1"}
    for wrong, status in (
        ({"id": "\x00"}, 404),
        ({"to": "\x00"}, 422),
        ({"whole_branch": "7"}, 422),
        ({"on": "x"}, 422),
    ):
        assert client.post(f"{HERE}/move/", {**move, **wrong}).status_code == status, wrong
    first = client.post(f"{HERE}/move/", {**move, "to": ""}, **EN)  # type: ignore[arg-type]
    assert first.status_code == 200, "an empty field moves nothing to the top unseen"
    assert "A firm has one tree" in first.content.decode()


@pytest.mark.parametrize("role", ["executive", "analyst"])
def test_who_may_only_look_finds_no_way_to_change(signed_in: SignedIn, role: str) -> None:
    client = signed_in(role)
    for path in ("change/units/R01/edit/", "change/units/new/", "move/?thing=units&id=R01", "history/", "unplaced/"):
        assert client.get(f"{HERE}/{path}").status_code == 403, path
    assert client.post(f"{HERE}/move/", {"thing": "units", "id": "R01", "to": "R02"}).status_code == 403


def test_on_a_past_day_or_as_known_then_a_page_offers_no_change(
    signed_in: SignedIn, workspace: Workspace, today: date
) -> None:
    with workspace_scope(workspace.pk):
        known = OrgRevision.objects.latest("number").at.isoformat().replace("+", "%2B")
    client = signed_in("hr_lead")
    now = client.get(f"{HERE}/people/E3/", **EN).content.decode()  # type: ignore[arg-type]
    assert "change/people/E3/edit/" in now
    for query in (f"as_of={today - timedelta(days=1)}", f"known_at={known}"):
        shown = client.get(f"{HERE}/people/E3/?{query}", **EN).content.decode()  # type: ignore[arg-type]
        assert "王导购" in shown
        assert "change/people/E3/edit/" not in shown, query
        assert "Read only" in shown


def test_choices_are_found_by_name_and_id_and_forms_take_few_queries(signed_in: SignedIn, workspace: Workspace) -> None:
    client = signed_in("hr_lead")
    found = client.get(f"{HERE}/picks/units/?field=to&to=大区").content.decode()
    assert "华东大区 · R01" in found
    assert "静安店" not in found
    assert "李区长 · E2" in client.get(f"{HERE}/picks/people/?field=m&m=E2").content.decode()
    url = f"{HERE}/move/?thing=units&id=R01&to=R02"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    with workspace_scope(workspace.pk):
        many = [UnitInput(f"X{n}", f"第{n}店", "store", "R01", "direct") for n in range(70)]
        assert upsert_units(many, effective_on=DAY, actor_id=None).is_ok
        people = [PersonInput(f"N{n}", f"X{n}", DAY, f"新人{n}", "E2") for n in range(70)]
        assert upsert_people(people, effective_on=DAY, actor_id=None).is_ok
    with CaptureQueriesContext(connection) as lots:
        client.get(url)
    assert len(lots) == len(few) <= 26
