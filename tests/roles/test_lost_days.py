"""Days that were lost are found again: by a query, and by the command `check_org`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import Employment
from roles.queries.lost_days import LostDays, lost_days
from roles.services.sync import upsert_people
from tests.roles.organisation import PEOPLE, write_organisation

GUIDE = PEOPLE[2]
MOVED, BACK, GONE = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


@pytest.fixture
def moved(workspace: Workspace) -> Workspace:
    """Let the guide work elsewhere for a month."""
    with workspace_scope(workspace.pk):
        write_organisation()
        upsert_people([replace(GUIDE, unit_external_id="S0102")], effective_on=MOVED, actor_id=None)
        upsert_people([GUIDE], effective_on=BACK, actor_id=None)
    return workspace


def lose(start: date) -> None:
    """Let the row that begins on the day be held true no longer, with nothing in its place."""
    rows = Employment.objects.filter(person__external_id=GUIDE.external_id, during__startswith=start)
    assert rows.update(superseded_at=timezone.now()) == 1


def test_transfers_corrections_leavers_and_returns_lose_no_day(moved: Workspace) -> None:
    with workspace_scope(moved.pk):
        upsert_people([replace(GUIDE, unit_external_id="S0201")], effective_on=MOVED, actor_id=None)
        upsert_people([replace(GUIDE, left_on=GONE)], effective_on=BACK, actor_id=None)
        upsert_people([replace(GUIDE, hired_on=date(2026, 10, 1))], effective_on=date(2026, 10, 1), actor_id=None)
        assert lost_days() == []
    call_command("check_org", moved.slug)


def test_days_between_two_employments_are_told_with_the_unit_and_end_the_check(
    moved: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with workspace_scope(moved.pk):
        lose(MOVED)
        assert lost_days() == [LostDays("E3", "S0102", MOVED, BACK, is_between=True)]
    with pytest.raises(CommandError, match="1 of them"):
        call_command("check_org")
    assert (
        "E3: 2026-06-01 to 2026-07-01, between two employments; last said to work in S0102" in capsys.readouterr().out
    )


def test_days_with_nothing_after_them_are_told_and_may_be_meant(moved: Workspace) -> None:
    with workspace_scope(moved.pk):
        lose(BACK)
        assert lost_days() == [LostDays("E3", "S0101", BACK, None, is_between=False)]
    call_command("check_org", moved.slug)


def test_a_workspace_that_is_not_there_is_said(db: None) -> None:
    with pytest.raises(CommandError, match="There is no workspace"):
        call_command("check_org", "nowhere")
