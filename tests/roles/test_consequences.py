"""What a plan says of a move is what the move does, with as few queries for a branch of 200 as for one store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import Thing
from roles.models import Employment
from roles.queries.consequences import plan_move
from roles.queries.move_plans import MovePlan
from roles.queries.org_chart import unit_counts, unit_tree
from roles.queries.people import role_covers
from roles.queries.stages import adopted_stages
from roles.services.moving import move
from roles.services.stages import adopt_stage
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    SeatInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_seats,
    upsert_units,
)
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation

LATER = date(2026, 9, 1)
YEAR_END = date(2027, 1, 1)
MaxQueries = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    write_organisation()
    upsert_seats([SeatInput("P1", "S0101", "店长", is_head=True)], effective_on=DAY, actor_id=None)
    upsert_people([replace(PEOPLE[2], seat_external_id="P1")], effective_on=DAY, actor_id=None)
    adopt_stage("R02", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.DIGITAL_ENABLEMENT, on=DAY, actor_id=None)
    return in_workspace


def figures(plan: MovePlan, unit: str) -> tuple[tuple[int, int, int | None], tuple[int, int, int | None]]:
    effect = next(effect for effect in plan.effects if effect.external_id == unit)
    return tuple((side.people, side.layers, side.span) for side in (effect.before, effect.after))  # type: ignore[return-value]


@pytest.mark.parametrize("whole_branch", [True, False])
@pytest.mark.parametrize(
    ("thing", "key", "to"),
    [
        (Thing.UNITS, "R01", "R02"),
        (Thing.UNITS, "S0101", "R02"),
        (Thing.PEOPLE, "E2", "S0201"),
        (Thing.PEOPLE, "E3", "S0201"),
        (Thing.SEATS, "P1", "S0201"),
    ],
)
def test_a_plan_says_what_the_move_then_does(
    organisation: Workspace, thing: Thing, key: str, to: str, whole_branch: bool
) -> None:
    before = adopted_stages(LATER)
    places = dict(Employment.objects.on(LATER).values_list("person__external_id", "unit__external_id"))
    plan = plan_move(thing, key, to=to, on=LATER, whole_branch=whole_branch)
    assert move(thing, key, to=to, on=LATER, actor_id=None, whole_branch=whole_branch).is_ok
    tree = unit_tree(as_of=LATER)
    counts, after = unit_counts(tree), adopted_stages(LATER, tree=tree)
    for effect in plan.effects:
        count = counts[effect.external_id]
        assert (effect.after.people, effect.after.fte) == (count.total_people, count.total_fte)
        assert effect.after.units == len(tree.subtree(effect.external_id))
        if effect.after.missing is not None:
            held = role_covers(as_of=LATER, within=effect.external_id, tree=tree)
            assert not set(effect.after.missing) & set(held)
    now = dict(Employment.objects.on(LATER).values_list("person__external_id", "unit__external_id"))
    if thing is not Thing.UNITS:
        assert {one for one in now if now[one] != places[one]} == set(plan.people)
    shifted = {
        one
        for one, unit in now.items()
        if (after[unit].stage, after[unit].subtype) != (before[places[one]].stage, before[places[one]].subtype)
    }
    assert {one for shift in plan.stages for one in shift.people} == shifted


def test_a_plan_counts_people_layers_and_spans_up_to_the_top(organisation: Workspace) -> None:
    plan = plan_move(Thing.UNITS, "R01", to="R02", on=LATER)
    assert (plan.origin, set(plan.units), set(plan.people)) == ("G", {"R01", "S0101", "S0102"}, {"E2", "E3", "E4"})
    assert (plan.seats, plan.refused, plan.later) == (("P1",), (), ())
    assert figures(plan, "R02") == ((1, 2, None), (4, 3, None))
    assert figures(plan, "R01") == ((3, 2, 2), (3, 2, 2))
    assert figures(plan, "G") == ((6, 3, 3), (6, 4, 3))
    (shift,) = plan.stages
    assert (shift.before.subtype, shift.after.subtype, shift.units) == (
        SubtypeKey.PROJECT_TEAM,
        SubtypeKey.DIGITAL_ENABLEMENT,
        3,
    )
    missing = {effect.external_id: effect for effect in plan.effects}["R02"]
    assert missing.before.missing == missing.after.missing
    assert missing.after.missing is not None
    assert next(effect for effect in plan.effects if effect.external_id == "R01").after.missing is None


@pytest.mark.parametrize("begun", [[], ["D-MKT"]])
def test_a_plan_counts_no_role_that_begins_elsewhere_on_the_day(organisation: Workspace, begun: list[str]) -> None:
    rows = [AssignmentInput("E3", "omni-strategy", "S0101", DAY, Decimal("0.1"))]
    rows += [AssignmentInput("E3", "omni-strategy", unit, LATER, Decimal("0.1")) for unit in begun]
    assert upsert_assignments(rows, actor_id=None).is_ok
    plan = plan_move(Thing.PEOPLE, "E3", to="S0201", on=LATER)
    missing = next(effect.after.missing for effect in plan.effects if effect.external_id == "R02")
    assert move(Thing.PEOPLE, "E3", to="S0201", on=LATER, actor_id=None).is_ok
    covers = role_covers(as_of=LATER, within="R02")
    assert missing is not None
    assert ("omni-strategy" in missing, "omni-strategy" in covers) == (bool(begun), not begun)


def test_a_person_takes_roles_along_and_a_span_shrinks(organisation: Workspace) -> None:
    plan = plan_move(Thing.PEOPLE, "E2", to="R02", on=LATER, whole_branch=False)
    assert (plan.people, plan.roles, plan.origin) == (("E2",), 0, "R01")
    assert figures(plan, "G") == ((6, 3, 3), (6, 3, 5))
    assert plan_move(Thing.PEOPLE, "E3", to="S0201", on=LATER).roles == 1


@pytest.mark.parametrize(
    ("thing", "key", "to", "code"),
    [
        (Thing.UNITS, "G", "S0101", "loop"),
        (Thing.UNITS, "R01", "R01", "loop"),
        (Thing.UNITS, "S0101", None, "second_root"),
        (Thing.UNITS, "R01", "NOWHERE", "unknown_reference"),
        (Thing.UNITS, "NOWHERE", "G", "not_there"),
        (Thing.PEOPLE, "E3", None, "required"),
        (Thing.PEOPLE, "NOBODY", "G", "not_there"),
        (Thing.SEATS, "P1", "T1", "unit_not_there"),
        (Thing.UNITS, "S0101", "T1", "unit_not_there"),
    ],
)
def test_a_plan_refuses_what_the_move_refuses(
    organisation: Workspace, thing: Thing, key: str, to: str | None, code: str
) -> None:
    team = UnitInput("T1", "双11项目组", "project_team", "G", ends_on=YEAR_END)
    upsert_units([team], effective_on=DAY, actor_id=None)
    plan = plan_move(thing, key, to=to, on=LATER)
    assert [issue.code for issue in plan.refused] == [code]
    assert not move(thing, key, to=to, on=LATER, actor_id=None).is_ok
    assert (plan.units, plan.effects) == ((), ())


@pytest.mark.parametrize(
    ("to", "codes"),
    [("G2", ["second_root"] * 3), ("R01", ["second_root"] * 3), ("G3", [])],
    ids=["the units it leaves would be roots", "below its child, beside others", "parent and child change places"],
)
def test_what_a_unit_at_the_top_leaves_behind_is_looked_at_as_well(
    organisation: Workspace, to: str, codes: list[str]
) -> None:
    groups = [UnitInput("G2", "云裳控股", "group"), UnitInput("G3", "云裳服饰", "group", "G2")]
    upsert_units(groups, effective_on=DAY, actor_id=None)
    key = "G2" if to == "G3" else "G"
    plan = plan_move(Thing.UNITS, key, to=to, on=LATER, whole_branch=False)
    assert [issue.code for issue in plan.refused] == codes
    written = move(Thing.UNITS, key, to=to, on=LATER, actor_id=None, whole_branch=False)
    assert [issue.code for issue in written.issues] == codes
    assert not codes or {issue.external_id for issue in plan.refused} == {one.external_id for one in written.issues}


@pytest.mark.parametrize("whole_branch", [True, False])
@pytest.mark.parametrize(
    ("key", "manager", "code"),
    [
        ("E2", "E2", "loop"),
        ("E2", "NOBODY", "unknown_reference"),
        ("E3", "E7", ""),
        ("E1", "E3", "loop"),
        ("E3", "E5", ""),
        ("E2", "E5", ""),
    ],
)
def test_a_plan_knows_whom_one_is_to_report_to(
    organisation: Workspace, key: str, manager: str, code: str, whole_branch: bool
) -> None:
    assert upsert_people([PersonInput("E7", "G", YEAR_END)], effective_on=DAY, actor_id=None).is_ok
    said: dict[str, Any] = {"to": "S0201", "on": LATER, "whole_branch": whole_branch, "manager": manager}
    plan = plan_move(Thing.PEOPLE, key, **said)
    written = move(Thing.PEOPLE, key, actor_id=None, **said)
    is_refused = bool(code) and not (key == "E1" and not whole_branch)
    assert ([issue.code for issue in plan.refused] == [code]) is is_refused, plan.refused
    assert written.is_ok is not is_refused, written.issues
    if not is_refused:
        there = Employment.objects.on(LATER).filter(unit__external_id="S0201").values_list("person", flat=True)
        reports = Employment.objects.on(LATER).filter(manager__in=there).values_list("manager", flat=True)
        assert figures(plan, "S0201")[1][2] == max(Counter(reports).values(), default=None)


def test_another_manager_in_the_same_unit_moves_nothing_else(organisation: Workspace) -> None:
    plan = plan_move(Thing.PEOPLE, "E3", to="S0101", on=LATER, manager="E1")
    assert (plan.is_same, plan.people, plan.roles, plan.refused) == (False, ("E3",), 0, ())
    assert {effect.external_id: (effect.before.span, effect.after.span) for effect in plan.effects}["R01"] == (2, 1)
    assert figures(plan, "G")[1][2] == 4
    assert plan_move(Thing.PEOPLE, "E3", to="S0101", on=LATER, manager="E2").is_same


def test_a_plan_names_what_stays_planned_and_what_is_the_same(organisation: Workspace) -> None:
    move(Thing.UNITS, "S0101", to="D-MKT", on=YEAR_END, actor_id=None)
    plan = plan_move(Thing.UNITS, "S0101", to="R02", on=LATER)
    assert [(one.on, one.to, one.to_name) for one in plan.later] == [(YEAR_END, "D-MKT", "市场部")]
    assert plan_move(Thing.UNITS, "S0101", to="R01", on=LATER).is_same
    assert plan_move(Thing.PEOPLE, "E3", to="S0101", on=LATER).is_same


def test_a_branch_of_200_takes_the_queries_of_one_store(
    organisation: Workspace, django_assert_max_num_queries: MaxQueries
) -> None:
    stores = [UnitInput(f"N{number}", f"新店{number}", "store", "R01", "direct") for number in range(40)]
    upsert_units(stores, effective_on=DAY, actor_id=None)
    people = [PersonInput(f"W{number}", f"N{number % 40}", DAY, "", "E2", fte=Decimal(1)) for number in range(200)]
    upsert_people(people, effective_on=DAY, actor_id=None)
    with django_assert_max_num_queries(6):
        plan = plan_move(Thing.UNITS, "R01", to="R02", on=LATER)
    assert (len(plan.units), len(plan.people)) == (43, 203)
    with django_assert_max_num_queries(6):
        assert len(plan_move(Thing.PEOPLE, "E2", to="R02", on=LATER).people) == 1
    assert UNITS[2].external_id in plan.units
