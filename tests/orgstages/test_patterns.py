"""The pattern on one's own tree: golden organisations, what each rule finds, and the page with its file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.catalogue import load_stages
from orgstages.patterns import Element, Finding, Ground, Part, lay_over, offered, recognise
from orgstages.patterns.parts import Lead
from roles.catalogue import ExpectationLevel, RoleKey, SubtypeKey, load_roles
from roles.choices import Ownership, UnitLevel
from roles.holdings import Holding
from roles.queries.org_chart import UnitNode, UnitTree
from tests.orgstages.world import write_world

SignedIn = Callable[..., Client]
DAY = date(2026, 11, 5)
TOLD = Bilingual("如此", "so it is")
# id, name, level, parent: an apparel chain whose user work sits in the sales department
CHAIN = (
    ("G", "锦程集团", "group", None),
    ("HQ", "总部", "hq", "G"),
    ("MKT", "品牌市场部", "department", "HQ"),
    ("SAL", "零售运营部", "department", "HQ"),
    ("SR", "智慧零售部", "department", "SAL"),
    ("MEM", "会员部", "department", "HQ"),
    ("EC", "电商部", "department", "HQ"),
    ("MD", "商品中心", "department", "HQ"),
    ("IT", "IT Department", "department", "HQ"),
    ("R1", "华东", "region", "G"),
    ("R2", "华南", "region", "G"),
    ("S1", "静安店", "store", "R1"),
    ("S2", "天河店", "store", "R2"),
)
HELD = (
    ("LEAD", "omni-strategy", "SR", "0.5"),
    ("LEAD", "user-ops", "SR", "0.5"),
    ("U1", "user-ops", "SR", "1"),
    ("M1", "member-ops", "MEM", "1"),
    ("P1", "private-mall-ops", "SR", "1"),
    ("P1", "content-marketing", "SR", "0.2"),
    ("T1", "training-enablement", "R1", "1"),
    ("O1", "product-ops", "SR", "0.5"),
    ("G1", "digital-guide", "S1", "1"),
    ("G2", "digital-guide", "S2", "1"),
    ("D1", "merchandise-ops", "MD", "1"),
)
MANAGERS = {"LEAD": "HEAD", "U1": "LEAD", "P1": "LEAD", "O1": "LEAD"}


def tree_of(rows: Iterable[tuple[str, str, str, str | None]]) -> UnitTree:
    rows = list(rows)
    children = {key: tuple(row[0] for row in rows if row[3] == key) for key, *_rest in rows}
    nodes: dict[str, UnitNode] = {}
    waiting = [(row, 0) for row in rows if row[3] is None]
    while waiting:
        (key, name, level, parent), depth = waiting.pop()
        own = Ownership.DIRECT if level == "store" else Ownership.NA
        nodes[key] = UnitNode(key, name, UnitLevel(level), parent, own, "", False, None, children[key], depth)
        waiting += [(row, depth + 1) for row in reversed(rows) if row[3] == key]
    return UnitTree(DAY, nodes, tuple(row[0] for row in rows if row[3] is None))


def held_of(rows: Iterable[tuple[str, str, str, str]]) -> tuple[Holding, ...]:
    return tuple(
        Holding(person, person, RoleKey(role), unit, unit, Decimal(share), Decimal(1), DAY, None)
        for person, role, unit, share in rows
    )


def ground(
    subtype: str,
    *,
    rows: Iterable[tuple[str, str, str, str | None]] = CHAIN,
    held: Iterable[tuple[str, str, str, str]] = HELD,
    unit: str = "G",
    leads: str = "SR",
    place: str = "b",
    manager_unit: str | None = "SAL",
    managers: Mapping[str, str | None] = MANAGERS,
    said: Mapping[str, str] | None = None,
    owned: Iterable[int] = (),
    seen: str | None = None,
) -> Ground:
    tree, spec = tree_of(rows), load_stages().subtypes[SubtypeKey(subtype)]
    above = tree.nodes[manager_unit] if manager_unit else None
    lead = Lead(tree.nodes[leads], place, TOLD, "LEAD", above) if leads else None
    inside = tree.subtree(unit)
    return Ground(
        tree.nodes[unit],
        tree,
        tree if seen is None else tree.below(seen),
        spec,
        tuple(each for each in held_of(held) if each.unit_external_id in inside),
        managers,
        lead,
        recognise(tree, unit, spec, leading=leads, said=said),
        frozenset(owned),
    )


def found(subject: Ground, part: Part) -> list[Element]:
    return [each for each in lay_over(subject) if each.part is part]


def findings(subject: Ground, part: Part) -> list[Finding]:
    return [each.finding for each in found(subject, part)]


def test_departments_are_recognised_by_level_and_by_the_word_that_says_most() -> None:
    subject = ground("sales-led")
    assert {key: each.units for key, each in subject.recognised.items()} == {
        "sales": ("SAL",),
        "smart-retail": ("SR",),
        "member-department": ("MEM",),
        "e-commerce": ("EC",),
        "marketing": ("MKT",),
        "merchandise": ("MD",),
        "it": ("IT",),
        "region": ("R1", "R2"),
        "store": ("S1", "S2"),
    }


def test_latin_words_are_taken_as_words() -> None:
    rows = (
        ("G", "Group", "group", None),
        ("A", "Audit and quality", "department", "G"),
        ("B", "IT", "department", "G"),
    )
    spec = load_stages().subtypes[SubtypeKey.SALES_LED]
    assert recognise(tree_of(rows), "G", spec)["it"].units == ("B",)


def test_a_reader_may_say_which_unit_it_is_or_that_there_is_none() -> None:
    subject = ground("sales-led", said={"it": "MD", "merchandise": "none", "e-commerce": "no-such"})
    assert (subject.recognised["it"].units, subject.recognised["it"].how) == (("MD",), "said")
    assert "merchandise" not in subject.recognised
    assert subject.recognised["e-commerce"].units == ("EC",)


def test_a_business_unit_shares_the_departments_of_headquarters() -> None:
    rows = (*CHAIN, ("BU", "女装事业部", "business_unit", "G"), ("UC", "用户运营中心", "department", "BU"))
    subject = ground("user-growth-driven", rows=rows, unit="BU", leads="UC", place="c", manager_unit="BU")
    assert subject.recognised["marketing"].is_shared
    assert {node.external_id for node in offered(subject.tree, "BU")} == {"UC", "MKT", "SAL", "MEM", "EC", "MD", "IT"}
    assert findings(subject, Part.LEADING) == [Finding.FOUND]
    assert findings(subject, Part.LINE) == [Finding.FOUND]


def test_the_sales_led_chain_fits_its_form_but_for_a_part_timer_and_a_region() -> None:
    subject = ground("sales-led", owned=range(1, 8))
    gaps = [(each.part, each.role, each.finding, each.units) for each in lay_over(subject) if each.is_gap]
    assert gaps == [
        (Part.ROLE, RoleKey.PUBLIC_PLATFORM_OPS, Finding.MISSING, ("G",)),
        (Part.ROLE, RoleKey.AD_DELIVERY, Finding.MISSING, ("G",)),
        (Part.ROLE, RoleKey.DATA_ANALYSIS, Finding.MISSING, ("G",)),
        (Part.ROLE, RoleKey.PRODUCT_OPS, Finding.WRONG, ("G",)),
        (Part.ENABLEMENT, None, Finding.MISSING, ("R2",)),
    ]
    assert [each.is_core for each in lay_over(subject) if each.is_gap] == [False, False, False, True, True]


def test_every_role_is_found_as_the_expectation_matrix_says() -> None:
    for key in SubtypeKey:
        empty = found(ground(key.value, held=(), leads=""), Part.ROLE)
        expected = [load_roles().expected(role, key) for role in RoleKey]
        assert [each.role for each in empty] == list(RoleKey)
        for each, level in zip(empty, expected, strict=True):
            optional = level is ExpectationLevel.OPTIONAL
            assert each.finding is (Finding.NOT_NEEDED if optional else Finding.MISSING)
            assert each.is_core == (level is ExpectationLevel.CORE)


@pytest.mark.parametrize(
    ("subtype", "place", "finding"),
    [
        ("project-team", "a", Finding.FOUND),
        ("project-team", "b", Finding.WRONG),
        ("market-led", "b", Finding.FOUND),
        ("market-led", "c", Finding.WRONG),
        ("user-growth-driven", "c", Finding.FOUND),
        ("digital-enablement", "a", Finding.WRONG),
        ("sales-led", "", Finding.WRONG),
    ],
)
def test_the_leading_unit_stands_where_the_stage_puts_it(subtype: str, place: str, finding: Finding) -> None:
    assert findings(ground(subtype, place=place), Part.LEADING)[0] is finding


def test_a_team_inside_another_department_than_the_form_wants_is_told() -> None:
    assert findings(ground("sales-led"), Part.LEADING) == [Finding.FOUND, Finding.FOUND]
    host = found(ground("market-led"), Part.LEADING)[1]
    assert (host.finding, host.units) == (Finding.WRONG, ("MKT",))
    assert host.reason.en == "智慧零售部 is not inside 品牌市场部"
    unknown = found(ground("market-led", said={"marketing": "none"}), Part.LEADING)[1]
    assert unknown.finding is Finding.MISSING


@pytest.mark.parametrize(
    ("subtype", "manager_unit", "finding"),
    [
        ("project-team", "EC", Finding.FOUND),
        ("project-team", None, Finding.MISSING),
        ("sales-led", "SAL", Finding.FOUND),
        ("sales-led", "MKT", Finding.WRONG),
        ("market-led", "MKT", Finding.FOUND),
        ("user-growth-driven", "HQ", Finding.FOUND),
        ("user-growth-driven", "G", Finding.FOUND),
        ("user-growth-driven", "SAL", Finding.WRONG),
        ("digital-enablement", "R1", Finding.WRONG),
    ],
)
def test_the_lead_reports_where_the_form_wants(subtype: str, manager_unit: str | None, finding: Finding) -> None:
    assert findings(ground(subtype, manager_unit=manager_unit), Part.LINE) == [finding]


def test_a_core_role_led_in_two_places_is_doubled_and_teams_below_a_lead_are_not() -> None:
    second = (*HELD, ("U9", "user-ops", "MKT", "1"))
    twice = found(ground("sales-led", held=second), Part.DOUBLED)
    assert [(each.finding, each.role, set(each.units)) for each in twice] == [
        (Finding.DOUBLED, RoleKey.USER_OPS, {"SR", "MKT"})
    ]
    assert findings(ground("sales-led", held=second, managers={**MANAGERS, "U9": "LEAD"}), Part.DOUBLED) == [
        Finding.FOUND
    ]
    below = (*HELD, ("U9", "user-ops", "SAL", "1"), ("U8", "user-ops", "R1", "1"))
    assert findings(ground("sales-led", held=below), Part.DOUBLED) == [Finding.FOUND]
    # guides stand in every store, and a platform leaves user operations to the brands
    assert findings(ground("digital-enablement", held=second), Part.DOUBLED) == [Finding.FOUND]


def test_a_relation_without_an_end_is_missing_and_one_that_nobody_sees_to_is_unowned() -> None:
    subject = ground("sales-led", said={"it": "none"}, owned=[1, 7])
    relations = found(subject, Part.RELATION)
    assert [each.number for each in relations if each.finding is Finding.FOUND] == [1, 7]
    assert [each.number for each in relations if each.finding is Finding.MISSING] == [5]
    assert [each.number for each in relations if each.finding is Finding.UNOWNED] == [2, 3, 4, 6]
    missing = next(each for each in found(subject, Part.DEPARTMENT) if each.finding is Finding.MISSING)
    assert missing.reason.en.endswith("no receiver for relation no. 5")
    alone = ground("sales-led", leads="", said={"smart-retail": "none"})
    assert set(findings(alone, Part.RELATION)) == {Finding.MISSING}
    # a project hands over to a team that comes later
    assert findings(ground("project-team"), Part.RELATION)[1] in {Finding.NOT_NEEDED, Finding.UNOWNED}


def test_a_bounded_reader_finds_the_same_and_reads_no_names_from_outside() -> None:
    rows = (*CHAIN, ("BU", "女装事业部", "business_unit", "G"), ("UC", "用户运营中心", "department", "BU"))
    asked = {"rows": rows, "unit": "BU", "leads": "UC", "place": "c", "manager_unit": "HQ"}
    whole, bounded = (lay_over(ground("user-growth-driven", seen=seen, **asked)) for seen in (None, "BU"))  # type: ignore[arg-type]
    assert [each.finding for each in whole] == [each.finding for each in bounded]
    assert any("市场部" in each.reason.zh for each in whole)
    assert not any(name in each.reason.zh for each in bounded for name in ("市场部", "总部（", "商品中心"))


def test_a_platform_for_one_business_unit_is_told() -> None:
    rows = (*CHAIN, ("BU", "女装事业部", "business_unit", "G"))
    element = found(ground("digital-enablement", rows=rows), Part.DEPARTMENT)[0]
    assert (element.finding, element.units) == (Finding.WRONG, ("BU",))


def test_stores_without_guides_are_counted_and_a_pilot_needs_one() -> None:
    held = [row for row in HELD if row[0] != "G2"]
    element = found(ground("sales-led", held=held), Part.ENABLEMENT)[-1]
    assert (element.finding, element.units) == (Finding.MISSING, ("S2",))
    assert element.reason.en == "1 of 2 stores have no digital guide"
    assert findings(ground("project-team", held=held), Part.ENABLEMENT) == [Finding.FOUND]
    assert findings(ground("market-led", held=held), Part.ENABLEMENT) == [Finding.NOT_NEEDED]


def test_nothing_is_said_without_words_in_both_languages() -> None:
    for key in SubtypeKey:
        for subject in (ground(key.value), ground(key.value, held=(), leads="")):
            assert all(
                each.names.zh and each.names.en and each.reason.zh and each.reason.en for each in lay_over(subject)
            )


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """The retailer of two business units."""
    with workspace_scope(workspace.pk):
        write_world()
    return workspace


def test_the_page_lays_any_subtype_over_a_unit_and_exports_its_gaps(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    url = "/w/acme/stages/units/BU1/pattern"
    asked = "?as_of=2026-11-05&subtype=user-growth-driven"

    def page(query: str, language: str = "en") -> str:
        response = client.get(f"{url}/{query}", headers={"accept-language": language})
        assert response.status_code == 200
        return str(response.content.decode())

    shown = page(asked)
    assert "User-growth-driven over 女装事业部" in shown
    assert "Tried on" in shown
    assert "Nobody holds this core role" in shown
    assert "市场部 (shared department)" in shown
    assert "1 of 2 stores have no digital guide" in shown
    assert "核心岗位没有人担任" in page(asked, "zh-hans")
    assert "As has been said: 用户运营组" in page(f"{asked}&is-it=T-OPS")
    file = client.get(f"{url}.csv{asked}", headers={"accept-language": "en"})
    rows = list(csv.reader(StringIO(file.content.decode("utf-8-sig"))))
    only = page(f"{asked}&gaps=1")
    assert rows[0][:3] == ["Part", "Expected", "Finding"]
    assert only.count('<th scope="row">') == len(rows) - 1
    assert client.get("/w/acme/stages/units/no-such/pattern/").status_code == 404
    manager = signed_in("line_manager", unit_external_id="BU2")
    assert [manager.get(f"/w/acme/stages/units/{unit}/pattern/").status_code for unit in ("BU2", "BU1")] == [200, 404]
    tried = manager.get("/w/acme/stages/units/BU2/pattern/?subtype=user-growth-driven&as_of=2026-11-05")
    assert tried.status_code == 200
    assert "D-MKT" not in tried.content.decode()
    assert "用户运营组" not in tried.content.decode()


def test_the_page_needs_the_same_queries_for_a_small_unit_and_the_group(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    counts = []
    for unit in ("BU2", "G"):
        client.get(f"/w/acme/stages/units/{unit}/pattern/?as_of=2026-11-05")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/w/acme/stages/units/{unit}/pattern/?as_of=2026-11-05")
        counts.append(len(captured))
    assert counts[0] == counts[1]
