"""Scorecards: worked numbers, where each KPI is read, revisions, several roles, and who sees which card."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kpis.engine.specs import COMPANY, Scope, ScopeKind, Value
from kpis.library import load_library
from kpis.models import Scorecard
from kpis.queries.card_changes import movement
from kpis.queries.scorecards import find_card
from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.retailer import (
    GUIDE_KPIS,
    NOVEMBER,
    OCTOBER,
    adopt,
    build_organisation,
    example_of_the_domain,
    figure,
    person,
    put_example,
    put_targets,
    put_values,
    unit,
)
from tests.kpis.spreadsheet import Spreadsheet

STRONG = (StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(*STRONG)


def card_of(role: str, scope: Scope) -> Scorecard:
    card = find_card(NOVEMBER, role=role, scope=scope)
    assert card is not None
    return card


@pytest.mark.usefixtures("retailer")
def test_the_guide_of_the_domain_document_scores_94_17() -> None:
    put_example()
    card = card_of("digital-guide", person("ES1"))
    assert (card.score, card.coverage, card.band) == (Decimal("94.17"), Decimal(90), "near")
    assert (card.stage, card.stage_unit, card.unit_id) == ("strong-department", "G", "S1")
    lines = {line.kpi: line for line in card.card_lines}
    assert lines["guide_mall_sales"].attainment == Decimal(120)
    assert sum(line.points or 0 for line in card.card_lines) == card.score
    missing = lines["private_repurchase_rate"]
    assert (missing.value, missing.points, missing.status, missing.reason) == (None, None, "no_data", "no_rows")
    assert all(line.measured == person("ES1") for line in card.card_lines)


@pytest.mark.usefixtures("retailer")
def test_less_than_sixty_percent_of_the_weight_gives_no_score_and_no_zero() -> None:
    put_targets(NOVEMBER, {(kpi, person("ES1")): 100 for kpi in GUIDE_KPIS})
    put_values(NOVEMBER, [figure("guide_store_sales", person("ES1"), 90)])
    card = card_of("digital-guide", person("ES1"))
    assert (card.score, card.band, card.coverage) == (None, "", Decimal(35))


@pytest.mark.usefixtures("retailer")
def test_a_figure_without_a_target_says_so_and_drops_out() -> None:
    put_values(NOVEMBER, [figure(kpi, person("ES1"), 50) for kpi in GUIDE_KPIS])
    card = card_of("digital-guide", person("ES1"))
    assert {line.reason for line in card.card_lines} == {"no_target"}
    assert card.score is None


@pytest.mark.usefixtures("retailer")
def test_each_kpi_is_read_where_it_exists_and_measured_against_the_target_there() -> None:
    put_targets(NOVEMBER, {("new_users", unit("BU1")): 10, ("cac", COMPANY): 50, ("cac", unit("BU1")): 1})
    put_values(NOVEMBER, [figure("new_users", unit("BU1"), 8), figure("cac", COMPANY, 40)])
    lines = {line.kpi: line for line in card_of("user-ops", person("P1")).card_lines}
    assert (lines["new_users"].measured, lines["new_users"].attainment) == (unit("BU1"), Decimal(80))
    assert (lines["cac"].measured, lines["cac"].target, lines["cac"].attainment) == (COMPANY, Decimal(50), Decimal(120))
    kpis = load_library().kpis
    headquarters = [x for x in card_of("omni-strategy", person("P2")).card_lines if not kpis[x.kpi].qualitative]
    assert {line.measured for line in headquarters} == {COMPANY}


@pytest.mark.usefixtures("retailer")
def test_a_judged_kpi_is_read_at_the_person_else_at_the_role() -> None:
    role = Scope(ScopeKind.ROLE, "omni-strategy")
    put_values(NOVEMBER, [figure("team_collaboration", role, 4)])
    line = next(x for x in card_of("omni-strategy", person("P2")).card_lines if x.kpi == "team_collaboration")
    assert (line.measured, line.attainment, line.target) == (role, Decimal(75), None)
    put_values(NOVEMBER, [figure("team_collaboration", role, 4), figure("team_collaboration", person("P2"), 5)])
    line = next(x for x in card_of("omni-strategy", person("P2")).card_lines if x.kpi == "team_collaboration")
    assert (line.measured, line.attainment) == (person("P2"), Decimal(100))


def two_roles() -> list[Value]:
    """Return figures that give user operations 100 and content marketing 50 at every KPI with a target."""
    from kpis.queries.weights import weights_on

    values, targets = [], {}
    for role, reached in (("user-ops", 100), ("content-marketing", 50)):
        for kpi in weights_on(NOVEMBER.last_day).of(role, "strong-department").weights:
            values.append(figure(kpi, unit("BU1"), reached))
            targets[kpi, unit("BU1")] = 100
    put_targets(NOVEMBER, targets)
    return values


@pytest.mark.usefixtures("retailer")
def test_several_roles_are_combined_by_share_of_time() -> None:
    put_values(NOVEMBER, two_roles())
    user_ops, content = card_of("user-ops", person("P1")), card_of("content-marketing", person("P1"))
    combined = card_of("", person("P1"))
    assert user_ops.score is not None
    assert content.score is not None
    assert combined.score == (user_ops.score * 6 + content.score * 4) / 10
    assert [(line.role, line.share) for line in combined.share_lines] == [
        ("user-ops", Decimal("0.6")),
        ("content-marketing", Decimal("0.4")),
    ]
    assert find_card(NOVEMBER, role="", scope=person("ES1")) is None


@pytest.mark.usefixtures("retailer")
def test_grading_the_same_again_keeps_the_revision_and_a_change_adds_one() -> None:
    put_example()
    put_example()
    assert Scorecard.objects.get(role_key="digital-guide", scope_id="ES1").revision == 1
    values, targets = example_of_the_domain("ES1")
    put_targets(NOVEMBER, targets | {("guide_store_sales", person("ES1")): 90})
    put_values(NOVEMBER, values)
    cards = Scorecard.objects.filter(role_key="digital-guide", scope_id="ES1").order_by("revision")
    assert [(card.revision, card.is_current) for card in cards] == [(1, False), (2, True)]
    assert cards[0].score == Decimal("94.17")
    assert cards[1].score == Decimal("98.06")  # (3500 + 2400 + 1800 + 1125) / 90


@pytest.mark.usefixtures("retailer")
def test_every_role_has_a_company_card_and_units_have_those_held_below_them() -> None:
    put_example()
    cards = Scorecard.objects.filter(is_current=True)
    assert cards.filter(scope_kind="company").count() == 12
    held = set(cards.filter(scope_kind="unit", scope_id="R1").values_list("role_key", flat=True))
    assert held == {"digital-guide"}
    held = set(cards.filter(scope_kind="unit", scope_id="BU1").values_list("role_key", flat=True))
    assert held == {"digital-guide", "user-ops", "content-marketing"}


Pages = Callable[..., Client]


@pytest.mark.usefixtures("retailer")
def test_pages_show_real_figures_in_both_languages(signed_in: Pages) -> None:
    put_example(OCTOBER)
    put_example(NOVEMBER)
    client = signed_in("hr_lead")
    base = "/w/acme/scorecards/"
    chinese = client.get(f"{base}digital-guide/?unit=S1", headers={"accept-language": "zh-hans"})
    english = client.get(f"{base}digital-guide/?unit=S1", headers={"accept-language": "en"})
    assert "数字导购" in chinese.content.decode()
    assert "Digital shopping guide" in english.content.decode()
    page = client.get(f"{base}people/ES1/?period=2024-11", headers={"accept-language": "en"}).content.decode()
    assert "94.17" in page
    assert "No rows in this period" in page
    assert client.get(f"{base}?period=2024-11&q=导购").content.decode().count("/scorecards/people/ES") == 2
    assert client.get(f"{base}?period=nonsense").status_code == 404
    assert client.get(f"{base}digital-guide/?unit=S99").status_code == 404
    assert client.get(f"{base}no-such-role/").status_code == 404
    assert client.get("/w/acme/").status_code == 200


@pytest.mark.usefixtures("retailer")
def test_a_line_manager_sees_the_units_and_people_below_and_nothing_else(
    signed_in: Pages, api_client: Callable[..., APIClient]
) -> None:
    put_example()
    client = signed_in("line_manager", unit_external_id="S1")
    base = "/w/acme/scorecards/"
    assert client.get(f"{base}digital-guide/?unit=S1").status_code == 200
    for foreign in (
        "digital-guide/?unit=S2",
        "digital-guide/?unit=nobody",
        "people/ES2/",
        "people/nobody/",
        "?unit=R1",
    ):
        assert client.get(base + foreign).status_code == 404, foreign
    assert client.get(f"{base}people/ES1/").status_code == 200
    overview = client.get("/w/acme/").content.decode()
    assert "门店S1" in overview
    assert "门店S2" not in overview
    assert "5,000" not in overview
    api = api_client("line_manager", unit_external_id="S1")
    cards = api.get("/api/v1/workspaces/acme/scorecards/").json()["results"]
    assert {card["scope_id"] for card in cards} == {"S1", "ES1"}
    values = api.get("/api/v1/workspaces/acme/values/?kpi=sales_net").json()["results"]
    assert {value["scope_id"] for value in values} == {"S1"}


@pytest.mark.usefixtures("retailer")
def test_a_guide_is_led_to_her_own_card_and_sees_nobody_elses(
    signed_in: Pages, api_client: Callable[..., APIClient]
) -> None:
    put_example()
    client = signed_in("guide", person_external_id="ES1")
    own = "/w/acme/scorecards/people/ES1/"
    assert client.get("/w/acme/").headers["Location"] == "/w/acme/pay/my-day/"
    assert client.get("/w/acme/scorecards/").headers["Location"] == own
    assert "94.17" in client.get(own).content.decode()
    assert client.get("/w/acme/scorecards/people/ES2/").status_code == 404
    assert client.get("/w/acme/scorecards/people/nobody/").status_code == 404
    assert client.get("/w/acme/scorecards/digital-guide/").status_code == 403
    assert "5,000" not in client.get("/w/acme/kpis/sales_net/").content.decode()
    api = api_client("guide", person_external_id="ES1")
    cards = api.get("/api/v1/workspaces/acme/scorecards/").json()["results"]
    assert {card["scope_id"] for card in cards} == {"ES1"}
    assert api.get("/api/v1/workspaces/acme/values/?scope_kind=company").json()["results"] == []


@pytest.mark.usefixtures("retailer")
def test_an_executive_reads_aggregates_but_no_single_persons_card(
    signed_in: Pages, api_client: Callable[..., APIClient]
) -> None:
    put_example()
    assert signed_in("executive").get("/w/acme/scorecards/people/ES1/").status_code == 403
    cards = api_client("executive").get("/api/v1/workspaces/acme/scorecards/?page_size=1000").json()["results"]
    assert {card["scope_kind"] for card in cards} == {"company", "unit"}


@pytest.mark.usefixtures("retailer")
def test_the_workbook_works_the_score_out_again_from_its_own_formulas(signed_in: Pages) -> None:
    put_values(NOVEMBER, two_roles())
    client = signed_in("hr_lead")
    answer = client.get("/w/acme/scorecards/people/P1/cards.xlsx?period=2024-11", headers={"accept-language": "en"})
    book = Spreadsheet(answer.content)
    cards = {card.role_key: card for card in Scorecard.objects.filter(scope_id="P1", is_current=True)}
    sheets = {"user-ops": "User operations", "content-marketing": "Content marketing"}
    for role, sheet in sheets.items():
        lines = cards[role].card_lines
        total = 12 + len(lines)
        assert [book.value(sheet, f"I{row}") or None for row in range(12, total)] == [x.attainment for x in lines]
        assert book.value(sheet, f"K{total}") == cards[role].score
    assert book.value("All roles together", "D4") == cards[""].score
    assert client.get("/w/acme/scorecards/user-ops/card.xlsx?unit=nobody").status_code == 404
    guide = signed_in("guide", person_external_id="ES1")
    assert guide.get("/w/acme/scorecards/people/P1/cards.xlsx").status_code == 404


@pytest.mark.usefixtures("retailer")
def test_what_moved_a_score_adds_up_to_the_difference_whatever_changed() -> None:
    kpis = load_library().kpis
    values, targets = example_of_the_domain("ES1")
    put_targets(OCTOBER, {key: 110 for key in targets})
    put_values(OCTOBER, [*values[:2], figure("private_repurchase_rate", person("ES1"), 60), *values[3:4]])
    put_example(NOVEMBER)
    before = find_card(OCTOBER, role="digital-guide", scope=person("ES1"))
    assert before is not None
    now = card_of("digital-guide", person("ES1"))
    found = movement(now, before, kpis=kpis)
    assert now.score is not None
    assert before.score is not None
    assert found.total == now.score - before.score == sum(move.points for move in found.moves)
    assert found.total == found.attainment + found.weight
    same = movement(now, now, kpis=kpis)
    assert (same.total, same.attainment, same.weight) == (Decimal(0),) * 3
    none = movement(now, card_of("user-ops", person("P1")), kpis=kpis)
    assert (none.total, {move.points for move in none.moves}) == (None, {Decimal(0)})


@pytest.mark.usefixtures("retailer")
def test_a_card_names_how_fresh_it_is_what_it_is_compared_with_and_when_it_was_known(signed_in: Pages) -> None:
    put_example(OCTOBER)
    put_example(NOVEMBER)
    client = signed_in("hr_lead")
    base = "/w/acme/scorecards/digital-guide/?period=2024-11&unit=S1"
    page = client.get(base, headers={"accept-language": "en"}).content.decode()
    assert "organisation as of 2024-11-30" in page
    assert "What moved the score" in page
    assert "clock-band" not in page
    assert (
        "Nothing to compare with"
        in client.get(f"{base}&vs_period=2020-01", headers={"accept-language": "en"}).content.decode()
    )
    assert client.get(f"{base}&vs_unit=nobody").status_code == 404
    assert client.get(f"{base}&vs_period=nonsense").status_code == 404
    then = client.get(f"{base}&known_at=2020-01-01", headers={"accept-language": "en"}).content.decode()
    assert "clock-band" in then
    assert "94.17" not in then
    manager = signed_in("line_manager", unit_external_id="S1")
    assert manager.get("/w/acme/scorecards/digital-guide/?vs_unit=S2").status_code == 404


@pytest.mark.usefixtures("retailer")
def test_a_card_says_where_a_target_is_missing_and_tells_those_of_past_months(signed_in: Pages) -> None:
    put_targets(OCTOBER, {("guide_store_sales", person("ES1")): 77})
    put_targets(NOVEMBER, {(kpi, person("ES1")): 100 for kpi in GUIDE_KPIS if kpi != "guide_mall_sales"})
    put_values(NOVEMBER, [figure(kpi, person("ES1"), 50) for kpi in GUIDE_KPIS])
    page = signed_in("hr_lead").get("/w/acme/scorecards/people/ES1/", headers={"accept-language": "en"})
    html = page.content.decode()
    line = html[html.index('id="line-digital-guide-guide_mall_sales"') :]
    assert "<span>No target</span>" in line[: line.index("</tr>")]
    rows = page.context["cards"][0]["main_chart"].table["rows"]
    assert [str(row[-1]) for row in rows[-2:]] == ["77", "100"]


def test_pages_cost_the_same_queries_for_ten_times_the_stores(
    in_workspace: Workspace, signed_in: Pages, django_assert_max_num_queries: Callable[..., object]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in("hr_lead")
    pages = ("/w/acme/", "/w/acme/scorecards/", "/w/acme/scorecards/digital-guide/", "/w/acme/kpis/sales_net/")
    counts = []
    for more in (0, 18):
        build_organisation(more_stores=more)
        put_example(stores=[f"S{number}" for number in range(1, 3 + more)])
        taken = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            taken.append(len(queries))
        counts.append(taken)
    assert counts[0] == counts[1]
    assert max(counts[1]) < 30
