"""What `features.md` promises of comparing a unit with what it could be, seen over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.models import Scenario
from tests.kpis.retailer import adopt, build_organisation


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(StageKey.PROJECT, SubtypeKey.PROJECT_TEAM, at="BU1")


@pytest.mark.usefixtures("retailer")
def test_c08_a_unit_is_compared_with_two_candidates_by_roles_cost_relations_and_weights(
    signed_in: Callable[..., Client],
) -> None:
    hr, executive = signed_in("hr_lead"), signed_in("executive")
    url = "/w/acme/stages/units/BU1/subtypes/?with=market-led&with=user-growth-driven"
    page = hr.get(url, HTTP_ACCEPT_LANGUAGE="en")
    text = page.content.decode()
    columns = {option.spec.key: option for option, _modes in page.context["columns"]}
    assert list(columns) == [SubtypeKey.PROJECT_TEAM, SubtypeKey.MARKET_LED, SubtypeKey.USER_GROWTH_DRIVEN]
    now, *candidates = columns.values()
    assert (now.is_current, now.relations, now.weights) == (True, (), ())
    for option in candidates:
        assert option.missing
        assert option.relations
        assert option.weights_changed
        for told in (*option.missing, *option.relations):
            assert told.names.en in text
        assert all(weights.names.en in text for weights in option.weights)
    assert "Cost of them a year" in text
    assert "Cost of them a year" not in executive.get(url, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "年增成本" in hr.get(url, HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
    made = hr.post("/w/acme/stages/units/BU1/subtypes/scenario/", {"subtype": "market-led"})
    assert made["Location"].endswith(f"/scenarios/{Scenario.objects.get().pk}/"), "a candidate opens as a scenario"
