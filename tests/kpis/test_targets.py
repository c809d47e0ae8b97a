"""Targets by hand: all faults at once, one save undone, nothing lost, files and hands side by side."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from kpis.choices import AutoLoad, ComputationKind, TargetOrigin
from kpis.engine.specs import COMPANY
from kpis.errors import UndoRefused
from kpis.models import Scorecard, Target, TargetEdit
from kpis.queries.targets import aims, target_history, targets_of
from kpis.services.target_checks import Bound, TargetInput
from kpis.services.target_edits import RowStatus, edit_targets, undo_edit
from omnichannel.accounts.models import User
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.door import checked, work
from tests.kpis.retailer import NOVEMBER, adopt, build_organisation, person, put_example, unit

HEADER = "period,kpi_id,scope_kind,scope_id,floor,value,stretch\n"


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example(NOVEMBER)


@pytest.fixture
def actor_id(member: Callable[..., User]) -> int:
    return member("executive").pk


def row(scope: str, value: str | None, *, period: str = "2024-11", kpi: str = "sales_net", **parts: str) -> TargetInput:
    kind, _colon, key = scope.partition(":")
    numbers = {name: Decimal(text) for name, text in parts.items()}
    return TargetInput(period, kpi, kind, key, None if value is None else Decimal(value), **numbers)


def save(*rows: TargetInput, actor_id: int | None = None, **options: object) -> TargetEdit:
    done = edit_targets(rows, origin=TargetOrigin.TYPED, actor_id=actor_id, **options)  # type: ignore[arg-type]
    assert done.issues == ()
    assert done.edit is not None
    return done.edit


@pytest.mark.usefixtures("retailer")
def test_every_fault_of_every_row_is_told_at_once_and_nothing_is_written() -> None:
    before = list(Target.objects.order_by("pk").values())
    rows = [
        row("company:", "100", period="2024-13"),
        row("company:", "100", kpi="no_such_kpi"),
        row("company:", "3", kpi="objective_quality"),
        row("unit:NOPE", "100"),
        row("employee:NOPE", "100"),
        row("company:G", "100"),
        row("unit:S1", "1.23456"),
        row("unit:S1", "1e20", period="2024-10"),
        row("unit:S2", "100", floor="101", stretch="99"),
        row("unit:S2", "10", kpi="cac", floor="9", stretch="11"),
        row("unit:S2", None, period="2024-12", floor="9"),
        row("unit:R1", "1"),
        row("unit:R1", "2"),
        row("unit:BU1", "5"),
    ]
    done = edit_targets(rows, origin=TargetOrigin.API, actor_id=None)
    assert [(issue.index, issue.field, issue.code) for issue in done.issues] == [
        (0, "period", "no_period"),
        (1, "kpi_id", "unknown_kpi"),
        (2, "kpi_id", "judged"),
        (3, "scope_id", "unknown_unit"),
        (4, "scope_id", "unknown_person"),
        (5, "scope_id", "scope_id"),
        (6, "value", "decimals"),
        (7, "value", "no_number"),
        (8, "floor", "order"),
        (8, "stretch", "order"),
        (9, "floor", "order"),
        (9, "stretch", "order"),
        (10, "value", "no_target"),
        (11, "", "twice"),
        (12, "", "twice"),
    ]
    assert done.statuses[13] is RowStatus.SAME
    assert (list(Target.objects.order_by("pk").values()), TargetEdit.objects.count()) == (before, 0)


@pytest.mark.usefixtures("retailer")
def test_a_save_grades_the_touched_months_again_and_can_be_undone_and_had_again(actor_id: int) -> None:
    old = dict(targets_of(NOVEMBER))
    edit = save(
        row("employee:ES1", "200", kpi="guide_store_sales", floor="180", stretch="240"),
        row("company:", None),
        row("unit:S1", "2000"),
        row("company:", "48000", period="2024"),
        actor_id=actor_id,
    )
    assert (edit.created, edit.changed, edit.removed) == (2, 1, 1)
    (job,) = Job.objects.filter(kind=JobKind.COMPUTE_VALUES)
    assert (job.params["periods"], job.params["mode"]) == (["2024-11"], ComputationKind.GRADES)
    work(JobKind.COMPUTE_VALUES)
    card = Scorecard.objects.get(role_key="digital-guide", scope_id="ES1", is_current=True)
    assert {line.kpi: line.attainment for line in card.card_lines}["guide_store_sales"] == 45
    undo = undo_edit(edit, actor_id=actor_id)
    assert dict(targets_of(NOVEMBER)) == old
    assert not Target.objects.filter(period="2024").exists()
    with pytest.raises(UndoRefused):
        undo_edit(edit, actor_id=actor_id)
    undo_edit(undo, actor_id=actor_id)
    assert targets_of(NOVEMBER)["guide_store_sales", person("ES1")] == 200
    assert targets_of(NOVEMBER)["sales_net", unit("S1")] == 2000
    assert ("sales_net", COMPANY) not in targets_of(NOVEMBER)


@pytest.mark.usefixtures("retailer")
def test_an_undo_never_runs_over_a_later_hand(actor_id: int) -> None:
    first = save(row("unit:S1", "2000"), row("unit:S2", "3000"), actor_id=actor_id)
    save(row("unit:S2", "3100"), actor_id=actor_id)
    with pytest.raises(UndoRefused):
        undo_edit(first, actor_id=actor_id)
    assert targets_of(NOVEMBER)["sales_net", unit("S1")] == 2000
    assert targets_of(NOVEMBER)["sales_net", unit("S2")] == 3100


@pytest.mark.usefixtures("retailer")
def test_what_another_has_written_since_is_told_and_not_overwritten(actor_id: int) -> None:
    seen = save(row("unit:S1", "2000"), actor_id=actor_id).created_at
    save(row("unit:S1", None), row("unit:S2", "1"), actor_id=actor_id)
    rows = [row("unit:S1", "7"), row("unit:S2", "7"), row("unit:BU1", "7")]
    done = edit_targets(rows, origin=TargetOrigin.TYPED, actor_id=actor_id, seen_at=seen)
    assert [(issue.index, issue.code) for issue in done.issues] == [(0, "changed_since"), (1, "changed_since")]
    assert ("sales_net", unit("BU1")) not in targets_of(NOVEMBER)


@pytest.mark.usefixtures("retailer")
def test_a_line_manager_sets_what_is_below_the_own_unit_and_nothing_else() -> None:
    rows = [row("unit:S1", "1"), row("employee:ES1", "1", kpi="guide_store_sales"), row("unit:R1", "1")]
    rows += [row("unit:UC", "1"), row("company:", "1"), row("employee:P1", "1", kpi="sales_net")]
    done = edit_targets(rows, origin=TargetOrigin.TYPED, actor_id=None, bound=Bound(within="R1"), dry_run=True)
    assert [issue.index for issue in done.issues if issue.code == "not_yours"] == [2, 3, 4, 5]
    allowed = edit_targets(rows[:2], origin=TargetOrigin.TYPED, actor_id=None, bound=Bound(within="R1"), dry_run=True)
    assert allowed.statuses == (RowStatus.CREATED, RowStatus.CHANGED)
    assert not TargetEdit.objects.exists()


@pytest.mark.usefixtures("retailer")
def test_files_and_hands_share_one_history_and_neither_loses_a_value(actor_id: int) -> None:
    upload = checked((HEADER + "2024-12,sales_net,unit,S1,,100,\n").encode(), filename="t.csv", auto=AutoLoad.CLEAN)
    work()
    save(row("unit:S1", "120", period="2024-12"), actor_id=actor_id, note="more stock")
    checked((HEADER + "2024-12,sales_net,unit,S1,90,130,\n").encode(), filename="u.csv", auto=AutoLoad.CLEAN)
    work()
    lines = target_history(("2024-12", "sales_net", "unit", "S1"))
    told = [
        (line.origin, line.note, line.before and line.before.value, line.after and line.after.value) for line in lines
    ]
    assert told == [
        ("file", "", Decimal(120), Decimal(130)),
        ("typed", "more stock", Decimal(100), Decimal(120)),
        ("file", "", None, Decimal(100)),
    ]
    assert lines[2].upload == upload.pk
    assert lines[1].who.startswith("executive")
    assert aims("sales_net", ["2024-12"])[unit("S1"), "2024-12"].origin == "file"


@pytest.mark.usefixtures("retailer")
def test_a_files_check_compares_with_the_targets_that_count_not_with_earlier_files(
    actor_id: int, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_ROOT = tmp_path
    content = (HEADER + "2024-11,sales_net,unit,S1,,2000,\n2024-11,sales_net,unit,S2,,3000,\n").encode()
    checked(content, filename="targets.csv", auto=AutoLoad.CLEAN)
    work()
    save(row("unit:S1", "2500"), row("unit:R1", "5500"), actor_id=actor_id)
    again = checked(content, filename="again.csv")
    assert again.effect == {"new": 0, "changed": 1, "same": 1}
    by_hand = checked((HEADER + "2024-11,sales_net,unit,R1,,5500,\n").encode(), filename="hand.csv")
    assert by_hand.effect == {"new": 0, "changed": 0, "same": 1}
