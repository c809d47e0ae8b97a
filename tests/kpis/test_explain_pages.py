"""Why a figure is what it is, in the browser: sentence, formula, parts, change, rows and files, within one's bounds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from kpis.engine.specs import COMPANY, ScopeKind
from kpis.queries.drilling import breakdown
from kpis.queries.explaining import read_figure
from kpis.queries.figure_places import Place
from omnichannel.core.periods import Period
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.queries.org_chart import unit_tree
from tests.kpis.explained import JUNE, MAY, build
from tests.kpis.retailer import unit
from tests.kpis.spreadsheet import Spreadsheet

WHY = "/w/acme/kpis/{}/explain/?period=2024-06&scope={}"


@pytest.fixture(autouse=True)
def retailer(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    with workspace_scope(workspace.pk):
        build(settings, tmp_path)


def page(client: Client, url: str, *, language: str = "en", status: int = 200) -> str:
    answer = client.get(url, headers={"accept-language": language})
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_from_the_figure_to_the_cell_in_two_clicks_and_every_part_has_its_own_page(
    signed_in: Callable[..., Client],
) -> None:
    analyst = signed_in("analyst")
    why = page(analyst, WHY.format("sales_net", "unit:R1"))
    assert "华东大区, 2024-06: Omnichannel net sales is ¥300.10." in text(why)
    assert "300.1 = ¥300.10" in text(why)
    (rows_url,) = set(re.findall(r'href="(/w/acme/kpis/sales_net/explain/rows/\?[^"]*)"', why))
    rows = page(analyst, rows_url.replace("&amp;", "&"))
    assert [number for number in ("O4", "O5", "O6") if number in rows] == ["O4", "O5", "O6"]
    assert "O7" not in text(rows)
    assert "O1" not in text(rows)
    assert "orders.csv · Line 5" in text(rows)
    assert "All rows 300.1" in text(rows)
    cell = page(
        analyst, next(url for url in re.findall(r'href="([^"]*)"', rows) if "order_id=O4" in url).replace("&amp;", "&")
    )
    assert "70.10" in cell
    fed_url = re.findall(r'hx-get="([^"]*fed=[^"]*)"', cell)[0].replace("&amp;", "&")
    fed = analyst.get(fed_url, headers={"HX-Request": "true"}).content.decode()
    assert f"{WHY.format('sales_net', 'unit%3AR1').replace('&', '&amp;')}" in fed
    assert "S2" not in fed
    for scope, value in (("unit:S1", "¥70.10"), ("unit:S2", "¥230")):
        part = next(url for url in re.findall(r'href="(\?[^"]*)"', why) if scope.replace(":", "%3A") in url)
        assert value in text(page(analyst, f"/w/acme/kpis/sales_net/explain/{part.replace('&amp;', '&')}"))


def test_the_page_speaks_chinese_and_comes_as_a_panel_for_htmx(signed_in: Callable[..., Client]) -> None:
    analyst = signed_in("analyst")
    chinese = text(page(analyst, WHY.format("sales_net", "unit:R1"), language="zh-hans"))
    assert "全域销售额 · 华东大区" in chinese
    assert "“支付时间”落在本期的行，对“成交净额”求和" in chinese
    panel = analyst.get(WHY.format("sales_net", "unit:R1"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert "explain/rows/" in panel
    numbers = WHY.format("cac", "company:") + "&part=numbers"
    assert "Operands" in analyst.get(numbers, headers={"HX-Request": "true", "accept-language": "en"}).content.decode()


def test_parts_add_up_and_what_counts_people_once_is_counted_anew(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):

        def taken_apart(kpi: str, scope: object, kind: ScopeKind, *, now: Period = JUNE, then: Period = MAY):  # type: ignore[no-untyped-def]
            place, earlier = (Place(kpi, period, scope) for period in (now, then))  # type: ignore[arg-type]
            tree, old_tree = (unit_tree(as_of=period.last_day) for period in (now, then))
            figure, before = read_figure(place, tree=tree), read_figure(earlier, tree=old_tree)
            assert figure is not None
            assert before is not None
            found = breakdown(
                place,
                figure.value,
                kind,
                library=figure.library,
                tree=tree,
                before=(earlier, before.value, lambda: old_tree),
            )
            assert found is not None
            return found

        stores = taken_apart("sales_net", unit("R1"), ScopeKind.UNIT)
        assert {part.scope.id: part.value.value for part in stores.parts} == {"S1": Decimal("70.1"), "S2": Decimal(230)}
        assert (stores.adds_up, stores.counted_anew, stores.rest) == (True, False, None)
        assert stores.change == Decimal("129.35")
        assert sum(part.total for part in stores.parts) == stores.change

        channels = taken_apart("sales_net", unit("R1"), ScopeKind.CHANNEL)
        assert channels.counted_anew
        assert channels.fits
        assert {part.scope.id: part.value.value for part in channels.parts if part.value} == {
            "store": Decimal("100.1"), "private_mall": Decimal(200),
        }  # fmt: skip
        assert sum(part.total for part in channels.parts) == channels.change == Decimal("129.35")

        company = taken_apart("sales_net", COMPANY, ScopeKind.UNIT)
        assert company.rest is not None
        assert company.rest.top == Decimal("9.15")
        assert sum(part.total for part in company.parts) + company.rest.effect == company.change

        # ES2 sold nothing over the counter in May: that is 0, while whom it says nothing of in both months is no part
        people = taken_apart("guide_store_sales", COMPANY, ScopeKind.EMPLOYEE)
        assert not people.counted_anew
        assert {part.scope.id: (part.value.value, part.before.value, part.total) for part in people.parts} == {
            "ES1": (Decimal("70.1"), Decimal("150.5"), Decimal("-80.40")), "ES2": (30, 0, 30),
        }  # fmt: skip
        back = taken_apart("guide_store_sales", COMPANY, ScopeKind.EMPLOYEE, now=MAY, then=JUNE)
        assert {part.scope.id: (part.value.value, part.before.value) for part in back.parts}["ES2"] == (0, 30)

        ticket = taken_apart("avg_spend_per_user", unit("R1"), ScopeKind.UNIT)
        assert not ticket.adds_up
        assert ticket.rest is not None  # C1 bought in both stores, so the buyers of the stores are one too many
        assert ticket.rest.bottom == Decimal(-1)
        assert sum(part.total for part in ticket.parts) + ticket.rest.effect == ticket.change
        assert ticket.by_top + ticket.by_bottom == ticket.change


def test_a_crossing_keeps_its_filters_down_to_the_rows(signed_in: Callable[..., Client]) -> None:
    analyst = signed_in("analyst")
    why = page(analyst, WHY.format("sales_net", "unit:R1") + "&where=channel:store")
    assert "is ¥100.10." in text(why)
    rows = page(
        analyst, "/w/acme/kpis/sales_net/explain/rows/?period=2024-06&scope=unit:R1&where=channel:store&operand=0"
    )
    assert ("O4" in rows, "O5" in rows, "O6" in rows) == (True, True, False)
    assert "All rows 100.1" in text(rows)
    for bad in (
        "scope=nobody:1",
        "where=channel:a&where=channel:b",
        "where=unit:",
        "scope=unit:NOWHERE",
        "known_at=soon",
    ):
        page(analyst, f"/w/acme/kpis/sales_net/explain/?period=2024-06&{bad}", status=404)
    page(analyst, "/w/acme/kpis/sales_net/explain/rows/?period=2024-06&operand=7", status=404)


def test_readers_see_what_is_theirs_and_nothing_else(signed_in: Callable[..., Client]) -> None:
    manager = signed_in("line_manager", unit_external_id="S1")
    assert "¥70.10" in text(page(manager, WHY.format("sales_net", "unit:S1")))
    assert "explain/?period=2024-06&amp;scope=company" not in page(manager, WHY.format("sales_net", "unit:S1"))
    for scope in ("unit:S2", "unit:R1", "company:", "employee:ES2", "channel:store"):
        for path in ("", "rows/", "rows.csv", "figure.xlsx"):
            page(manager, f"/w/acme/kpis/sales_net/explain/{path}?period=2024-06&scope={scope}", status=404)
    guide = signed_in("guide", person_external_id="ES1")
    assert "¥70.10" in text(page(guide, "/w/acme/kpis/guide_store_sales/explain/?period=2024-06"))
    page(guide, WHY.format("guide_store_sales", "employee:ES2"), status=404)
    page(guide, WHY.format("sales_net", "unit:S1"), status=404)
    executive = signed_in("executive")
    page(executive, WHY.format("guide_store_sales", "employee:ES1"), status=404)
    rows = page(executive, "/w/acme/kpis/sales_net/explain/rows/?period=2024-06&scope=unit:S1&operand=0")
    assert "O4" in rows
    assert "ES1" not in text(rows)


def test_files_hold_the_rows_and_the_workbook_works_the_figure_out_again(signed_in: Callable[..., Client]) -> None:
    analyst = signed_in("analyst")
    url = "/w/acme/kpis/avg_spend_per_user/explain/"
    answer = analyst.get(f"{url}rows.csv?period=2024-06&scope=unit:R1&operand=0")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert sum(Decimal(line["amount"]) for line in lines) == Decimal("300.1")
    assert {line["line"] for line in lines} == {"5", "6", "7"}
    book = Spreadsheet(analyst.get(f"{url}figure.xlsx?period=2024-06&scope=unit:R1").content)
    summary = next(iter(book.sheets))
    cells = {place: str(text) for place, text in book.sheets[summary].items()}
    assert sum("SUM('rows_" in text for text in cells.values()) == 2
    worked_out = next(place for place, text in cells.items() if text.startswith("=ROUND("))
    assert book.value(summary, worked_out) == Fraction("150.05")


def test_the_number_of_queries_does_not_grow_with_the_parts(
    signed_in: Callable[..., Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    analyst = signed_in("analyst")
    page(analyst, WHY.format("sales_net", "unit:R1"))
    with django_assert_num_queries(QUERIES):
        page(analyst, WHY.format("sales_net", "unit:R1"))
    with django_assert_num_queries(QUERIES):
        page(analyst, WHY.format("sales_net", "unit:G"))


QUERIES = 21
