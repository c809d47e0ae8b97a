"""Users of SCIM as people of the organisation: who they are, where they work; nobody is here twice or gets lost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import time_machine

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.choices import Thing
from roles.models import Employment, OrgRevision, Person, ScimResource, SourceId, UnitVersion
from roles.services.moving import move
from roles.services.sync import PersonInput, upsert_people
from tests.roles.scim.client import ENTERPRISE, ScimClient

TODAY = date(2026, 7, 1)
NOON = "2026-07-01T04:00:00Z"


def work(key: str, workspace: Workspace, *, on: date = TODAY) -> tuple[str, str | None] | None:
    """Return unit and manager of a person on a day; None for somebody without a place."""
    with workspace_scope(workspace.pk):
        rows = Employment.objects.on(on).filter(person__external_id=key)
        return rows.values_list("unit__external_id", "manager__external_id").first()


def manager_of(key: str, workspace: Workspace) -> str | None:
    """Return the manager of somebody who has a place."""
    place = work(key, workspace)
    assert place is not None
    return place[1]


def revisions(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        return OrgRevision.objects.filter(source="scim").count()


@time_machine.travel(NOON, tick=True)
def test_people_who_came_through_other_doors_are_users_and_a_client_takes_them_over(
    organised: ScimClient, workspace: Workspace
) -> None:
    users = {one["userName"]: one for one in organised.find("Users")}
    assert set(users) == {"E1", "E2", "E3", "E4", "E5", "E6"}
    assert users["E3"][ENTERPRISE]["department"] == "上海静安店"
    assert users["E3"][ENTERPRISE]["manager"]["value"] == users["E2"]["id"]
    assert users["E3"]["groups"][0]["display"] == "上海静安店"
    made = organised.user("wang@yunshang.cn", employeeNumber="E3", displayName="王小美", department="上海静安店")
    assert made["id"] == users["E3"]["id"]
    assert work("E3", workspace) == ("S0101", None)
    with workspace_scope(workspace.pk):
        assert Person.objects.count() == 6
        assert Person.objects.get(external_id="E3").display_name == "王小美"
        assert Person.objects.get(external_id="E3").hired_on == date(2023, 5, 1)
        assert SourceId.objects.get(source="scim", thing="people").external_id == "E3"
    again = organised(
        "POST", "/Users", {"schemas": made["schemas"], "userName": "x", ENTERPRISE: {"employeeNumber": "E3"}}
    )
    assert (again.status, again.body["scimType"]) == (409, "uniqueness")
    taken = organised("POST", "/Users", {"schemas": made["schemas"], "userName": "e4"})
    assert (taken.status, taken.body["scimType"]) == (409, "uniqueness")


@time_machine.travel(NOON, tick=True)
def test_active_false_lets_a_person_leave_and_true_brings_them_back(
    organised: ScimClient, workspace: Workspace
) -> None:
    (user,) = organised.find("Users", filter='userName eq "E2"')
    path = f"/Users/{user['id']}"
    organised.patch(path, {"op": "replace", "path": "active", "value": False})
    with workspace_scope(workspace.pk):
        assert Person.objects.get(external_id="E2").left_on == TODAY
    assert work("E2", workspace) is None
    assert work("E3", workspace) == ("S0101", "E1"), "reports go on to the manager above"
    assert organised.ok("GET", path)["active"] is False
    assert len(organised.find("Users", filter="active eq false")) == 1
    organised.patch(path, {"op": "replace", "path": "active", "value": "True"})
    assert work("E2", workspace) == ("R01", "E1")
    with workspace_scope(workspace.pk):
        person = Person.objects.get(external_id="E2")
        assert (person.hired_on, person.left_on) == (date(2021, 3, 1), None)
    organised.patch(path, {"op": "replace", "path": "active", "value": False})
    with time_machine.travel("2026-09-01T04:00:00Z", tick=True):
        organised.patch(path, {"op": "replace", "path": "active", "value": True})
        assert work("E2", workspace, on=date(2026, 9, 1)) == ("R01", "E1")
        assert work("E2", workspace, on=date(2026, 8, 1)) is None
        assert work("E2", workspace, on=date(2026, 6, 1)) == ("R01", "E1")


@time_machine.travel(NOON, tick=True)
def test_a_deleted_user_is_gone_and_the_person_has_left_and_may_come_again(
    organised: ScimClient, workspace: Workspace
) -> None:
    made = organised.user("zhao@yunshang.cn", employeeNumber="E6", emails=[{"value": "zhao@yunshang.cn"}])
    assert organised("DELETE", f"/Users/{made['id']}").status == 204
    assert organised("GET", f"/Users/{made['id']}").status == 404
    assert organised("DELETE", f"/Users/{made['id']}").status == 404
    assert not [one for one in organised.find("Users") if one["userName"] in {"E6", "zhao@yunshang.cn"}]
    with workspace_scope(workspace.pk):
        assert Person.objects.get(external_id="E6").left_on == TODAY
        assert not ScimResource.objects.filter(external_id="E6").exists(), "what SCIM said is forgotten"
    again = organised.user("zhao@yunshang.cn", employeeNumber="E6", department="市场部")
    assert again["id"] != made["id"]
    assert work("E6", workspace) == ("D-MKT", None)


@time_machine.travel(NOON, tick=True)
def test_accounts_that_are_disabled_from_the_start_are_no_people(scim: ScimClient, workspace: Workspace) -> None:
    user = scim.user("service@contoso.cn", active=False, department="Nowhere")
    assert user["active"] is False
    with workspace_scope(workspace.pk):
        assert not Person.objects.exists()
    scim.patch(f"/Users/{user['id']}", {"op": "Replace", "path": "active", "value": "True"})
    with workspace_scope(workspace.pk):
        assert Person.objects.get().hired_on == TODAY
    scim.patch(f"/Users/{user['id']}", {"op": "Replace", "path": "active", "value": "False"})
    with workspace_scope(workspace.pk):
        assert not Person.objects.exists(), "who came and went on one day was never here"
    assert scim.ok("GET", f"/Users/{user['id']}")["active"] is False


@time_machine.travel(NOON, tick=True)
def test_a_department_is_found_by_id_name_former_name_and_by_what_it_lies_below(
    organised: ScimClient, workspace: Workspace
) -> None:
    with workspace_scope(workspace.pk):
        from roles.services.sync import UnitInput, upsert_units

        twins = [UnitInput(f"OPS-{n}", "运营部", "department", region) for n, region in ((1, "R01"), (2, "R02"))]
        renamed = [UnitInput("D-MKT", "市场中心", "department", "G", city="上海")]
        assert upsert_units([*twins, *renamed], effective_on=date(2026, 6, 15), actor_id=None).is_ok
    cases: dict[str, tuple[dict[str, Any], str | None]] = {
        "id": ({"department": "S0101"}, "S0101"),
        "name": ({"department": " 广州天河店 "}, "S0201"),
        "former": ({"department": "市场部"}, "D-MKT"),
        "twin": ({"department": "运营部"}, None),
        "below": ({"department": "运营部", "division": "华南大区"}, "OPS-2"),
        "wrong": ({"department": "运营部", "organization": "Contoso"}, None),
        "unknown": ({"department": "火星部"}, None),
        "none": ({}, None),
    }
    for name, (said, unit) in cases.items():
        made = organised.user(f"{name}@contoso.cn", employeeNumber=f"N-{name}", **said)
        place = work(f"N-{name}", workspace)
        assert (place[0] if place else None) == unit, name
        assert made.get(ENTERPRISE, {}).get("department") == (said.get("department") or None), name
    with workspace_scope(workspace.pk):
        assert Person.objects.filter(external_id__startswith="N-").count() == len(cases), "nobody is dropped"


@time_machine.travel(NOON, tick=True)
def test_an_unknown_department_takes_no_place_that_another_door_gave(
    organised: ScimClient, workspace: Workspace
) -> None:
    user = organised.user("chen@yunshang.cn", employeeNumber="E5", department="South")
    assert work("E5", workspace) == ("S0201", None)
    path = f"/Users/{user['id']}"
    department = f"{ENTERPRISE}:department"
    organised.patch(path, {"op": "replace", "path": department, "value": "广州天河店"})
    organised.patch(path, {"op": "replace", "path": department, "value": "Nobody knows"})
    assert work("E5", workspace) is None, "SCIM had placed them there and says they moved"
    organised.patch(path, {"op": "replace", "path": department, "value": "杭州西湖店"})
    assert work("E5", workspace) == ("S0102", None)
    organised.patch(path, {"op": "remove", "path": department})
    assert work("E5", workspace) == ("S0102", None)


@time_machine.travel(NOON, tick=True)
def test_after_a_move_in_the_chart_the_organisation_answers(organised: ScimClient, workspace: Workspace) -> None:
    user = organised.user("wang@yunshang.cn", employeeNumber="E3", department="上海静安店", title="导购")
    path = f"/Users/{user['id']}"
    with workspace_scope(workspace.pk):
        assert move(Thing.PEOPLE, "E3", to="S0102", on=TODAY, actor_id=None).is_ok
    moved = organised.ok("GET", path)
    assert moved[ENTERPRISE]["department"] == "杭州西湖店"
    assert moved["meta"]["version"] != user["meta"]["version"]
    before = revisions(workspace)
    organised.patch(path, {"op": "replace", "path": "title", "value": "店长"})
    assert work("E3", workspace) == ("S0102", None), "a title moves nobody back"
    assert revisions(workspace) == before
    organised.patch(path, {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "上海静安店"})
    assert work("E3", workspace) == ("S0101", None)
    assert revisions(workspace) == before + 1


@time_machine.travel(NOON, tick=True)
def test_managers_may_come_later_be_named_in_many_ways_and_close_loops(scim: ScimClient, workspace: Workspace) -> None:
    scim.group("总部")
    low = scim.user("low@x.cn", employeeNumber="L", department="总部", manager={"value": "M"})
    assert manager_of("L", workspace) is None
    assert low[ENTERPRISE]["manager"]["value"] == "M"
    mid = scim.user("mid@x.cn", employeeNumber="M", department="总部", manager={"value": "top@X.cn"})
    assert manager_of("L", workspace) == "M"
    top = scim.user("top@x.cn", employeeNumber="T", department="总部", manager={"value": "T"})
    assert manager_of("M", workspace) == "T"
    assert manager_of("T", workspace) is None, "who is their own manager has none"
    manager = f"{ENTERPRISE}:manager"
    answer = scim.patch(f"/Users/{top['id']}", {"op": "Add", "path": manager, "value": low["id"]})
    assert answer.status == 200
    assert manager_of("T", workspace) is None, "a loop is not followed"
    scim.patch(f"/Users/{low['id']}", {"op": "Replace", "path": manager, "value": ""})
    assert manager_of("L", workspace) is None
    assert manager_of("T", workspace) == "L", "it is followed once the loop is open"
    assert scim.ok("GET", f"/Users/{mid['id']}")[ENTERPRISE]["manager"]["value"] == "top@X.cn"


@time_machine.travel(NOON, tick=True)
def test_groups_place_people_and_a_second_group_is_kept_beside(scim: ScimClient, workspace: Workspace) -> None:
    first, second = scim.group("市场部", externalId="g-1"), scim.group("电商部", externalId="g-2")
    with workspace_scope(workspace.pk):
        parents = UnitVersion.objects.values_list("unit__external_id", "parent__external_id")
        assert dict(parents) == {"acme": None, "g-1": "acme", "g-2": "acme"}
    user = scim.user("u@x.cn", employeeNumber="U")
    assert work("U", workspace) is None
    for group in (first, second):
        scim.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": user["id"]}]})
    assert work("U", workspace) == ("g-1", None)
    assert [one["value"] for one in scim.ok("GET", f"/Users/{user['id']}")["groups"]] == [first["id"], second["id"]]
    assert len(scim.find("Groups", filter=f'members.value eq "{user["id"]}"')) == 2
    scim.patch(f"/Groups/{first['id']}", {"op": "remove", "path": f'members[value eq "{user["id"]}"]'})
    assert work("U", workspace) == ("g-2", None), "the next group is the place"
    scim.patch(f"/Groups/{second['id']}", {"op": "replace", "path": "members", "value": []})
    assert work("U", workspace) is None
    scim.patch(f"/Groups/{second['id']}", {"op": "add", "path": "members", "value": [{"value": user["id"]}]})
    assert scim("DELETE", f"/Groups/{second['id']}").status == 204
    assert work("U", workspace) is None
    assert scim("GET", f"/Groups/{second['id']}").status == 404
    assert scim.group("电商部", externalId="g-2")["id"] != second["id"]
    nobody = scim.patch(f"/Groups/{first['id']}", {"op": "add", "path": "members", "value": [{"value": "nobody"}]})
    assert (nobody.status, nobody.body["scimType"]) == (400, "invalidValue")
    nested = scim.patch(f"/Groups/{first['id']}", {"op": "add", "path": "members", "value": [{"value": first["id"]}]})
    assert nested.status == 400


@time_machine.travel(NOON, tick=True)
def test_a_deleted_group_lets_units_below_it_move_up_and_keeps_the_past(
    organised: ScimClient, workspace: Workspace
) -> None:
    (region,) = organised.find("Groups", filter='displayName eq "华东大区"')
    assert organised("DELETE", f"/Groups/{region['id']}").status == 204
    with workspace_scope(workspace.pk):
        parents = dict(UnitVersion.objects.on(TODAY).values_list("unit__external_id", "parent__external_id"))
        assert parents["S0101"] == parents["S0102"] == "G"
        assert "R01" not in parents
        assert UnitVersion.objects.on(TODAY - timedelta(days=1)).filter(unit__external_id="R01").exists()
    assert work("E2", workspace) is None
    assert work("E3", workspace) == ("S0101", "E2") or work("E3", workspace) == ("S0101", None)


@time_machine.travel(NOON, tick=True)
def test_every_write_is_one_revision_and_a_replay_none(organised: ScimClient, workspace: Workspace) -> None:
    organised.find("Users")
    before = revisions(workspace)
    said = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "new@x.cn",
        "displayName": "新人",
        ENTERPRISE: {"department": "市场部", "employeeNumber": "N1", "manager": {"value": "E6"}},
    }
    user = organised.ok("POST", "/Users", said)
    assert revisions(workspace) == before + 1
    with workspace_scope(workspace.pk):
        last = OrgRevision.objects.latest("number")
        assert [(one.thing, one.external_id, one.change) for one in last.changes.all()] == [("people", "N1", "created")]
    for _time in range(2):
        again = organised.ok("PUT", f"/Users/{user['id']}", said)
        assert again["meta"] == user["meta"]
    assert revisions(workspace) == before + 1
    organised.ok("PUT", f"/Users/{user['id']}", said | {"displayName": "老人"})
    assert revisions(workspace) == before + 2


@time_machine.travel(NOON, tick=True)
def test_somebody_hired_through_another_door_later_joins_their_account(scim: ScimClient, workspace: Workspace) -> None:
    scim.group("总部", externalId="HQ")
    user = scim.user("late@x.cn", employeeNumber="P9", department="总部")
    with workspace_scope(workspace.pk):
        row = PersonInput("P9", "HQ", date(2024, 1, 1), "后来")
        assert upsert_people([row], effective_on=date(2024, 1, 1), actor_id=None).is_ok
    assert scim.ok("GET", f"/Users/{user['id']}")["displayName"] == "后来"
    with workspace_scope(workspace.pk):
        assert Person.objects.get().hired_on == date(2024, 1, 1)
