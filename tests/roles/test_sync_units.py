"""Units in batches: any order, whole or not at all, loops named, the past kept."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.workspaces.models import Workspace
from roles.models import Unit, UnitVersion
from roles.queries.org_chart import unit_history, unit_tree
from roles.services.sync import SyncResult, UnitInput, upsert_units
from tests.roles.organisation import DAY, UNITS

LATER = date(2026, 9, 1)


def codes(result: SyncResult) -> list[tuple[int, str, str]]:
    return [(issue.index, issue.field, issue.code) for issue in result.issues]


def test_a_batch_in_reverse_order_makes_the_tree_and_again_changes_nothing(in_workspace: Workspace) -> None:
    first = upsert_units(UNITS[::-1], effective_on=DAY, actor_id=None)
    again = upsert_units(UNITS, effective_on=LATER, actor_id=None)
    assert (first.created, first.changed, first.same) == (7, 0, 0)
    assert (again.created, again.changed, again.same) == (0, 0, 7)
    tree = unit_tree(as_of=date(2019, 1, 1))
    assert tree.root_ids == ("G",)
    assert tree.nodes["G"].children == ("D-MKT", "R01", "R02")
    assert tree.ancestors("S0101") == ("R01", "G")
    assert UnitVersion.objects.count() == 7


def test_a_moved_unit_keeps_its_history(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    moved = replace(UNITS[4], parent_external_id="R02", name="上海静安旗舰店")
    result = upsert_units([moved], effective_on=LATER, actor_id=None)
    assert (result.changed, result.written) == (1, True)
    assert unit_tree(as_of=date(2026, 8, 31)).nodes["S0101"].parent == "R01"
    assert unit_tree(as_of=LATER).nodes["S0101"].parent == "R02"
    history = [(version.start, version.end, version.name, version.parent_name) for version in unit_history("S0101")]
    assert history == [
        (LATER, None, "上海静安旗舰店", "华南大区"),
        (None, LATER, "上海静安店", "华东大区"),
    ]


def test_a_correction_on_the_same_day_replaces_the_version(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    for name in ("一店", "二店"):
        upsert_units([replace(UNITS[4], name=name)], effective_on=LATER, actor_id=None)
    assert [version.name for version in unit_history("S0101")] == ["二店", "上海静安店"]


def test_a_loop_is_named_and_nothing_is_written(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    rows = [replace(UNITS[2], parent_external_id="S0101"), UnitInput("NEW", "新店", "store", "R02")]
    result = upsert_units(rows, effective_on=LATER, actor_id=None)
    assert codes(result) == [(0, "parent_external_id", "loop")]
    assert "R01 → S0101 → R01" in result.issues[0].message
    assert not result.written
    assert "NEW" not in unit_tree(as_of=LATER)


def test_a_loop_that_a_planned_move_would_close_later_is_found(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    upsert_units([replace(UNITS[2], parent_external_id="R02")], effective_on=date(2027, 1, 1), actor_id=None)
    result = upsert_units([replace(UNITS[3], parent_external_id="R01")], effective_on=LATER, actor_id=None)
    assert codes(result) == [(0, "parent_external_id", "loop")]


def test_all_faults_of_a_batch_come_at_once(in_workspace: Workspace) -> None:
    rows = [
        UnitInput("A", "", "galaxy"),
        UnitInput("B", "B", "store", "NOWHERE"),
        UnitInput("B", "B", "store"),
        UnitInput("", "C", "store", None, "rented"),
        UnitInput("D", "D" * 121, "store", "D"),
    ]
    result = upsert_units(rows, effective_on=DAY, actor_id=None)
    assert codes(result) == [
        (0, "level", "unknown_choice"),
        (0, "name", "required"),
        (1, "parent_external_id", "unknown_reference"),
        (2, "external_id", "duplicate"),
        (3, "external_id", "required"),
        (3, "ownership", "unknown_choice"),
        (4, "name", "too_long"),
        (4, "parent_external_id", "loop"),
    ]
    assert not Unit.objects.exists()


def test_a_unit_below_itself_is_a_loop(in_workspace: Workspace) -> None:
    result = upsert_units([UnitInput("D", "D", "store", "D")], effective_on=DAY, actor_id=None)
    assert "D → D" in result.issues[0].message


def test_a_parent_that_begins_later_is_refused(in_workspace: Workspace) -> None:
    upsert_units([UnitInput("P", "P", "group")], effective_on=DAY, actor_id=None, since=LATER)
    result = upsert_units([UnitInput("C", "C", "store", "P")], effective_on=DAY, actor_id=None, since=DAY)
    assert codes(result) == [(0, "parent_external_id", "parent_not_there")]


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(in_workspace: Workspace) -> None:
    result = upsert_units(UNITS, effective_on=DAY, actor_id=None, dry_run=True)
    assert (result.created, result.written, Unit.objects.count()) == (7, False, 0)


def test_files_without_the_leading_mark_keep_it(in_workspace: Workspace) -> None:
    upsert_units([replace(UNITS[0], is_leading=True)], effective_on=DAY, actor_id=None)
    assert upsert_units([UNITS[0]], effective_on=LATER, actor_id=None).same == 1
    assert unit_tree(as_of=LATER).nodes["G"].is_leading


def test_the_database_refuses_two_versions_on_one_day(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    version = UnitVersion.objects.get(unit__external_id="G")
    version.pk = None
    version.during = (LATER, None)
    with pytest.raises(IntegrityError, match="one_version_of_a_unit_at_a_time"), transaction.atomic():
        version.save()


def test_the_database_refuses_a_level_that_is_not_in_the_list(in_workspace: Workspace) -> None:
    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    with pytest.raises(IntegrityError, match="unit_level_known"), transaction.atomic():
        UnitVersion.objects.update(level="galaxy")


def test_a_batch_of_one_workspace_neither_sees_nor_touches_another(
    in_workspace: Workspace, other_workspace: Workspace
) -> None:
    from omnichannel.workspaces.scoping import workspace_scope

    upsert_units(UNITS, effective_on=DAY, actor_id=None)
    with workspace_scope(other_workspace.pk):
        refused = upsert_units([UnitInput("S", "S", "store", "R01")], effective_on=DAY, actor_id=None)
        assert codes(refused) == [(0, "parent_external_id", "unknown_reference")]
        assert upsert_units([UnitInput("R01", "R", "region")], effective_on=DAY, actor_id=None).created == 1
    assert unit_tree(as_of=DAY).nodes["R01"].name == "华东大区"


MOVES = st.lists(
    st.tuples(st.sampled_from([unit.external_id for unit in UNITS]), st.sampled_from([u.external_id for u in UNITS])),
    max_size=6,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, seed=st.integers(0, 10_000))
def test_the_order_of_a_batch_does_not_matter(in_workspace: Workspace, moves: list[tuple[str, str]], seed: int) -> None:
    parents = dict(moves)
    rows = [replace(unit, parent_external_id=parents.get(unit.external_id, unit.parent_external_id)) for unit in UNITS]
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    outcomes = []
    for batch in (rows, shuffled):
        with transaction.atomic():
            upsert_units(UNITS, effective_on=DAY, actor_id=None)
            result = upsert_units(batch, effective_on=LATER, actor_id=None)
            with connection.cursor() as cursor:
                cursor.execute("set constraints all immediate")
            tree = {node.external_id: node.parent for node in unit_tree(as_of=LATER)}
            outcomes.append((result.is_ok, sorted(issue.code for issue in result.issues), tree))
            transaction.set_rollback(True)
    assert outcomes[0] == outcomes[1]
