"""The workspace's roles: texts laid over the library's, list edits that let additions flow in, merges, restoring."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnichannel.accounts.models import User
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import ExpectationLevel, RoleKey, SubtypeKey, load_roles, roles_here
from roles.choices import RoleAction
from roles.errors import RoleChanged, RoleInUse, RoleRefused
from roles.models import RoleText
from roles.queries.library import role_library, role_options
from roles.role_merge import Choice, choices_for, merge_field, merge_list, settle
from roles.role_texts import composed, content_of
from roles.services.library import (
    add_role,
    hide_role,
    merge_library,
    restore_library,
    restore_state,
    save_role,
    undo_change,
)
from roles.services.sync import AssignmentInput, upsert_assignments
from tests.roles.organisation import write_organisation

DUTY = {"zh": "每周复盘社群活跃", "en": "Reviews community activity every week"}
OWN = {
    "names": {"zh": "陈列主管", "en": "Visual Merchandising Lead"},
    "aliases": {"zh": ["陈列师"], "en": ["VM lead"]},
    "kind": "collaborating",
    "position": "amplifier",
    "definition": {"zh": "门店与线上的陈列", "en": "Displays in stores and online"},
    "duties": [{"zh": "制定陈列标准", "en": "Sets display standards"}],
    "abilities": [{"zh": "陈列设计", "en": "Display design"}],
    "kpis": ["nps"],
    "expectations": {"market-led": "shared"},
}
LISTS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@given(base=LISTS, mine=LISTS, library=LISTS)
@settings(max_examples=300, deadline=None)
def test_own_edits_of_a_list_hold_and_what_the_library_adds_flows_in(
    base: list[str], mine: list[str], library: list[str]
) -> None:
    merged = merge_list(base, mine, library)
    assert len(set(merged)) == len(merged)
    assert set(mine) - set(base) <= set(merged)
    assert not (set(base) - set(mine)) & set(merged) & set(library)
    assert set(library) - set(base) <= set(merged)
    assert merge_list(base, mine, base) == mine
    assert merge_list(base, base, library) == library
    assert set(merge_list(library, merged, library)) == set(merged)


def test_a_text_follows_the_library_in_the_language_that_nobody_here_changed() -> None:
    base, mine, library = ({"zh": "甲", "en": "a"}, {"zh": "乙", "en": "a"}, {"zh": "甲", "en": "b"})
    assert merge_field("names", base, mine, library) == {"zh": "乙", "en": "b"}
    assert choices_for("names", base, mine, library) == tuple(Choice)
    clash = {"zh": "丙", "en": "a"}
    assert choices_for("names", base, mine, clash) == (Choice.MINE, Choice.LIBRARY)
    assert settle("definition", base, mine, clash, choice=Choice.BOTH) == {"zh": "乙\n丙", "en": "a"}


def test_a_role_key_of_the_own_shape_is_a_key_and_none_of_the_twelve() -> None:
    key = RoleKey("own-vm-lead")
    assert key is RoleKey("own-vm-lead")
    assert key.is_own
    assert key not in set(RoleKey)
    for text in ("own-", "own-A", "own--a", "vm-lead", "own-a_b"):
        with pytest.raises(ValueError, match=text):
            RoleKey(text)


def test_outside_of_a_workspace_the_map_is_the_shipped_one_and_a_removed_role_is_none() -> None:
    assert {key: role.names for key, role in roles_here().roles.items()} == {
        key: role.names for key, role in load_roles().roles.items()
    }
    there = composed(load_roles(), {"own-vm": {"own": OWN}})
    assert there.catalogue.expected(RoleKey("own-vm"), SubtypeKey.MARKET_LED) is ExpectationLevel.SHARED
    assert there.catalogue.expected(RoleKey("own-vm"), SubtypeKey.SALES_LED) is ExpectationLevel.OPTIONAL
    assert len(composed(load_roles(), {"own-vm": {"own": OWN, "is_removed": True}}).roles) == 12


@pytest.fixture
def actor(in_workspace: Workspace) -> int:
    return User.objects.create_user("hr@acme.test", "correct horse battery").pk


def test_every_step_is_kept_and_any_state_comes_back(actor: int, other_workspace: Workspace) -> None:
    first = content_of(load_roles().roles[RoleKey.USER_OPS])
    row = save_role("user-ops", {"duties": [*first["duties"], DUTY]}, actor_id=actor, note="社群")
    assert row is not None
    assert (row.number, row.action, row.fields, row.note) == (1, RoleAction.CHANGED, ["duties"], "社群")
    assert role_library().roles[RoleKey.USER_OPS].duties[-1].en == DUTY["en"]
    assert save_role("user-ops", {"duties": [*first["duties"], DUTY]}, actor_id=actor) is None
    save_role("user-ops", {"names": {"zh": "会员增长", "en": "Member Growth"}}, actor_id=actor, seen=1)
    with pytest.raises(RoleChanged):
        save_role("user-ops", {"position": "brain"}, actor_id=actor, seen=1)
    assert role_library().roles[RoleKey.USER_OPS].changed == {"duties", "names"}
    with workspace_scope(other_workspace.pk):
        assert role_library().roles[RoleKey.USER_OPS].names == load_roles().roles[RoleKey.USER_OPS].names
    restore_library("user-ops", field="names", actor_id=actor)
    assert role_library().roles[RoleKey.USER_OPS].changed == {"duties"}
    restore_state("user-ops", 2, actor_id=actor)
    assert role_library().roles[RoleKey.USER_OPS].names.en == "Member Growth"
    assert (undone := undo_change("user-ops", 4, actor_id=actor)) is not None
    assert (undone.number, undone.fields) == (5, ["names"])
    with pytest.raises(RoleChanged):
        undo_change("user-ops", 4, actor_id=actor)
    restore_library("user-ops", actor_id=actor)
    assert content_of(role_library().roles[RoleKey.USER_OPS]) == first
    assert list(RoleText.objects.values_list("number", flat=True)) == [6, 5, 4, 3, 2, 1]


def test_faults_come_all_at_once_and_by_their_fields(actor: int) -> None:
    with pytest.raises(RoleRefused) as refused:
        save_role(
            "user-ops",
            {
                "names": {"zh": "", "en": "Member Operations"},
                "duties": [{"zh": "有", "en": ""}],
                "kpis": ["nps", "no_such"],
                "position": "nowhere",
                "kind": "lead",
            },
            actor_id=actor,
        )
    told = {(field, code) for field, code, _message in refused.value.issues}
    assert told >= {
        ("names.zh", "required"), ("duties.0.en", "required"), ("kpis", "unknown_kpi"),
        ("position", "unknown_choice"), ("kind", "unknown_field"),
    }  # fmt: skip
    with pytest.raises(RoleRefused) as refused:
        add_role({"names": {"zh": "用户运营", "en": "x"}, "kpis": []}, key="own-", actor_id=actor)
    assert {(field, code) for field, code, _message in refused.value.issues} >= {
        ("names.zh", "taken"), ("kpis", "required"), ("kind", "required"), ("key", "bad_key"), ("duties", "required"),
    }  # fmt: skip
    assert not RoleText.objects.exists()


def test_a_library_that_moved_on_waits_to_be_merged(actor: int) -> None:
    now = content_of(load_roles().roles[RoleKey.USER_OPS])
    older = {"names": {**now["names"], "en": "Customer Operations"}, "duties": now["duties"][:-1]}
    mine = {"names": {**now["names"], "en": "Growth"}, "duties": [*older["duties"][1:], DUTY]}
    fields = {field: {"base": older[field], "mine": mine[field]} for field in older}
    RoleText.objects.create(
        role_key="user-ops", number=1, action="changed", state={"fields": fields}, library_version="0.9", fields=[]
    )
    held = content_of(role_library().roles[RoleKey.USER_OPS])
    assert held["names"]["en"] == "Growth"
    assert held["duties"] == [*now["duties"][1:], DUTY]
    with pytest.raises(RoleRefused):
        merge_library("user-ops", {"names": Choice.BOTH}, actor_id=actor)
    merge_library("user-ops", {"names": Choice.LIBRARY, "duties": Choice.BOTH}, actor_id=actor)
    held = content_of(role_library().roles[RoleKey.USER_OPS])
    assert held["names"] == now["names"]
    assert held["duties"] == [*now["duties"][1:], DUTY]
    assert role_library().roles[RoleKey.USER_OPS].changed == {"duties"}
    with pytest.raises(RoleRefused):
        merge_library("user-ops", {"duties": Choice.BOTH}, actor_id=actor)


def test_an_added_role_is_offered_hidden_and_taken_back_only_while_nobody_has_it(actor: int) -> None:
    row = add_role(OWN, actor_id=actor)
    assert row.role_key == "own-visual-merchandising-lead"
    again = add_role({**OWN, "names": {"zh": "陈列", "en": "Visual Merchandising Lead!"}}, actor_id=actor)
    assert again.role_key == "own-visual-merchandising-lead-2"
    assert (row.role_key, "陈列主管") in role_options()
    hide_role(row.role_key, hidden=True, actor_id=actor)
    assert row.role_key not in dict(role_options())
    assert row.role_key in dict(role_options(row.role_key))
    with pytest.raises(RoleRefused):
        restore_library(row.role_key, actor_id=actor)
    undo_change(again.role_key, 1, actor_id=actor)
    assert RoleKey(again.role_key) not in role_library().roles
    write_organisation()
    unknown = AssignmentInput("E3", "own-nobody", "S0101", date(2024, 6, 1), Decimal("0.1"))
    refused = upsert_assignments([unknown], actor_id=actor)
    assert [(issue.field, "own-visual" in issue.message) for issue in refused.issues] == [("role", True)]
    upsert_assignments([AssignmentInput("E3", row.role_key, "S0101", date(2024, 6, 1), Decimal("0.1"))], actor_id=actor)
    with pytest.raises(RoleInUse):
        restore_state(row.role_key, 0, actor_id=actor)
