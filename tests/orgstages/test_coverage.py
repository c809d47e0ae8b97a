"""The coverage map and the advice to split or merge: numbers equal the assignments, bounds hold, signs are exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.splitting import Advice, Figures, advise
from roles.catalogue import RoleKey, SplitAdvice, SplitFigure, StageKey, SubtypeKey, load_roles
from roles.coverage import CoverState
from roles.holdings import Holding
from roles.models import Assignment, Employment
from roles.queries.coverage_map import CoverageMap, coverage_map
from roles.services.stages import adopt_stage
from roles.services.sync import AssignmentInput, upsert_assignments
from tests.orgstages.world import DAY, NOW, SINCE, UNIT, write_figures, write_world

SignedIn = Callable[..., Client]
URL = "/w/acme/stages/coverage/"
ROLES = tuple(RoleKey)


def held(*rows: tuple[str, str]) -> list[Holding]:
    return [
        Holding(person, person, RoleKey(role), "U", "U", Decimal(1), Decimal(1), DAY, None) for person, role in rows
    ]


def plain(text: str) -> str:
    """Write the thin spaces of numbers as plain ones."""
    return text.replace("\u202f", " ")


def advice_of(
    rows: Iterable[tuple[str, str]], stage: StageKey = StageKey.FIRST_LEVEL, **numbers: int
) -> dict[str, Advice]:
    figures = Figures(stage, {SplitFigure(name): Decimal(value) for name, value in numbers.items()})
    return {each.split.id: each for each in advise(held(*rows), figures)}


def test_one_person_with_members_over_the_limit_is_advised_to_split_with_the_numbers() -> None:
    both = [("A", "user-ops"), ("A", "member-ops"), ("B", "user-ops")]
    found = advice_of(both, members=300000)["user-vs-member"]
    assert (found.advice, found.people) == (SplitAdvice.SPLIT, ("A",))
    assert found.state.en == "Holders of both User operations and Member operations: 1"
    assert [plain(each.en) for each in found.reasons] == ["members: 300.0 k, at least 300.0 k"]
    assert [each.zh for each in found.unknown] == ["会员销售占比：没有数据"]
    assert advice_of(both, members=299999)["user-vs-member"].advice is None
    assert advice_of(both, members=10, member_sales_share=50)["user-vs-member"].advice is SplitAdvice.SPLIT


def test_two_people_with_few_members_are_advised_to_merge_unless_a_sign_speaks_for_two() -> None:
    apart = [("A", "user-ops"), ("B", "member-ops")]
    assert advice_of(apart, members=149999)["user-vs-member"].advice is SplitAdvice.MERGE
    assert advice_of(apart, members=150000)["user-vs-member"].advice is None
    assert advice_of(apart, members=149999, member_sales_share=60)["user-vs-member"].advice is None
    merged = advice_of(apart, StageKey.PROJECT)["user-vs-member"]
    assert (merged.advice, [each.en for each in merged.reasons]) == (SplitAdvice.MERGE, ["in the Project stage"])


def test_a_role_that_nobody_holds_beside_its_pair_counts_as_covered_by_the_other() -> None:
    found = advice_of([("G", "digital-guide")], stores=20)["guide-vs-content"]
    assert found.advice is SplitAdvice.SPLIT
    assert found.state.zh == "数字导购有人担任，内容营销无人担任"
    assert advice_of([("G", "digital-guide")], stores=19)["guide-vs-content"].advice is None
    assert advice_of([("X", "ad-delivery")]) == {}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from([role.value for role in ROLES])), max_size=12),
    st.sampled_from(list(StageKey)),
    st.dictionaries(st.sampled_from([each.value for each in SplitFigure if each != "stage"]), st.integers(0, 400000)),
)
def test_advice_never_contradicts_how_the_pair_is_held_and_always_has_a_sign(
    rows: list[tuple[str, str]], stage: StageKey, numbers: dict[str, int]
) -> None:
    for each in advice_of(rows, stage, **numbers).values():
        first, second = ({person for person, role in rows if role == one} for one in each.split.roles)
        assert set(each.people) == first & second
        assert (each.advice is not None) == bool(each.reasons)
        if each.advice is SplitAdvice.SPLIT:
            assert first & second or not first or not second
        if each.advice is SplitAdvice.MERGE:
            assert first
            assert second
            assert not first & second


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """The retailer of two business units; one has adopted user growth, somebody there has too much on hand."""
    with workspace_scope(workspace.pk):
        write_world()
        adopt_stage("BU1", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=SINCE, actor_id=None)
        more = [AssignmentInput("U1", role, "UC", SINCE, Decimal("0.3")) for role in ("member-ops", "private-mall-ops")]
        assert upsert_assignments(more, actor_id=None).is_ok
    return workspace


def map_of(day: date = DAY, **asked: str) -> CoverageMap:
    found = coverage_map(as_of=day, top=asked.get("top", ""), within=asked.get("within"))
    assert found is not None
    return found


def test_every_number_equals_the_assignment_table(world: Workspace) -> None:
    with workspace_scope(world.pk):
        for top in ("G", "HQ", "BU1", "BU2", "R1"):
            found = map_of(top=top)
            assert [row.unit.external_id for row in found.rows] == [top, *found.tree.nodes[top].children]
            for row in found.rows:
                below = found.tree.subtree(row.unit.external_id)
                for cell in row.cells:
                    rows = Assignment.objects.on(DAY).filter(role_key=cell.role.value, unit__external_id__in=below)
                    people = set(rows.values_list("person__external_id", flat=True))
                    jobs = dict(Employment.objects.on(DAY).values_list("person__external_id", "fte"))
                    fte = sum((each.share * jobs.get(each.person.external_id, Decimal(1)) for each in rows), Decimal(0))
                    assert (cell.cover.people, cell.cover.fte) == (len(people), fte), (
                        top,
                        row.unit.external_id,
                        cell.role,
                    )
                    named = {each.person_external_id for each in found.holders_of(row.unit.external_id, cell.role)}
                    assert named == people


def test_the_expectation_is_asked_of_the_unit_that_adopted_the_stage(world: Workspace) -> None:
    with workspace_scope(world.pk):
        rows = {row.unit.external_id: row for row in map_of().rows}
    assert [rows[unit].is_judged for unit in ("G", "BU1", "BU2", "HQ")] == [True, True, False, False]
    assert rows["BU1"].cell(RoleKey.AD_DELIVERY).is_core_missing
    assert rows["BU1"].cell(RoleKey.OMNI_STRATEGY).state is CoverState.FILLED
    assert rows["BU1"].cell(RoleKey.CONTENT_MARKETING).state is CoverState.SHARED
    assert rows["BU2"].cell(RoleKey.AD_DELIVERY).state is None
    core = [role for role in ROLES if load_roles().expectations[role, rows["BU1"].adopted.subtype] == "core"]
    assert rows["BU1"].core_missing == sum(not rows["BU1"].cell(role).cover.people for role in core)


def test_who_has_too_much_on_hand_is_marked_wherever_they_work(world: Workspace) -> None:
    with workspace_scope(world.pk):
        found = map_of()
        assert [(each.external_id, each.roles, each.share) for each in found.overloaded] == [("U1", 4, Decimal("1.6"))]
        marked = [
            row.cell(RoleKey.USER_OPS).overloaded for row in found.rows if row.unit.external_id in ("G", "BU1", "BU2")
        ]
        assert marked == [1, 1, 0]
        assert coverage_map(as_of=DAY, top="BU2") is not None
        assert map_of(top="BU2").overloaded == ()


def test_before_anybody_was_there_nobody_is_counted_and_a_unit_out_of_bounds_has_no_map(world: Workspace) -> None:
    with workspace_scope(world.pk):
        empty = map_of(date(2000, 1, 1))
        assert all(not cell.cover.people for row in empty.rows for cell in row.cells)
        assert coverage_map(as_of=DAY, top="no-such") is None
        assert coverage_map(as_of=DAY, within="BU2", top="BU1") is None


def test_the_page_opens_the_people_of_a_cell_and_advises(world: Workspace, signed_in: SignedIn) -> None:
    with workspace_scope(world.pk):
        write_figures({**NOW, ("member_active_rate", UNIT["BU1"]): ("10", "40000", "400000")})
    client = signed_in("hr_lead")

    def page(query: str = "", language: str = "en") -> str:
        response = client.get(f"{URL}?as_of=2026-11-05{query}", headers={"accept-language": language})
        assert response.status_code == 200
        return str(response.content.decode())

    shown = page()
    assert "Core role missing" in shown
    assert shown.count('class="heat cover--') == 12 * 4
    assert "members: 400.0 k, at least 300.0 k" in plain(shown)
    cell = page("&unit=BU1&role=user-ops")
    assert "/organisation/people/U1/" in cell
    assert "/organisation/people/U2/" not in cell
    assert "会员数 40.0 万，达到 30.0 万" in plain(page(language="zh-hans"))
    assert "0.80" in page("&top=BU1&measure=fte")
    assert client.get(f"{URL}?top=no-such").status_code == 404
    # an executive does not see who it is, a manager nothing of other units and no figure of the company
    executive = signed_in("executive").get(f"{URL}?as_of=2026-11-05&unit=BU1&role=user-ops").content.decode()
    assert "/organisation/people/U1/" not in executive
    manager = signed_in("line_manager", unit_external_id="BU2")
    bounded = manager.get(f"{URL}?as_of=2026-11-05").content.decode()
    assert "童装事业部" in bounded
    assert "女装事业部" not in bounded
    assert manager.get(f"{URL}?top=BU1").status_code == 404


def test_the_page_needs_a_fixed_number_of_queries(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    counts = []
    for query in ("?top=BU1", "", "?unit=BU1&role=user-ops"):
        client.get(f"{URL}{query}")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{URL}{query}")
        counts.append(len(captured))
    assert len(set(counts)) == 1
