"""Capabilities G-01 to G-05 through HTTP: programmes, plans, courses, certificates and what training goes with."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from kpis.engine.specs import Scope, ScopeKind
from kpis.queries.milestones import current_milestones
from kpis.queries.training_rows import training_rows
from kpis.services.training import enter_training
from omnichannel.accounts.models import User
from omnichannel.core.periods import month_of
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from orgstages.services.acting import Actor
from roles.services.sync import PersonInput, UnitInput, upsert_people, upsert_units
from talent.models import Certificate, Course
from talent.queries.certificates import certificates, standings
from talent.queries.training_effect import KPI
from talent.queries.training_records import month_figures
from talent.services.certificate_reminders import remind
from talent.services.course_results import ResultWanted, record_results
from talent.services.courses import CourseWanted, enrol, plan_course
from tests.kpis.door import work
from tests.kpis.retailer import figure, put_values
from tests.orgstages.world import SINCE, write_organisation

ENGLISH = {"accept-language": "en"}
AT = "/w/acme/talent/training/"


@pytest.fixture
def actor(in_workspace: Workspace) -> Actor:
    """HR in a workspace with an organisation."""
    write_organisation()
    return Actor(None, "Asia/Shanghai", timezone.localdate())


def read(client: Client, url: str) -> str:
    """Return a page's text in English."""
    answer = client.get(url, headers=ENGLISH)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def rows_of(client: Client, url: str) -> list[dict[str, str]]:
    """Return a CSV's rows."""
    return list(csv.DictReader(io.StringIO(client.get(url).content.decode("utf-8-sig"))))


def held_last_month(actor: Actor, *, people: tuple[str, ...] = ("U1", "LEAD")) -> Course:
    """Plan a course of two days of last month and enrol people."""
    first = month_of(actor.today).previous().start + timedelta(days=9)
    wanted = CourseWanted(
        "operator-training", "BU1", "Trainer", "HQ", False, 20, True, [first, first + timedelta(days=1)]
    )
    course = plan_course(wanted, actor=actor)
    enrol(course.pk, people, actor=actor)
    return course


def recorded(actor: Actor, course: Course, **scores: str) -> None:
    """Keep that people were there on both days and wrote the exam."""
    wanted = [ResultWanted(person, frozenset(course.days), Decimal(score)) for person, score in scores.items()]
    record_results(course.pk, wanted, actor=actor)


def test_g01_programmes_stand_in_three_levels_with_audience_topics_and_hours_and_can_be_changed(
    actor: Actor, signed_in: Callable[..., Client]
) -> None:
    hr, guide = signed_in("hr_lead"), signed_in("guide", person_external_id="G1")
    page = read(guide, AT)
    for words in (
        "management and strategy",
        "Omnichannel strategy workshop",
        "Operator training",
        "scripts and service",
    ):
        assert words in page
    assert "4-07-02-06" in page
    listed = {row["programme_id"]: row for row in rows_of(guide, f"{AT}programmes.csv")}
    assert {row["level"] for row in listed.values()} == {"management", "operations", "frontline", "all"}
    assert all(row["topics_zh"] and row["topics_en"] and int(row["hours"]) > 0 for row in listed.values())
    assert listed["frontline-practice"]["audience"] == "digital-guide training-enablement"
    assert guide.get(f"{AT}programmes/awareness/edit/").status_code == 403
    new = {
        "key": "live-selling", "name_zh": "直播带货", "name_en": "Live selling", "level": "frontline",
        "audience": ["digital-guide"], "topics": "选品 | assortment\n话术 | scripts", "form_zh": "线上",
        "form_en": "online",
        "hours": "6", "certifies": "on", "valid_months": "12", "pass_mark": "60", "attendance": "80",
    }  # fmt: skip
    bad = hr.post(f"{AT}programmes/new/", new | {"hours": "0", "topics": " | only English", "key": "awareness"})
    assert bad.status_code == 422
    assert bad.content.decode().count('class="field__error') >= 2  # every fault at its field
    assert hr.post(f"{AT}programmes/new/", new).status_code == 302
    assert "Live selling" in read(guide, AT)
    edited = {name: text for name, text in new.items() if name != "key"} | {"hours": "8", "note": "longer"}
    assert hr.post(f"{AT}programmes/live-selling/edit/", edited).status_code == 302
    one = read(hr, f"{AT}programmes/live-selling/")
    assert "longer" in one
    (version,) = re.findall(r'name="version" value="(\d+)"', one)
    hr.post(f"{AT}programmes/live-selling/restore/", {"version": version})
    assert rows_of(hr, f"{AT}programmes.csv")[-1]["hours"] == "6"
    hr.post(f"{AT}programmes/live-selling/hide/", {"hidden": "1"})
    assert "Live selling" not in read(guide, AT)


