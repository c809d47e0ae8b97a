"""The pages, the file and the API of targets: typed, pasted, exported, sent in bulk, within everybody's bounds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kpis.choices import AutoLoad
from kpis.engine.specs import COMPANY
from kpis.models import Target, TargetEdit
from kpis.queries.targets import targets_of
from kpis.views.target_forms import parse_number
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.door import again, checked, work
from tests.kpis.retailer import NOVEMBER, adopt, build_organisation, person, put_example, put_targets, unit

PAGE = "/w/acme/kpis/targets/"
GRID = f"{PAGE}?kpi=guide_store_sales&year=2024"
API = "/api/v1/workspaces/acme/targets/"
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example(NOVEMBER)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,200.5", "1200.5"), ("１２００", "1200"), (" ¥1.2万 ", "12000"), ("85%", "85"), ("−3", "-3"), (".5", "0.5"),
        ("2bn", "2000000000"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1,20", "1e5", "NaN", "1.2.3", "abc", "--1", "1" * 60])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


def test_a_manager_types_targets_sees_all_that_is_wrong_and_takes_the_save_back(
    signed_in: Callable[..., Client],
) -> None:
    client = signed_in("hr_lead")
    shown = client.get(f"{GRID}&open=BU1&open=R1&open=S1", headers=ENGLISH).content.decode()
    assert 'name="t|employee:ES1|2024-11" value="100"' in shown
    wrong = {"t|unit:S1|2024-11": "abc", "t|unit:S2|2024-13": "5", "t|unit:R1|2024-11": "300"}
    refused = client.post(GRID, wrong, headers={**ENGLISH, "accept": "application/json"})
    assert (refused.status_code, len(refused.json()["issues"])) == (422, 2)
    page = client.post(GRID, wrong, headers=ENGLISH)
    assert page.status_code == 422
    assert 'value="300"' in page.content.decode()
    assert not TargetEdit.objects.exists()
    typed = {"t|unit:R1|2024-11": "3.5万", "t|employee:ES1|2024-11": "", "t|unit:BU1|2024-11": "", "note": "growth"}
    assert client.post(GRID, typed).status_code == 302
    assert targets_of(NOVEMBER)["guide_store_sales", unit("R1")] == 35000
    assert ("guide_store_sales", person("ES1")) not in targets_of(NOVEMBER)
    edit = TargetEdit.objects.get()
    assert (edit.created, edit.changed, edit.removed, edit.note) == (1, 0, 1, "growth")
    history = client.get(f"{PAGE}history/?kpi=guide_store_sales&year=2024&scope=unit:R1", headers=ENGLISH)
    assert "growth" in history.content.decode()
    client.post(f"{PAGE}saves/{edit.pk}/undo/")
    assert targets_of(NOVEMBER)["guide_store_sales", person("ES1")] == 100
    assert "Undone" in client.get(f"{PAGE}saves/", headers=ENGLISH).content.decode()


def test_two_people_at_one_cell_are_told_of_each_other_and_lose_nothing(signed_in: Callable[..., Client]) -> None:
    first, second = signed_in("hr_lead"), signed_in("executive")
    seen = second.get(GRID).context["seen"]
    cell, other = "t|unit:R1|2024-11", "t|unit:BU1|2024-11"
    assert first.post(GRID, {cell: "3.5万"}).status_code == 302
    as_json = {**ENGLISH, "accept": "application/json"}
    refused = second.post(GRID, {cell: "700", other: "800", "seen": seen}, headers=as_json)
    told = refused.json()
    assert (refused.status_code, [issue["cell"] for issue in told["issues"]]) == (422, [cell])
    (message,) = [issue["message"] for issue in told["issues"]]
    assert message == (
        f"{TargetEdit.objects.get().created_by} has set this target to 35,000 since you opened the page."
        " Save again to put yours in its place."
    )
    assert targets_of(NOVEMBER)["guide_store_sales", unit("R1")] == 35000
    again_sent = {cell: "700", other: "800", "seen": seen, "seen|unit:R1|2024-11": told["told_at"]}
    assert second.post(GRID, again_sent, headers=as_json).status_code == 200
    assert targets_of(NOVEMBER)["guide_store_sales", unit("R1")] == 700
    assert targets_of(NOVEMBER)["guide_store_sales", unit("BU1")] == 800
    assert first.post(GRID, {cell: ""}).status_code == 302
    gone = second.post(GRID, again_sent, headers=as_json).json()["issues"]
    assert [(issue["cell"], "has removed this target" in issue["message"]) for issue in gone][:1] == [(cell, True)]
    assert second.post(GRID, {cell: "1", "seen|unit:R1|2024-11": "soon"}).status_code == 404


def test_a_floor_moves_with_a_target_that_would_pass_it(signed_in: Callable[..., Client]) -> None:
    client = signed_in("executive")
    place = "t|unit:R1|2024-12"
    url = f"{PAGE}?kpi=sales_net&year=2024"
    client.post(url, {place: "1000"})
    client.post(f"{url}&layer=floor", {place: "900"})
    client.post(f"{url}&layer=stretch", {place: "1200"})
    client.post(url, {place: "800"})
    target = Target.objects.get(period="2024-12", scope_id="R1")
    assert (target.floor, target.value, target.stretch) == (Decimal(720), Decimal(800), Decimal(1200))
    wrong = client.post(f"{url}&layer=floor", {place: "801"}, headers=ENGLISH)
    assert "The floor lies above the target" in wrong.content.decode()


def test_everybody_sees_and_sets_only_what_is_theirs(signed_in: Callable[..., Client]) -> None:
    manager = signed_in("line_manager", unit_external_id="R1")
    shown = manager.get(f"{GRID}&open=S1", headers=ENGLISH).content.decode()
    assert 'name="t|unit:S1|2024-11"' in shown
    assert 'name="t|unit:R1|2024-11"' not in shown
    assert "女装事业部" not in shown
    assert manager.post(GRID, {"t|unit:R1|2024-11": "1"}).status_code == 422
    assert manager.get(f"{PAGE}history/?kpi=sales_net&year=2024&scope=unit:BU1").status_code == 404
    assert manager.get(f"{PAGE}plan/?kpi=sales_net&year=2024&scope=unit:BU1").status_code == 404
    mine = manager.get(f"{PAGE}targets.xlsx?all_kpis=1&year=2024").content
    whole = signed_in("owner").get(f"{PAGE}targets.xlsx?all_kpis=1&year=2024").content
    assert 0 < len(mine) < len(whole)
    analyst = signed_in("analyst")
    page = analyst.get(f"{GRID}&open=S1", headers=ENGLISH).content.decode()
    assert "t|employee:ES1" not in page
    assert "targets__input" not in page
    assert analyst.post(GRID, {"t|unit:S1|2024-11": "1"}).status_code == 403
    assert signed_in("guide", person_external_id="ES1").get(PAGE).status_code == 403


def test_the_file_comes_back_through_the_door_without_a_change(
    signed_in: Callable[..., Client], tmp_path: Path
) -> None:
    put_targets(parse_period("2024"), {("sales_net", COMPANY): Decimal("12345678901234.5678")})
    before = Target.objects.filter(period__startswith="2024").count()
    for language in ("en", "zh-hans"):
        file = signed_in("owner").get(f"{PAGE}targets.xlsx?all_kpis=1&year=2024", headers={"accept-language": language})
        upload = checked(file.content, filename=f"targets-{language}.xlsx", auto=AutoLoad.CLEAN)
        work()
        upload = again(upload)
        assert (upload.table_id, upload.effect) == ("targets", {"new": 0, "changed": 0, "same": before}), upload.state


def test_a_batch_is_written_whole_or_told_row_by_row(api_client: Callable[..., APIClient]) -> None:
    client = api_client("executive")
    store = {"period": "2024-12", "kpi_id": "sales_net", "scope_kind": "unit", "scope_id": "S1", "value": "900.00"}
    rows = [store, {**store, "scope_id": "NOPE"}, {**store, "scope_kind": "company", "scope_id": None, "value": None}]
    refused = client.put(API, {"rows": rows}, format="json")
    assert (refused.status_code, refused.json()["issues"][0]["pointer"]) == (422, "/rows/1/scope_id")
    assert [result["status"] for result in refused.json()["results"]] == ["same", "failed", "same"]
    rows[1] = {**store, "scope_id": "S2", "floor": "800", "stretch": "1000"}
    tried = client.put(f"{API}?dry_run=true", {"rows": rows}, format="json").json()
    assert (tried["created"], tried["same"], tried["edit"], TargetEdit.objects.count()) == (2, 1, None, 0)
    key: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "targets-1"}
    first = client.put(API, {"rows": rows}, format="json", **key).json()
    again_ = client.put(API, {"rows": rows}, format="json", **key)
    assert (again_.json(), again_["Idempotent-Replayed"], TargetEdit.objects.count()) == (first, "true", 1)
    assert client.put(API, {"rows": rows}, format="json").json()["same"] == 3
    read = client.get(f"{API}?year=2024&kpi=sales_net&scope_id=S2").json()["results"]
    assert [(one["floor"], one["value"], one["stretch"], one["origin"]) for one in read] == [
        ("800.0000", "900.0000", "1000.0000", "api")
    ]
    assert client.put(API, {"rows": [store] * 1001}, format="json").status_code == 422
    bounded = api_client("line_manager", unit_external_id="R1")
    assert bounded.put(API, {"rows": [{**store, "scope_id": "BU1"}]}, format="json").status_code == 422
    assert {one["scope_id"] for one in bounded.get(f"{API}?year=2024").json()["results"]} == {"S1", "S2", "ES1", "ES2"}


def test_a_row_that_cannot_be_read_hides_no_fault_of_the_others(api_client: Callable[..., APIClient]) -> None:
    row = {"period": "2024-11", "kpi_id": "sales_net", "scope_kind": "unit", "scope_id": "S1", "value": "100"}
    wrong = [row | {"value": "abc"}, row, row | {"scope_id": "S2", "floor": "200"}, row | {"kpi_id": "nope"}]
    answer = api_client("hr_lead").put(API, {"rows": wrong}, format="json", headers={"accept-language": "zh-hans"})
    assert answer.status_code == 422
    assert [issue["pointer"] for issue in answer.json()["issues"]] == [
        "/rows/0/value",
        "/rows/2/floor",
        "/rows/3/kpi_id",
    ]
    assert answer.json()["detail"] == "请求内容有误，逐项见 issues。"
    twice = api_client("hr_lead").put(API, {"rows": [row, row]}, format="json")
    assert [issue["pointer"] for issue in twice.json()["issues"]] == ["/rows/0", "/rows/1"]
    assert not TargetEdit.objects.exists()


def test_a_plan_is_looked_at_and_then_applied_as_it_was_shown(signed_in: Callable[..., Client]) -> None:
    client = signed_in("executive")
    put_targets(parse_period("2024"), {("sales_net", unit("S1")): 1200})
    url = f"{PAGE}plan/?op=split&kpi=sales_net&year=2024&scope=unit:S1"
    shown = client.get(url, headers=ENGLISH)
    digest = shown.context["plan"].digest
    assert "12 targets" in shown.content.decode()
    put_targets(parse_period("2024"), {("sales_net", unit("S1")): 2400})
    stale = client.post(url, {"digest": digest}, headers=ENGLISH)
    assert (stale.status_code, "Something has changed" in stale.content.decode()) == (422, True)
    assert client.post(url, {"digest": stale.context["plan"].digest, "note": "even"}).status_code == 302
    assert targets_of(NOVEMBER)["sales_net", unit("S1")] == 200
    assert TargetEdit.objects.get().origin == "split"
    for wrong in ("op=nope", "scope=unit:NOPE", "period=2019-01", "percent=abc", "op=split&curve=typed&share-1=-1"):
        answer = client.get(f"{PAGE}plan/?kpi=sales_net&year=2024&{wrong}")
        assert answer.status_code in (200, 404), wrong
        assert answer.status_code == 404 or answer.context["issues"], wrong


def test_rows_come_as_one_opens_them_in_a_fixed_number_of_queries(
    signed_in: Callable[..., Client], django_assert_max_num_queries: Callable[[int], object]
) -> None:
    client = signed_in("owner")
    client.get(GRID)
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        client.get(f"{GRID}&open=BU1&open=R1&open=S1&open=S2")
    part = client.get(f"{GRID}&open=BU1&rows=unit:R1").content.decode()
    assert "<html" not in part
    assert part.count("data-row=") == 2
    assert client.get(f"{GRID}&rows=unit:NOPE").status_code == 404


def test_a_layer_without_numbers_names_itself(signed_in: Callable[..., Client]) -> None:
    client = signed_in("hr_lead")
    pages = {
        layer: client.get(f"{GRID}&layer={layer}", headers=ENGLISH).content.decode() for layer in ("value", "floor")
    }
    assert "yet for this KPI and year" not in pages["value"]
    assert "No floors yet for this KPI and year" in pages["floor"]
    stretch = client.get(f"{GRID}&layer=stretch", headers={"accept-language": "zh-hans"}).content.decode()
    assert "该指标这一年还没有挑战值" in stretch
