"""Moves of units, people and seats, merges: dated, refused by name, and nothing half done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from omnichannel.workspaces.models import Workspace
from roles.choices import Thing
from roles.models import Assignment, Employment, OrgRevision
from roles.queries.org_chart import unit_tree
from roles.services.moving import merge_units, move
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
from roles.services.written import Written
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation

LATER = date(2026, 9, 1)
OCTOBER = date(2026, 10, 1)
YEAR_END = date(2027, 1, 1)


def codes(written: Written) -> list[tuple[str, str, str]]:
    return [(issue.external_id, issue.field, issue.code) for issue in written.issues]


def parent_on(unit: str, day: date) -> str | None:
    return unit_tree(as_of=day).nodes[unit].parent


def job_on(person: str, day: date) -> tuple[str, str | None, str | None]:
    row = Employment.objects.on(day).select_related("unit", "manager", "seat").get(person__external_id=person)
    return (
        row.unit.external_id,
        row.manager.external_id if row.manager else None,
        row.seat.external_id if row.seat else None,
    )


def held(person: str) -> list[tuple[str, str, date, date | None]]:
    rows = Assignment.objects.filter(person__external_id=person).select_related("unit").order_by("during", "role_key")
    return [(row.role_key, row.unit.external_id, row.during.lower, row.during.upper) for row in rows]


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    write_organisation()
    return in_workspace


def test_a_unit_moves_with_its_branch_from_its_day_on(organisation: Workspace) -> None:
    written = move(Thing.UNITS, "R01", to="R02", on=LATER, actor_id=None, note="合并大区")
    assert written.is_ok
    last = OrgRevision.objects.order_by("-number")[0]
    assert (last.number, last.note) == (written.revision, "合并大区")
    assert [change.external_id for change in last.changes.all()] == ["R01"]
    assert (parent_on("R01", date(2026, 8, 31)), parent_on("R01", LATER)) == ("G", "R02")
    assert parent_on("S0101", LATER) == "R01"


def test_a_unit_alone_leaves_what_is_below_it_to_the_unit_above(organisation: Workspace) -> None:
    assert move(Thing.UNITS, "R01", to="R02", on=LATER, actor_id=None, whole_branch=False).is_ok
    assert [parent_on(unit, LATER) for unit in ("R01", "S0101", "S0102")] == ["R02", "G", "G"]
    assert parent_on("S0101", DAY) == "R01"


def test_what_is_planned_below_a_unit_elsewhere_stays_below_it(organisation: Workspace) -> None:
    """From the year's end on R02 hangs below R01, which stands under D-MKT then; R01 cannot leave R02 to itself."""
    assert move(Thing.UNITS, "R01", to="R02", on=DAY, actor_id=None).is_ok
    assert move(Thing.UNITS, "R01", to="D-MKT", on=YEAR_END, actor_id=None).is_ok
    assert move(Thing.UNITS, "R02", to="R01", on=YEAR_END, actor_id=None).is_ok
    assert move(Thing.UNITS, "R01", to="D-MKT", on=LATER, actor_id=None, whole_branch=False).is_ok
    assert [parent_on("S0101", day) for day in (DAY, LATER, YEAR_END)] == ["R01", "R02", "R01"]
    assert [parent_on("R02", day) for day in (LATER, YEAR_END)] == ["G", "R01"]


def test_a_planned_move_stays_and_a_planned_rename_does_not_move_back(organisation: Workspace) -> None:
    upsert_units([replace(UNITS[4], name="静安旗舰店")], effective_on=YEAR_END, actor_id=None)
    assert move(Thing.UNITS, "S0101", to="R02", on=LATER, actor_id=None).is_ok
    node = unit_tree(as_of=YEAR_END).nodes["S0101"]
    assert (node.parent, node.name) == ("R02", "静安旗舰店")
    assert move(Thing.UNITS, "S0102", to="D-MKT", on=YEAR_END, actor_id=None).is_ok
    assert move(Thing.UNITS, "S0102", to="R02", on=LATER, actor_id=None).is_ok
    assert [parent_on("S0102", day) for day in (DAY, LATER, YEAR_END)] == ["R01", "R02", "D-MKT"]