def test_g02_a_missing_certificate_puts_a_person_on_the_plan_and_a_workshop_decides_milestones_and_targets(
    actor: Actor, signed_in: Callable[..., Client]
) -> None:
    hr = signed_in("hr_lead")
    quarter = f"{actor.today.year}-Q{(actor.today.month + 2) // 3}"
    made = hr.post(f"{AT}plans/", {"unit": "BU1", "period": quarter})
    assert made.status_code == 302
    url = made["Location"]
    lines = {(row["person_id"], row["programme_id"]): row for row in rows_of(hr, f"{url}plan.csv")}
    assert (
        "没有有效证书" in lines["U1", "operator-training"]["reasons"]
        or "no valid" in lines["U1", "operator-training"]["reasons"]
    )
    assert ("G1", "frontline-practice") in lines
    assert ("P1", "operator-training") not in lines  # of another unit
    page = read(hr, url)
    assert "no valid certificate" in page
    (line,) = re.findall(r"lines/(\d+)/", page[page.index("U1") :])[:1]
    assert hr.post(f"{url}lines/{line}/", {"reason": ""}).status_code == 302
    assert "dropped" not in {row["progress"] for row in rows_of(hr, f"{url}plan.csv")}
    hr.post(f"{url}lines/{line}/", {"reason": "parental leave"})
    hr.post(f"{AT}plans/", {"unit": "BU1", "period": quarter})  # computed anew, it stays dropped
    assert "parental leave" in read(hr, url)
    added = {"person": "U2", "programme": "manager-path", "words": "next team lead"}
    assert hr.post(f"{url}lines/", added).status_code == 302
    assert hr.post(f"{url}lines/", added | {"person": "P1"}).status_code == 422  # works elsewhere
    executive = read(signed_in("executive"), url)
    assert "Seats" in executive
    assert "next team lead" not in executive
    assert signed_in("line_manager", unit_external_id="BU2").get(url).status_code == 404
    wanted = CourseWanted("strategy-workshop", "G", "CEO", "HQ", False, 12, False, [actor.today])
    workshop = plan_course(wanted, actor=actor)
    at = f"{AT}courses/{workshop.pk}/"
    said = {
        "kind": "milestone", "title": "One member id", "unit": "BU1", "role": "omni-strategy", "owner": "LEAD",
        "planned_on": (actor.today + timedelta(days=60)).isoformat(),
    }  # fmt: skip
    assert hr.post(f"{at}outcomes/", said | {"owner": "nobody"}).status_code == 422
    assert hr.post(f"{at}outcomes/", said).status_code == 302
    (milestone,) = current_milestones(today=actor.today)
    assert (milestone.unit, milestone.role) == ("BU1", "omni-strategy")
    assert milestone.id in read(hr, at)
    assert f"outcome/?reference={milestone.id}" in read(hr, "/w/acme/milestones/")
    assert hr.get(f"{AT}outcome/", {"reference": milestone.id})["Location"] == at
    target = {"kind": "target", "title": "Private users", "kpi": "new_private_users", "period": "2026", "value": "9000"}
    assert hr.post(f"{at}outcomes/", target).status_code == 302
    assert "2026|new_private_users|company|" in read(hr, at)
    answer = hr.get(f"{url}plan.xlsx", headers=ENGLISH)
    cells = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    listed = rows_of(hr, f"{url}plan.csv")
    assert [(row[2], row[4], row[6]) for row in cells[1:-1]] == [
        (row["person_id"], row["programme_id"], float(row["hours"])) for row in listed
    ]
    assert cells[-1][6] == sum(float(row["hours"]) for row in listed)


