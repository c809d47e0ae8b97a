"""A whole org chart at once: what it creates, moves and ends, for whom it speaks, and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from omnichannel.workspaces.models import Workspace
from roles.choices import OrgSource, Thing
from roles.models import OrgRevision, SourceId
from roles.queries.org_chart import unit_tree
from roles.queries.source_ids import ids_by_source, known_ids
from roles.services.source_ids import own_ids, remember
from roles.services.sync import (
    AssignmentInput,
    LineInput,
    PersonInput,
    SeatInput,
    UnitInput,
    states,
    upsert_assignments,
    upsert_people,
)
from roles.services.whole import ChartDocument, ChartResult, put_org_chart
from tests.roles.organisation import ASSIGNMENTS, PEOPLE, UNITS

DAY = date(2026, 9, 1)
SEATS = (
    SeatInput("P1", "R01", "大区经理", is_head=True),
    SeatInput("P2", "S0101", "店长", role="digital-guide", planned_fte=Decimal(2)),
)
LINES = (LineInput("L1", "units", "functional", "S0101", "D-MKT", date(2026, 1, 1)),)
WHOLE = ChartDocument(
    UNITS, SEATS, tuple(replace(row, seat_external_id="P1") if row.external_id == "E2" else row for row in PEOPLE),
    ASSIGNMENTS, LINES,
)  # fmt: skip
Put = Callable[..., ChartResult]


@pytest.fixture
def put(in_workspace: Workspace) -> Put:
    """Put a document; the first one, WHOLE, is there already."""

    def send(document: ChartDocument, **said: Any) -> ChartResult:
        asked: dict[str, Any] = {"effective_on": DAY, "actor_id": None} | said
        return put_org_chart(document, **asked)

    first = send(WHOLE, effective_on=date(2026, 6, 1))
    assert first.is_ok, first.issues
    return send


def without(document: ChartDocument, part: str, *keys: str) -> ChartDocument:
    rows = [row for row in getattr(document, part) if row.external_id not in keys]
    changed: dict[str, Any] = {part: rows}
    return replace(document, **changed)


def test_the_first_document_is_one_revision_and_the_same_again_is_none(put: Put) -> None:
    assert OrgRevision.objects.count() == 1
    again = put(WHOLE)
    assert (again.is_ok, again.is_empty, again.written, again.revision) == (True, True, True, None)
    assert [part.same for part in again.parts.values()] == [7, 2, 6, 7, 1]
    assert OrgRevision.objects.count() == 1


def test_rows_in_any_order_give_the_same_organisation(put: Put) -> None:
    turned = ChartDocument(UNITS[::-1], SEATS[::-1], (WHOLE.people or ())[::-1], ASSIGNMENTS[::-1], LINES[::-1])
    assert put(turned).is_empty


def test_what_the_document_no_longer_has_ends_and_its_roles_with_it(put: Put) -> None:
    smaller = without(without(WHOLE, "people", "E5"), "assignments", ASSIGNMENTS[2].external_id)
    refused = put(smaller)
    assert (refused.confirm, refused.written) == ("1 leaver", False)
    assert put(smaller, confirm_leavers="1 leavers").confirm == "1 leaver"
    done = put(smaller, confirm_leavers="1 leaver")
    assert [(entry.external_id, entry.name) for entry in done.parts[Thing.PEOPLE].ended] == [("E5", "陈导购")]
    assert [entry.name for entry in done.parts[Thing.ASSIGNMENTS].ended] == ["digital-guide"]
    state = states(Thing.PEOPLE, ["E5"])["E5"]
    assert (state["left_on"], state["spans"][-1]["end"]) == ("2026-09-01", "2026-09-01")
    assert put(smaller).is_empty


def test_a_unit_that_somebody_still_needs_does_not_close_and_everyone_is_named(put: Put) -> None:
    shop = PersonInput("E9", "S0201", date(2026, 5, 1), "手工录入")
    remember("hr-suite", Thing.PEOPLE, {"9": "E9"})
    assert upsert_people([shop], effective_on=DAY, actor_id=None).is_ok
    smaller = without(
        without(without(WHOLE, "units", "S0201"), "people", "E5"), "assignments", "E5/digital-guide/2024-05-01"
    )
    result = put(smaller, confirm_leavers="1 leaver, 1 closed unit")
    assert [(issue.pointer, issue.code, issue.external_id) for issue in result.issues] == [
        ("/people", "unit_not_there", "E9")
    ]
    assert "S0201" in result.issues[0].message
    assert "S0201" in unit_tree(as_of=DAY)


def test_a_source_ends_only_what_it_alone_owns(put: Put) -> None:
    wecom = ChartDocument(
        units=[UnitInput("wx1", "企微部门", "department", "G")],
        people=[PersonInput("E6", "wx1", date(2022, 5, 1), "赵运营", "E1"), PersonInput("W1", "wx1", date(2026, 1, 1))],
        source_ids={Thing.UNITS: {"1": "wx1"}},
    )
    first = put(wecom, source=OrgSource.WECOM)
    assert [entry.external_id for entry in first.parts[Thing.PEOPLE].moved] == ["E6"]
    assert not any(part.ended for part in first.parts.values())
    assert known_ids("wecom", Thing.UNITS) == {"1": "wx1"}
    assert ids_by_source(Thing.PEOPLE, ["E6", "E1"]) == {"E6": {"wecom": ["E6"]}}
    # the other records do not speak for what WeCom owns, and WeCom not for theirs
    other = without(without(without(WHOLE, "people", "E6"), "assignments"), "units")
    assert put(other).parts[Thing.PEOPLE].ended == ()
    gone = put(replace(wecom, people=wecom.people[:1] if wecom.people else ()), source=OrgSource.WECOM)
    assert gone.confirm == "1 leaver"
    done = put(
        replace(wecom, people=wecom.people[:1] if wecom.people else ()),
        source=OrgSource.WECOM, confirm_leavers=gone.confirm,
    )  # fmt: skip
    assert [entry.external_id for entry in done.parts[Thing.PEOPLE].ended] == ["W1"]
    assert set(known_ids("wecom", Thing.PEOPLE)) == {"E6"}


def test_what_two_sources_own_stays_until_both_have_dropped_it(put: Put) -> None:
    for source in ("dingtalk", "wecom"):
        remember(source, Thing.PEOPLE, {"u5": "E5"})
    nobody = ChartDocument(people=())
    assert put(nobody, source=OrgSource.WECOM).parts[Thing.PEOPLE].ended == ()
    assert SourceId.objects.filter(external_id="E5").count() == 1
    assert put(nobody, source=OrgSource.DINGTALK).confirm == "1 leaver"


def test_a_part_that_is_left_out_is_not_touched(put: Put) -> None:
    result = put(ChartDocument(people=WHOLE.people))
    assert list(result.parts) == [Thing.PEOPLE]
    assert result.is_empty


def test_a_dry_run_tells_the_effect_and_writes_nothing(put: Put) -> None:
    people = [
        replace(row, unit_external_id="R02", seat_external_id=None) if row.external_id == "E2" else row
        for row in WHOLE.people or ()
        if row.external_id != "E4"
    ]
    new = [*people, PersonInput("E10", "S0201", date(2026, 9, 1), "新人", "E1", fte=Decimal("0.5"))]
    held = [row for row in ASSIGNMENTS if row.person_external_id != "E4"]
    seats = [*SEATS, SeatInput("P3", "G", "参谋")]
    plan = put(replace(WHOLE, people=new, assignments=held, seats=seats), dry_run=True)
    assert (plan.written, plan.revision, plan.confirm) == (False, None, "1 leaver")
    parts = plan.parts[Thing.PEOPLE]
    assert [(entry.external_id, entry.was, entry.now) for entry in parts.moved] == [("E2", "R01", "R02")]
    assert [entry.name for entry in (*parts.created, *plan.parts[Thing.SEATS].created)] == ["新人", "参谋"]
    assert plan.effect is not None
    counts = {unit.external_id: (unit.people_before, unit.people_after, unit.fte_after) for unit in plan.effect.units}
    assert counts == {"R01": (1, 0, 0), "R02": (0, 1, 1), "S0102": (1, 0, 0), "S0201": (1, 2, Decimal("1.5"))}
    assert [(loss.role, loss.unit_external_id, loss.held_by) for loss in plan.effect.coverage_lost] == [
        ("digital-guide", "S0102", ("E4",))
    ]
    assert put(WHOLE).is_empty


def test_a_seat_left_by_its_holder_is_named_as_open(put: Put) -> None:
    people = [replace(row, seat_external_id=None) for row in WHOLE.people or ()]
    plan = put(replace(WHOLE, people=people), dry_run=True)
    assert plan.effect is not None
    assert [(seat.external_id, seat.name) for seat in plan.effect.seats_opened] == [("P1", "大区经理")]
    assert put(replace(WHOLE, people=people, seats=None), dry_run=True).is_empty


def test_every_fault_of_every_part_comes_at_once_with_its_pointer(put: Put) -> None:
    units = [*UNITS, UnitInput("N1", "甲", "store", "NOWHERE"), UnitInput("N2", "乙", "galaxy", "G")]
    people = [
        *(WHOLE.people or ()),
        PersonInput("E20", "N1", date(2026, 1, 1)),
        PersonInput("E21", "X", DAY, fte=Decimal(9)),
    ]
    held = [*ASSIGNMENTS, AssignmentInput("E20", "cook", "N1", DAY)]
    result = put(replace(WHOLE, units=units, people=people, assignments=held))
    assert [(issue.pointer, issue.code) for issue in result.issues] == [
        ("/units/7/parent_external_id", "unknown_reference"),
        ("/units/8/level", "unknown_choice"),
        ("/people/7/fte", "out_of_range"),
        ("/people/7/unit_external_id", "unknown_reference"),
        ("/assignments/7/role", "unknown_choice"),
    ]
    assert put(WHOLE).is_empty


def test_a_role_is_handed_over_on_the_day(put: Put) -> None:
    handed = [row for row in ASSIGNMENTS if row.person_external_id != "E3"]
    handed.append(AssignmentInput("E3", "digital-guide", "S0101", DAY, Decimal("0.5")))
    assert put(replace(WHOLE, assignments=handed)).is_ok
    before = states(Thing.ASSIGNMENTS, ["E3/digital-guide/2023-05-01"])["E3/digital-guide/2023-05-01"]
    assert before["spans"][0]["end"] == "2026-09-01"


def test_what_begins_on_the_day_is_taken_back_and_what_is_only_planned_stays(put: Put) -> None:
    for key, hired in (("E30", DAY), ("E31", date(2027, 1, 1))):
        assert upsert_people([PersonInput(key, "G", hired)], effective_on=DAY, actor_id=None).is_ok
        assert upsert_assignments([AssignmentInput(key, "user-ops", "G", hired)], actor_id=None).is_ok
    assert put(WHOLE, confirm_leavers="1 leaver").is_ok
    assert states(Thing.PEOPLE, ["E30", "E31"]).keys() == {"E31"}
    keys = ["E30/user-ops/2026-09-01", "E31/user-ops/2027-01-01"]
    assert states(Thing.ASSIGNMENTS, keys).keys() == {keys[1]}
    assert put(WHOLE).is_empty


def test_ids_of_a_source_become_ours_and_never_two_things_one(in_workspace: Workspace) -> None:
    remember("wecom", Thing.UNITS, {"1": "HQ"})
    remember("dingtalk", Thing.UNITS, {"7": "7"})
    assert own_ids("wecom", Thing.UNITS, ["1", "7", "HQ", "8"]) == {
        "1": "HQ",
        "7": "wecom-7",
        "HQ": "wecom-HQ",
        "8": "8",
    }