def test_a_move_of_the_past_is_a_correction(organisation: Workspace) -> None:
    move(Thing.UNITS, "S0101", to="R02", on=LATER, actor_id=None)
    assert move(Thing.UNITS, "S0101", to="D-MKT", on=date(2026, 7, 1), actor_id=None).is_ok
    assert [parent_on("S0101", day) for day in (DAY, date(2026, 7, 1), LATER)] == ["R01", "D-MKT", "R02"]


@pytest.mark.parametrize(
    ("unit", "to", "told"),
    [
        ("G", "S0101", ("G", "to", "loop")),
        ("R01", "R01", ("R01", "to", "loop")),
        ("R01", "NOWHERE", ("R01", "to", "unknown_reference")),
        ("S0101", None, ("S0101", "to", "second_root")),
        ("NOWHERE", "G", ("NOWHERE", "on", "not_there")),
    ],
)
def test_a_move_that_cannot_be_is_named_and_writes_nothing(
    organisation: Workspace, unit: str, to: str | None, told: tuple[str, str, str]
) -> None:
    before = OrgRevision.objects.count()
    written = move(Thing.UNITS, unit, to=to, on=LATER, actor_id=None)
    assert codes(written) == [told]
    assert OrgRevision.objects.count() == before


def test_a_loop_that_a_planned_move_closes_on_its_day_is_found(organisation: Workspace) -> None:
    move(Thing.UNITS, "R01", to="R02", on=YEAR_END, actor_id=None)
    written = move(Thing.UNITS, "R02", to="S0101", on=LATER, actor_id=None)
    assert codes(written) == [("R02", "to", "loop")]
    assert "R02 → S0101 → R01 → R02" in written.issues[0].message


def test_a_move_below_a_unit_that_closes_later_is_refused(organisation: Workspace) -> None:
    upsert_units(
        [UnitInput("T1", "双11项目组", "project_team", "G", ends_on=YEAR_END)], effective_on=DAY, actor_id=None
    )
    assert codes(move(Thing.UNITS, "S0101", to="T1", on=LATER, actor_id=None)) == [("S0101", "to", "parent_not_there")]


def test_a_move_to_where_it_stands_writes_nothing(organisation: Workspace) -> None:
    assert move(Thing.UNITS, "R01", to="G", on=LATER, actor_id=None) == Written()
    assert move(Thing.PEOPLE, "E3", to="S0101", on=LATER, actor_id=None) == Written()


def test_a_person_moves_with_the_team_the_roles_and_without_the_seat(organisation: Workspace) -> None:
    team = [
        PersonInput("E7", "S0101", DAY, manager_external_id="E3"),
        PersonInput("E8", "S0102", DAY, manager_external_id="E3"),
    ]
    upsert_people(team, effective_on=DAY, actor_id=None)
    upsert_seats([SeatInput("P1", "S0101", "店长")], effective_on=DAY, actor_id=None)
    upsert_people([replace(PEOPLE[2], seat_external_id="P1")], effective_on=DAY, actor_id=None)
    assert move(Thing.PEOPLE, "E3", to="S0201", on=LATER, actor_id=None).is_ok
    assert job_on("E3", DAY) == ("S0101", "E2", "P1")
    assert job_on("E3", LATER) == ("S0201", "E2", None)
    assert job_on("E7", LATER) == ("S0201", "E3", None)
    assert job_on("E8", LATER) == ("S0102", "E3", None)
    assert held("E3") == [
        ("digital-guide", "S0101", date(2023, 5, 1), LATER),
        ("digital-guide", "S0201", LATER, None),
    ]