def test_g01_to_g03_programmes_outcomes_and_feedback_are_written_over_rest(
    actor: Actor, api_client: Callable[..., APIClient]
) -> None:
    hr, base = api_client("hr_lead"), "/api/v1/workspaces/acme/training/"
    text = {"zh": "社群实战", "en": "Group practice"}
    body = {
        "names": text, "level": "operations", "audience": ["user-ops"], "people": [text], "topics": [text],
        "form": text, "hours": 8, "certifies": True, "valid_months": 24, "pass_mark": 60, "attendance": 80,
    }  # fmt: skip
    programme = f"{base}programmes/group-practice/"
    assert hr.put(programme, body, format="json").status_code == 201
    changed = hr.put(programme, body | {"hours": 12}, format="json")
    assert (changed.status_code, changed.data["hours"], changed.data["is_own"]) == (200, 12, True)
    wrong = hr.put(programme, body | {"audience": ["nobody"], "hours": 0}, format="json")
    assert (wrong.status_code, len(wrong.data["issues"])) == (422, 2)
    assert api_client("executive").put(programme, body, format="json").status_code == 403
    workshop = plan_course(
        CourseWanted("strategy-workshop", "G", "CEO", "HQ", False, 12, False, [actor.today]), actor=actor
    )
    outcomes = f"{base}courses/{workshop.pk}/outcomes/"
    day = (actor.today + timedelta(days=60)).isoformat()
    milestone = {"kind": "milestone", "title": "One member id", "unit_external_id": "BU1", "planned_on": day}
    lacking = hr.post(outcomes, milestone, format="json")
    assert (lacking.status_code, len(lacking.data["issues"])) == (422, 2)
    made = hr.post(outcomes, milestone | {"role": "omni-strategy", "owner": "LEAD"}, format="json")
    assert made.status_code == 201, made.data
    target = {"kind": "target", "title": "Users", "kpi": "new_private_users", "period": "2026", "value": "9000"}
    assert hr.post(outcomes, target, format="json").data["reference"] == "2026|new_private_users|company|"
    assert [row["kind"] for row in hr.get(outcomes).data] == ["milestone", "target"]
    course = held_last_month(actor)
    feedback, guide = f"{base}courses/{course.pk}/feedback/", api_client("guide", person_external_id="U1")
    assert guide.put(feedback, {"score": 101}, format="json").status_code == 422
    assert guide.put(feedback, {"score": 80, "remark": "more cases"}, format="json").status_code == 204
    assert guide.put(f"{base}courses/{workshop.pk}/feedback/", {"score": 80}, format="json").status_code == 404
    assert Decimal(hr.get(f"{base}courses/{course.pk}/").data["satisfaction"]) == 80


