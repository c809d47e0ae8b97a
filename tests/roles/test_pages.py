"""The pages over HTTP: real rows in both languages, bounds of members, query counts that do not grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.services.stages import adopt_stage
from roles.services.sync import PersonInput, UnitInput, upsert_people, upsert_units
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation

SignedIn = Callable[..., Client]
ZH = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}
EN = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture(autouse=True)
def _organisation(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        write_organisation()


def page(client: Client, path: str, **headers: str) -> str:
    response = client.get(f"/w/acme/{path}", **headers)  # type: ignore[arg-type]
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


@pytest.mark.parametrize("path", ["organisation/", "organisation/?view=list", "organisation/people/", "roles/"])
def test_pages_carry_the_same_rows_in_both_languages(signed_in: SignedIn, path: str) -> None:
    client = signed_in("hr_lead")
    zh, en = page(client, path, **ZH), page(client, path, **EN)
    assert 'lang="zh-Hans"' in zh
    assert 'lang="en"' in en
    for fact in {"organisation/": ["云裳集团"], "roles/": []}.get(path, ["华东大区"]):
        assert fact in zh
        assert fact in en


def test_the_tree_opens_two_levels_and_a_branch_brings_the_rest(signed_in: SignedIn) -> None:
    client = signed_in("executive")
    top = page(client, "organisation/")
    assert "华东大区" in top
    assert "上海静安店" not in top
    assert "上海静安店" in page(client, "organisation/?open=u:R01")
    fragment = page(client, "organisation/branch/?node=u:R01", HTTP_HX_REQUEST="true")
    assert "上海静安店" in fragment
    assert "<html" not in fragment
    without_script = client.get("/w/acme/organisation/branch/?node=u:R01")
    assert without_script["Location"] == "/w/acme/organisation/?open=u%3AR01"


def test_a_line_manager_sees_the_own_region_opened_and_nothing_else(signed_in: SignedIn) -> None:
    client = signed_in("line_manager", unit_external_id="R01")
    tree = page(client, "organisation/")
    assert "上海静安店" in tree
    assert "云裳集团" not in tree
    assert "华南大区" not in page(client, "organisation/?view=table")
    assert "华南大区" not in page(client, "organisation/?q=大区")
    people = page(client, "organisation/people/")
    assert "王导购" in people
    assert "陈导购" not in people
    page(client, "organisation/units/S0101/")
    page(client, "organisation/people/E3/")
    for path in ("units/S0201/", "units/G/", "units/X/", "people/E5/", "people/X/"):
        assert client.get(f"/w/acme/organisation/{path}").status_code == 404, path
    headers = {"HTTP_HX_REQUEST": "true"}
    assert client.get("/w/acme/organisation/branch/?node=u:R02", **headers).status_code == 404  # type: ignore[arg-type]


def test_a_guide_sees_herself_only(signed_in: SignedIn) -> None:
    client = signed_in("guide", person_external_id="E3")
    people = page(client, "organisation/people/")
    assert "王导购" in people
    assert "E4" not in people
    assert client.get("/w/acme/organisation/people/E4/").status_code == 404
    assert client.get("/w/acme/organisation/").status_code == 403
    role = page(client, "roles/digital-guide/")
    assert "上海静安店" in role
    assert "广州天河店" not in role
    for path in ("roles/digital-guide/", "roles/"):  # 1 or 0 people is no figure of the company
        told = client.get(f"/w/acme/{path}", headers={"accept-language": "en"})
        assert "count only yourself" in told.content.decode()


def test_an_outsider_gets_404(signed_in: SignedIn, other_workspace: Workspace) -> None:
    client = signed_in("owner", workspace=other_workspace)
    for path in ("organisation/", "organisation/units/G/", "organisation/people/", "roles/", "roles/user-ops/"):
        assert client.get(f"/w/acme/{path}").status_code == 404, path


def test_pay_is_shown_to_hr_and_not_to_a_manager(signed_in: SignedIn) -> None:
    assert "8,600.00" in page(signed_in("hr_lead"), "organisation/people/E3/")
    assert "8,600" not in page(signed_in("line_manager", unit_external_id="R01"), "organisation/people/E3/")


def test_an_executive_sees_counts_of_holders_and_no_names(signed_in: SignedIn) -> None:
    unit = page(signed_in("executive"), "organisation/units/R01/")
    assert "王导购" not in unit
    assert "上海静安店" in unit


def test_the_day_in_the_url_shows_the_organisation_of_that_day(signed_in: SignedIn, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upsert_units([replace(UNITS[4], parent_external_id="R02")], effective_on=date(2026, 9, 1), actor_id=None)
    client = signed_in("hr_lead")
    before = page(client, "organisation/?open=u:R01&as_of=2026-08-31")
    assert "上海静安店" in before
    assert "clock-band" in before
    assert "上海静安店" not in page(client, "organisation/?open=u:R01&as_of=2026-09-01")
    assert client.get("/w/acme/organisation/?as_of=2026-02-31").status_code == 200


def test_a_unit_page_tells_gaps_stage_and_history(signed_in: SignedIn, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        stage, subtype = StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED
        adopt_stage("G", stage=stage, subtype=subtype, on=DAY, actor_id=None, note="董事会决定")
        upsert_units([replace(UNITS[2], name="华东区")], effective_on=date(2026, 9, 1), actor_id=None)
    unit = page(signed_in("hr_lead"), "organisation/units/R01/?as_of=2026-09-02", **EN)
    assert "Follows G" in unit
    assert "华东大区" in unit
    assert "status--" not in unit, "what the stage expects is asked of the unit that adopted it, not of each one below"
    top = page(signed_in("hr_lead"), "organisation/units/G/?as_of=2026-09-02")
    assert "董事会决定" in top
    assert "status--missed" in top
    assert "status--met" in top


def test_people_are_searched_filtered_and_sorted_by_url(signed_in: SignedIn) -> None:
    client = signed_in("owner")
    found = page(client, "organisation/people/?q=导购&role=digital-guide&unit=R01&sort=-hired")
    assert "王导购" in found
    assert "陈导购" not in found
    overloaded = page(client, "organisation/people/?overloaded=1", **EN)
    assert "赵运营" in overloaded
    assert "Overloaded" in overloaded
    assert "王导购" not in overloaded
    assert "empty" in page(client, "organisation/people/?q=nobody-of-this-name")


def test_the_map_draws_12_roles_and_53_links_and_finds_a_role_by_a_market_title(signed_in: SignedIn) -> None:
    client = signed_in("analyst")
    drawn = page(client, "roles/")
    assert drawn.count('class="talent__link') == 53
    assert drawn.count('class="talent__role') == 12
    found = page(client, "roles/?q=社群运营", **ZH)
    assert found.count('<th scope="row">') == 1
    assert "用户运营" in found
    chosen = page(client, "roles/?role=user-ops")
    assert 0 < chosen.count("is-chosen") < 53


@pytest.mark.parametrize("role", list(RoleKey))
def test_every_role_has_a_page_with_its_texts_in_both_languages(signed_in: SignedIn, role: RoleKey) -> None:
    from roles.catalogue import load_roles

    spec = load_roles().roles[role]
    client = signed_in("analyst")
    zh, en = page(client, f"roles/{role}/", **ZH), page(client, f"roles/{role}/", **EN)
    assert spec.definition.zh in zh
    assert spec.names.en in zh
    assert str(spec.names.en).replace("'", "&#x27;") in en
    assert client.get("/w/acme/roles/astronaut/").status_code == 404


@pytest.mark.parametrize(
    "path", ["organisation/", "organisation/?view=table", "organisation/units/R01/", "organisation/people/", "roles/"]
)
def test_ten_times_the_rows_take_the_same_queries(signed_in: SignedIn, workspace: Workspace, path: str) -> None:
    client = signed_in("hr_lead")
    page(client, path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(client, path)
    with workspace_scope(workspace.pk):
        many = [UnitInput(f"X{n}", f"第{n}店", "store", "R01", "direct") for n in range(70)]
        upsert_units(many, effective_on=DAY, actor_id=None)
        more = [PersonInput(f"P{n}", f"X{n}", PEOPLE[0].hired_on, f"员工{n}", "E2") for n in range(60)]
        assert upsert_people(more, effective_on=DAY, actor_id=None).is_ok
    page(client, path)
    with CaptureQueriesContext(connection) as lots:
        page(client, path)
    assert len(lots) == len(few) <= 20


def test_ids_with_slashes_and_chinese_have_pages(signed_in: SignedIn, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upsert_units([UnitInput("店/01 甲", "一号店", "store", "R01")], effective_on=DAY, actor_id=None)
    client = signed_in("hr_lead")
    assert "一号店" in page(client, "organisation/?open=u:R01")
    assert "一号店" in page(client, "organisation/units/店/01 甲/")
