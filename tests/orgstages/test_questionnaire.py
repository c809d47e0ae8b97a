"""The questionnaire, the method page, the rows behind facts and the exports, as a person at the pages has them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.catalogue import load_stages
from orgstages.models import DiagnosisAnswer
from tests.orgstages.blind import recompute
from tests.orgstages.world import write_world

SignedIn = Callable[..., Client]
ASK = "/w/acme/stages/units/BU2/questions/"
DAY = "2026-11-05"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """The retailer of two business units."""
    with workspace_scope(workspace.pk):
        write_world()
    return workspace


def asked(page: str) -> str:
    """Return the question that the page asks; empty when there is none left."""
    found = re.search(r'name="question" value="(\w+)"', page)
    return found[1] if found else ""


def test_answers_are_kept_one_by_one_and_the_next_open_question_comes(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    url = f"{ASK}?as_of={DAY}"
    page = client.get(url, headers=ENGLISH).content.decode()
    total = int(re.search(r"0 of (\d+) answered", page)[1])  # type: ignore[index]
    assert total >= 15
    assert asked(page) == "A4"
    for option, following in (("b", "A7"), ("a", "A10")):
        response = client.post(
            ASK, {"as_of": DAY, "question": asked(page), "option": option}, follow=True, headers=ENGLISH
        )
        page = response.content.decode()
        assert asked(page) == following
    assert "2 of " in page  # how many are asked follows the stage that the answers lead to
    again = signed_in("hr_lead").get(f"{url}&question=A4", headers=ENGLISH).content.decode()
    assert f"0 of {total} answered" in again
    assert "What others say shows once you have answered." in again
    later = client.get(url, headers=ENGLISH).content.decode()
    assert asked(later) == "A10"


def test_a_refused_answer_keeps_what_was_typed_and_a_tie_is_confirmed_on_the_diagnosis(
    world: Workspace, signed_in: SignedIn
) -> None:
    one, two = signed_in("executive"), signed_in("hr_lead")
    sent = {"as_of": DAY, "question": "A7", "option": "a", "evidence": "访谈纪要", "evidence_url": "javascript:x"}
    refused = one.post(ASK, sent, headers=ENGLISH)
    assert refused.status_code == 422
    assert 'value="访谈纪要"' in refused.content.decode()
    assert one.post(ASK, {**sent, "evidence_url": "https://wiki.example/7"}).status_code == 302
    assert two.post(ASK, {"as_of": DAY, "question": "A7", "option": "b"}).status_code == 302
    diagnosis = f"/w/acme/stages/units/BU2/?as_of={DAY}"
    shown = one.get(diagnosis, headers=ENGLISH).content.decode()
    assert "The respondents are tied" in shown
    assert 'href="https://wiki.example/7"' in shown
    confirm = "/w/acme/stages/units/BU2/answers/A7/confirm/"
    assert two.post(confirm, {"as_of": DAY, "option": "b"}).status_code == 302
    shown = one.get(diagnosis, headers=ENGLISH).content.decode()
    assert "The respondents are tied" not in shown
    assert "confirmed" in shown
    two.post(confirm, {"as_of": DAY, "option": "c"})
    with workspace_scope(world.pk):
        assert DiagnosisAnswer.objects.filter(is_confirmation=True).count() == 1


def test_only_the_questions_of_the_stage_in_question_are_asked(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")

    def steps() -> set[str]:
        page = client.get(f"{ASK}?as_of={DAY}", headers=ENGLISH).content.decode()
        return set(re.findall(r"\?question=(\w+)", page))

    assert not {"B6", "B7", "B8"} & steps()  # the unit is no first-level department
    for question in ("A4", "A7", "A10"):
        client.post(ASK, {"as_of": DAY, "question": question, "option": "c"})
    for question in ("A1", "A2", "A3", "A6", "A8", "A9", "A11", "A12"):
        client.post(ASK, {"as_of": DAY, "question": question, "option": "c", "reason": "看法不同"})
    assert {"B6", "B7", "B8"} <= steps()


def test_answers_older_than_six_months_are_listed_for_renewal(workspace: Workspace, signed_in: SignedIn) -> None:
    with workspace_scope(workspace.pk):
        write_world()
    today = timezone.localdate()
    client = signed_in("owner")
    long_ago = today - timedelta(days=200)
    client.post(ASK, {"as_of": str(long_ago), "question": "A4", "option": "b"})
    page = client.get(ASK, headers=ENGLISH).content.decode()
    assert "To renew" in page
    assert "?question=A4" in page
    client.post(ASK, {"question": "A4", "option": "b"})
    assert "To renew" not in client.get(ASK, headers=ENGLISH).content.decode()


def test_the_method_page_tells_every_question_in_both_languages(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("line_manager", unit_external_id="BU1")
    english = client.get("/w/acme/stages/method/", headers=ENGLISH).content.decode()
    chinese = client.get("/w/acme/stages/method/", headers={"accept-language": "zh-hans"}).content.decode()
    for question in load_stages().questions.values():
        assert f'id="{question.id}"' in english
        assert question.names.zh in chinese
    assert "≥ 1.5, &lt; 2.5" in english or "≥ 1.5, < 2.5" in english
    assert load_stages().version in english


def test_the_exported_documents_recompute_and_the_csv_has_a_line_per_respondent(
    world: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("executive")
    client.post(ASK, {"as_of": DAY, "question": "A4", "option": "b", "reason": "=1+1"})
    signed_in("owner").post(ASK, {"as_of": DAY, "question": "A4", "option": "b"})
    rules = client.get("/w/acme/stages/method.json").json()
    document = client.get(f"/w/acme/stages/units/BU2/diagnosis.json?as_of={DAY}").json()
    assert recompute(rules, document).differences == []
    document["verdict"]["stage"]["confidence"] = "0.001"
    assert len(recompute(rules, document).differences) == 1
    text = client.get(f"/w/acme/stages/units/BU2/diagnosis.csv?as_of={DAY}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(load_stages().questions) + 1
    assert {row["reason"] for row in rows if row["question"] == "A4"} == {"'=1+1", ""}
    assert client.get("/w/acme/stages/units/BU2/diagnosis.xml").status_code == 404


def test_the_rows_of_a_fact_name_people_only_for_those_who_may_see_them(world: Workspace, signed_in: SignedIn) -> None:
    url = f"/w/acme/stages/units/BU1/facts/A1/?as_of={DAY}"
    for role, sees in (("hr_lead", True), ("executive", False)):
        page = signed_in(role).get(url, headers=ENGLISH).content.decode()
        assert ("/organisation/people/LEAD/" in page) is sees
        assert "3.5" in page
    client = signed_in("line_manager", unit_external_id="BU2")
    assert client.get(url).status_code == 404
    for question in ("A2", "A9", "B1", "B5", "C3", "E5"):
        assert client.get(f"/w/acme/stages/units/BU2/facts/{question}/?as_of={DAY}").status_code == 200
    assert client.get("/w/acme/stages/units/BU2/facts/A4/").status_code == 404