def test_g03_completion_pass_rate_and_satisfaction_are_the_scorecards_from_the_same_records(
    actor: Actor, signed_in: Callable[..., Client]
) -> None:
    hr, trainee = signed_in("hr_lead"), signed_in("guide", person_external_id="U1")
    month = month_of(actor.today).previous()
    for each in (month, month_of(actor.today)):
        put_values(each, [])
    first = month.start + timedelta(days=9)
    days = [first.isoformat(), (first + timedelta(days=1)).isoformat()]
    course = {
        "programme": "operator-training", "unit": "BU1", "days": ", ".join(days), "trainer": "王老师", "place": "HQ",
        "capacity": "2", "is_open": "on",
    }  # fmt: skip
    assert hr.post(f"{AT}courses/new/", course | {"days": "30.11.", "capacity": "0"}).status_code == 422
    url = hr.post(f"{AT}courses/new/", course)["Location"]
    assert hr.post(f"{url}enrol/", {"people": "U1\nU2\nLEAD"}).status_code == 302
    assert "+ 1 waiting" in read(hr, url)
    manager = signed_in("line_manager", unit_external_id="BU2")
    assert manager.post(f"{url}enrol/", {"people": "U1"}).status_code == 422
    assert "U2" not in read(manager, url)  # another unit's people
    hr.post(f"{url}withdraw/", {"person": "U2"})
    assert "+ 1 waiting" not in read(hr, url)  # the seat went to the first who waited
    named = r'name="score-(\d+)" value="" inputmode="decimal" aria-label="(\w+)'
    at = {name: pk for pk, name in re.findall(named, read(hr, url))}
    grid = {f"day-{at['U1']}": days, f"score-{at['U1']}": "85", f"day-{at['LEAD']}": days[:1]}
    wrong = hr.post(f"{url}results/", grid | {f"score-{at['U1']}": "850", f"score-{at['LEAD']}": "x"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert all(f"“{text}” is no score" in wrong.content.decode() for text in ("850", "x"))
    assert hr.post(f"{url}results/", grid).status_code == 302
    assert trainee.post(f"{url}feedback/", {"score": "90", "remark": "很实用"}).status_code == 302
    assert trainee.post(f"{url}results/", grid).status_code == 403
    page = read(hr, url)
    assert "1 of 2 completed, 1 of 1 exams passed, 1 answers" in page
    assert "很实用" not in page  # remarks are told from five answers on
    work(JobKind.COMPUTE_VALUES)
    found = month_figures(month)
    counted = found.counted
    assert (counted.completion_rate, counted.pass_rate) == (Decimal(50), Decimal(100))
    assert found.computed == {
        "training_completion_rate": counted.completion_rate,
        "training_mastery": counted.pass_rate,
        "training_satisfaction": counted.satisfaction,
        "certified_share": found.certified_share,
    }
    staff = 6  # people who hold a role
    assert found.certified_share == round(Decimal(counted.certified * 100) / staff, 6)
    said = month_figures(month_of(actor.today))  # an answer counts on its own day
    assert said.counted.satisfaction == said.computed["training_satisfaction"] == Decimal(90)
    mine = read(trainee, f"{AT}mine/")
    assert "90 / 100" in mine


def test_g04_a_certificate_has_a_number_and_an_expiry_reminds_and_is_checked_printed_and_revoked(
    actor: Actor, signed_in: Callable[..., Client]
) -> None:
    hr, holder = signed_in("hr_lead"), signed_in("guide", person_external_id="U1")
    course = held_last_month(actor)
    recorded(actor, course, U1="80", LEAD="50")
    one = Certificate.objects.get()
    year = course.ends_on.year
    assert one.number == f"OC-{year}-00001"
    assert one.expires_on is not None
    assert (one.expires_on.year, one.expires_on.month) == (year + 2, course.ends_on.month)
    page = read(hr, f"{AT}certificates/")
    assert one.number in page
    assert page.count("Level ") >= 4  # the national levels
    shown = read(holder, f"{AT}certificates/check/?number={one.number.lower()}")
    assert "Operator training" in shown
    other = signed_in("guide", person_external_id="G1")
    checked = read(other, f"{AT}certificates/check/?number={one.number}")
    assert "valid" in checked
    assert ">U1<" not in checked
    paper = f"{AT}certificates/certificate.pdf?number={one.number}"
    assert holder.get(paper).content.startswith(b"%PDF")
    assert other.get(paper).status_code == 404
    (row,) = [row for row in training_rows(people=["U1"])]
    assert (row.certificate_no, row.expires_on) == (one.number, one.expires_on)
    soon = timezone.now() + (one.expires_on - timedelta(days=30) - actor.today)
    assert remind(now=soon - timedelta(days=1)) == 0
    assert remind(now=soon) == 1
    assert remind(now=soon) == 0
    assert sorted(address for message in mail.outbox for address in message.to) == sorted(
        user for user in (member_address(hr), member_address(holder))
    )
    assert one.number in mail.outbox[0].body
    national = {
        "person": "U2", "programme": "national-3", "number": "S000123", "issuer": "某鉴定中心", "hours": "90",
        "started_on": (actor.today - timedelta(days=40)).isoformat(), "issued_on": actor.today.isoformat(),
    }  # fmt: skip
    assert hr.post(f"{AT}certificates/new/", national | {"number": one.number}).status_code == 422
    assert hr.post(f"{AT}certificates/new/", national).status_code == 302
    assert "S000123" in read(hr, f"{AT}certificates/?programme=national-3")
    hr.post(f"{AT}certificates/{one.pk}/revoke/", {"reason": "wrong person"})
    assert "revoked" in read(hr, f"{AT}certificates/check/?number={one.number}")
    days = [one.issued_on - timedelta(days=1), one.issued_on, timezone.localdate(), one.expires_on]
    for day in filter(None, days):
        listed = Counter(each.standing for each in certificates(as_of=day))
        assert standings(as_of=day) == listed
    assert training_rows(people=["U1"])[0].expires_on == actor.today


def member_address(client: Client) -> str:
    """Return the address of who is signed in."""
    return str(User.objects.get(pk=client.session["_auth_user_id"]).email)


def test_g05_new_private_users_of_trained_and_untrained_stores_before_and_after_with_their_uncertainty(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    today = timezone.localdate()
    months = [month_of(today).previous(step) for step in range(8, 0, -1)]
    stores = [f"S{number:02d}" for number in range(1, 13)]
    write_stores(stores)
    for place, month in enumerate(months):
        values = [figure(KPI, Scope(ScopeKind.UNIT, store), gained(at, place)) for at, store in enumerate(stores)]
        put_values(month, values)
    trained = months[3].start + timedelta(days=4)
    rows = [record(f"E-{store}", trained) for store in stores[:6]]
    assert enter_training(rows, actor_id=None, zone="Asia/Shanghai") == []
    executive = signed_in("executive")
    page = read(executive, f"{AT}effect/")
    assert "gained more" in page
    assert "not what the training caused" in page
    found = {row["store_id"]: row for row in rows_of(executive, f"{AT}effect.csv")}
    assert {row["group"] for key, row in found.items() if key in stores[:6]} == {"trained"}
    assert {row["group"] for key, row in found.items() if key in stores[6:]} == {"untrained"}
    changes = {
        group: [Decimal(row["change"]) for row in found.values() if row["group"] == group]
        for group in ("trained", "untrained")
    }
    effect = (sum(changes["trained"], Decimal(0)) - sum(changes["untrained"], Decimal(0))) / 6
    assert f"{effect:.2f}" in page or f"{effect.normalize():f}" in page
    few = f"?before_from={months[0]}&before_to={months[1]}&train_from={months[4]}&train_to={months[4]}"
    none = read(executive, f"{AT}effect/{few}&after_from={months[6]}&after_to={months[7]}")
    assert "It cannot be said: 0 trained stores" in none
    backwards = f"{AT}effect/?before_from={months[5]}&before_to={months[1]}"
    assert executive.get(backwards).status_code == 422
    assert signed_in("guide", person_external_id="E-S01").get(f"{AT}effect/").status_code == 403


def gained(store: int, month: int) -> int:
    """Return a store's new private users of a month: alike before, six more a month after in the trained ones."""
    return 20 + store % 3 + (month * (store % 2)) // 4 + (6 + store % 2 if month >= 5 and store < 6 else 0)


def write_stores(stores: list[str]) -> None:
    """Write a company of stores with one guide each."""
    units = [UnitInput("G", "云裳", "group"), *(UnitInput(key, f"店{key}", "store", "G", "direct") for key in stores)]
    people = [PersonInput(f"E-{key}", key, SINCE) for key in stores]
    for result in (
        upsert_units(units, effective_on=SINCE, actor_id=None),
        upsert_people(people, effective_on=SINCE, actor_id=None),
    ):
        assert result.is_ok, result.issues


def record(person: str, day: date) -> dict[str, str | None]:
    """Return a training record of one day."""
    return {
        "employee_id": person, "programme_id": "frontline-practice", "started_on": day.isoformat(),
        "completed_on": day.isoformat(), "hours": "24", "exam_score": None, "passed": None, "certificate_no": None,
        "expires_on": None,
    }  # fmt: skip
