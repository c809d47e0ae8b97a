"""Planned facts come into force: once, in order, in the workspace's own time zone, whoever looks and however late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from omnichannel.jobs.services.ticking import Ticker
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.choices import OrgSource
from roles.models import OrgChange, OrgRevision
from roles.services.effects import take_effect
from roles.services.sync import AssignmentInput, upsert_assignments, upsert_people, upsert_units
from tests.roles.organisation import PEOPLE, UNITS, write_organisation

START = datetime(2026, 6, 1, 4, tzinfo=UTC)  # noon in Shanghai
JULY = date(2026, 7, 1)


def at(text: str) -> datetime:
    """Read a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def clock(in_workspace: Workspace) -> Iterator[time_machine.Traveller]:
    """The workspace was made, and its organisation written, on the first of June."""
    Workspace.objects.filter(pk=in_workspace.pk).update(created_at=START)
    with time_machine.travel(START, tick=False) as traveller:
        write_organisation()
        yield traveller


def plan() -> None:
    """Plan for July: S0101 goes to R02 and gets another name, E3 leaves, E4's role ends, E5 gets another."""
    store, guide = UNITS[4], PEOPLE[2]
    assert upsert_units(
        [replace(store, parent_external_id="R02", name="静安新店")], effective_on=JULY, actor_id=None
    ).is_ok
    assert upsert_people([replace(guide, left_on=JULY)], effective_on=START.date(), actor_id=None).is_ok
    held = [
        AssignmentInput("E4", "digital-guide", "S0102", date(2024, 5, 1), Decimal("0.6"), JULY),
        AssignmentInput("E5", "user-ops", "R02", JULY, Decimal("0.2")),
        AssignmentInput("E3", "digital-guide", "S0101", date(2023, 5, 1), Decimal("0.9"), JULY),
    ]
    assert upsert_assignments(held, actor_id=None).is_ok


def told() -> list[tuple[str, str, list[str], date | None]]:
    """Return what the newest revision says."""
    newest = OrgRevision.objects.order_by("-number")[0]
    rows = OrgChange.objects.filter(revision=newest).order_by("thing", "external_id")
    return [(row.thing, row.external_id, row.fields, row.effective_on) for row in rows]


def test_what_was_planned_is_told_when_its_day_has_come_in_the_workspaces_zone(clock: time_machine.Traveller) -> None:
    plan()
    assert take_effect(now=at("2026-06-30T15:59:59")) == 0  # one second before midnight in Shanghai
    clock.move_to(at("2026-06-30T16:00:00"))
    assert take_effect(now=at("2026-06-30T16:00:00")) == 1
    assert told() == [
        ("assignments", "E3/digital-guide/2023-05-01", [], JULY),
        ("assignments", "E4/digital-guide/2024-05-01", [], JULY),
        ("assignments", "E5/user-ops/2026-07-01", [], JULY),
        ("people", "E3", [], JULY),
        ("units", "S0101", ["name", "parent"], JULY),
    ]
    revision = OrgRevision.objects.order_by("-number")[0]
    assert (revision.source, revision.in_effect_until, revision.actor) == (OrgSource.SYSTEM, JULY, None)
    moved = OrgChange.objects.get(revision=revision, thing="units")
    assert moved.before is not None
    assert moved.after is not None
    assert [state["spans"][0]["parent"] for state in (moved.before, moved.after)] == ["R01", "R02"]
    gone = OrgChange.objects.get(revision=revision, thing="people")
    assert gone.before is not None
    assert (gone.before["spans"][0]["unit"], gone.after) == ("S0101", None)


def test_twice_is_once_and_nothing_due_costs_two_queries(clock: time_machine.Traveller) -> None:
    plan()
    now = at("2026-07-01T02:00:00")
    clock.move_to(now)
    assert (take_effect(now=now), take_effect(now=now)) == (1, 0)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert take_effect(now=now) == 0
    assert len(queries) == 1  # told for today already
    with CaptureQueriesContext(connection) as queries:
        assert take_effect(now=at("2026-07-02T02:00:00")) == 0
    assert len(queries) == 2


def test_days_on_which_nobody_looked_are_made_up_for_in_order(clock: time_machine.Traveller) -> None:
    for month in (9, 8, 7):
        row = replace(UNITS[5], city=f"城{month}")
        assert upsert_units([row], effective_on=date(2026, month, 1), actor_id=None).is_ok
    now = at("2026-12-24T00:00:00")
    clock.move_to(now)
    assert take_effect(now=now) == 3
    days = list(
        OrgRevision.objects.exclude(in_effect_until=None).order_by("number").values_list("in_effect_until", flat=True)
    )
    assert days == [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)]


def test_what_is_written_on_its_own_day_or_later_is_no_plan(clock: time_machine.Traveller) -> None:
    clock.move_to(at("2026-06-30T17:00:00"))  # the first of July in Shanghai
    assert upsert_units([replace(UNITS[5], city="宁波")], effective_on=JULY, actor_id=None).is_ok
    assert upsert_units([replace(UNITS[6], city="深圳")], effective_on=date(2026, 6, 15), actor_id=None).is_ok
    assert take_effect(now=at("2026-07-05T00:00:00")) == 0


def test_what_was_planned_and_given_up_before_its_day_is_never_told(clock: time_machine.Traveller) -> None:
    assert upsert_units([replace(UNITS[5], city="宁波")], effective_on=JULY, actor_id=None).is_ok
    clock.move_to(at("2026-06-20T00:00:00"))
    assert upsert_units([UNITS[5]], effective_on=JULY, actor_id=None).is_ok
    assert take_effect(now=at("2026-07-05T00:00:00")) == 0


@pytest.mark.django_db(transaction=True)
def test_four_that_look_at_once_write_one_revision(workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(created_at=START)
    with workspace_scope(workspace.pk), time_machine.travel(START, tick=False):
        write_organisation()
        plan()
    written = []

    def look() -> None:
        with workspace_scope(workspace.pk):
            written.append(take_effect(now=at("2026-07-01T02:00:00")))
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 0, 1]
    with workspace_scope(workspace.pk):
        assert OrgRevision.objects.exclude(in_effect_until=None).count() == 1


def test_the_dispatcher_looks_once_a_minute_and_a_failure_keeps_nobody_from_it(
    clock: time_machine.Traveller,
    other_workspace: Workspace,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.REGULAR_TASKS = {"tests.roles.test_effects.broken": 60, "roles.services.effects.take_effect": 60}
    plan()
    ticker, now = Ticker(), at("2026-07-01T02:00:00")
    ticker.round(now=now)
    assert OrgRevision.objects.exclude(in_effect_until=None).count() == 1
    assert caplog.text.count("broken") >= 2
    ticker.round(now=now)
    assert [now, now] == BROKEN  # once in each workspace


BROKEN: list[datetime] = []


def broken(*, now: datetime) -> None:
    """Fail in every workspace."""
    BROKEN.append(now)
    raise ValueError("broken")
