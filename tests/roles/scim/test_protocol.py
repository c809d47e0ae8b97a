"""The edges of the protocol: who may come in, versions, paging, projection, bulk, errors in SCIM's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from omnichannel.accounts.models import User
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import OrgRevision, Person
from tests.roles.scim.client import CORE, ENTERPRISE, ScimClient, scim_client

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def test_owners_and_hr_leads_come_in_and_everyone_else_is_told_in_scim_form(
    workspace: Workspace, other_workspace: Workspace, member: Callable[..., User]
) -> None:
    hr = member("hr_lead")
    assert scim_client(workspace, hr)("GET", "/Users").status == 200
    for role in ("executive", "analyst", "line_manager", "guide"):
        refused = scim_client(workspace, member(role))("GET", "/Users")
        assert (refused.status, refused.body["schemas"], refused.body["status"]) == (403, [ERROR], "403")
    reader = scim_client(workspace, hr, scope="read")
    assert reader("GET", "/ServiceProviderConfig").status == 200
    assert reader("POST", "/Users", {"schemas": [f"{CORE}User"], "userName": "x"}).status == 403
    foreign = ScimClient(other_workspace.slug, scim_client(workspace, hr).token)
    assert (foreign("GET", "/Users").status, foreign("GET", "/Users").body["schemas"]) == (404, [ERROR])
    bad = ScimClient(workspace.slug, "omni_nonsense")("GET", "/Users")
    assert (bad.status, bad.body["status"], bad.headers["WWW-Authenticate"]) == (401, "401", 'Bearer realm="SCIM"')
    bare = Client().get(f"/api/v1/workspaces/{workspace.slug}/scim/v2/Users")
    assert (bare.status_code, bare.json()["schemas"]) == (401, [ERROR])
    tokened = Client().get(
        f"/api/v1/workspaces/{workspace.slug}/scim/v2/Users",
        headers={"Authorization": f"Token {reader.token}"},
    )
    assert tokened.status_code == 200


def test_nobody_sees_the_users_of_another_workspace(
    scim: ScimClient, other_workspace: Workspace, member: Callable[..., User]
) -> None:
    user = scim.user("a@x.cn", employeeNumber="1")
    foreign = scim_client(other_workspace, member("owner", workspace=other_workspace))
    assert foreign("GET", f"/Users/{user['id']}").status == 404
    assert foreign.find("Users") == []
    assert foreign.user("a@x.cn", employeeNumber="1", manager={"value": user["id"]})["id"] != user["id"]
    with workspace_scope(other_workspace.pk):
        assert Person.objects.count() == 1


def test_versions_guard_against_lost_updates(scim: ScimClient) -> None:
    user = scim.user("a@x.cn")
    path, version = f"/Users/{user['id']}", user["meta"]["version"]
    got = scim("GET", path)
    assert got.headers["ETag"] == version
    assert scim("GET", path, If_None_Match=version).status == 304
    title = {"op": "replace", "path": "title", "value": "A"}
    first = scim.patch(path, title, If_Match=version)
    assert (first.status, first.headers["ETag"]) == (200, scim("GET", path).headers["ETag"])
    assert scim.patch(path, title | {"value": "B"}, If_Match=version).status == 412
    assert scim("DELETE", path, If_Match=version).status == 412
    assert scim("PUT", path, {"schemas": [f"{CORE}User"], "userName": "b"}, If_Match=version).status == 412
    assert scim.ok("GET", path)["title"] == "A"
    group = scim.group("组")
    member_ = {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
    scim.patch(f"/Groups/{group['id']}", member_)
    assert scim.patch(f"/Groups/{group['id']}", member_, If_Match=group["meta"]["version"]).status == 412


def test_pages_projections_and_searches_by_post(organised: ScimClient) -> None:
    seen: list[str] = []
    for start in (1, 3, 5, 7):
        page = organised.ok("GET", f"/Users?startIndex={start}&count=2")
        assert page["totalResults"] == 6
        seen += [one["userName"] for one in page.get("Resources", [])]
    assert sorted(seen) == ["E1", "E2", "E3", "E4", "E5", "E6"]
    assert organised.ok("GET", "/Users?count=0") == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 6,
        "itemsPerPage": 0,
        "startIndex": 1,
        "Resources": [],
    }
    names = organised.find("Users", attributes="displayName", sortBy="userName", sortOrder="descending", count=1)
    assert set(names[0]) == {"schemas", "id", "displayName"}
    (group,) = organised.find("Groups", filter='displayName eq "市场部"', excludedAttributes="members")
    assert "members" not in group
    assert organised.ok("GET", f"/Groups/{group['id']}")["members"]
    asked = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName eq E3 or displayName eq "市场部"',
    }
    assert organised.ok("POST", "/.search", asked)["totalResults"] == 2
    assert organised.ok("POST", "/Users/.search", asked | {"filter": "userName eq E3"})["totalResults"] == 1


def test_bulk_writes_all_in_one_revision_and_names_what_it_refuses(scim: ScimClient, workspace: Workspace) -> None:
    def post(number: int, **said: Any) -> dict[str, Any]:
        data = {"schemas": [f"{CORE}User", ENTERPRISE], "userName": f"u{number}@x.cn", **said}
        return {"method": "POST", "path": "/Users", "bulkId": f"b{number}", "data": data}

    operations = [
        post(1, **{ENTERPRISE: {"manager": {"value": "bulkId:b2"}, "department": "部门"}}),
        post(2, **{ENTERPRISE: {"department": "部门"}}),
        post(2),
        post(4, userName="u1@x.cn"),
        {"method": "PATCH", "path": "/Users/nobody", "data": {
            "Operations": [{"op": "Add", "path": "title", "value": 1}]}},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
            "schemas": [f"{CORE}Group"], "displayName": "部门", "members": [{"value": "bulkId:b2"}]}},
        {"method": "DELETE", "path": "/Users/nobody"},
    ]  # fmt: skip
    answer = scim.ok("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    assert [one["status"] for one in answer["Operations"]] == ["201", "201", "400", "409", "404", "201", "404"]
    first, second = answer["Operations"][:2]
    got = scim("GET", first["location"].partition("/scim/v2")[2])
    assert got.body[ENTERPRISE]["manager"]["value"] == second["location"].rpartition("/")[2]
    assert got.headers["ETag"] == first["version"]
    with workspace_scope(workspace.pk):
        assert OrgRevision.objects.count() == 1
    many = {"schemas": [BULK], "Operations": [post(n) for n in range(1001)]}
    assert scim("POST", "/Bulk", many).status == 413
    stopped = scim.ok("POST", "/Bulk", {"schemas": [BULK], "failOnErrors": 1, "Operations": [post(1), post(9)]})
    assert [one["status"] for one in stopped["Operations"]] == ["409"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("GET", "/Users?filter=userName%20xx%20%22a%22", None, 400, "invalidFilter"),
        ("GET", f"/Users?filter={'(' * 1900}userName pr{')' * 1900}", None, 200, None),
        ("GET", f'/Users?filter=userName eq "{"x" * 5000}"', None, 400, "invalidFilter"),
        ("GET", "/Users?sortBy=name", None, 400, "invalidPath"),
        ("GET", "/Nothing", None, 404, None),
        ("GET", "/Me", None, 501, None),
        ("POST", "/Me", {}, 501, None),
        ("PUT", "/Users", {}, 405, None),
        ("POST", "/Users", b"{", 400, "invalidSyntax"),
        ("POST", "/Users", b"[]", 400, None),
        ("POST", "/Users", b'{"userName": "\\u0000"}', 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [f"{CORE}User"]}, 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [f"{CORE}User"], "userName": " "}, 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [f"{CORE}User"], "userName": "x" * 300}, 400, "invalidValue"),
        ("POST", "/Groups", {"schemas": [f"{CORE}Group"], "displayName": "x" * 121}, 400, "invalidValue"),
        ("PATCH", "/Users/nobody", {"Operations": [{"op": "move", "path": "title"}]}, 400, None),
        ("POST", "/Bulk", {"schemas": [BULK], "Operations": "x"}, 400, None),
    ],
)
def test_nonsense_is_refused_in_scim_form(
    scim: ScimClient, method: str, path: str, body: Any, status: int, kind: str | None
) -> None:
    answer = scim(method, path, body)
    assert answer.status == status, answer.body
    assert status < 400 or answer.body["schemas"] == [ERROR]
    assert kind is None or answer.body["scimType"] == kind
