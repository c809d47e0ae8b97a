"""What features.md promises of the organisation, B-01: import by CSV and REST, no duplicates, moves keep history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import work

SignedIn = Callable[..., Client]
Api = Callable[..., APIClient]
API = "/api/v1/workspaces/acme/"
# group, head office and business unit, department, region, store: five levels below one another
UNITS = (
    ("G", "云裳集团", "group", None),
    ("HQ", "集团总部", "hq", "G"),
    ("BU", "女装事业部", "business_unit", "G"),
    ("D", "用户中心", "department", "BU"),
    ("R", "华东大区", "region", "BU"),
    ("S", "静安店", "store", "R"),
)
PEOPLE = (("E1", "李娜", "D", None), ("E2", "王伟", "S", "E1"))
HELD = (("E1", "user-ops", "D", "0.6"), ("E1", "content-marketing", "D", "0.4"), ("E2", "digital-guide", "S", "1"))
LISTS = ("units", "people", "assignments")


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def csv_files() -> dict[str, str]:
    units = "".join(f"{key},{name},{level},{parent or ''},direct\n" for key, name, level, parent in UNITS)
    people = "".join(
        f"{key},{name},{unit},{leader or ''},internal,1,2024-01-01\n" for key, name, unit, leader in PEOPLE
    )
    held = "".join(f"{person},{role},{unit},{share},2024-01-01\n" for person, role, unit, share in HELD)
    return {
        "org_units.csv": f"unit_id,name,level,parent_id,ownership\n{units}",
        "employees.csv": f"employee_id,display_name,unit_id,manager_id,fill_mode,fte,hired_on\n{people}",
        "role_assignments.csv": f"employee_id,role_id,unit_id,share,start_on\n{held}",
    }


def document() -> dict[str, list[dict[str, Any]]]:
    units = [
        {"external_id": key, "name": name, "level": level, "parent_external_id": parent, "ownership": "direct"}
        for key, name, level, parent in UNITS
    ]
    people = [
        {"external_id": key, "display_name": name, "unit_external_id": unit, "manager_external_id": leader,
         "hired_on": "2024-01-01"}
        for key, name, unit, leader in PEOPLE
    ]  # fmt: skip
    held = [
        {"person_external_id": person, "role": role, "unit_external_id": unit, "share": share, "start_on": "2024-01-01"}
        for person, role, unit, share in HELD
    ]
    return {"units": units, "people": people, "assignments": held}


def upload(client: Client, workspace: Workspace, name: str, content: str) -> str:
    """Send a file as a browser does, let it be checked, press the button; return what the page says before."""
    sent = client.post("/w/acme/data/uploads/", {"files": [SimpleUploadedFile(name, content.encode())]})
    with workspace_scope(workspace.pk):
        work()
    page = client.get(sent["Location"]).content.decode()
    client.post(f"{sent['Location']}load/")
    with workspace_scope(workspace.pk):
        work()
    return page


def shown(client: APIClient, **asked: str) -> dict[str, list[dict[str, Any]]]:
    return {name: client.get(f"{API}{name}/", asked).json()["results"] for name in LISTS}


def counts(client: APIClient) -> list[int]:
    return [len(each) for each in shown(client).values()]


def test_b01_a_tree_of_five_levels_people_and_roles_come_from_csv_and_a_second_import_duplicates_nothing(
    workspace: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    for name, content in csv_files().items():
        upload(client, workspace, name, content)
    found = shown(api)
    assert [(row["external_id"], row["parent_external_id"]) for row in found["units"]] == sorted(
        (key, parent) for key, _name, _level, parent in UNITS
    )
    levels = ("静安店", "华东大区", "女装事业部", "云裳集团")
    branch = client.get("/w/acme/organisation/units/S/").content.decode()
    assert all(name in branch for name in levels)
    assert [(row["role"], row["share"]) for row in found["assignments"] if row["person_external_id"] == "E1"] == [
        ("content-marketing", "0.4000"), ("user-ops", "0.6000"),
    ]  # fmt: skip
    for name, content in csv_files().items():
        again = content.replace("静安店", "静安旗舰店")
        upload(client, workspace, name, again)
    assert counts(api) == [6, 2, 3]
    assert [row["name"] for row in shown(api)["units"] if row["external_id"] == "S"] == ["静安旗舰店"]


def test_b01_the_same_tree_comes_by_rest_and_a_moved_unit_keeps_its_history(
    workspace: Workspace, api_client: Api
) -> None:
    api = api_client("hr_lead")
    first = api.put(f"{API}org-chart/?effective_on=2024-01-01", document(), format="json")
    assert first.status_code == 200, first.content
    assert counts(api) == [6, 2, 3]
    second = api.put(f"{API}org-chart/?effective_on=2024-01-01", document(), format="json").json()
    assert (second["revision"], counts(api)) == (None, [6, 2, 3])
    # the store goes to the department: from the day on it stands there, before that where it stood
    url = f"{API}units/S/"
    tag = api.get(url)["ETag"]
    moved = api.patch(f"{url}?effective_on=2025-01-01", {"parent_external_id": "D"}, format="json", HTTP_IF_MATCH=tag)
    assert moved.status_code == 200, moved.content
    assert api.get(f"{url}?as_of=2025-06-01").json()["parent_external_id"] == "D"
    assert api.get(f"{url}?as_of=2024-06-01").json()["parent_external_id"] == "R"
    assert [row["unit_external_id"] for row in shown(api, as_of="2024-06-01")["people"]] == ["D", "S"]
