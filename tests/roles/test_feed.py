"""The delta feed: whoever keeps the last state of each thing has what a full read gives, whenever they read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import Thing
from roles.queries.documents import documents
from roles.queries.feed import Page, Position, feed, newest_revision
from roles.services.effects import take_effect
from roles.services.ending import end, remove
from roles.services.stages import adopt_stage
from roles.services.sync import (
    AssignmentInput,
    LineInput,
    PersonInput,
    SeatInput,
    UnitInput,
    upsert_assignments,
    upsert_lines,
    upsert_people,
    upsert_seats,
    upsert_units,
)
from tests.roles.organisation import write_organisation
from tests.roles.world import keys_of

ApiClient = Callable[..., APIClient]
URL = "/api/v1/workspaces/acme/changes/"
STORE = {"name": "上海徐汇店", "level": "store", "parent_external_id": "R01"}
ZONE = ZoneInfo("Asia/Shanghai")
WALKS = int(os.environ.get("FEED_WALKS", "8"))  # many more by hand
NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE)


@pytest.fixture
def hr(api_client: ApiClient, workspace: Workspace) -> APIClient:
    with workspace_scope(workspace.pk):
        write_organisation()
    return api_client("hr_lead")


def read_all(client: APIClient, since: str = "", *, limit: int = 4) -> tuple[list[dict[str, Any]], str]:
    told: list[dict[str, Any]] = []
    while True:
        answer = client.get(URL, {"limit": str(limit)} | ({"since": since} if since else {}))
        assert answer.status_code == 200, answer.content
        told += answer.json()["changes"]
        since = answer.json()["next"]
        if not answer.json()["has_more"]:
            return told, since


def test_the_first_reading_has_everything_once_and_the_next_one_nothing(hr: APIClient) -> None:
    told, token = read_all(hr)
    keys = [(one["thing"], one["external_id"]) for one in told]
    assert len(keys) == len(set(keys)) == 7 + 6 + 6
    assert [one["thing"] for one in told] == ["units"] * 7 + ["people"] * 6 + ["assignments"] * 6
    person = next(one for one in told if one["external_id"] == "E2")
    assert person["document"] == hr.get(URL.replace("changes", "people") + "E2/").json()
    assert read_all(hr, token)[0] == []


def test_changes_follow_with_their_present_state_and_tombstones(hr: APIClient) -> None:
    _told, token = read_all(hr)
    root = URL.removesuffix("changes/")
    hr.put(f"{root}units/S0103/", STORE)
    hr.put(f"{root}units/S0103/", {**STORE, "name": "later"}, headers={"If-Match": "*"})
    hr.put(f"{root}units/S0199/?effective_on=2099-01-01", STORE)
    hr.delete(f"{root}people/E5/", headers={"If-Match": "*"})
    told, after = read_all(hr, token, limit=1)
    found = {(one["thing"], one["external_id"]): one for one in told}
    assert found["units", "S0103"]["document"]["name"] == "later"
    assert [key for key, one in found.items() if one["removed"]] == [
        ("units", "S0199"), ("assignments", "E5/digital-guide/2024-05-01"), ("people", "E5"),
    ]  # fmt: skip
    revisions = [one["revision"] for one in told]
    assert revisions == sorted(revisions)
    assert read_all(hr, after)[0] == []


def test_a_thing_changed_while_its_page_is_read_is_told_again(hr: APIClient) -> None:
    first = hr.get(URL, {"limit": 3}).json()
    hr.put(URL.replace("changes", "units") + "D-MKT/", STORE | {"name": "市场二部"}, headers={"If-Match": "*"})
    told, _token = read_all(hr, first["next"])
    assert [one["document"]["name"] for one in told if one["external_id"] == "D-MKT"][-1] == "市场二部"


def test_a_token_that_leads_nowhere_asks_for_a_full_sync(
    hr: APIClient, api_client: ApiClient, other_workspace: Workspace
) -> None:
    _told, token = read_all(hr)
    foreign = api_client("owner", workspace=other_workspace).get(URL.replace("acme", "umbrella")).json()["next"]
    for wrong in ("nonsense", token[:-2] + "xx", foreign):
        answer = hr.get(URL, {"since": wrong})
        assert (answer.status_code, answer.json()["code"]) == (410, "full_sync_required"), wrong
    with time_machine.travel(datetime.now(ZONE) + timedelta(days=91)):
        from django.core import signing

        with pytest.raises(signing.SignatureExpired):
            signing.loads(token, salt="roles.feed", max_age=timedelta(days=90))
    for limit in ("0", "1001", "000000001999999", "9" * 5000, "x", "²"):
        assert hr.get(URL, {"limit": limit}).status_code == 422


class Reader:
    """A client that keeps the last state of each thing."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.kept: dict[tuple[Thing, str], Any] = {}

    def read(self, *, today: date, pages: int, most: int) -> bool:
        """Read so many pages; tell whether it has come to the end."""
        for _ in range(pages):
            page: Page = feed(self.position, as_of=today, most=most)
            for one in page.told:
                self.kept.pop((one.thing, one.external_id), None)
                if one.document is not None:
                    self.kept[one.thing, one.external_id] = one.document
            self.position = page.next
            if not page.has_more:
                return True
        return False


