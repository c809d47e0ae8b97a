"""What the organisation looks like on a day: counts, holders, coverage, frames."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, SubtypeKey
from roles.coverage import Cover, CoverState, against_expectation, cover_by_unit
from roles.models import as_known
from roles.queries.frames import assignment_rows, employees_rows, org_units_rows
from roles.queries.org_chart import UnitCount, unit_counts, unit_tree
from roles.queries.people import holders, role_covers
from roles.queries.roster import PeopleFilter, people_list, person_page
from roles.services.sync import AssignmentInput, upsert_assignments, upsert_people
from tests.roles.organisation import DAY, PEOPLE, write_organisation


@pytest.fixture(autouse=True)
def _organisation(in_workspace: Workspace) -> None:
    write_organisation()


def test_totals_are_summed_up_the_tree() -> None:
    tree = unit_tree(as_of=DAY)
    counts = unit_counts(tree)
    assert counts["R01"] == UnitCount(1, Decimal(1), 3, Decimal("2.5"))
    assert counts["G"].total_people == len(PEOPLE)


def test_a_bounded_tree_has_the_bound_as_its_root() -> None:
    tree = unit_tree(as_of=DAY, within="R01")
    assert tree.root_ids == ("R01",)
    assert set(tree.nodes) == {"R01", "S0101", "S0102"}
    assert tree.nodes["R01"].parent is None
    assert not unit_tree(as_of=DAY, within="X").nodes


def test_the_closure_holds_every_ancestor_once() -> None:
    pairs = unit_tree(as_of=DAY).closure()
    assert len(pairs) == len(set(pairs)) == 1 + 3 * 2 + 3 * 3
    assert ("G", "S0201") in pairs


def test_holders_are_bounded_by_day_role_and_subtree() -> None:
    guides = holders(as_of=DAY, role=RoleKey.DIGITAL_GUIDE, within="R01")
    assert [(one.person_external_id, one.person_name, one.person_fte) for one in guides] == [
        ("E3", "王导购", Decimal(1)),
        ("E4", "E4", Decimal("0.5")),
    ]
    then = holders(as_of=date(2025, 12, 31), role=RoleKey.USER_OPS)
    assert [one.unit_external_id for one in then] == ["D-MKT"]


def test_a_corrected_employment_counts_once_and_as_it_was_known_then() -> None:
    earlier = timezone.now()
    asked = {"as_of": DAY, "role": RoleKey.DIGITAL_GUIDE, "within": "R01"}
    before, cells = holders(**asked), cover_by_unit(holders(as_of=DAY))
    half = next(row for row in PEOPLE if row.external_id == "E4")
    assert upsert_people([replace(half, fte=Decimal("0.25"))], effective_on=half.hired_on, actor_id=None).changed == 1
    assert [(one.person_external_id, one.person_fte) for one in holders(**asked)] == [
        ("E3", Decimal(1)),
        ("E4", Decimal("0.25")),
    ]
    assert cover_by_unit(holders(as_of=DAY))[RoleKey.DIGITAL_GUIDE, "S0102"] == Cover(1, Decimal("0.15"), 0)
    with as_known(earlier):
        assert (holders(**asked), cover_by_unit(holders(as_of=DAY))) == (before, cells)


def test_coverage_weighs_shares_with_the_fte_of_the_person() -> None:
    cells = cover_by_unit(holders(as_of=DAY))
    assert cells[RoleKey.DIGITAL_GUIDE, "S0102"] == Cover(1, Decimal("0.3"), 0)
    assert role_covers(as_of=DAY)[RoleKey.DIGITAL_GUIDE] == Cover(3, Decimal("2.2"), 2)
    assert role_covers(as_of=DAY, within="R01")[RoleKey.DIGITAL_GUIDE] == Cover(2, Decimal("1.2"), 1)
    assert set(role_covers(as_of=DAY, person="E6")) == {
        RoleKey.USER_OPS,
        RoleKey.MEMBER_OPS,
        RoleKey.CONTENT_MARKETING,
    }


def test_two_half_shares_of_one_role_in_two_units_are_one_dedicated_person() -> None:
    halves = [
        AssignmentInput("E1", "omni-strategy", unit, day, Decimal("0.5"))
        for unit, day in (("R01", DAY), ("R02", date(2026, 5, 1)))
    ]
    assert upsert_assignments(halves, actor_id=None).is_ok
    assert role_covers(as_of=DAY)[RoleKey.OMNI_STRATEGY] == Cover(1, Decimal(1), 1)


def test_a_core_role_held_by_part_timers_only_counts_as_shared() -> None:
    lines = against_expectation(role_covers(as_of=DAY), subtype=SubtypeKey.SALES_LED)
    states = {line.role: line.state for line in lines}
    assert states[RoleKey.USER_OPS] is CoverState.SHARED
    assert states[RoleKey.DIGITAL_GUIDE] is CoverState.FILLED
    assert states[RoleKey.AD_DELIVERY] in {CoverState.MISSING, CoverState.NOT_NEEDED}


def test_more_than_three_roles_or_too_much_time_is_overload() -> None:
    (line,) = people_list(PeopleFilter(DAY, q="E6"))[1]
    assert (line.share_total, line.is_overloaded) == (Decimal("1.3"), True)
    only = people_list(PeopleFilter(DAY, overloaded=True))[1]
    assert [line.external_id for line in only] == ["E6"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (PeopleFilter(DAY, sort="id"), ["E1", "E2", "E3", "E4", "E5", "E6"]),
        (PeopleFilter(DAY, sort="-id", unit="R01"), ["E4", "E3", "E2"]),
        (PeopleFilter(DAY, role=RoleKey.USER_OPS), ["E6"]),
        (PeopleFilter(DAY, sort="-share", within="R01"), ["E3", "E4", "E2"]),
        (PeopleFilter(DAY, q="导购", sort="id"), ["E3", "E5"]),
        (PeopleFilter(DAY, person="E3"), ["E3"]),
        (PeopleFilter(date(2022, 1, 1), sort="id"), ["E1", "E2"]),
    ],
)
def test_people_are_searched_filtered_and_sorted(asked: PeopleFilter, expected: list[str]) -> None:
    assert [line.external_id for line in people_list(asked)[1]] == expected


def test_a_person_is_found_only_inside_the_bounds_and_pay_only_when_asked() -> None:
    page = person_page("E3", as_of=DAY, within="R01")
    assert page is not None
    assert page.current is not None
    assert page.current.monthly_cost is None
    paid = person_page("E3", as_of=DAY, with_pay=True)
    assert paid is not None
    assert paid.current is not None
    assert paid.current.monthly_cost == Decimal(8600)
    assert person_page("E3", as_of=DAY, within="R02") is None
    assert person_page("E3", as_of=DAY, person="E4") is None
    assert person_page("E99", as_of=DAY) is None


def test_one_who_helps_in_a_unit_is_visible_there() -> None:
    helps = AssignmentInput("E6", "training-enablement", "S0201", date(2026, 5, 1), Decimal("0.1"))
    assert upsert_assignments([helps], actor_id=None).is_ok
    assert person_page("E6", as_of=DAY, within="R02") is not None
    assert person_page("E6", as_of=date(2026, 4, 30), within="R02") is None


def test_frames_carry_the_canonical_columns_of_the_day() -> None:
    upsert_people([replace(PEOPLE[2], left_on=date(2026, 8, 1))], effective_on=DAY, actor_id=None)
    units = {row["unit_id"]: row for row in org_units_rows(DAY)}
    assert units["S0102"] == {
        "unit_id": "S0102", "name": "杭州西湖店", "level": "store", "parent_id": "R01", "ownership": "franchise",
        "city": "杭州",
    }  # fmt: skip
    people = {row["employee_id"]: row for row in employees_rows(date(2026, 12, 31))}
    assert (people["E3"]["left_on"], people["E3"]["monthly_cost"]) == (date(2026, 8, 1), Decimal(8600))
    assert set(row["employee_id"] for row in employees_rows(date(2022, 1, 1))) == {"E1", "E2"}
    first = next(row for row in assignment_rows() if row["employee_id"] == "E6" and row["role_id"] == "user-ops")
    assert (first["unit_id"], first["start_on"], first["end_on"]) == ("D-MKT", date(2022, 5, 1), date(2026, 1, 1))


# what files say of the organisation and no measure reads
ONLY_IN_FILES = {"rank", "is_leading", "starts_on", "ends_on", "seat_id"}


def test_frames_have_the_columns_of_the_kpi_library() -> None:
    from kpis.library import load_library

    tables = load_library().tables
    for table, rows in (
        ("org_units", org_units_rows(DAY)),
        ("employees", employees_rows(DAY)),
        ("role_assignments", assignment_rows()),
    ):
        columns = {column.name for column in tables[table].columns}
        assert columns - set(rows[0]) <= ONLY_IN_FILES, table
        assert set(rows[0]) <= columns, table
