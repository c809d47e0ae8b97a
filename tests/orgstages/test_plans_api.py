"""Roadmaps, relations and team phases over REST: what the pages show, people by id and only for who may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from orgstages.catalogue import load_stages
from orgstages.queries.relations import owned_relations
from orgstages.services.acting import Actor
from orgstages.services.phases import enter_phase, tick_criterion
from orgstages.services.relations import own_relation
from orgstages.services.roadmaps import begin_roadmap, cancel_roadmap
from roles.catalogue import SubtypeKey
from tests.orgstages.world import write_organisation

ROOT = "/api/v1/workspaces/acme/"
WAY = "sales-led-to-user-growth-driven"
Clients = Callable[..., APIClient]


@pytest.fixture
def actor(in_workspace: Workspace) -> Actor:
    """A writer in a workspace with an organisation."""
    write_organisation()
    return Actor(None, "Asia/Shanghai", timezone.localdate())


def answer(client: APIClient, path: str, status: int = 200) -> Any:
    """Return what a call answers as JSON."""
    found = client.get(f"{ROOT}{path}")
    assert found.status_code == status, found.content
    return found.json()


def test_roadmaps_tell_their_milestones_and_end_with_their_bounds(actor: Actor, api_client: Clients) -> None:
    start = actor.today - timedelta(weeks=4)
    made = begin_roadmap("BU1", transition=WAY, start_on=start, actor=actor, owner="LEAD")
    other = begin_roadmap("BU2", transition=WAY, start_on=actor.today, actor=actor)
    cancel_roadmap(other.pk, reason="另定", actor=actor)
    found = answer(api_client("hr_lead"), "roadmaps/")
    assert [(one["id"], one["is_over"], one["cancel_reason"]) for one in found] == [
        (made.pk, False, ""),
        (other.pk, True, "另定"),
    ]
    one = answer(api_client("executive"), f"roadmaps/{made.pk}/")
    steps = load_stages().transitions[WAY].steps
    assert [each["names"]["en"] for each in one["milestones"]] == [step.names.en for step in steps]
    assert [each["standing"] for each in one["milestones"][:3]] == ["overdue", "coming", "coming"]
    assert (one["milestones"][0]["days"], one["overdue"], one["start_on"]) == (14, 1, str(start))
    assert {each["owner_external_id"] for each in found[0]["milestones"]} == {"LEAD"}
    assert {each["owner_external_id"] for each in one["milestones"]} == {None}  # executives see no people
    assert answer(api_client("hr_lead"), "roadmaps/?unit=BU2")[0]["id"] == other.pk
    answer(api_client("hr_lead"), "roadmaps/?unit=NO", 404)
    answer(api_client("hr_lead"), "roadmaps/999999/", 404)
    within = api_client("line_manager", unit_external_id="BU2")
    assert [each["id"] for each in answer(within, "roadmaps/")] == [other.pk]
    answer(within, f"roadmaps/{made.pk}/", 404)
    answer(within, "roadmaps/?unit=BU1", 404)


def test_relations_tell_the_units_they_stand_between_and_who_sees_to_them(actor: Actor, api_client: Clients) -> None:
    led = SubtypeKey.SALES_LED
    own_relation("BU1", subtype=led, number=7, giver="UC", receiver="R1", owner="U2", since=actor.today, actor_id=None)
    hr, asked = api_client("hr_lead"), f"relations/?unit=BU1&subtype={led}"
    found = answer(hr, asked)
    shown = owned_relations("BU1", as_of=actor.today, subtype=led)
    assert [(one["number"], one["names"]["zh"], one["is_reconstructed"]) for one in found] == [
        (one.number, one.names.zh, one.is_reconstructed) for one in shown
    ]
    assert [one["number"] for one in found if one["is_owned"]] == [7]
    pair = {"giver_external_id": "UC", "receiver_external_id": "R1", "since": str(actor.today), "owner_gap": None}
    owned = next(one for one in found if one["is_owned"])
    assert owned["pairs"] == [pair | {"owner_external_id": "U2"}]
    less = next(one for one in answer(api_client("executive"), asked) if one["is_owned"])
    assert less["pairs"] == [pair | {"owner_external_id": None}]
    before = answer(hr, f"{asked}&as_of={actor.today - timedelta(days=1)}")
    assert not any(one["is_owned"] for one in before)
    wrong = answer(hr, "relations/?subtype=none", 422)
    assert {issue["pointer"] for issue in wrong["issues"]} == {"/unit", "/subtype"}
    answer(hr, "relations/?unit=NO", 404)


def test_team_phases_tell_the_phase_of_a_day_and_what_is_met(actor: Actor, api_client: Clients) -> None:
    begun = actor.today - timedelta(days=30)
    enter_phase("UC", phase="foundation", since=begun, actor=actor)
    tick_criterion("UC", criterion=0, evidence="报表 R-13", met_on=actor.today, actor=actor)
    (one,) = answer(api_client("executive"), "team-phases/")
    assert (one["unit_external_id"], one["phase"]["key"], one["since"]) == ("UC", "foundation", str(begun))
    assert one["criteria"][0]["met"] == {"met_on": str(actor.today), "evidence": "报表 R-13"}
    assert one["following"]["key"] == "experiment"
    assert one["history"] == [{"phase": "foundation", "since": str(begun), "until": None, "reason": ""}]
    assert answer(api_client("executive"), f"team-phases/?as_of={begun - timedelta(days=1)}") == []
    assert answer(api_client("line_manager", unit_external_id="BU2"), "team-phases/") == []
