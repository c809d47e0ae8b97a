"""A guide's own day: own customers, tasks and place, light and at a fixed cost; a manager's tasks within bounds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.choices import AutoLoad
from kpis.errors import FieldsRefused
from kpis.services.analysing import request_analysis
from kpis.services.pay.guide_tasks import TaskInput, give_task
from omnichannel.core.periods import month_of
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.door import orders_csv, put, work
from tests.kpis.retailer import (
    GUIDE_KPIS,
    NOVEMBER,
    adopt,
    build_organisation,
    figure,
    person,
    put_example,
    put_targets,
    put_values,
)

DAY, TASKS = "/w/acme/pay/my-day/", "/w/acme/pay/tasks/"
API = "/api/v1/workspaces/acme"
EN = {"accept-language": "en"}
ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
WEIGHT = 60 * 1024
CUSTOMERS = 14
SignedIn = Callable[..., Client]
ApiClient = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def _retailer(in_workspace: Workspace) -> None:
    build_organisation(more_stores=4)
    cache.clear()


def text(client: Client, url: str) -> str:
    answer = client.get(url, headers=EN)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def load(content: str, filename: str) -> None:
    put(content.encode(), filename=filename, auto=AutoLoad.GOOD_ROWS)
    assert {job.state for job in work()} == {JobState.SUCCEEDED}


def task_form(**other: Any) -> dict[str, Any]:
    due = (current_day() + timedelta(days=3)).isoformat()
    return {"title": "新品上身图", "what": "发给名下会员", "due_on": due, "role": "digital-guide", **other}


def test_own_customers_are_counted_by_tier_and_listed_under_pseudonyms_and_nobody_elses(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    rows = [
        f"O{n}{k},C{n},store,S1,ES1,2024-11-{20 - k:02d} 10:00:00,completed,{100 * n},0,0,{100 * n},1"
        for n in range(1, CUSTOMERS + 1)
        for k in range(1 + n % 3)
    ]
    load(orders_csv(*rows).decode(), "orders.csv")
    head = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
    contacts = [f"k{n},C{n},ES1,S1,wecom_friend,store,2024-01-0{n % 9 + 1} 09:00:00," for n in range(1, 11)]
    contacts += [f"k{n},C{n},ES2,S2,wecom_friend,store,2024-01-01 09:00:00," for n in range(11, CUSTOMERS + 1)]
    contacts += [
        "k20,C11,ES1,S1,wecom_friend,store,2024-06-01 09:00:00,",  # ES2 was a friend before
        "k21,C12,ES1,S1,wecom_friend,store,2023-06-01 09:00:00,2024-02-01 09:00:00",  # left
        "k22,C30,ES1,S1,wecom_friend,store,2024-06-01 09:00:00,",  # has bought nothing
    ]
    load("\n".join([head, *contacts, ""]), "contacts.csv")
    people = [f"C{n},2024-01-01 09:00:00,0,1,true," for n in range(1, 10)]
    people += ["C10,2024-01-01 09:00:00,0,1,true,2024-11-01 09:00:00", "C30,2024-01-01 09:00:00,0,1,false,"]
    columns = "customer_id,created_at,tag_count,linked_systems,consent_marketing,erased_at"
    load("\n".join([columns, *people, ""]), "customers.csv")
    guide = signed_in("guide", person_external_id="ES1")
    assert "have not been put into tiers yet" in text(guide, DAY)
    request_analysis([NOVEMBER], actor_id=None)
    assert [job.state for job in work(JobKind.ANALYSE)] == [JobState.SUCCEEDED]
    day = api_client("guide", person_external_id="ES1").get(f"{API}/my-day/").json()
    listed = api_client("guide", person_external_id="ES1").get(f"{API}/my-day/customers/").json()
    ids = {each["customer"] for each in listed["customers"]}
    assert ids == {f"C{n}" for n in range(1, 10)} | {"C30"}  # C10 is erased, C11 and C12 are ES2's
    assert sum(day["tiers"].values()) == 10
    assert day["tiers"]["none"] == 1
    for tier in ("high", "potential", "dormant"):
        page = text(guide, f"{DAY}customers/?tier={tier}")
        assert page.count('<th scope="row">') == day["tiers"][tier]
    file = guide.get(f"{DAY}customers.csv?sort=-money").content.decode("utf-8-sig").splitlines()
    assert len(file) == 11
    assert file[1].startswith("C8,")
    assert "C11" not in text(guide, f"{DAY}customers/")
    assert signed_in("line_manager", unit_external_id="R1", person_external_id="ES1").get(DAY).status_code == 403


def test_a_task_is_given_within_ones_units_done_with_a_note_and_counted_as_done_or_late(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    manager = signed_in("line_manager", unit_external_id="S1")
    wrong = manager.post(
        f"{TASKS}new/",
        {"title": "", "what": "x", "due_on": "2020-01-01", "link": "javascript:alert(1)", "people": "导购S2\n谁"},
        headers=EN,
    )
    assert wrong.status_code == 422
    # no title, nobody called 谁, and what the rules say of day and link; whom it is for is not judged by half
    assert wrong.content.decode().count('class="field__errors"') == 4
    rules = manager.post(
        f"{TASKS}new/",
        task_form(role="", people="ES2", due_on="2020-01-01", link="javascript:alert(1)")
        | {"picture": SimpleUploadedFile("a.png", b"GIF89a")},
        headers=EN,
    )
    assert rules.content.decode().count('class="field__errors"') == 4
    picture = SimpleUploadedFile("look.png", PNG)
    unread = task_form(title="", role="", people="ES2", due_on="") | {"picture": SimpleUploadedFile("b.png", b"GIF89a")}
    assert manager.post(f"{TASKS}new/", unread, headers=EN).content.decode().count('class="field__errors"') == 4
    given = manager.post(f"{TASKS}new/", task_form(script="您好，新品到店", picture=picture), headers=EN)
    assert given.status_code == 302, given.content.decode()
    own = given["Location"]
    pk = int(own.rstrip("/").rsplit("/", 1)[1])
    guide, other = signed_in("guide", person_external_id="ES1"), signed_in("guide", person_external_id="ES2")
    assert "您好，新品到店" in text(guide, DAY)
    assert "您好，新品到店" not in text(other, DAY)
    answer = guide.get(f"{own}picture/")
    assert (answer.content, answer["Cache-Control"]) == (PNG, "private, no-cache")  # else a change is not seen
    assert guide.get(f"{own}picture/", headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert other.get(f"{own}picture/").status_code == 404
    assert other.post(f"{DAY}tasks/{pk}/", {"action": "done"}).status_code == 404
    assert guide.post(f"{DAY}tasks/{pk}/", {"action": "done", "note": "已发 30 位"}).status_code == 302
    assert guide.post(f"{DAY}tasks/{pk}/", {"action": "done"}, headers=EN).status_code == 409
    assert "已发 30 位" in text(manager, own)
    assert guide.post(f"{DAY}tasks/{pk}/", {"action": "undo"}).status_code == 302

    today = current_day()
    late = give_task(
        TaskInput("回访", "联系老客", today - timedelta(days=1), role="digital-guide", unit="R1"),
        actor_id=None,
        today=today - timedelta(days=5),
    )
    assert guide.post(f"{DAY}tasks/{late.pk}/", {"action": "done"}).status_code == 302
    region = api_client("line_manager", unit_external_id="R1").get(f"{API}/guide-tasks/").json()["results"]
    counts = {each["title"]: [each[key] for key in ("people", "done", "done_late", "late", "open")] for each in region}
    assert counts == {"新品上身图": [1, 0, 0, 0, 1], "回访": [6, 0, 1, 5, 0]}
    store = api_client("line_manager", unit_external_id="S1").get(f"{API}/guide-tasks/{late.pk}/").json()
    assert [store[key] for key in ("people", "done_late", "late")] == [1, 1, 0]
    assert manager.post(f"{TASKS}{late.pk}/withdraw/", headers=EN).status_code == 403  # others have it too
    assert signed_in("line_manager", unit_external_id="UC").get(f"{TASKS}{late.pk}/").status_code == 404
    misread = manager.post(own, task_form(title="", due_on="2020-01-01", link="javascript:alert(1)"), headers=EN)
    assert misread.content.decode().count('class="field__errors"') == 3
    changed = manager.post(own, task_form(title="新品上身图二"), headers=EN)
    assert changed.status_code == 302
    assert manager.post(f"{own}withdraw/").status_code == 302
    assert "新品上身图二" not in text(guide, DAY)
    assert manager.post(own, task_form()).status_code == 409
    assert manager.post(f"{own}restore/").status_code == 302
    listed = text(manager, f"{TASKS}?sort=-late&q=新品")
    assert "新品上身图二" in listed
    assert "回访" not in listed.split("<tbody>")[1]
    assert "No task fits" in text(manager, f"{TASKS}?standing=withdrawn")
    assert "Switch places off" in text(signed_in("hr_lead"), TASKS)
    page = text(manager, own)
    for word in ("Given", "Changed", "Withdrawn", "Given again", "Not done after all"):
        assert word in page, word
    rows = manager.get(f"{TASKS[:-1]}.csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    assert manager.get(f"{TASKS[:-1]}.csv?standing=late").content.decode("utf-8-sig").count("\n") <= 2


def test_a_place_is_told_among_five_or_more_and_can_be_switched_off_by_person_and_workspace(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    stores = [f"S{n}" for n in range(1, 7)]
    put_example(stores=stores)
    reached = {store: 60 + 5 * number for number, store in enumerate(stores)}
    put_values(NOVEMBER, [figure(kpi, person(f"E{s}"), value) for s, value in reached.items() for kpi in GUIDE_KPIS])
    guide = signed_in("guide", person_external_id="ES5")
    assert "2 of 6" in text(guide, DAY)
    assert "fewer than 5 people" in text(guide, DAY)  # in the own store
    assert not any(f"导购S{n}" in text(guide, DAY) for n in range(1, 7) if n != 5)
    top = api_client("guide", person_external_id="ES6")
    assert top.put(f"{API}/my-day/ranking/", {"is_shown": False}, format="json").status_code == 200
    assert top.get(f"{API}/my-day/").json()["ranking"]["off"] == "person"
    assert "1 of 5" in text(guide, DAY)  # who hides counts nowhere
    assert signed_in("line_manager", unit_external_id="R1").post(f"{TASKS}ranking/", {"shown": "0"}).status_code == 403
    hr = signed_in("hr_lead")
    assert hr.post(f"{TASKS}ranking/", {"shown": "0"}).status_code == 302
    assert "Your company shows no places" in text(guide, DAY)
    assert hr.post(f"{TASKS}ranking/", {"shown": "1"}).status_code == 302
    assert "1 of 5" in text(guide, DAY)


def test_the_page_is_light_needs_no_script_and_costs_the_same_for_more_tasks_and_targets(
    signed_in: SignedIn, capsys: pytest.CaptureFixture[str]
) -> None:
    guide, today = signed_in("guide", person_external_id="ES1"), current_day()
    put_targets(month_of(today), {(GUIDE_KPIS[0], person("ES1")): 100})

    def give(numbers: range) -> None:
        for each in numbers:
            asked = TaskInput(f"任务{each}", "做" * 200, today, script="您好" * 100, people=["ES1"])
            give_task(asked, actor_id=None, today=today)

    give(range(2))
    with pytest.raises(FieldsRefused):
        give(range(1))  # sent twice
    text(guide, DAY)
    with CaptureQueriesContext(connection) as few:
        text(guide, DAY)
    give(range(2, 20))
    put_targets(month_of(today), {(kpi, person("ES1")): 100 for kpi in GUIDE_KPIS})
    with CaptureQueriesContext(connection) as many:
        page = guide.get(DAY).content
    assert len(many) == len(few)
    own = [*(ROOT / "static" / "css").glob("pay_day.css"), *(ROOT / "static" / "js").glob("pay-day*.js")]
    weight = len(gzip.compress(page)) + sum(len(gzip.compress(path.read_bytes())) for path in own)
    with capsys.disabled():
        print(json.dumps({"my day": {"tasks": 20, "gz bytes": weight, "queries": len(many)}}))
    assert weight <= WEIGHT
    shell = page.split(b"</head>")[0]
    assert all(b"defer" in tag or b'type="module"' in tag or b"boot.js" in tag for tag in shell.split(b"<script")[1:])
    assert b"hx-get" not in page.split(b'id="main"')[1].split(b"</main>")[0]
