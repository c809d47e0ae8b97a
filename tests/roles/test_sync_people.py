"""People and assignments in batches: dated employments, comings and goings, shares of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from omnichannel.workspaces.models import Workspace
from roles.models import Assignment, Employment, Person
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    SyncResult,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from tests.roles.organisation import ASSIGNMENTS, DAY, PEOPLE, UNITS, write_organisation

LATER = date(2026, 9, 1)
GUIDE = PEOPLE[2]


def codes(result: SyncResult) -> list[tuple[int, str, str]]:
    return [(issue.index, issue.field, issue.code) for issue in result.issues]


def jobs_of(person: str) -> list[tuple[str, date | None, date | None]]:
    rows = Employment.objects.filter(person__external_id=person).select_related("unit").order_by("during")
    return [(row.unit.external_id, row.during.lower, row.during.upper) for row in rows]


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    write_organisation()
    return in_workspace


def test_managers_may_come_later_in_the_batch_and_again_changes_nothing(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    first = upsert_people(PEOPLE[::-1], effective_on=DAY, actor_id=None)
    again = upsert_people(PEOPLE, effective_on=LATER, actor_id=None)
    assert (first.created, again.same, again.changed) == (6, 6, 0)
    assert jobs_of("E3") == [("S0101", date(2023, 5, 1), None)]


def test_a_transfer_keeps_the_earlier_employment(organisation: Workspace) -> None:
    result = upsert_people([replace(GUIDE, unit_external_id="S0102")], effective_on=LATER, actor_id=None)
    assert result.changed == 1
    assert jobs_of("E3") == [("S0101", date(2023, 5, 1), LATER), ("S0102", LATER, None)]


def test_leaving_ends_the_employment_and_coming_back_opens_a_new_one(organisation: Workspace) -> None:
    gone, back = date(2026, 7, 1), date(2026, 10, 1)
    upsert_people([replace(GUIDE, left_on=gone)], effective_on=LATER, actor_id=None)
    assert jobs_of("E3") == [("S0101", date(2023, 5, 1), gone)]
    returned = replace(GUIDE, hired_on=back, unit_external_id="S0201")
    upsert_people([returned], effective_on=back, actor_id=None)
    assert upsert_people([returned], effective_on=back, actor_id=None).same == 1
    assert jobs_of("E3") == [("S0101", date(2023, 5, 1), gone), ("S0201", back, None)]


def test_a_transfer_told_earlier_keeps_the_days_after_the_manager_left(organisation: Workspace) -> None:
    """The joined line splits again where the manager left, and its later piece is the row stored before."""
    early, gone = date(2026, 6, 1), date(2026, 7, 1)
    upsert_people([replace(PEOPLE[1], left_on=gone)], effective_on=DAY, actor_id=None)
    moved = replace(GUIDE, unit_external_id="S0102")
    upsert_people([moved], effective_on=gone, actor_id=None)
    assert jobs_of("E3") == [("S0101", date(2023, 5, 1), gone), ("S0102", gone, None)]
    upsert_people([moved], effective_on=early, actor_id=None)
    assert jobs_of("E3") == [("S0101", date(2023, 5, 1), early), ("S0102", early, gone), ("S0102", gone, None)]
    assert upsert_people([moved], effective_on=early, actor_id=None).same == 1


def test_a_corrected_hiring_day_stretches_the_first_employment(organisation: Workspace) -> None:
    upsert_people([replace(GUIDE, hired_on=date(2023, 2, 1))], effective_on=LATER, actor_id=None)
    assert jobs_of("E3") == [("S0101", date(2023, 2, 1), None)]


def test_a_file_without_pay_keeps_the_pay_that_is_stored(organisation: Workspace) -> None:
    moved = replace(GUIDE, monthly_cost=None, unit_external_id="S0102")
    upsert_people([moved], effective_on=LATER, actor_id=None)
    assert Employment.objects.get(person__external_id="E3", during__contains=LATER).monthly_cost == Decimal(8600)


def test_all_faults_of_people_come_at_once(organisation: Workspace) -> None:
    rows = [
        PersonInput("N1", "NOWHERE", DAY, manager_external_id="NOBODY", fill_mode="robot"),
        PersonInput("N2", "G", DAY, fte=Decimal(3), left_on=DAY, monthly_cost=Decimal(-1)),
        PersonInput("N3", "G", DAY, manager_external_id="N4"),
        PersonInput("N4", "G", DAY, manager_external_id="N3"),
    ]
    result = upsert_people(rows, effective_on=DAY, actor_id=None)
    assert codes(result) == [
        (0, "fill_mode", "unknown_choice"),
        (0, "manager_external_id", "unknown_reference"),
        (0, "unit_external_id", "unknown_reference"),
        (1, "fte", "out_of_range"),
        (1, "left_on", "left_before_hired"),
        (1, "monthly_cost", "out_of_range"),
        (2, "manager_external_id", "loop"),
    ]
    assert "N3 → N4 → N3" in result.issues[-1].message
    assert Person.objects.count() == len(PEOPLE)


def test_a_manager_loop_through_stored_people_is_found(organisation: Workspace) -> None:
    result = upsert_people([replace(PEOPLE[0], manager_external_id="E3")], effective_on=LATER, actor_id=None)
    assert "E1 → E3 → E2 → E1" in result.issues[0].message


def test_an_assignment_of_the_same_key_is_corrected_in_place(organisation: Workspace) -> None:
    ended = replace(ASSIGNMENTS[0], share=Decimal("0.5"), end_on=LATER)
    assert upsert_assignments(ASSIGNMENTS, actor_id=None).same == len(ASSIGNMENTS)
    assert upsert_assignments([ended], actor_id=None).changed == 1
    row = Assignment.objects.get(person__external_id="E3")
    assert (row.share, row.during.upper) == (Decimal("0.5"), LATER)


def test_overlapping_assignments_and_other_faults_come_at_once(organisation: Workspace) -> None:
    rows = [
        AssignmentInput("E3", "digital-guide", "S0101", LATER),
        AssignmentInput("E3", "astronaut", "S0101", DAY, Decimal(0)),
        AssignmentInput("NOBODY", "user-ops", "NOWHERE", DAY, Decimal("1.1"), DAY),
    ]
    result = upsert_assignments(rows, actor_id=None)
    assert codes(result) == [
        (0, "start_on", "overlap"),
        (1, "role", "unknown_choice"),
        (1, "share", "out_of_range"),
        (2, "end_on", "end_before_start"),
        (2, "person_external_id", "unknown_reference"),
        (2, "share", "out_of_range"),
        (2, "unit_external_id", "unknown_reference"),
    ]
    assert Assignment.objects.count() == len(ASSIGNMENTS)


def test_ending_one_and_starting_the_next_in_one_batch_is_no_overlap(organisation: Workspace) -> None:
    rows = [AssignmentInput("E3", "digital-guide", "S0101", LATER), replace(ASSIGNMENTS[0], end_on=LATER)]
    result = upsert_assignments(rows, actor_id=None)
    assert (result.created, result.changed) == (1, 1)


def test_the_database_refuses_overlapping_facts(organisation: Workspace) -> None:
    for name, row in (
        ("one_employment_at_a_time", Employment.objects.get(person__external_id="E3")),
        ("one_holding_of_a_role_at_a_time", Assignment.objects.get(person__external_id="E3")),
    ):
        row.pk = None
        row.during = (LATER, None)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save()
