"""Adopted stages: dated, inherited from the nearest unit above, the first stage where nobody decided."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.errors import SubtypeOfOtherStage, UnknownUnit
from roles.models import AdoptedStage
from roles.queries.stages import adopted_stage, adopted_stages, stage_history
from roles.services.stages import adopt_stage
from tests.roles.organisation import DAY, write_organisation

LATER = date(2026, 9, 1)


def test_a_unit_follows_the_nearest_decision_above_it(
    in_workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    write_organisation()
    adopt_stage("G", stage=StageKey.STRONG_DEPARTMENT, subtype=SubtypeKey.SALES_LED, on=DAY, actor_id=None)
    adopt_stage("R02", stage=StageKey.PROJECT, subtype=SubtypeKey.PROJECT_TEAM, on=LATER, actor_id=None)
    with django_assert_num_queries(2):
        stages = adopted_stages(LATER)
    assert (stages["S0101"].stage, stages["S0101"].unit_external_id) == (StageKey.STRONG_DEPARTMENT, "G")
    assert (stages["S0201"].stage, stages["S0201"].since) == (StageKey.PROJECT, LATER)
    assert adopted_stage("S0201", on=DAY).stage is StageKey.STRONG_DEPARTMENT
    before = adopted_stage("S0201", on=date(2026, 5, 31))
    assert (before.stage, before.is_default) == (StageKey.PROJECT, True)


def test_adopting_again_changes_nothing_and_history_names_who_decided(in_workspace: Workspace) -> None:
    write_organisation()
    for is_new in (True, False):
        changed = adopt_stage(
            "G", stage=StageKey.STRONG_DEPARTMENT, subtype=SubtypeKey.MARKET_LED, on=DAY, actor_id=None, note="试点"
        )
        assert changed is is_new
    assert [(entry.stage, entry.start, entry.note) for entry in stage_history("G")] == [
        (StageKey.STRONG_DEPARTMENT, DAY, "试点")
    ]


def test_a_subtype_of_another_stage_and_an_unknown_unit_are_refused(in_workspace: Workspace) -> None:
    write_organisation()
    with pytest.raises(SubtypeOfOtherStage):
        adopt_stage("G", stage=StageKey.PROJECT, subtype=SubtypeKey.SALES_LED, on=DAY, actor_id=None)
    with pytest.raises(UnknownUnit):
        adopt_stage("X", stage=StageKey.PROJECT, subtype=SubtypeKey.PROJECT_TEAM, on=DAY, actor_id=None)
    adopt_stage("G", stage=StageKey.PROJECT, subtype=SubtypeKey.PROJECT_TEAM, on=DAY, actor_id=None)
    with pytest.raises(IntegrityError, match="subtype_of_its_stage"), transaction.atomic():
        AdoptedStage.objects.update(subtype="sales-led")
