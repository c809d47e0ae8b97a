"""The history of the organisation on pages, undo, the date control with its two clocks, and how states differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.choices import Thing
from roles.models import OrgRevision
from roles.services.moving import move
from roles.services.sync import UnitInput, upsert_units
from roles.state_diff import State, value_on
from roles.state_lines import EXISTS, differences
from tests.roles.organisation import UNITS, write_organisation

SignedIn = Callable[..., Client]
EN = {"HTTP_ACCEPT_LANGUAGE": "en"}
HERE = "/w/acme/organisation"
DAYS = [f"2026-0{month}-01" for month in range(1, 7)]


@pytest.fixture
def organisation(workspace: Workspace) -> Workspace:
    """The small organisation in three revisions."""
    with workspace_scope(workspace.pk):
        write_organisation()
    return workspace


def shown(client: Client, path: str) -> str:
    answer = client.get(f"{HERE}/{path}", follow=True, **EN)  # type: ignore[arg-type]
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def state(cuts: list[str], values: list[str]) -> State:
    bounds = sorted(set(cuts))
    spans = [
        {"start": start, "end": end, "name": value}
        for start, end, value in zip(bounds, [*bounds[1:], None], values, strict=False)
    ]
    return {"spans": spans}


STATES = st.none() | st.builds(
    state,
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=4),
    st.lists(st.sampled_from("ab"), min_size=4, max_size=4),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STATES, STATES)
def test_the_lines_of_a_change_tell_every_day_on_which_the_states_differ_and_no_other(
    before: State | None, after: State | None
) -> None:
    lines = differences(before, after)
    for day in ["2025-12-31", *DAYS, "2027-01-01"]:
        on_day = [one for one in lines if (one.start or "") <= day and (one.end is None or day < one.end)]
        assert bool(on_day) == (value_on(before, day) != value_on(after, day)), day
        for one in on_day:
            if one.field != EXISTS:
                assert ((value_on(before, day) or {}).get("name"), (value_on(after, day) or {}).get("name")) == (
                    one.before,
                    one.after,
                )


def test_the_history_lists_who_wrote_what_and_is_narrowed_by_thing_way_author_and_day(
    organisation: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("hr_lead")
    client.post(
        f"{HERE}/move/",
        {"thing": "units", "id": "S0101", "to": "R02", "on": "2026-06-01", "whole_branch": "1", "note": "并入华南"},
    )
    listed = shown(client, "history/")
    assert all(f">r{number}</a>" in listed for number in (1, 2, 3, 4))
    assert "并入华南" in listed
    assert "hr_lead1@acme.test" in listed
    only = shown(client, "history/?thing=units&id=S0101")
    assert ">r4</a>" in only
    assert ">r2</a>" not in only
    assert "What was known when" in only
    assert "Superseded" in only
    assert ">r4</a>" in shown(client, "history/?source=web")
    assert ">r1</a>" not in shown(client, "history/?source=web")
    assert "No revision matches" in shown(client, "history/?until=2020-01-01")
    assert ">r3</a>" in shown(client, "history/?before=4")
    assert ">r4</a>" not in shown(client, "history/?before=4")


def test_a_revision_tells_only_what_differs_and_is_undone_once(organisation: Workspace, signed_in: SignedIn) -> None:
    with workspace_scope(organisation.pk):
        assert upsert_units([replace(UNITS[2], name="华东新区")], effective_on=date(2026, 9, 1), actor_id=None).is_ok
    client = signed_in("owner")
    page = shown(client, "history/4/")
    assert "华东大区" in page
    assert "华东新区" in page
    assert "from 2026-09-01 on" in page
    assert "Ownership" not in page.split('<main id="main"')[1]
    undone = client.post(f"{HERE}/history/4/undo/", follow=True, **EN)  # type: ignore[arg-type]
    assert undone.redirect_chain == [(f"{HERE}/history/4/", 302)]
    assert "r4 is undone." in undone.content.decode()
    assert "Undone by r5" in undone.content.decode()
    again = client.post(f"{HERE}/history/4/undo/", follow=True, **EN)  # type: ignore[arg-type]
    assert "r4 cannot be undone." in again.content.decode()
    assert client.get(f"{HERE}/history/99/").status_code == 404
    assert client.get(f"{HERE}/history/{10**30}/").status_code == 404


def test_an_undo_that_something_newer_rests_on_is_refused_by_name(organisation: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    with workspace_scope(organisation.pk):
        move(Thing.UNITS, "S0101", to="R02", on=date(2026, 9, 1), actor_id=None)
        move(Thing.UNITS, "S0101", to="D-MKT", on=date(2026, 9, 1), actor_id=None)
    refused = client.post(f"{HERE}/history/4/undo/", follow=True, **EN)  # type: ignore[arg-type]
    assert "S0101: It has been changed since." in refused.content.decode()


def test_the_date_control_steps_from_change_to_change_and_marks_their_days(
    organisation: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("hr_lead")
    base = f"{HERE}/days/step/?page={HERE}/people/&as_of=2023-05-01&q=导购"
    forward = client.get(f"{base}&to=next")
    assert forward["Location"] == f"{HERE}/people/?as_of=2024-05-01&q=%E5%AF%BC%E8%B4%AD"
    back = client.get(f"{base}&to=previous")
    assert "as_of=2022-05-01" in back["Location"]
    assert client.get(f"{base.replace(f'{HERE}/people/', 'https://evil.test/')}&to=next")["Location"].startswith(HERE)
    end = client.get(f"{HERE}/days/step/?page={HERE}/people/&as_of=2090-01-01&to=next", follow=True, **EN)  # type: ignore[arg-type]
    assert "Nothing changes after this day." in end.content.decode()
    with workspace_scope(organisation.pk):
        soon = today_in(organisation) + timedelta(days=40)
        move(Thing.UNITS, "S0101", to="R02", on=soon, actor_id=None)
    month = shown(client, f"days/?month={soon:%Y-%m}&as_of=2026-06-01&view=list")
    assert month.count("is-marked") == 1
    assert f'is-marked is-planned" href="?as_of={soon}&amp;view=list"' in month
    guide = signed_in("guide", person_external_id="E3")
    assert "is-marked" not in shown(guide, f"days/?month={soon:%Y-%m}")
    assert "is-marked" in shown(guide, "days/?month=2023-05")


def test_a_page_as_known_then_shows_what_was_known_then(organisation: Workspace, signed_in: SignedIn) -> None:
    with workspace_scope(organisation.pk):
        known = OrgRevision.objects.latest("number").at.isoformat().replace("+", "%2B")
        move(Thing.PEOPLE, "E3", to="S0201", on=date(2026, 6, 1), actor_id=None)
    client = signed_in("hr_lead")
    now, then = shown(client, "people/E3/"), shown(client, f"people/E3/?known_at={known}")
    assert "广州天河店" in now
    assert "广州天河店" not in then
    assert "As known on" in then
    assert "known_at=" in then.split("<table")[1], "links keep the clock"


def queries(client: Client, path: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as asked:
        shown(client, path)
    return len(asked)


def test_ten_times_the_revisions_take_the_same_queries(organisation: Workspace, signed_in: SignedIn) -> None:
    client, paths = signed_in("hr_lead"), ("history/", "history/1/", "people/E3/", "unplaced/", "days/")
    shown(client, "days/")
    few = {path: queries(client, path) for path in paths}
    with workspace_scope(organisation.pk):
        for number in range(12):
            unit = UnitInput(f"X{number}", f"第{number}店", "store", "R01", "direct")
            assert upsert_units([unit], effective_on=date(2026, 6, 1), actor_id=None).is_ok
    assert {path: queries(client, path) for path in paths} == few
    assert max(few.values()) <= 26
