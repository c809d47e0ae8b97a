"""Pages and API of the diagnosis with real rows: both languages, who may do what, bounds that answer 404."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.library import load_library
from omnichannel.core.issues import Issue
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.catalogue import load_stages
from orgstages.models import Diagnosis, DiagnosisAnswer
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import Thing
from roles.queries.stages import adopted_stage
from roles.services.ending import end
from roles.services.sync import UnitInput, upsert_units
from tests.orgstages.world import DAY, write_world

SignedIn = Callable[..., Client]
ApiClientFactory = Callable[..., APIClient]
LIST = "/w/acme/stages/?as_of=2026-11-05"
PAGE = "/w/acme/stages/units/{}/"


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """The retailer of two business units."""
    with workspace_scope(workspace.pk):
        write_world()
    return workspace


def text_of(client: Client, url: str, language: str = "en") -> str:
    response = client.get(url, headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def page(unit: str) -> str:
    return f"{PAGE.format(unit)}?as_of=2026-11-05"


def test_an_executive_sees_every_units_stage_and_every_questions_fact(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    overview = text_of(client, LIST)
    assert "女装事业部: User-growth-driven" in overview
    assert "First-level" in overview
    shown = text_of(client, page("BU1"))
    for told in (overview, shown):  # 0.895 less 0.105
        assert re.search(r"78\.9\D+%\D+clear", told)
        assert "78.9 percentage points ahead of the Project stage" in told
    rule = shown[shown.index('id="A1"') :]
    assert "≥ 30 %, ≤ 85 %" in rule[: rule.index("</details>")]  # the rule of a question stands with its thresholds
    for question in [f"A{number}" for number in range(1, 13)] + ["B5", "C3", "D8", "E5"]:
        assert f'id="{question}"' in shown
    assert "3 of 3.50 FTE" in shown or "make 3 FTE: 85.7" in shown
    assert "/w/acme/kpis/unified_id_rate/explain/?period=2026-10&amp;scope=unit%3ABU1" in shown
    assert "/w/acme/stages/units/BU1/facts/A2/?as_of=2026-11-05" in shown


def test_pages_read_in_chinese(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    assert "女装事业部：用户增长驱动型" in text_of(client, LIST, "zh-hans")
    shown = text_of(client, page("BU2"), "zh-hans")
    assert "没有自己的在编人员" in shown
    assert "项目制" in shown
    assert "配合品牌战略确定私域内容策略" in text_of(client, "/w/acme/stages/market-led/", "zh-hans")


def test_reconstructed_relations_are_marked(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    assert text_of(client, "/w/acme/stages/market-led/").count("reconstructed</span>") == 4
    assert "reconstructed</span>" not in text_of(client, "/w/acme/stages/sales-led/")
    assert client.get("/w/acme/stages/no-such/").status_code == 404


def test_without_units_the_page_says_what_is_missing(workspace: Workspace, signed_in: SignedIn) -> None:
    assert "No units yet" in text_of(signed_in("owner"), LIST)


def test_a_line_manager_sees_the_own_subtree_only(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("line_manager", unit_external_id="BU1")
    overview = text_of(client, LIST)
    assert "女装事业部" in overview
    assert "童装事业部" not in overview
    assert client.get(page("UC")).status_code == 200
    assert [client.get(page(unit)).status_code for unit in ("BU2", "G", "no-such")] == [404, 404, 404]
    assert client.post(f"{PAGE.format('BU1')}answers/A4/", {"option": "a"}).status_code == 403


def test_a_guide_and_a_stranger_are_kept_out(world: Workspace, other_workspace: Workspace, signed_in: SignedIn) -> None:
    guide = signed_in("guide", person_external_id="G1")
    assert [guide.get(url).status_code for url in (LIST, page("BU1"))] == [403, 403]
    stranger = signed_in("owner", workspace=other_workspace)
    assert [stranger.get(url).status_code for url in (LIST, page("BU1"))] == [404, 404]


def test_an_answer_in_place_changes_the_verdict_and_returns_to_the_question(
    world: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("executive")
    sent = {"as_of": "2026-11-05", "option": "c"}
    response = client.post(f"{PAGE.format('BU1')}answers/A4/", sent)
    assert (response.status_code, response["Location"]) == (302, f"{page('BU1')}#A4")
    with workspace_scope(world.pk):
        assert DiagnosisAnswer.objects.get().answered_on == DAY
    assert "own company-level budget" in text_of(client, page("BU1"))
    response = client.post(f"{PAGE.format('BU1')}answers/A4/", {"as_of": "2026-11-05", "withdraw": "1"})
    assert response.status_code == 302
    with workspace_scope(world.pk):
        assert DiagnosisAnswer.objects.filter(option="").count() == 1


def test_overruling_without_a_reason_keeps_what_was_typed(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    url = f"{PAGE.format('BU1')}answers/A8/"
    response = client.post(
        url, {"as_of": "2026-11-05", "option": "b", "reason": " "}, headers={"accept-language": "en"}
    )
    shown = response.content.decode()
    assert response.status_code == 422
    assert "Give the reason for overruling it" in shown
    assert '<option value="b" selected>joined inside one department</option>' in shown
    unread = {"as_of": "2026-11-05", "option": "", "evidence_url": "ftp://x", "evidence_kpi": "no_such"}
    told = client.post(url, unread, headers={"accept-language": "en"}).content.decode()
    assert told.count('class="field__errors"') == 3, "no answer, no web address, no KPI"
    kept = {"as_of": "2026-11-05", "option": "b", "reason": "only members are joined", "evidence_kpi": "consent_rate"}
    assert client.post(url, kept).status_code == 302
    shown = text_of(client, page("BU1"))
    assert f">{load_library().kpis['consent_rate'].names.en}</a>" in shown, "a KPI given as evidence is called by name"
    assert "only members are joined" in shown
    assert "overruled" in shown
    said = next(option for option in load_stages().questions["A8"].options if option.key == "c")
    assert f"the data said {said.names.en}" in shown  # in words, not as the key of an option
    assert client.post(f"{PAGE.format('BU1')}answers/Z1/", {"option": "b"}).status_code == 404


def test_a_verdict_is_recorded_from_the_page(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    for _again in range(2):
        response = client.post(f"{PAGE.format('BU2')}run/", {"as_of": "2026-11-05"})
        assert response.status_code == 302
    with workspace_scope(world.pk):
        assert Diagnosis.objects.get().unit_external_id == "BU2"
    assert "revision 1" in text_of(client, page("BU2"))
    assert client.post(f"{PAGE.format('NONE')}run/").status_code == 404


def test_hr_adopts_a_stage_and_an_executive_may_not(world: Workspace, signed_in: SignedIn) -> None:
    sent = {"as_of": "2026-11-05", "subtype": "user-growth-driven", "on": "2026-11-01", "note": ""}
    url = f"{PAGE.format('BU1')}adopt/"
    assert signed_in("executive").post(url, sent).status_code == 403
    client = signed_in("hr_lead")
    assert client.post(url, {**sent, "on": "soon"}).status_code == 422
    with workspace_scope(world.pk):
        brief = UnitInput("POP", "快闪组", "department", "G")
        assert upsert_units([brief], effective_on=date(2026, 1, 1), actor_id=None).is_ok
        assert end(Thing.UNITS, "POP", on=date(2026, 12, 1), actor_id=None).is_ok
    late = {**sent, "subtype": "", "on": "2026-12-01"}
    told = client.post(f"{PAGE.format('POP')}adopt/", late, headers={"accept-language": "en"})
    assert told.content.decode().count('class="field__errors"') == 2
    assert "There is no such unit on this day." in told.content.decode()
    assert client.post(url, sent).status_code == 302
    with workspace_scope(world.pk):
        adopted = adopted_stage("UC", on=DAY)
    assert (adopted.stage, adopted.subtype, adopted.since) == (
        StageKey.FIRST_LEVEL,
        SubtypeKey.USER_GROWTH_DRIVEN,
        date(2026, 11, 1),
    )


def test_the_page_needs_a_fixed_number_of_queries(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    client.get(page("BU2"))
    with CaptureQueriesContext(connection) as small:
        client.get(page("BU2"))
    with CaptureQueriesContext(connection) as large:
        client.get(page("BU1"))
    assert len(small) == len(large)


def test_rest_clients_read_verdicts_with_facts(world: Workspace, api_client: ApiClientFactory) -> None:
    client = api_client("executive", scope="read")
    url = "/api/v1/workspaces/acme/diagnoses/"
    found = client.get(url, {"as_of": "2026-11-05"}).json()
    assert [each["unit_external_id"] for each in found] == ["G", "BU1", "BU2"]
    one = client.get(url, {"as_of": "2026-11-05", "unit": "BU1"}).json()[0]
    assert one["verdict"]["stage"]["shares"] == {
        "project": "0.105",
        "strong-department": "0.000",
        "first-level": "0.895",
    }
    assert one["verdict"]["subtype"]["leading"] == ["user-growth-driven"]
    assert one["adopted"] == {
        "stage": "project",
        "subtype": "project-team",
        "unit_external_id": None,
        "since": None,
    }
    fact = next(each for each in one["answers"] if each["question"] == "A8")["fact"]
    assert (fact["value"], fact["option"], fact["source"]["id"]) == ("72.500000", "c", "unified_id_rate")
    assert client.get(url, {"as_of": "yesterday"}).status_code == 422


def test_the_api_keeps_a_line_manager_inside_and_a_guide_out(world: Workspace, api_client: ApiClientFactory) -> None:
    url = "/api/v1/workspaces/acme/diagnoses/"
    manager = api_client("line_manager", unit_external_id="BU2")
    assert [each["unit_external_id"] for each in manager.get(url).json()] == ["BU2"]
    assert manager.get(url, {"unit": "BU1"}).status_code == 404
    assert manager.get(url, {"unit": "no-such"}).json() == manager.get(url, {"unit": "BU1"}).json()
    assert api_client("guide", person_external_id="G1").get(url).status_code == 403


def test_the_catalogue_command_counts() -> None:
    out = StringIO()
    call_command("catalogue", "--json", stdout=out)
    counts = json.loads(out.getvalue())
    assert {key: counts[key] for key in ("roles", "kpis", "stages", "questions", "automatic_questions")} == {
        "roles": 12,
        "kpis": 113,
        "stages": 3,
        "questions": 39,
        "automatic_questions": 16,
    }
    out = StringIO()
    call_command("catalogue", stdout=out)
    assert "weight sets" in out.getvalue()


@pytest.mark.parametrize(
    ("app", "rules"), [("roles", "check_roles"), ("kpis", "check_library"), ("orgstages", "check_stages")]
)
def test_a_fault_in_a_catalogue_fails_the_system_check(app: str, rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_checks(tags=["catalogue"]) == []
    monkeypatch.setattr(f"{app}.checks.{rules}", lambda: (Issue("a.b", "broken"),))
    found = run_checks(tags=["catalogue"])
    assert [(message.id, message.msg) for message in found] == [(f"{app}.E001", "a.b: broken")]