@pytest.mark.parametrize(
    ("other", "after"),
    [
        (("S0201", OCTOBER, None), [("S0201", LATER, OCTOBER), ("S0201", OCTOBER, None)]),
        (
            ("S0201", OCTOBER, YEAR_END),
            [("S0201", LATER, OCTOBER), ("S0201", OCTOBER, YEAR_END), ("S0201", YEAR_END, None)],
        ),
        (("S0201", DAY, None), [("S0201", DAY, None)]),
        (("D-MKT", LATER, OCTOBER), [("D-MKT", LATER, OCTOBER), ("S0201", OCTOBER, None)]),
    ],
    ids=["planned there", "planned there for a while", "held there", "begun elsewhere on the very day"],
)
def test_no_day_of_a_role_is_lost_nor_held_twice_where_it_is_held_already(
    organisation: Workspace, other: tuple[str, date, date | None], after: list[tuple[str, date, date | None]]
) -> None:
    unit, start, end = other
    row = AssignmentInput("E3", "digital-guide", unit, start, Decimal("0.1"), end)
    assert upsert_assignments([row], actor_id=None).is_ok
    assert move(Thing.PEOPLE, "E3", to="S0201", on=LATER, actor_id=None).is_ok
    assert held("E3") == [("digital-guide", *one) for one in [("S0101", date(2023, 5, 1), LATER), *after]]


def test_a_person_alone_leaves_the_team_to_the_manager_above(organisation: Workspace) -> None:
    assert move(Thing.PEOPLE, "E2", to="R02", on=LATER, actor_id=None, whole_branch=False, manager=None).is_ok
    assert [job_on(person, LATER) for person in ("E2", "E3", "E4")] == [
        ("R02", None, None),
        ("S0101", "E1", None),
        ("S0102", "E1", None),
    ]


def test_a_person_may_leave_the_roles_behind(organisation: Workspace) -> None:
    assert move(Thing.PEOPLE, "E3", to="S0201", on=LATER, actor_id=None, roles=False).is_ok
    assert held("E3") == [("digital-guide", "S0101", date(2023, 5, 1), None)]


def test_a_manager_who_would_report_to_the_own_team_is_refused(organisation: Workspace) -> None:
    written = move(Thing.PEOPLE, "E2", to="S0101", on=LATER, actor_id=None, manager="E3")
    assert codes(written) == [("E2", "to", "loop")]


def test_a_seat_takes_along_who_sits_in_it(organisation: Workspace) -> None:
    upsert_seats([SeatInput("P1", "S0101", "店长")], effective_on=DAY, actor_id=None)
    upsert_people([replace(PEOPLE[2], seat_external_id="P1")], effective_on=DAY, actor_id=None)
    assert move(Thing.SEATS, "P1", to="S0201", on=LATER, actor_id=None).is_ok
    assert (job_on("E3", DAY), job_on("E3", LATER)) == (("S0101", "E2", "P1"), ("S0201", "E2", "P1"))
    assert held("E3")[-1] == ("digital-guide", "S0201", LATER, None)


def test_a_merge_takes_everything_along_and_closes_the_unit(organisation: Workspace) -> None:
    upsert_seats([SeatInput("P1", "R01", "大区经理")], effective_on=DAY, actor_id=None)
    planned = [replace(PEOPLE[4], unit_external_id="R01")]
    assert upsert_people(planned, effective_on=YEAR_END, actor_id=None).is_ok
    upsert_assignments([AssignmentInput("E2", "omni-strategy", "R01", DAY, Decimal("0.5"))], actor_id=None)
    assert merge_units("R01", into="R02", on=LATER, actor_id=None).is_ok
    tree = unit_tree(as_of=LATER)
    assert "R01" not in tree
    assert "R01" in unit_tree(as_of=date(2026, 8, 31))
    assert tree.nodes["R02"].children == ("S0101", "S0102", "S0201")
    assert (job_on("E2", LATER)[0], job_on("E5", YEAR_END)[0]) == ("R02", "R02")
    assert held("E2") == [("omni-strategy", "R01", DAY, LATER), ("omni-strategy", "R02", LATER, None)]


def test_a_unit_below_that_takes_over_comes_to_stand_in_its_place(organisation: Workspace) -> None:
    assert merge_units("R01", into="S0101", on=LATER, actor_id=None).is_ok
    tree = unit_tree(as_of=LATER)
    assert (tree.nodes["S0101"].parent, tree.nodes["S0102"].parent) == ("G", "S0101")
    assert codes(merge_units("G", into="S0102", on=LATER, actor_id=None))[0][2] == "loop"
