"""Scenarios over REST: from nothing to applied, what each reader sees, and the versions that decisions rest on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from roles.choices import Thing
from roles.models import Scenario
from roles.queries.consequences import snapshot
from roles.services.moving import move
from roles.services.sync import UnitInput, upsert_units
from tests.kpis.retailer import SINCE, build_organisation

ROOT = "/api/v1/workspaces/acme/scenarios/"
DAY = timezone.localdate() + timedelta(days=3)


@pytest.fixture
def organisation(in_workspace: Workspace) -> None:
    build_organisation()
    assert upsert_units([UnitInput("BU2", "男装", "business_unit", "G")], effective_on=SINCE, actor_id=None).is_ok


def tagged(client: APIClient, url: str) -> dict[str, Any]:
    return {"HTTP_IF_MATCH": client.get(url)["ETag"]}


@pytest.mark.usefixtures("organisation")
def test_a_scenario_goes_from_nothing_to_applied_by_calls_alone(api_client: Callable[..., APIClient]) -> None:
    hr, owner, executive, analyst = (api_client(role) for role in ("hr_lead", "owner", "executive", "analyst"))
    wrong = hr.post(ROOT, {"effective_on": "2020-13-01", "colour": "red"}, format="json")
    assert {issue["pointer"] for issue in wrong.json()["issues"]} == {"/name", "/effective_on", "/colour"}
    key: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "one"}
    made = hr.post(ROOT, {"name": "一号", "effective_on": str(DAY)}, format="json", **key)
    assert made.status_code == 201, made.content
    assert hr.post(ROOT, {"name": "一号", "effective_on": str(DAY)}, format="json", **key).json() == made.json()
    assert Scenario.objects.count() == 1
    url = f"{ROOT}{made.json()['id']}/"
    assert [row["name"] for row in executive.get(ROOT).json()] == ["一号"]
    assert analyst.get(ROOT).status_code == 403

    def put(status: int = 201, **said: Any) -> Any:
        answer = hr.post(f"{url}changes/", said, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()

    assert put(422, action="move", external_id="R1", to="S1")["code"] == "refused"
    assert put(422, action="merge", thing="people", external_id="ES1")["issues"][0]["pointer"] == "/thing"
    put(action="move", external_id="R1", to="BU2")
    told = put(action="move", thing="people", external_id="P2", to="BU2")["changes"]
    assert {(one["thing"], one["external_id"]) for one in told} >= {("units", "R1"), ("people", "P2")}
    seen = executive.get(f"{url}changes/").json()
    assert ({one["thing"] for one in seen["changes"]}, seen["hidden"]) == ({"units"}, len(told) - 1)
    price = hr.get(f"{url}price/").json()
    figures = {one["name"]: (one["before"], one["after"]) for one in price["figures"]}
    assert figures["people"] == ("4", "4")
    assert "cost" in figures
    assert {unit["unit_external_id"] for unit in price["units"]} >= {"R1", "BU1", "BU2"}
    less = executive.get(f"{url}price/").json()
    assert "cost" not in {one["name"] for one in less["figures"]}
    assert hr.post(f"{url}comments/", {"text": "好"}, format="json").json()[0]["text"] == "好"

    for path in ("submit/", "approve/", "reject/", "apply/"):
        assert owner.post(url + path).status_code == 428, path
    stale = tagged(hr, url)
    later = str(DAY + timedelta(days=1))
    renamed = hr.patch(url, {"note": "为何", "effective_on": later}, format="json", **stale)
    assert (renamed.json()["note"], renamed.json()["name"], renamed.json()["effective_on"]) == ("为何", "一号", later)
    assert hr.post(f"{url}submit/", **stale).status_code == 412
    assert hr.post(f"{url}submit/", **tagged(hr, url)).json()["status"] == "submitted"
    assert hr.post(f"{url}approve/", **tagged(hr, url)).status_code == 403, "who made it does not decide"
    assert move(Thing.UNITS, "R1", to="HQ", on=DAY + timedelta(days=1), actor_id=None).is_ok
    (conflict,) = hr.get(f"{url}conflicts/").json()
    assert (conflict["live"], conflict["wanted"]) == ("HQ", "BU2")
    assert owner.post(f"{url}approve/", **tagged(owner, url)).json()["code"] == "scenario_conflicts"
    chosen = {"choices": [{"id": conflict["id"], "side": "draft"}]}
    assert hr.post(f"{url}conflicts/", chosen, format="json").json() == []
    assert hr.post(f"{url}conflicts/", chosen, format="json").status_code == 409
    assert owner.post(f"{url}approve/", {"note": "好"}, format="json", **tagged(owner, url)).status_code == 200
    done = hr.post(f"{url}apply/", **tagged(hr, url)).json()
    assert (done["status"], done["applied_revision"] is not None) == ("applied", True)
    assert snapshot(DAY + timedelta(days=1)).parents["R1"] == "BU2"
    assert hr.delete(f"{url}changes/units/R1/").status_code == 409


@pytest.mark.usefixtures("organisation")
def test_a_change_is_taken_out_a_rejection_has_a_reason_and_what_is_put_away_can_be_read(
    api_client: Callable[..., APIClient],
) -> None:
    hr, owner = api_client("hr_lead"), api_client("owner")
    url = f"{ROOT}{hr.post(ROOT, {'name': '二号', 'effective_on': str(DAY)}, format='json').json()['id']}/"
    for unit in ("S1", "S2"):
        hr.post(f"{url}changes/", {"action": "move", "external_id": unit, "to": "BU2"}, format="json")
    assert hr.delete(f"{url}changes/units/S1/").json()["changes"] == {"created": 0, "changed": 1, "removed": 0}
    hr.post(f"{url}submit/", **tagged(hr, url))
    assert owner.post(f"{url}reject/", **tagged(owner, url)).status_code == 422
    told = owner.post(f"{url}reject/", {"note": "太早"}, format="json", **tagged(owner, url)).json()
    assert (told["status"], told["decision_note"]) == ("rejected", "太早")
    assert hr.delete(url).json()["status"] == "discarded"
    assert (hr.get(ROOT).json(), len(hr.get(f"{ROOT}?discarded=true").json())) == ([], 1)
    assert hr.get(f"{ROOT}999/").status_code == 404
