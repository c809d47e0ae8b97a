"""Units close, people leave, seats and roles end; project teams end by themselves; things are taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import Thing
from roles.errors import UnknownUnit
from roles.models import Assignment, Employment, Person, ReportingLine, SeatVersion, Unit
from roles.models.dated import as_known
from roles.queries.org_chart import unit_tree
from roles.queries.stages import stage_history
from roles.services.ending import end, remove
from roles.services.stages import adopt_stage
from roles.services.sync import (
    AssignmentInput,
    LineInput,
    PersonInput,
    SeatInput,
    UnitInput,
    revision,
    upsert_assignments,
    upsert_lines,
    upsert_people,
    upsert_seats,
    upsert_units,
)
from roles.services.sync.rows import NO_END
from tests.roles.organisation import ASSIGNMENTS, DAY, PEOPLE, UNITS, write_organisation
from tests.roles.test_moving import codes, held, job_on

LATER = date(2026, 9, 1)
YEAR_END = date(2027, 1, 1)
TEAM = UnitInput("T1", "双11项目组", "project_team", "G", ends_on=YEAR_END)


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    write_organisation()
    return in_workspace


def line_days(key: str) -> list[tuple[date | None, date | None]]:
    rows = ReportingLine.objects.filter(external_id=key)
    return [(row.during.lower, row.during.upper) for row in rows]


def test_a_unit_with_units_and_people_names_each_of_them(organisation: Workspace) -> None:
    written = end(Thing.UNITS, "R01", on=LATER, actor_id=None)
    assert codes(written) == [
        ("S0101", "parent_external_id", "parent_not_there"),
        ("S0102", "parent_external_id", "parent_not_there"),
        ("E2", "unit_external_id", "unit_not_there"),
    ]
    assert "R01" in unit_tree(as_of=YEAR_END)


def test_a_closed_unit_takes_roles_lines_stage_and_empty_seats_with_it(organisation: Workspace) -> None:
    upsert_units([UnitInput("D-NEW", "新零售部", "department", "G")], effective_on=DAY, actor_id=None)
    upsert_seats([SeatInput("P1", "D-NEW", "经理"), SeatInput("P2", "D-NEW", "专员")], effective_on=DAY, actor_id=None)
    upsert_seats([SeatInput("P2", "D-NEW", "高级专员")], effective_on=YEAR_END, actor_id=None)
    upsert_assignments([AssignmentInput("E6", "user-ops", "D-NEW", DAY)], actor_id=None)
    upsert_lines([LineInput("L1", "units", "functional", "S0101", "D-NEW")], actor_id=None)
    adopt_stage("D-NEW", stage=StageKey.PROJECT, subtype=SubtypeKey.PROJECT_TEAM, on=DAY, actor_id=None)
    assert end(Thing.UNITS, "D-NEW", on=LATER, actor_id=None).is_ok
    assert "D-NEW" in unit_tree(as_of=date(2026, 8, 31))
    assert "D-NEW" not in unit_tree(as_of=LATER)
    assert ("user-ops", "D-NEW", DAY, LATER) in held("E6")
    assert line_days("L1") == [(None, LATER)]
    assert [decision.end for decision in stage_history("D-NEW")] == [LATER]
    assert {row.during.upper for row in SeatVersion.objects.all()} == {LATER}
    assert end(Thing.UNITS, "D-NEW", on=LATER, actor_id=None).revision is None
    assert upsert_units([UnitInput("D-NEW", "新零售部", "department", "G")], effective_on=YEAR_END, actor_id=None).is_ok
    assert "D-NEW" in unit_tree(as_of=YEAR_END)


def test_a_stage_is_adopted_as_long_as_the_unit_is_there(organisation: Workspace) -> None:
    upsert_units([TEAM], effective_on=DAY, actor_id=None)
    stage = {"stage": StageKey.PROJECT, "subtype": SubtypeKey.PROJECT_TEAM, "actor_id": None}
    assert adopt_stage("T1", on=DAY, **stage)
    assert [decision.end for decision in stage_history("T1")] == [YEAR_END]
    with pytest.raises(UnknownUnit):
        adopt_stage("T1", on=YEAR_END, **stage)


def test_who_leaves_takes_roles_and_lines_with_them(organisation: Workspace) -> None:
    upsert_lines([LineInput("L1", "people", "project", "E3", "E6", DAY)], actor_id=None)
    planned = AssignmentInput("E3", "data-analysis", "S0101", YEAR_END)
    upsert_assignments([planned], actor_id=None)
    assert end(Thing.PEOPLE, "E3", on=LATER, actor_id=None).is_ok
    assert Person.objects.get(external_id="E3").left_on == LATER
    assert held("E3") == [("digital-guide", "S0101", date(2023, 5, 1), LATER)]
    assert line_days("L1") == [(DAY, LATER)]
    assert not Employment.objects.on(LATER).filter(person__external_id="E3").exists()


def test_reports_of_a_leaver_are_an_obstacle_or_go_to_the_manager_above(organisation: Workspace) -> None:
    assert codes(end(Thing.PEOPLE, "E2", on=LATER, actor_id=None)) == [
        ("E3", "manager_external_id", "has_reports"),
        ("E4", "manager_external_id", "has_reports"),
    ]
    assert end(Thing.PEOPLE, "E2", on=LATER, actor_id=None, hand_over=True).is_ok
    assert [job_on("E3", day)[1] for day in (date(2026, 8, 31), LATER)] == ["E2", "E1"]


def test_a_file_with_a_leaver_lets_the_reports_go_and_again_changes_nothing(organisation: Workspace) -> None:
    rows = [replace(row, left_on=LATER) if row.external_id == "E2" else row for row in PEOPLE]
    assert upsert_people(rows[::-1], effective_on=DAY, actor_id=None).changed == 3
    assert [job_on("E3", day)[1] for day in (DAY, LATER)] == ["E2", None]
    assert upsert_people(rows, effective_on=DAY, actor_id=None).same == len(rows)
    assert upsert_people(rows, effective_on=YEAR_END, actor_id=None).same == len(rows)
    new_manager = [replace(rows[2], manager_external_id="E1")]
    assert upsert_people(new_manager, effective_on=date(2026, 8, 1), actor_id=None).is_ok
    assert [job_on("E3", day)[1] for day in (DAY, LATER, YEAR_END)] == ["E2", "E1", "E1"]


def test_a_manager_counts_from_their_own_hiring_on(organisation: Workspace) -> None:
    late = [PersonInput("E9", "R01", LATER), replace(PEOPLE[2], manager_external_id="E9")]
    assert upsert_people(late, effective_on=DAY, actor_id=None).is_ok
    assert [job_on("E3", day)[1] for day in (date(2026, 5, 31), DAY, LATER)] == ["E2", None, "E9"]


def test_what_cannot_end_on_the_day_is_refused(organisation: Workspace) -> None:
    upsert_assignments([AssignmentInput("E3", "data-analysis", "S0101", LATER)], actor_id=None)
    for thing, key in ((Thing.PEOPLE, "E5"), (Thing.ASSIGNMENTS, f"E3/data-analysis/{LATER}")):
        assert codes(end(thing, key, on=date(2024, 5, 1), actor_id=None)) == [(key, "on", "not_before_start")]
    assert codes(end(Thing.SEATS, "NONE", on=DAY, actor_id=None)) == [("NONE", "external_id", "unknown_reference")]


def test_a_seat_somebody_sits_in_stays(organisation: Workspace) -> None:
    upsert_seats([SeatInput("P1", "S0101", "店长")], effective_on=DAY, actor_id=None)
    assert upsert_people([replace(PEOPLE[2], seat_external_id="P1")], effective_on=DAY, actor_id=None).is_ok
    assert codes(end(Thing.SEATS, "P1", on=LATER, actor_id=None)) == [("E3", "seat_external_id", "seat_not_there")]
    wrong = upsert_people([replace(PEOPLE[4], seat_external_id="P1")], effective_on=DAY, actor_id=None)
    assert [(issue.external_id, issue.field, issue.code) for issue in wrong.issues] == [
        ("E5", "seat_external_id", "seat_elsewhere")
    ]


def test_a_project_team_ends_by_itself_and_who_is_lent_returns(organisation: Workspace) -> None:
    upsert_units([TEAM], effective_on=DAY, actor_id=None)
    lent = AssignmentInput("E6", "user-ops", "T1", DAY)
    assert upsert_assignments([lent], actor_id=None).is_ok
    assert upsert_assignments([lent], actor_id=None).same == 1
    assert ("user-ops", "T1", DAY, YEAR_END) in held("E6")
    assert upsert_units([replace(TEAM, ends_on=None)], effective_on=DAY, actor_id=None).same == 1
    assert "T1" not in unit_tree(as_of=YEAR_END)
    assert upsert_units([replace(TEAM, ends_on=LATER)], effective_on=DAY, actor_id=None).changed == 1
    assert ("user-ops", "T1", DAY, LATER) in held("E6")
    assert upsert_units([replace(TEAM, ends_on=NO_END)], effective_on=DAY, actor_id=None).changed == 1
    assert "T1" in unit_tree(as_of=YEAR_END)
    too_late = replace(lent, start_on=date(2026, 7, 1), end_on=date(2028, 1, 1), role="member-ops")
    upsert_units([TEAM], effective_on=DAY, actor_id=None)
    assert [issue.code for issue in upsert_assignments([too_late], actor_id=None).issues] == ["unit_not_there"]


def test_a_role_outside_the_employment_is_refused(organisation: Workspace) -> None:
    rows = [
        AssignmentInput("E3", "data-analysis", "S0101", date(2020, 1, 1)),
        AssignmentInput("E4", "data-analysis", "S0102", LATER, end_on=YEAR_END),
    ]
    upsert_people([replace(PEOPLE[3], left_on=date(2026, 10, 1))], effective_on=DAY, actor_id=None)
    result = upsert_assignments(rows, actor_id=None)
    assert [(issue.index, issue.field, issue.code) for issue in result.issues] == [
        (0, "start_on", "person_not_there"),
        (1, "end_on", "person_not_there"),
    ]


def test_a_new_store_begins_with_the_unit_above_it_and_people_with_the_store(organisation: Workspace) -> None:
    new = [UnitInput("S0301", "武汉店", "store", "R03"), UnitInput("R03", "华中大区", "region", "G")]
    upsert_units(new[1:], effective_on=DAY, actor_id=None, since=LATER)
    assert upsert_units(new, effective_on=LATER, actor_id=None).is_ok
    assert "S0301" not in unit_tree(as_of=date(2026, 8, 31))
    assert upsert_people([PersonInput("E9", "S0301", DAY)], effective_on=LATER, actor_id=None).created == 1
    assert upsert_people([PersonInput("E9", "S0301", DAY)], effective_on=YEAR_END, actor_id=None).same == 1
    assert list(Employment.objects.filter(person__external_id="E9").values_list("during__startswith")) == [(LATER,)]


def test_a_second_root_is_refused_unless_it_is_a_group_or_a_project_team(organisation: Workspace) -> None:
    rows = [
        UnitInput("H", "另一集团", "group"),
        UnitInput("R09", "华北大区", "region"),
        UnitInput("T2", "专项组", "project_team"),
    ]
    result = upsert_units(rows, effective_on=DAY, actor_id=None)
    assert [(issue.external_id, issue.field, issue.code) for issue in result.issues] == [
        ("R09", "parent_external_id", "second_root")
    ]
    assert upsert_units([rows[0], rows[2]], effective_on=DAY, actor_id=None).is_ok
    over = [
        UnitInput("TOP", "控股公司", "hq"),
        *(replace(row, parent_external_id="TOP") for row in (UNITS[0], rows[0])),
    ]
    assert upsert_units(over, effective_on=LATER, actor_id=None).is_ok


def test_things_are_taken_back_as_if_they_had_never_been_and_stay_in_the_history(organisation: Workspace) -> None:
    with revision(actor_id=None) as recorder:
        pass
    keys = [row.external_id for row in ASSIGNMENTS if row.person_external_id == "E3"]
    assert codes(remove(Thing.PEOPLE, ["E3", "E2"], actor_id=None)) != []
    assert remove(Thing.ASSIGNMENTS, keys, actor_id=None).is_ok
    assert remove(Thing.PEOPLE, ["E3"], actor_id=None).is_ok
    assert not Person.objects.filter(external_id="E3").exists()
    assert codes(remove(Thing.PEOPLE, ["E3"], actor_id=None)) == [("E3", "external_id", "unknown_reference")]
    with as_known(recorder.at):
        assert Assignment.objects.filter(person__external_id="E3").count() == len(keys)
    assert upsert_people([PEOPLE[2]], effective_on=DAY, actor_id=None).is_ok


def test_a_unit_in_use_is_not_taken_back(organisation: Workspace) -> None:
    told = {issue.message for issue in remove(Thing.UNITS, ["R01"], actor_id=None).issues}
    assert len(told) == 2
    assert Unit.objects.filter(external_id="R01").exists()