def everything(today: date) -> dict[tuple[Thing, str], Any]:
    """Return every thing that is there today, read one by one."""
    return {
        (thing, key): found
        for thing in Thing
        for key, found in documents(thing, keys_of(thing), as_of=today).items()
        if thing is not Thing.STAGES or found["decided_in"] == key
    }


UNITS = st.sampled_from(["G", "R01", "R02", "S0101", "S0102", "N1", "N2"])
PEOPLE = st.sampled_from(["E1", "E2", "E3", "N1", "N2"])
DAYS = st.sampled_from([-400, -1, 0, 1, 2, 30])
STEPS = st.one_of(
    st.tuples(st.just("unit"), UNITS, UNITS, DAYS),
    st.tuples(st.just("person"), PEOPLE, UNITS, DAYS),
    st.tuples(st.just("seat"), st.sampled_from(["P1", "P2"]), UNITS, DAYS),
    st.tuples(st.just("assignment"), PEOPLE, UNITS, DAYS),
    st.tuples(st.just("line"), UNITS, UNITS, DAYS),
    st.tuples(st.just("stage"), UNITS, UNITS, DAYS),
    st.tuples(st.sampled_from(["end-units", "end-people", "remove-units", "remove-people"]), UNITS, PEOPLE, DAYS),
    st.tuples(st.just("tomorrow"), UNITS, UNITS, st.sampled_from([1, 2, 31])),
    st.tuples(st.just("read"), UNITS, UNITS, st.sampled_from([1, 2, 3])),
)


def take(step: tuple[str, str, str, int], *, today: date) -> None:
    """Try one change; what is refused changes nothing."""
    what, one, other, days = step
    on = today + timedelta(days=days)
    match what:
        case "unit":
            upsert_units([UnitInput(one, f"{one} {days}", "department", other)], effective_on=on, actor_id=None)
        case "person":
            upsert_people([PersonInput(one, other, date(2024, 1, 1), f"{days}")], effective_on=on, actor_id=None)
        case "seat":
            upsert_seats([SeatInput(one, other, f"seat {days}")], effective_on=on, actor_id=None)
        case "assignment":
            until = on + timedelta(days=5) if days % 2 else None
            upsert_assignments([AssignmentInput(one, "user-ops", other, on, end_on=until)], actor_id=None)
        case "line":
            upsert_lines([LineInput("L1", "units", "project", one, other, on)], actor_id=None)
        case "stage" if one in keys_of(Thing.UNITS):
            adopt_stage(one, stage=StageKey.PROJECT, subtype=SubtypeKey.PROJECT_TEAM, on=on, actor_id=None, note=other)
        case "end-units" | "remove-units":
            _end(Thing.UNITS, one, what, on)
        case "end-people" | "remove-people":
            _end(Thing.PEOPLE, other, what, on)


def _end(thing: Thing, key: str, what: str, on: date) -> None:
    if what.startswith("end"):
        end(thing, key, on=on, actor_id=None)
    else:
        remove(thing, [key], actor_id=None)


class TestAnySequence(TestCase):
    """Any sequence of writes, read at any moment."""

    @settings(max_examples=WALKS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(STEPS, max_size=25), st.integers(1, 9))
    def test_deltas_add_up_to_a_full_read(self, steps: list[tuple[str, str, str, int]], most: int) -> None:
        workspace = Workspace.objects.create(slug="walk", name="Walk")
        with workspace_scope(workspace.pk):
            walk(steps, most=most)


def walk(steps: list[tuple[str, str, str, int]], *, most: int) -> None:
    """Take the steps; read to the end; compare."""
    reader, now = Reader(), NOON
    with time_machine.travel(now):
        write_organisation()
    for step in steps:
        with time_machine.travel(now, tick=True):
            if step[0] == "read":
                reader.read(today=now.date(), pages=step[3], most=most)
            elif step[0] == "tomorrow":
                now += timedelta(days=step[3])
            else:
                take(step, today=now.date())
    with time_machine.travel(now, tick=True):
        take_effect(now=now)
        assert reader.read(today=now.date(), pages=1000, most=most)
        assert reader.kept == everything(now.date())
        fresh = Reader()
        assert fresh.read(today=now.date(), pages=1000, most=most)
        assert fresh.kept == reader.kept
        assert newest_revision() >= 1
