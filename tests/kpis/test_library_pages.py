"""The KPI library in the browser and over REST: every KPI in both languages, search, filters, formulas in words."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kpis.engine.specs import COMPANY
from kpis.library import load_library
from kpis.models import KpiValue
from kpis.queries.formulas import explained, readable
from kpis.queries.library import LibraryFilter, library_list
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.retailer import NOVEMBER, build_organisation, figure, put_values, unit

KPIS = load_library().kpis
PAGE = "/w/acme/kpis/"


@pytest.fixture
def reader(workspace: Workspace, signed_in: Callable[..., Client]) -> Client:
    return signed_in("analyst")


@pytest.mark.parametrize(("language", "field"), [("zh-hans", "zh"), ("en", "en")])
def test_the_library_lists_all_113_kpis_in_both_languages(reader: Client, language: str, field: str) -> None:
    page = reader.get(PAGE, headers={"accept-language": language}).content.decode()
    assert sum(f'href="{PAGE}{kpi}/"' in page for kpi in KPIS) == len(KPIS) == 113
    assert all(f"{PAGE}{kpi}/" in page for kpi in KPIS)
    assert getattr(KPIS["second_purchase_rate"].names, field) in page


def test_search_and_filters_narrow_the_list(reader: Client) -> None:
    def found(query: str) -> int:
        text = reader.get(f"{PAGE}?{query}", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in text
        return text.count("<tr>") - 1

    assert found("role=digital-guide") == sum("digital-guide" in kpi.roles for kpi in KPIS.values())
    assert found("kind=subjective&layer=value") == sum(
        (kpi.kind, kpi.layer) == ("subjective", "value") for kpi in KPIS.values()
    )
    assert 0 < found("q=复购率") < 113
    assert found("role=company") == sum(kpi.company for kpi in KPIS.values())
    assert found("q=no-such-thing") == -1


@pytest.mark.parametrize("kpi", list(KPIS))
def test_every_formula_is_told_in_words_of_both_languages(kpi: str) -> None:
    words = readable(kpi, library=load_library())
    measures = explained(kpi, library=load_library())
    assert measures
    for measure in measures:
        assert measure.names.zh in words.zh
        assert measure.names.en in words.en
        assert measure.tables
        assert measure.how.zh
        assert measure.how.en


def test_a_formula_with_filters_and_windows_reads_as_a_sentence() -> None:
    assert (
        readable("sales_yoy_growth", library=load_library()).en
        == "(Net sales − Net sales (a year earlier)) ÷ Net sales (a year earlier) × 100"
    )
    assert "门店" in readable("guide_store_sales", library=load_library()).zh


def test_a_kpis_page_shows_its_figures_by_unit_and_says_why_one_is_missing(
    reader: Client, workspace: Workspace
) -> None:
    with workspace_scope(workspace.pk):
        build_organisation()
        put_values(NOVEMBER, [figure("sales_net", COMPANY, 5000), figure("sales_net", unit("S1"), 10)])
    page = reader.get(f"{PAGE}sales_net/", headers={"accept-language": "en"}).content.decode()
    assert "5,000" in page
    assert "门店S1" in page
    stages = ("Project", "Strong department", "First-level department")
    assert all(re.search(f'class="num" data-label="{stage}"><', page) for stage in stages)
    missing = reader.get(f"{PAGE}nps/", headers={"accept-language": "en"}).content.decode()
    assert "No rows in this period" in missing
    with workspace_scope(workspace.pk):
        KpiValue.objects.filter(kpi="mall_sales").delete()  # as before the first computation of an own KPI
    waiting = reader.get(f"{PAGE}mall_sales/", headers={"accept-language": "en"}).content.decode()
    assert 'data-tip="Not computed yet"' in waiting
    assert "Not defined at this level" not in waiting
    with workspace_scope(workspace.pk):
        KpiValue.objects.filter(kpi="nps", scope_kind="company").delete()
    first = reader.get("/w/acme/", headers={"accept-language": "en"}).content.decode()
    assert 'data-tip="Not computed yet"' in first
    assert "Not defined at this level" not in first
    assert reader.get(f"{PAGE}no_such_kpi/").status_code == 404


def test_a_kpis_units_are_paged_found_by_name_or_id_and_sorted(reader: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        build_organisation(more_stores=60)
        values = {f"S{number}": number for number in range(1, 63)} | {"S7": None}
        put_values(NOVEMBER, [figure("sales_net", unit(key), value) for key, value in values.items()])

    def listed(query: str = "") -> list[str]:
        page = reader.get(f"{PAGE}sales_net/?{query}", headers={"accept-language": "en"}).content.decode()
        return re.findall(r"scope=unit:(\w+)", page)

    assert len(listed()) == 50
    assert len({*listed(), *listed("page=2")}) == len(listed()) + len(listed("page=2")) == 62
    assert listed("sort=-value")[:2] == ["S62", "S61"]
    assert listed("sort=value")[:2] == ["S1", "S2"]
    assert listed("sort=value&page=2")[-1] == listed("sort=-value&page=2")[-1] == "S7"
    assert listed("q=店S6") == ["S6", "S60", "S61", "S62"]
    assert listed("q=s41&sort=name") == ["S41"]
    nobody = reader.get(f"{PAGE}sales_net/?q=nobody", headers={"accept-language": "en"}).content.decode()
    assert "No unit is called so" in nobody
    assert 'value="nobody"' in nobody


def test_every_kpis_page_renders(reader: Client) -> None:
    for kpi in KPIS:
        assert reader.get(f"{PAGE}{kpi}/").status_code == 200


def test_the_role_pages_fragment_names_kpis_and_three_weights(reader: Client) -> None:
    page = "/w/acme/roles/digital-guide/kpis/"
    fragment = reader.get(page, headers={"HX-Request": "true", "accept-language": "zh-hans"}).content.decode()
    assert "<html" not in fragment
    assert KPIS["guide_store_sales"].names.zh in fragment
    assert "40.00" in fragment
    assert "<html" in reader.get(page).content.decode()


def test_the_list_counts_what_each_filter_holds(in_workspace: Workspace) -> None:
    found = library_list(LibraryFilter(), period=None, scope=None)
    assert found.total == 113
    assert sum(found.facets["kind"].values()) == 113
    assert found.facets["role"]["digital-guide"] == 10


def test_rest_lists_definitions(api_client: Callable[..., APIClient]) -> None:
    answer = api_client("analyst", scope="read").get("/api/v1/workspaces/acme/kpis/?role=digital-guide")
    assert answer.status_code == 200
    assert {kpi["id"] for kpi in answer.json()} == {kpi.id for kpi in KPIS.values() if "digital-guide" in kpi.roles}
    assert answer.json()[0]["names"].keys() == {"zh", "en"}
