"""What the demo retailer plans is written through the pages' services, once, and every page shows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from omnichannel.workspaces.models import Workspace
from orgstages.models import DiagnosisAnswer, PhaseEntry, RelationOwner, Roadmap
from orgstages.services.demo import seed_plans
from roles.models import Scenario
from roles.services.scenarios import drafted
from roles.services.sync import PersonInput, UnitInput, upsert_people, upsert_units
from tests.kpis.retailer import SINCE


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    units = [
        UnitInput("G", "云裳集团", "group"),
        UnitInput("HQ", "集团总部", "hq", "G"),
        *(UnitInput(key, key, "department", "HQ") for key in ("D-SAL", "D-EC", "D-MD", "D-IT")),
        UnitInput("BU1", "兰溪女装事业部", "business_unit", "G"),
        UnitInput("BU1-UC", "兰溪用户运营中心", "department", "BU1"),
        UnitInput("BU2", "小芽童装事业部", "business_unit", "G"),
        UnitInput("BU2-PRJ", "小芽全域项目组", "department", "BU2"),
        UnitInput("R05", "华中大区", "region", "BU2"),
    ]
    assert upsert_units(units, effective_on=SINCE, actor_id=None).is_ok
    people = [PersonInput(f"E-{unit.external_id}", unit.external_id, SINCE) for unit in units[2:]]
    assert upsert_people(people, effective_on=SINCE, actor_id=None).is_ok


@pytest.mark.usefixtures("retailer")
def test_the_demo_has_a_roadmap_owners_a_phase_and_two_scenarios(signed_in: Callable[..., Client]) -> None:
    hr = signed_in("hr_lead")
    for _time in range(2):
        seed_plans()
    assert DiagnosisAnswer.objects.count() == 24, "three units, two statements about each of four challenges"
    (roadmap,) = Roadmap.objects.all()
    assert [entry.phase for entry in PhaseEntry.objects.order_by("since")] == ["foundation", "experiment"]
    assert {owner.receiver for owner in RelationOwner.objects.all()} == {"D-SAL", "D-EC", "D-MD", "D-IT"}
    drafted_one, waiting = Scenario.objects.order_by("pk")
    assert (drafted_one.status, waiting.status) == ("draft", "submitted")
    for row in (drafted_one, waiting):
        with drafted(row.pk) as draft:
            assert draft.changes
            assert not draft.left_out
    root = "/w/acme/stages/"
    assert "华中大区" in hr.get("/w/acme/scenarios/").content.decode()
    assert "小芽童装事业部" in hr.get(f"{root}roadmaps/{roadmap.pk}/").content.decode()
    assert "BU1-UC" in hr.get(f"{root}relations/?unit=BU1").content.decode()
    assert "兰溪用户运营中心" in hr.get(f"{root}phases/").content.decode()
