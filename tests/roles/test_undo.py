"""Undo brings a whole revision back, is itself undone, and is refused where something has been changed since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from omnichannel.workspaces.models import Workspace
from roles.choices import OrgSource, Thing
from roles.models import OrgRevision
from roles.queries.history import revision_of, revisions
from roles.services.ending import end
from roles.services.moving import merge_units, move
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    SeatInput,
    UnitInput,
    restore,
    revision,
    upsert_assignments,
    upsert_people,
    upsert_seats,
    upsert_units,
)
from roles.services.undoing import undo
from roles.services.written import Written
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation
from tests.roles.test_moving import codes
from tests.roles.world import read_everything

LATER = date(2026, 9, 1)


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    write_organisation()
    upsert_seats([SeatInput("P1", "S0101", "店长"), SeatInput("P2", "R01", "经理")], effective_on=DAY, actor_id=None)
    upsert_people([replace(PEOPLE[2], seat_external_id="P1")], effective_on=DAY, actor_id=None)
    return in_workspace


def test_every_kind_of_change_is_undone_and_done_again(organisation: Workspace) -> None:
    changes: tuple[Callable[[], Written], ...] = (
        lambda: move(Thing.UNITS, "R01", to="R02", on=LATER, actor_id=None, whole_branch=False),
        lambda: move(Thing.PEOPLE, "E2", to="R02", on=LATER, actor_id=None),
        lambda: move(Thing.SEATS, "P1", to="S0201", on=LATER, actor_id=None),
        lambda: merge_units("R01", into="R02", on=LATER, actor_id=None),
        lambda: end(Thing.PEOPLE, "E2", on=LATER, actor_id=None, hand_over=True),
    )
    for change in changes:
        before = read_everything()
        number = change().revision
        after = read_everything()
        assert number is not None
        assert before != after
        back = undo(number, actor_id=None)
        assert back.is_ok, back.issues
        assert read_everything() == before
        again = undo(back.revision or 0, actor_id=None)
        assert again.is_ok
        assert read_everything() == after
        assert undo(again.revision or 0, actor_id=None).is_ok


def test_what_a_revision_brought_together_goes_together(organisation: Workspace) -> None:
    before = read_everything()
    with revision(actor_id=None) as recorder:
        upsert_units([UnitInput("R03", "华中大区", "region", "G")], effective_on=DAY, actor_id=None)
        upsert_people([PersonInput("E9", "R03", DAY, "新人", "E1")], effective_on=DAY, actor_id=None)
        upsert_assignments([AssignmentInput("E9", "user-ops", "R03", DAY)], actor_id=None)
    assert recorder.written is not None
    assert undo(recorder.written.number, actor_id=None).is_ok
    assert read_everything() == before


def test_what_has_been_changed_since_or_is_in_use_refuses_the_undo(organisation: Workspace) -> None:
    number = move(Thing.UNITS, "R01", to="R02", on=LATER, actor_id=None).revision or 0
    upsert_units([replace(UNITS[2], name="华东", parent_external_id="R02")], effective_on=LATER, actor_id=None)
    assert codes(undo(number, actor_id=None)) == [("R01", "number", "changed_since")]
    with revision(actor_id=None) as recorder:
        upsert_units([UnitInput("R03", "华中大区", "region", "G")], effective_on=DAY, actor_id=None)
    upsert_people([replace(PEOPLE[2], unit_external_id="R03")], effective_on=LATER, actor_id=None)
    assert recorder.written is not None
    assert codes(undo(recorder.written.number, actor_id=None)) == [("R03", "number", "in_the_way")]
    assert codes(undo(999, actor_id=None)) == [("r999", "number", "nothing_to_undo")]


def test_what_followed_by_itself_goes_back_with_the_rows_of_a_file(organisation: Workspace) -> None:
    before = read_everything()
    leaver = [replace(PEOPLE[1], left_on=LATER), replace(PEOPLE[2], left_on=LATER)]
    assert upsert_people(leaver, effective_on=DAY, actor_id=None).changed == 2
    after = read_everything()
    assert after[Thing.ASSIGNMENTS] != before[Thing.ASSIGNMENTS]
    keys = ["E2", "E3"]
    was, became = ({key: side[Thing.PEOPLE][key] for key in keys} for side in (before, after))
    assert restore(Thing.PEOPLE, expected=became, wanted=was, actor_id=None) == []
    assert read_everything() == before
    assert restore(Thing.PEOPLE, expected=was, wanted=became, actor_id=None) == []
    assert read_everything() == after


def test_an_undo_that_would_close_a_loop_is_refused(organisation: Workspace) -> None:
    number = move(Thing.UNITS, "R01", to="D-MKT", on=LATER, actor_id=None).revision or 0
    move(Thing.UNITS, "D-MKT", to="G", on=LATER, actor_id=None)
    up = move(Thing.UNITS, "S0101", to="G", on=LATER, actor_id=None).revision or 0
    assert move(Thing.UNITS, "R01", to="S0101", on=LATER, actor_id=None).is_ok
    assert codes(undo(up, actor_id=None))[0][2] == "in_the_way"
    assert codes(undo(number, actor_id=None))[0][2] == "changed_since"


def test_the_history_tells_what_who_why_and_what_undid_it(organisation: Workspace) -> None:
    number = move(Thing.UNITS, "R01", to="R02", on=LATER, actor_id=None, note="合并大区").revision or 0
    back = undo(number, actor_id=None).revision or 0
    newest, undone, *_older = revisions()
    assert (newest.number, newest.undoes, undone.number, undone.undone_by) == (back, number, number, back)
    assert (undone.note, undone.source, undone.names, undone.total) == ("合并大区", OrgSource.WEB, ("华东大区",), 1)
    assert (undone.first_effective, undone.last_effective) == (LATER, LATER)
    page = revision_of(number)
    assert page is not None
    assert [(one.external_id, one.name, one.fields, one.effective_on) for one in page.changes] == [
        ("R01", "华东大区", ("parent",), LATER)
    ]
    assert [line.number for line in revisions(thing=Thing.UNITS, external_id="R01", most=2)] == [back, number]
    assert [line.number for line in revisions(before=number, most=1)] == [number - 1]
    assert revision_of(999) is None
    assert OrgRevision.objects.get(number=back).undoes is not None


def test_a_list_of_revisions_takes_the_same_queries_however_many_there_are(
    organisation: Workspace, django_assert_max_num_queries: object
) -> None:
    for day in range(1, 9):
        move(Thing.UNITS, "S0101", to=("R01", "R02")[day % 2], on=date(2026, 9, day), actor_id=None)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        revisions()
