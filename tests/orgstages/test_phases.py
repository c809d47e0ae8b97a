"""Team phases: a team moves on only with every criterion met by evidence, and its history stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from orgstages.errors import CriteriaOpen, DoneAhead, EvidenceRequired, PhaseOrder, ReasonMissing
from orgstages.queries.phases import TeamView, positions_of, team, teams
from orgstages.services.acting import Actor
from orgstages.services.phases import enter_phase, tick_criterion, untick_criterion
from roles.queries.org_chart import unit_tree
from roles.services.sync import UnitInput, upsert_units
from tests.orgstages.world import write_organisation

URL = "/w/acme/stages/units/UC/phase/"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def actor(in_workspace: Workspace) -> Actor:
    """A writer in a workspace with an organisation."""
    write_organisation()
    return Actor(None, "Asia/Shanghai", timezone.localdate())


def seen(actor: Actor) -> TeamView:
    found = team("UC", as_of=actor.today, tree=unit_tree(as_of=actor.today))
    assert found is not None
    return found


def test_a_team_moves_on_only_with_every_criterion_met(actor: Actor) -> None:
    begun, today = actor.today - timedelta(days=30), actor.today
    enter_phase("UC", phase="foundation", since=begun, actor=actor)
    with pytest.raises(CriteriaOpen, match="CRM"):
        enter_phase("UC", phase="experiment", since=today, actor=actor)
    with pytest.raises(EvidenceRequired):
        tick_criterion("UC", criterion=0, evidence="  ", met_on=today, actor=actor)
    with pytest.raises(PhaseOrder):
        tick_criterion("UC", criterion=0, evidence="x", met_on=begun - timedelta(days=1), actor=actor)
    tick_criterion("UC", criterion=0, evidence="报表 R-12 已上线", met_on=today, actor=actor)
    untick_criterion("UC", criterion=0, actor=actor)
    assert not seen(actor).is_ready
    with pytest.raises(CriteriaOpen):
        enter_phase("UC", phase="experiment", since=today, actor=actor)
    tick_criterion("UC", criterion=0, evidence="报表 R-13 已上线", met_on=today - timedelta(days=2), actor=actor)
    with pytest.raises(PhaseOrder):
        enter_phase("UC", phase="value-lift", since=today, actor=actor)
    with pytest.raises(DoneAhead):
        enter_phase("UC", phase="experiment", since=today + timedelta(days=1), actor=actor)
    enter_phase("UC", phase="experiment", since=today - timedelta(days=1), actor=actor)
    with pytest.raises(ReasonMissing):
        enter_phase("UC", phase="foundation", since=today, actor=actor)
    enter_phase("UC", phase="foundation", since=today, actor=actor, reason="CRM 要换")
    now = seen(actor)
    assert [stay.phase.id for stay in now.history] == ["foundation", "experiment", "foundation"]
    assert (now.met, now.following.id if now.following else "") == (0, "experiment")
    kept = [(tick.evidence, tick.withdrawn_at is not None) for _number, tick in now.history[-1].ticks]
    assert kept == [("报表 R-12 已上线", True), ("报表 R-13 已上线", False)]
    earlier = team("UC", as_of=today - timedelta(days=1), tree=unit_tree(as_of=today))
    assert earlier is not None
    assert earlier.stay.phase.id == "experiment"
    assert teams(as_of=begun - timedelta(days=1), tree=unit_tree(as_of=today)) == ()


def test_positions_tell_which_roles_somebody_in_the_team_holds(actor: Actor) -> None:
    enter_phase("UC", phase="foundation", since=actor.today, actor=actor)
    tree = unit_tree(as_of=actor.today)
    phase = seen(actor).stay.phase
    here = positions_of(phase, unit="UC", as_of=actor.today, tree=tree)
    assert [[held for _role, _names, held in position.roles] for position in here] == [[True, True], [True, True]]
    there = positions_of(phase, unit="PRJ", as_of=actor.today, tree=tree)
    assert [[held for _role, _names, held in position.roles] for position in there] == [[False, True], [True, True]]


def test_a_manager_leads_the_own_team_through_its_phases_in_the_browser(
    actor: Actor, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("line_manager", unit_external_id="BU1")
    empty = client.get(URL, headers=ENGLISH).content.decode()
    assert "This team is in no phase yet" in empty
    day = actor.today.isoformat()
    assert (
        client.post(URL, {"phase": "foundation", "since": (actor.today - timedelta(days=5)).isoformat()}).status_code
        == 302
    )
    refused = client.post(URL, {"phase": "experiment", "since": day}, headers=ENGLISH)
    assert refused.status_code == 409
    assert "Still open" in refused.content.decode()
    assert client.post(f"{URL}criteria/0/", {"met_on": day, "evidence": "规则 V1"}).status_code == 302
    assert client.post(f"{URL}criteria/7/", {"met_on": day, "evidence": "x"}).status_code == 404
    assert "规则 V1" in client.get(URL).content.decode()
    assert client.post(URL, {"phase": "experiment", "since": day}).status_code == 302
    tomorrow = (actor.today + timedelta(days=1)).isoformat()
    for sent, faults in (
        ({"phase": "foundation", "since": ""}, ["This field is required.", "Give a reason."]),
        ({"phase": "foundation", "since": day}, ["choose a later day", "Give a reason."]),
        ({"phase": "value-lift", "since": tomorrow}, ["Nothing can be done later than today", "Still open"]),
        ({"phase": "digital", "since": tomorrow}, ["Select a valid choice", "Nothing can be done later than today"]),
    ):
        told = client.post(URL, sent, headers=ENGLISH).content.decode()
        assert [fault in told for fault in faults] == [True] * len(faults), sent
    early = {"evidence": "", "met_on": (actor.today - timedelta(days=1)).isoformat()}
    told = client.post(f"{URL}criteria/0/", early, headers=ENGLISH).content.decode()
    assert told.count('class="field__errors"') == 2
    assert "The team entered this phase on" in told
    assert client.post(f"{URL}criteria/7/", early).status_code == 404
    young = UnitInput("NEW", "直播组", "department", "BU1")
    begins = actor.today - timedelta(days=3)
    assert upsert_units([young], effective_on=begins, since=begins, actor_id=None).is_ok
    before = {"phase": "foundation", "since": (actor.today - timedelta(days=4)).isoformat(), "reason": ""}
    told = client.post(URL.replace("UC", "NEW"), before, headers=ENGLISH)
    assert told.status_code == 422
    assert f"On {before['since']} this unit was not there" in told.content.decode()
    assert client.post(URL.replace("UC", "NONE"), before).status_code == 404
    listed = client.get("/w/acme/stages/phases/", headers=ENGLISH).content.decode()
    assert "Strategy-experiment phase" in listed
    other = signed_in("line_manager", unit_external_id="BU2")
    assert other.get(URL).status_code == 404
    assert other.post(URL, {"phase": "value-lift", "since": day}).status_code == 404
    assert "用户中心" not in other.get("/w/acme/stages/phases/").content.decode()
