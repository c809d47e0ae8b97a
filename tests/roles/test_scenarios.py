"""Scenarios in the database: drafts leave no trace, what is applied is what was shown, conflicts are named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from omnichannel.accounts.models import User
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import WorkspaceModel, workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import ChangeKind, OrgSource, ScenarioStatus, Thing
from roles.errors import (
    OwnScenario,
    ScenarioChanged,
    ScenarioClosed,
    ScenarioConflicts,
    ScenarioDay,
    UnknownConflict,
    UnknownScenario,
)
from roles.models import OrgRevision, Scenario
from roles.queries.org_chart import unit_tree
from roles.queries.scenarios import changes_of, scenario, scenarios
from roles.queries.stages import adopted_stage
from roles.services import scenarios as drafts
from roles.services.edits import add
from roles.services.ending import end, remove
from roles.services.moving import merge_units, move
from roles.services.stages import adopt_stage
from roles.services.sync import UnitInput, revision, states, upsert_units
from roles.services.written import Written
from roles.state_diff import value_on
from roles.state_merge import Conflict, Side
from tests.roles.organisation import write_organisation
from tests.roles.world import read_everything

TODAY = timezone.localdate()
FROM = TODAY + timedelta(days=30)
LATER = FROM + timedelta(days=60)
Everything = dict[Thing, dict[str, Any]]


@pytest.fixture
def organisation(in_workspace: Workspace) -> Workspace:
    write_organisation()
    return in_workspace


@pytest.fixture
def author(member: Callable[..., User]) -> int:
    return member("hr_lead").pk


@pytest.fixture
def chief(member: Callable[..., User]) -> int:
    return member("executive").pk


@pytest.fixture
def draft(organisation: Workspace, author: int) -> Scenario:
    return drafts.create(name="合并华南", effective_on=FROM, actor_id=author)


def tables() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of the workspaces but those that keep scenarios themselves."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if issubclass(model, WorkspaceModel) and not model.__name__.startswith("Scenario"):
                cursor.execute(f'select * from "{model._meta.db_table}" order by 1')  # noqa: S608 - own tables
                found[model.__name__] = cursor.fetchall()
    return found


def many_edits(scenario_id: int, actor_id: int) -> None:
    """Change something of every kind in a draft, each as a step of its own."""
    steps: tuple[Callable[[], object], ...] = (
        lambda: move(Thing.UNITS, "S0101", to="R02", on=FROM, actor_id=actor_id),
        lambda: move(Thing.PEOPLE, "E5", to="R02", on=FROM, actor_id=actor_id),
        lambda: end(Thing.ASSIGNMENTS, "E6/content-marketing/2022-05-01", on=FROM, actor_id=actor_id),
        lambda: merge_units("S0201", into="S0102", on=LATER, actor_id=actor_id),
        lambda: add(
            Thing.UNITS,
            {"external_id": "N1", "name": "用户增长部", "level": "department", "parent_external_id": "G"},
            on=FROM,
            actor_id=actor_id,
        ),
        lambda: adopt_stage(
            "N1", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=FROM, actor_id=actor_id
        ),
        lambda: add(
            Thing.SEATS,
            {"external_id": "P9", "unit_external_id": "N1", "title": "主管", "planned_fte": Decimal(1)},
            on=FROM,
            actor_id=actor_id,
        ),
    )
    for step in steps:
        with drafts.edited(scenario_id, actor_id=actor_id):
            done = step()
            assert not isinstance(done, Written) or done.is_ok, done


def test_a_draft_edits_nothing_live_and_applying_it_gives_exactly_what_it_showed(
    draft: Scenario, author: int, chief: int
) -> None:
    before, rows = read_everything(), tables()
    many_edits(draft.pk, author)
    with drafts.drafted(draft.pk) as shown:
        in_draft = read_everything()
        assert unit_tree(as_of=FROM).ancestors("S0101") != unit_tree(as_of=TODAY).ancestors("S0101")
        assert adopted_stage("N1", on=FROM).stage == StageKey.FIRST_LEVEL
        assert {change.external_id for change in shown.changes} >= {"S0101", "E5", "N1", "P9", "S0201"}
    assert in_draft != before
    assert tables() == rows
    assert not Job.objects.exists()
    drafts.submit(draft.pk, actor_id=author)
    drafts.approve(draft.pk, actor_id=chief)
    written = drafts.apply(draft.pk, actor_id=chief)
    assert written.is_ok
    assert read_everything() == in_draft
    found = scenario(draft.pk)
    assert (found.status, found.applied_revision) == (ScenarioStatus.APPLIED, written.revision)
    assert OrgRevision.objects.get(number=written.revision).source == OrgSource.SCENARIO
    for day in (TODAY, FROM - timedelta(days=1)):
        for thing, some in before.items():
            for key, state in some.items():
                assert on(read_everything()[thing][key], day) == on(state, day), (thing, key, day)
    assert "N1" not in unit_tree(as_of=FROM - timedelta(days=1))
    assert "N1" in unit_tree(as_of=FROM)


def on(state: dict[str, Any] | None, day: date) -> object:
    return value_on(state, str(day))


def rename(unit: str, name: str, *, day: date = FROM, **more: str) -> None:
    """Give a unit another name, and other fields, from a day on."""
    with revision(actor_id=None):
        (now,) = states(Thing.UNITS, [unit]).values()
        kept = value_on(now, str(day)) or {}
        row = UnitInput(
            unit,
            name,
            kept["level"],
            more.get("parent", kept["parent"]),
            kept["ownership"],
            more.get("city", kept["city"]),
        )
        assert upsert_units([row], effective_on=day, actor_id=None).is_ok


def named(found: tuple[Conflict, ...]) -> set[tuple[str, str, str | None, Any, Any, Any]]:
    return {(each.key, each.field, each.start, each.base, each.live, each.wanted) for each in found}


def test_nobody_approves_what_they_have_settled_or_what_was_copied_from_theirs(
    draft: Scenario, author: int, chief: int
) -> None:
    with drafts.edited(draft.pk, actor_id=author):
        rename("R01", "东区")
    copied = drafts.create(name="另一份", effective_on=FROM, actor_id=chief, copy_of=draft.pk)
    assert (drafts.may_decide(draft, chief), drafts.may_decide(copied, author)) == (True, False)
    rename("R01", "华东区")
    drafts.choose(draft.pk, {each.id: Side.DRAFT for each in drafts.conflicts(draft.pk)}, actor_id=chief)
    drafts.submit(draft.pk, actor_id=author)
    with pytest.raises(OwnScenario):
        drafts.approve(draft.pk, actor_id=chief)


def test_conflicts_of_two_scenarios_and_live_edits_are_all_named_and_none_besides(
    organisation: Workspace, author: int, chief: int
) -> None:
    first = drafts.create(name="一", effective_on=FROM, actor_id=author)
    second = drafts.create(name="二", effective_on=FROM, actor_id=author)
    with drafts.edited(first.pk, actor_id=author):
        rename("R01", "东区")
        move(Thing.UNITS, "S0101", to="R02", on=FROM, actor_id=author)
        move(Thing.PEOPLE, "E5", to="R02", on=FROM, actor_id=author)
    with drafts.edited(second.pk, actor_id=author):
        rename("R01", "华东区")  # the same field as the first: conflict
        rename("S0101", "静安旗舰店", day=LATER)  # another field of the same unit: none
        end(Thing.PEOPLE, "E5", on=LATER, actor_id=author)  # gone where the first has moved them: conflict
        rename("R02", "南区")
    assert not drafts.conflicts(first.pk)
    assert not drafts.conflicts(second.pk)
    rename("R02", "华南区")  # live, as the second does otherwise: conflict of the second
    rename("D-MKT", "市场中心", day=TODAY)  # nobody's: none
    assert not drafts.conflicts(first.pk)
    assert named(drafts.conflicts(second.pk)) == {("R02", "name", str(FROM), "华南大区", "华南区", "南区")}
    drafts.submit(first.pk, actor_id=author)
    drafts.approve(first.pk, actor_id=chief)
    assert drafts.apply(first.pk, actor_id=chief).is_ok
    found = {(each.key, each.field): each for each in drafts.conflicts(second.pk)}
    role = "E5/digital-guide/2024-05-01"  # ends with the move of the first, and with the person in the second
    assert found.keys() == {("R02", "name"), ("R01", "name"), ("E5", "during"), (role, "end")}
    gone = found["E5", "during"]
    assert (gone.start, gone.wanted, gone.live["unit"], gone.base["unit"]) == (str(LATER), None, "R02", "S0201")
    with pytest.raises(ScenarioConflicts):
        drafts.submit(second.pk, actor_id=author)

    sides = {"R01": Side.LIVE, "R02": Side.DRAFT, "E5": Side.LIVE, role: Side.LIVE}
    chosen = {each.id: sides[each.key] for each in found.values()}
    rename("R02", "华南大湾区")  # another live side than the one that was read
    with pytest.raises(UnknownConflict):
        drafts.choose(second.pk, chosen, actor_id=author)
    found = {(each.key, each.field): each for each in drafts.conflicts(second.pk)}
    chosen = {each.id: sides[each.key] for each in found.values()}
    with pytest.raises(UnknownConflict):
        drafts.choose(second.pk, {**chosen, "units|R09|name|": Side.LIVE}, actor_id=author)
    drafts.choose(second.pk, chosen, actor_id=author)
    assert not drafts.conflicts(second.pk)
    drafts.bring_up_to_date(second.pk, actor_id=author)
    assert scenario(second.pk).since == 0
    drafts.submit(second.pk, actor_id=author)
    with pytest.raises(ScenarioChanged):
        drafts.approve(second.pk, actor_id=chief, seen=first.changed_at.isoformat())
    drafts.approve(second.pk, actor_id=chief, seen=scenario(second.pk).changed_at.isoformat())
    rename("R02", "大湾区", day=LATER)  # once more after the approval
    with pytest.raises(ScenarioConflicts):
        drafts.apply(second.pk, actor_id=chief)
    drafts.choose(second.pk, {each.id: Side.LIVE for each in drafts.conflicts(second.pk)}, actor_id=author)
    assert scenario(second.pk).status == ScenarioStatus.SUBMITTED  # what had been approved has changed
    drafts.approve(second.pk, actor_id=chief)
    assert drafts.apply(second.pk, actor_id=chief).is_ok
    now = states(Thing.UNITS, ["R01", "R02", "S0101"])
    names = {
        key: [(value_on(state, str(day)) or {})["name"] for day in (TODAY, FROM, LATER)] for key, state in now.items()
    }
    assert names == {
        "R01": ["华东大区", "东区", "东区"],
        "R02": ["华南大区", "南区", "大湾区"],
        "S0101": ["上海静安店", "上海静安店", "静安旗舰店"],
    }
    assert (value_on(now["S0101"], str(LATER)) or {})["parent"] == "R02"
    (person,) = states(Thing.PEOPLE, ["E5"]).values()
    assert (person["left_on"], (value_on(person, str(LATER)) or {}).get("unit")) == (None, "R02")


def test_editing_on_takes_over_what_changed_live_but_leaves_conflicts_open(draft: Scenario, author: int) -> None:
    with drafts.edited(draft.pk, actor_id=author):
        rename("S0102", "西湖旗舰店")
    rename("S0102", "杭州西湖店", day=TODAY, city="宁波")
    with drafts.edited(draft.pk, actor_id=author):
        assert move(Thing.UNITS, "S0102", to="R02", on=FROM, actor_id=author).is_ok
    rename("S0102", "杭州西湖店", day=TODAY, city="苏州")  # the city is the live organisation's alone
    assert not drafts.conflicts(draft.pk)
    rename("S0102", "西湖一店", day=FROM)
    conflict = ("S0102", "name", str(FROM), "杭州西湖店", "西湖一店", "西湖旗舰店")
    assert named(drafts.conflicts(draft.pk)) == {conflict}
    with drafts.edited(draft.pk, actor_id=author):
        assert move(Thing.UNITS, "S0102", to="D-MKT", on=LATER, actor_id=author).is_ok
    assert named(drafts.conflicts(draft.pk)) == {conflict}
    drafts.undo_edit(draft.pk)
    assert named(drafts.conflicts(draft.pk)) == {conflict}
    (kept,) = (change for change in changes_of(draft.pk) if change.external_id == "S0102")
    assert {line.field for line in kept.lines} == {"name", "parent"}


def test_what_cannot_stand_any_more_is_left_out_and_named_and_nothing_is_applied(
    draft: Scenario, author: int, chief: int
) -> None:
    with drafts.edited(draft.pk, actor_id=author):
        move(Thing.UNITS, "R01", to="D-MKT", on=FROM, actor_id=author)
        move(Thing.UNITS, "S0201", to="R01", on=FROM, actor_id=author)
    assert move(Thing.UNITS, "D-MKT", to="R01", on=TODAY, actor_id=None).is_ok  # now the draft's move closes a loop
    with drafts.drafted(draft.pk) as shown:
        assert {issue.key for _thing, issue in shown.left_out} == {"R01"}
        tree = unit_tree(as_of=FROM)
        assert (tree.nodes["S0201"].parent, tree.nodes["R01"].parent) == ("R01", "G")
    drafts.submit(draft.pk, actor_id=author)
    drafts.approve(draft.pk, actor_id=chief)
    before = read_everything()
    written = drafts.apply(draft.pk, actor_id=chief)
    assert [issue.external_id for issue in written.issues] == ["R01"]
    assert (read_everything(), scenario(draft.pk).status) == (before, ScenarioStatus.APPROVED)
    drafts.withdraw(draft.pk)
    assert drafts.drop(draft.pk, [(Thing.UNITS, "R01")], actor_id=author)
    assert drafts.problems(draft.pk) == ()


def test_editing_what_was_left_out_keeps_what_it_had_changed_before(draft: Scenario, author: int) -> None:
    with drafts.edited(draft.pk, actor_id=author):
        move(Thing.UNITS, "R01", to="D-MKT", on=FROM, actor_id=author)
    assert move(Thing.UNITS, "D-MKT", to="R01", on=TODAY, actor_id=None).is_ok  # now the draft's move closes a loop
    with drafts.edited(draft.pk, actor_id=author):
        rename("R01", "东区", day=LATER)
    (kept,) = (change for change in changes_of(draft.pk) if change.external_id == "R01")
    assert {(line.field, line.start, line.after) for line in kept.lines} == {
        ("parent", str(FROM), "D-MKT"),
        ("name", str(LATER), "东区"),
    }
    assert {issue.key for _thing, issue in drafts.problems(draft.pk)} == {"R01"}
    with drafts.edited(draft.pk, actor_id=author):
        assert move(Thing.UNITS, "R01", to="R02", on=FROM, actor_id=author).is_ok
    assert drafts.problems(draft.pk) == ()
    with drafts.drafted(draft.pk):
        assert (unit_tree(as_of=LATER).nodes["R01"].parent, unit_tree(as_of=LATER).nodes["R01"].name) == ("R02", "东区")


def test_only_somebody_else_decides_and_only_an_approved_scenario_is_applied(
    draft: Scenario, author: int, chief: int, member: Callable[..., User]
) -> None:
    helper = member("hr_lead").pk
    with drafts.edited(draft.pk, actor_id=helper):
        rename("R01", "东区")
    for refused in (
        lambda: drafts.approve(draft.pk, actor_id=chief),
        lambda: drafts.apply(draft.pk, actor_id=chief),
        lambda: drafts.withdraw(draft.pk),
    ):
        with pytest.raises(ScenarioClosed):
            refused()
    drafts.submit(draft.pk, actor_id=author)
    for somebody in (author, helper):
        with pytest.raises(OwnScenario):
            drafts.approve(draft.pk, actor_id=somebody)
        with pytest.raises(OwnScenario):
            drafts.reject(draft.pk, actor_id=somebody, note="不行")
    with pytest.raises(ScenarioClosed), drafts.edited(draft.pk, actor_id=author):
        rename("R01", "西区")
    drafts.reject(draft.pk, actor_id=chief, note="先谈谈")
    with drafts.edited(draft.pk, actor_id=author):
        rename("R01", "西区")
    assert scenario(draft.pk).status == ScenarioStatus.DRAFT
    with pytest.raises(UnknownScenario):
        drafts.submit(draft.pk + 1000, actor_id=author)


def test_changes_before_the_first_day_are_refused_by_every_way_of_writing(draft: Scenario, author: int) -> None:
    day = FROM - timedelta(days=1)
    for write in (
        lambda: move(Thing.UNITS, "S0101", to="R02", on=day, actor_id=author),
        lambda: end(Thing.PEOPLE, "E3", on=day, actor_id=author),
        lambda: remove(Thing.ASSIGNMENTS, ["E5/digital-guide/2024-05-01"], actor_id=author),
        lambda: upsert_units([UnitInput("S0101", "新名", "store", "R01")], effective_on=day, actor_id=author),
    ):
        with drafts.edited(draft.pk, actor_id=author):
            assert any(str(FROM) in issue.message for issue in write().issues)
    stage = {"stage": StageKey.STRONG_DEPARTMENT, "subtype": SubtypeKey.MARKET_LED, "actor_id": author}
    with pytest.raises(ScenarioDay), drafts.edited(draft.pk, actor_id=author):
        adopt_stage("G", on=day, **stage)
    assert not changes_of(draft.pk)
    with pytest.raises(ScenarioDay):
        drafts.create(name="过去", effective_on=TODAY - timedelta(days=1), actor_id=author)


def test_steps_are_undone_and_redone_and_a_change_taken_back_by_hand_is_no_change(draft: Scenario, author: int) -> None:
    many_edits(draft.pk, author)
    whole = scenario(draft.pk).counts
    assert whole[ChangeKind.CREATED] >= 3
    done = [Scenario.objects.get(pk=draft.pk).changes]
    while drafts.undo_edit(draft.pk):
        done.append(Scenario.objects.get(pk=draft.pk).changes)
    assert (len(done), done[-1]) == (8, {})
    for changes in reversed(done[:-1]):
        assert drafts.redo_edit(draft.pk)
        assert Scenario.objects.get(pk=draft.pk).changes == changes
    assert drafts.redo_edit(draft.pk) is None
    drafts.undo_edit(draft.pk)
    with drafts.edited(draft.pk, actor_id=author):
        assert move(Thing.UNITS, "S0101", to="R01", on=FROM, actor_id=author).is_ok
    assert drafts.redo_edit(draft.pk) is None
    assert "S0101" not in {change.external_id for change in changes_of(draft.pk)}
    copy = drafts.create(name="副本", effective_on=FROM, actor_id=author, copy_of=draft.pk)
    assert changes_of(copy.pk) == changes_of(draft.pk)
    assert {row.name for row in scenarios()} == {"合并华南", "副本"}
    with pytest.raises(ScenarioDay):
        drafts.create(name="晚了", effective_on=LATER, actor_id=author, copy_of=draft.pk)


def test_a_scenario_moves_to_another_day_with_what_began_on_its_first(draft: Scenario, author: int) -> None:
    many_edits(draft.pk, author)
    kept = Scenario.objects.get(pk=draft.pk).changes
    sooner, much_later = FROM - timedelta(days=10), LATER + timedelta(days=5)

    def told(day: date) -> dict[str, Any]:
        tree = unit_tree(as_of=day)
        (person,) = states(Thing.PEOPLE, ["E5"]).values()
        return {
            "S0101": tree.nodes["S0101"].parent,
            "N1": "N1" in tree,
            "S0201": "S0201" in tree,
            "E5": (value_on(person, str(day)) or {}).get("unit"),
            "stage": adopted_stage("N1", on=day).unit_external_id if "N1" in tree else None,
        }

    def on_both_sides(day: date) -> list[dict[str, Any]]:
        with drafts.drafted(draft.pk) as shown:
            assert not shown.left_out
            return [told(day - timedelta(days=1)), told(day)]

    live, began = on_both_sides(FROM)
    assert live == told(TODAY) != began
    merged: dict[str, bool] = {}
    for day in (sooner, FROM, much_later, FROM):
        drafts.redate(draft.pk, effective_on=day, actor_id=author)
        assert scenario(draft.pk).effective_on == day
        if day == much_later:
            merged = {"S0201": False}  # planned for a day before: from now on it begins with the rest
        assert on_both_sides(day) == [live, began | merged]
    drafts.undo_edit(draft.pk)
    assert scenario(draft.pk).effective_on == much_later
    while drafts.undo_edit(draft.pk) and scenario(draft.pk).effective_on != FROM:
        pass
    drafts.undo_edit(draft.pk)
    drafts.undo_edit(draft.pk)
    assert (scenario(draft.pk).effective_on, Scenario.objects.get(pk=draft.pk).changes) == (FROM, kept)
    with pytest.raises(ScenarioDay):
        drafts.redate(draft.pk, effective_on=TODAY - timedelta(days=1), actor_id=author)


def test_a_scenario_of_another_workspace_is_not_there(draft: Scenario, author: int, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace.pk):
        assert scenarios() == ()
        for ask in (scenario, changes_of, drafts.conflicts, drafts.discard, drafts.undo_edit):
            with pytest.raises(UnknownScenario):
                ask(draft.pk)
        with pytest.raises(UnknownScenario), drafts.drafted(draft.pk):
            pass
        with pytest.raises(UnknownScenario):
            drafts.create(name="偷", effective_on=FROM, actor_id=author, copy_of=draft.pk)
