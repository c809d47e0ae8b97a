"""The editor and its neighbours as browsers and programs meet them: two panes of one thing, who may do what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from rest_framework.test import APIClient

from kpis.choices import DefinitionState
from kpis.library import load_library
from kpis.library.content import node_of, read_entry, yaml_text
from kpis.models import Definition
from kpis.queries.definition_moves import DraftMoves, Moved
from kpis.queries.definitions import library_at
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import order, work
from tests.kpis.test_definitions import load_orders, own_node

HERE = "/w/acme/definitions/"
API = "/api/v1/workspaces/acme/"
SignedIn = Callable[..., Client]


def fields(page: str) -> dict[str, Any]:
    """Return what a browser would send of the editor's form, untouched."""
    form = page[page.index('id="entry"') : page.index("</form>", page.index('id="entry"'))]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or ('type="checkbox"' in tag and "checked" not in tag):
            continue
        found.setdefault(name[1], []).append(_plain(value[1]) if value else "on" if "checkbox" in tag else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = [_plain(text)]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        found[name] = [_plain(value) for value in re.findall(r'<option value="([^"]*)" selected', options)] or [""]
    return found


def _plain(text: str) -> str:
    from html import unescape

    return unescape(text).removeprefix("\n")


@pytest.mark.parametrize("kpi", ["cac", "member_repurchase_rate", "guide_store_sales"])
def test_the_untouched_editor_of_a_library_kpi_saves_the_library_s_own_text(
    kpi: str, workspace: Workspace, signed_in: SignedIn
) -> None:
    if kpi not in load_library().kpis:
        kpi = next(iter(load_library().kpis))
    client = signed_in("analyst")
    sent = fields(client.get(f"{HERE}{kpi}/").content.decode())
    answer = client.post(f"{HERE}{kpi}/", sent)
    assert answer.status_code == 302
    with workspace_scope(workspace.pk):
        assert Definition.objects.get().content == node_of(load_library().kpis[kpi])


def test_form_and_text_are_one_definition(workspace: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("analyst")
    page = client.get(f"{HERE}cac/").content.decode()
    sent = fields(page)
    # written in the form: the text follows
    typed = sent | {"formula": ["net_sales / buyers"], "key": ["cac"]}
    answer = client.post(f"{HERE}check/", typed, headers={"HX-Request": "true"}).content.decode()
    assert 'id="text-pane"' in answer
    assert "formula: net_sales / buyers" in answer
    assert 'id="form-pane"' not in answer
    # written in the text: the form follows
    text = sent["yaml"][0].replace("unit: CNY", "unit: ratio")
    answer = client.post(f"{HERE}check/", sent | {"yaml": [text], "key": ["cac"]}).content.decode()
    assert 'id="form-pane"' in answer
    assert '<option value="ratio" selected' in answer
    # written in both: neither wins by itself
    both = typed | {"yaml": [text]}
    answer = client.post(f"{HERE}check/", both).content.decode()
    assert 'name="source" value="yaml"' in answer
    assert client.post(f"{HERE}cac/", both).status_code == 422
    assert client.post(f"{HERE}cac/", both | {"source": "yaml"}).status_code == 302
    with workspace_scope(workspace.pk):
        row = Definition.objects.get()
        assert (row.state, row.content["unit"]) == (DefinitionState.DRAFT, "ratio")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("There is no measure “net_sale”.", "Use net_sales", "character 1")),
     ("zh-hans", ("没有度量“net_sale”。", "改为 net_sales", "第 1 个字符"))],
)  # fmt: skip
def test_the_check_tells_everything_at_its_place(
    language: str, words: tuple[str, ...], workspace: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("analyst")
    sent = fields(client.get(f"{HERE}cac/").content.decode())
    typed = sent | {"formula": ["net_sale / buyrs@yoyo"], "key": ["cac"], "name_en": [""]}
    answer = client.post(f"{HERE}check/", typed, headers={"Accept-Language": language}).content.decode()
    assert all(word in answer for word in words), answer
    assert answer.count("<mark>") == 3
    broken = sent | {"yaml": ["id: [cac"], "key": ["cac"]}
    answer = client.post(f"{HERE}check/", broken, headers={"Accept-Language": "en"}).content.decode()
    assert "This is no YAML: line 1" in answer
    assert 'id="form-pane"' not in answer
    answer = client.post(f"{HERE}check/", sent | {"formula": ["net_sales / buyers"], "key": ["cac"]}).content.decode()
    assert answer.count("still tells the library") + answer.count("讲的却仍是库里的公式") == 2


def test_an_empty_editor_says_nothing_until_something_is_sent(workspace: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("analyst")
    page = client.get(f"{HERE}new/").content.decode()
    assert 'class="findings"' not in page
    assert client.post(f"{HERE}new/", fields(page)).content.decode().count('class="findings__row') == 5


def test_analysts_draft_hr_publishes_and_the_kpi_s_page_tells(workspace: Workspace, signed_in: SignedIn) -> None:
    analyst, lead, guide = signed_in("analyst"), signed_in("hr_lead"), signed_in("guide", person_external_id="E1")
    with workspace_scope(workspace.pk):
        load_orders(order(1), order(2, day="2024-06-02"))
    sent = fields(analyst.get(f"{HERE}new/").content.decode())
    text = yaml_text(own_node(tests=[{"given": {"net_sales": "9", "buyers": "3"}, "expect": "3"}]))
    answer = analyst.post(f"{HERE}new/", sent | {"yaml": [text], "action": "try"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{HERE}own_spend/#effect"
    with workspace_scope(workspace.pk):
        work(JobKind.PREVIEW_DEFINITION)
    page = lead.get(f"{HERE}own_spend/").content.decode()
    assert "2024-06" in page
    form = {"effective_from": "2024-06-01", "note": "a new measure"}
    assert analyst.post(f"{HERE}own_spend/publish/", form).status_code == 403
    assert guide.get(HERE).status_code == 403
    assert (
        lead.post(f"{HERE}own_spend/publish/", {"effective_from": "soon", "note": ""}, follow=True).status_code == 200
    )
    with workspace_scope(workspace.pk):
        assert "own_spend" not in library_at().kpis
    lead.post(f"{HERE}own_spend/publish/", form)
    with workspace_scope(workspace.pk):
        assert library_at(date(2024, 6, 1)).kpis["own_spend"].formula == "net_sales / buyers"
    page = lead.get("/w/acme/kpis/own_spend/", headers={"Accept-Language": "en"}).content.decode()
    assert "a new measure" in page
    assert "own_spend" in lead.get("/w/acme/kpis/?q=own_spend").content.decode()
    assert "a new measure" in lead.get(HERE).content.decode()


def test_why_a_figure_says_when_its_kpi_does_not_count_yet(workspace: Workspace, signed_in: SignedIn) -> None:
    lead, english = signed_in("hr_lead"), {"Accept-Language": "en"}
    with workspace_scope(workspace.pk):
        load_orders(order(1, day="2024-05-03"), order(2, day="2024-06-03"))
        work(JobKind.COMPUTE_VALUES)
    sent = fields(lead.get(f"{HERE}new/").content.decode())
    assert lead.post(f"{HERE}new/", sent | {"yaml": [yaml_text(own_node())]}).status_code == 302
    assert lead.post(f"{HERE}own_spend/publish/", {"effective_from": "2024-06-01"}).status_code == 302
    early = lead.get("/w/acme/kpis/own_spend/explain/?period=2024-05&scope=company:", headers=english)
    assert "Spend per head counts from 2024-06-01 on, not yet on 2024-05-31." in early.content.decode()
    counting = lead.get("/w/acme/kpis/own_spend/explain/?period=2024-06&scope=company:", headers=english)
    assert "not yet on" not in counting.content.decode()


def test_a_parameter_is_tried_and_published(workspace: Workspace, signed_in: SignedIn) -> None:
    lead = signed_in("hr_lead")
    with workspace_scope(workspace.pk):
        load_orders(order(1, day="2024-01-05"), order(3, day="2024-05-03"))
    url = f"{HERE}parameters/churn_days/"
    assert lead.post(url, {"value": "none", "seen": "0"}).status_code == 422
    assert lead.post(url, {"value": "90", "seen": "0"}).status_code == 302
    late = signed_in("owner").post(
        url, {"value": "120", "seen": "0", "draft_note": "four months"}, headers={"Accept-Language": "en"}
    )
    assert late.status_code == 409
    assert "Somebody has changed this definition meanwhile" in late.content.decode()
    assert re.search(r'name="value"[^>]* value="120"', late.content.decode())
    assert 'value="four months"' in late.content.decode()
    with workspace_scope(workspace.pk):
        work(JobKind.PREVIEW_DEFINITION)
    page = lead.get(url).content.decode()
    assert 'id="effect"' in page
    assert "is-moved" in page
    lead.post(f"{url}publish/", {"effective_from": "2024-05-01", "note": "a season"})
    page = lead.get("/w/acme/kpis/churn_rate/", headers={"Accept-Language": "en"}).content.decode()
    assert "90" in page
    assert "a season" in lead.get(HERE).content.decode()
    assert lead.get(f"{HERE}parameters/nothing/").status_code == 404


def test_a_draft_that_moves_many_units_shows_twenty_and_folds_the_rest() -> None:
    names = load_library().kpis["churn_rate"].names
    units = tuple(
        Moved("churn_rate", names, "percent", "2024-05", "unit", f"S{n}", f"门店{n}", Decimal(n), Decimal(n + 1))
        for n in range(207)
    )
    found = DraftMoves(Job(state=JobState.SUCCEEDED), False, "2024-05", (), units, 207, 207, None)
    page = render_to_string("kpis/definitions/_moves.html", {"moves": found})
    shown, folded = page.split("<details>")
    assert (shown.count('<th scope="row">'), folded.count('<th scope="row">')) == (20, 187)
    few = replace(found, units=units[:20], units_moved=20, units_total=20)
    assert "<details>" not in render_to_string("kpis/definitions/_moves.html", {"moves": few})


def test_programs_do_the_same(workspace: Workspace, api_client: Callable[..., APIClient]) -> None:
    lead = api_client("hr_lead")
    found = lead.post(f"{API}definitions/check/", {"content": own_node(formula="net_sale")}, format="json").json()
    assert found["is_good"] is False
    assert found["problems"][0] | {"message": ""} == {
        "field": "formula", "code": "unknown_measure", "message": "", "severity": "error", "position": 0, "length": 8,
        "suggestion": "net_sales",
    }  # fmt: skip
    text = yaml_text(own_node())
    found = lead.post(f"{API}definitions/check/", {"yaml": text}, format="json").json()
    assert found["is_good"] is True
    assert read_entry(found["yaml"]) == own_node()
    assert found["reads"]["orders"]
    assert lead.post(f"{API}definitions/check/", {"yaml": "a: [b"}, format="json").status_code == 422
    made = lead.post(f"{API}definitions/", {"content": own_node()}, format="json")
    assert made.status_code == 201
    assert (
        lead.post(f"{API}definitions/", {"content": own_node()}, format="json").json()["issues"][0]["code"]
        == "id_taken"
    )
    changed = {"content": own_node(unit="ratio"), "seen": 0}
    assert lead.put(f"{API}definitions/own_spend/", changed, format="json").status_code == 409
    assert (
        lead.post(f"{API}definitions/own_spend/publish/", {"effective_from": "2024-05-01"}, format="json").status_code
        == 200
    )
    (line,) = lead.get(f"{API}definitions/").json()
    assert (line["key"], line["counts_from"], line["has_draft"]) == ("own_spend", "2024-05-01", False)
    assert lead.put(f"{API}parameters/churn_days/", {"value": "x"}, format="json").status_code == 422
    assert lead.put(f"{API}parameters/churn_days/", {"value": "90"}, format="json").status_code == 200
    lead.post(f"{API}parameters/churn_days/publish/", {"effective_from": "2024-05-01"}, format="json")
    assert lead.get(f"{API}parameters/churn_days/").json()["value"] == "90"
    assert "churn_rate" in lead.get(f"{API}parameters/churn_days/").json()["kpis"]
    assert api_client("analyst").post(f"{API}definitions/own_spend/retire/", {}, format="json").status_code == 403
    gone = lead.post(f"{API}definitions/own_spend/retire/", {"effective_from": "2024-08-01"}, format="json")
    assert gone.json()["state"] == "retired"


@pytest.mark.parametrize(
    "content",
    [
        {"id": "own_x", "names": "no", "formula": ["a"], "roles": {"a": 1}, "tests": "x", "target_band": 3},
        {"id": {"a": 1}, "names": {"zh": 1}, "unit": {}, "formula": 5, "roles": [[]], "tests": [1, {"given": 2}]},
        {"id": "own_nul\u0000", "names": {"zh": "\u0000", "en": "a"}, "formula": "1e999999999", "x\u0000": 1},
        {},
    ],
)
def test_no_content_is_too_odd_to_be_told_about(
    content: dict[str, Any], workspace: Workspace, api_client: Callable[..., APIClient], signed_in: SignedIn
) -> None:
    lead = api_client("hr_lead")
    assert lead.post(f"{API}definitions/check/", {"content": content}, format="json").status_code == 200
    answer = lead.post(f"{API}definitions/", {"content": content}, format="json")
    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        assert signed_in("analyst").get(f"{HERE}{answer.json()['key']}/").status_code == 200
