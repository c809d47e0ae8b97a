"""What features.md promises of coverage: B-03 the heat-map, B-04 the advice, B-05 outsourced time; filling a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.services.stages import adopt_stage
from roles.services.sync import AssignmentInput, UnitInput, upsert_assignments, upsert_units
from tests.orgstages.world import DAY, NOW, SINCE, UNIT, write_figures, write_world
from tests.talent.plain_coverage import covered

SignedIn = Callable[..., Client]
Api = Callable[..., APIClient]
MAP, FILL, API = "/w/acme/stages/coverage/", "/w/acme/talent/fill/", "/api/v1/workspaces/acme/"
ON = f"as_of={DAY}"


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """Two business units; one has adopted user growth and holds user and member operations with one person."""
    with workspace_scope(workspace.pk):
        write_world()
        adopt_stage("BU1", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=SINCE, actor_id=None)
        both = AssignmentInput("U1", "member-ops", "UC", SINCE, Decimal("0.2"))
        gone = AssignmentInput("U2", "ad-delivery", "UC", SINCE, Decimal("0.2"), date(2026, 3, 1))
        assert upsert_assignments([both, gone], actor_id=None).is_ok
        write_figures({**NOW, ("member_active_rate", UNIT["BU1"]): ("10", "40000", "400000")})
    return workspace


def plain(text: bytes) -> str:
    return re.sub("[\u202f\u00a0]", " ", text.decode())


def words(text: bytes) -> str:
    """Return what a reader reads: the text without its marks."""
    return " ".join(re.sub("<[^>]+>", "", plain(text)).split())


def rows(client: APIClient, path: str) -> list[dict[str, Any]]:
    """Read a list over all its pages."""
    found, url = [], f"{API}{path}"
    while url:
        answer = client.get(url).json()
        if isinstance(answer, list):
            return answer
        found += answer["results"]
        url = answer["next"]
    return found


def cells(client: APIClient, day: date = DAY) -> dict[tuple[str, str], dict[str, Any]]:
    units = rows(client, f"coverage/?as_of={day}&page_size=5")
    return {(unit["unit_external_id"], cell["role"]): cell for unit in units for cell in unit["cells"]}


def test_b03_cells_show_filled_shared_and_missing_and_equal_the_assignment_table(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    api, page = (
        api_client("hr_lead"),
        plain(signed_in("hr_lead").get(f"{MAP}?{ON}", headers={"accept-language": "en"}).content),
    )
    found = cells(api)
    shown = {role: found["BU1", role]["state"] for role in ("omni-strategy", "content-marketing", "ad-delivery")}
    assert shown == {"omni-strategy": "filled", "content-marketing": "shared", "ad-delivery": "missing"}
    # a missing core role is red, and says so in words; since when it is vacant stands beside it
    assert found["BU1", "ad-delivery"] | {"fte": "0"} == {
        "role": "ad-delivery", "expected": "core", "state": "missing", "people": 0, "dedicated": 0, "fte": "0",
        "overloaded": 0, "vacant_since": "2026-03-01",
    }  # fmt: skip
    red = re.findall(r'<td class="heat cover--core[^"]*" title="([^"]+)"', page)
    assert "Ad delivery · 女装事业部: Core role missing · since 2026-03-01" in red
    # the numbers are those of the assignment table, counted by a program that knows nothing of ours
    exported = rows(api, f"assignments/?{ON}"), rows(api, f"people/?{ON}"), rows(api, f"units/?{ON}")
    for key, counted in covered(*exported).items():
        cell = found[key]
        assert (cell["people"], cell["dedicated"], Decimal(cell["fte"])) == counted, key
    held = {key for key, cell in found.items() if cell["people"]}
    assert held == covered(*exported).keys()
    # a past and a planned day
    assert cells(api, date(2026, 2, 1))["BU1", "ad-delivery"]["people"] == 1
    planned = AssignmentInput("U2", "ad-delivery", "UC", date(2027, 1, 1), Decimal("0.9"))
    with workspace_scope(world.pk):
        assert upsert_assignments([planned], actor_id=None).is_ok
    assert cells(api, date(2027, 1, 1))["BU1", "ad-delivery"]["state"] == "filled"
    assert cells(api)["BU1", "ad-delivery"]["state"] == "missing"


def test_b03_the_map_leaves_as_csv_and_stays_inside_the_readers_bounds(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    lines = signed_in("hr_lead").get(f"/w/acme/stages/coverage.csv?{ON}").content.decode().splitlines()
    assert len(lines) == 1 + 12 * 12
    assert sum("BU1,女装事业部" in line and ",ad-delivery,core,missing,0,0," in line for line in lines) == 1
    assert (
        signed_in("hr_lead").get(f"/w/acme/stages/coverage.csv?{ON}&top=BU2").content.decode().count("\n") == 1 + 12 * 3
    )
    manager = api_client("line_manager", unit_external_id="BU2")
    assert {unit for unit, _role in cells(manager)} == {"BU2", "PRJ", "S3"}
    assert manager.get(f"{API}coverage/?top=BU1").status_code == 404
    assert manager.get(f"{API}split-advice/?unit=BU1").status_code == 404
    bounded = signed_in("line_manager", unit_external_id="BU2")
    assert bounded.get("/w/acme/stages/coverage.csv?top=BU1").status_code == 404
    assert "BU1" not in bounded.get(f"/w/acme/stages/coverage.csv?{ON}").content.decode()


def test_b04_one_person_with_members_over_the_limit_is_advised_to_split_by_pair_and_reason(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    told = {
        (each["unit_external_id"], each["pair"]): each for each in rows(api_client("hr_lead"), f"split-advice/?{ON}")
    }
    found = told["BU1", "user-vs-member"]
    assert (found["roles"], found["advice"]) == (["user-ops", "member-ops"], "split")
    assert (found["people_external_ids"], found["period"]) == (["U1"], "2026-10")
    assert Decimal(found["figures"]["members"]) == 400000
    assert [each["zh"].replace("\u202f", " ") for each in found["reasons"]] == ["会员数 40.0 万，达到 30.0 万"]
    page = plain(signed_in("hr_lead").get(f"{MAP}?{ON}", headers={"accept-language": "en"}).content)
    assert "Holders of both User operations and Member operations: 1" in page
    assert "members: 400.0 k, at least 300.0 k" in page
    kept = signed_in("hr_lead").get(f"/w/acme/stages/coverage/advice.csv?{ON}").content.decode()
    assert "BU1,女装事业部,2026-10,user-vs-member,user-ops,member-ops,split" in kept
    # below the limit the same pair may stay as it is
    with workspace_scope(world.pk):
        write_figures({**NOW, ("member_active_rate", UNIT["BU1"]): ("10", "40000", "200000")})
    (again,) = (
        each for each in rows(api_client("owner"), f"split-advice/?{ON}&unit=BU1") if each["pair"] == "user-vs-member"
    )
    assert again["advice"] is None
    # an executive sees the advice, but nobody's name
    (unnamed,) = (
        each
        for each in rows(api_client("executive"), f"split-advice/?{ON}&unit=BU1")
        if each["pair"] == "user-vs-member"
    )
    assert unnamed["people_external_ids"] is None


def test_b05_the_share_of_outsourced_time_shows_per_unit_and_feeds_question_a11(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    api = api_client("hr_lead")
    shares = {unit["unit_external_id"]: unit["outsourced_share"] for unit in rows(api, f"coverage/?{ON}")}
    answers = {
        each["unit_external_id"]: next(one for one in each["answers"] if one["question"] == "A11")["fact"]
        for each in rows(api, f"diagnoses/?{ON}")
    }
    assert {unit: Decimal(fact["value"]) for unit, fact in answers.items()} == {
        unit: Decimal(shares[unit]) for unit in answers
    }
    assert (Decimal(shares["BU2"]), Decimal(shares["BU1"]), shares["S2"]) == (Decimal(40), Decimal(0), None)
    page = signed_in("hr_lead").get(f"{MAP}?{ON}&unit=BU2", headers={"accept-language": "en"}).content
    assert "Of 2.50 FTE, 0.50 are seconded and 1.00 outsourced: 40.0 % outsourced." in words(page)
    assert f"/stages/units/BU2/facts/A11/?{ON}" in plain(page)


def post(client: Client, query: str, **typed: str) -> Any:
    return client.post(f"{FILL}?{query}", typed, headers={"accept-language": "en"})


def test_filling_a_red_cell_suggests_people_with_every_reason_and_writes_what_can_be_undone(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    asked = "unit=BU1&role=ad-delivery&share=0.5"
    (cell,) = re.findall(
        r'href="(/w/acme/talent/fill/\?unit=BU1&amp;role=ad-delivery)"[^>]*data-sheet', client.get(MAP).content.decode()
    )[:1]
    sheet = client.get(cell.replace("&amp;", "&"), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in sheet
    suggested = rows(api, f"coverage/fill-suggestions/?{asked}")
    places = [
        (each["near"] != "here", each["parts"][0]["reached"] is None, -Decimal(each["score"])) for each in suggested
    ]
    assert places == sorted(places)
    by = {each["person_external_id"]: each for each in suggested}
    fit = {part["part"]: part["reached"] for part in by["U2"]["parts"]}
    assert fit["fit"] is None  # nobody has rated them: unrated, not 0
    assert (by["U2"]["near"], by["U2"]["share_before"], by["U2"]["share_after"]) == ("here", "0.5000", "1.0000")
    assert by["U1"]["is_overloaded"]
    # too much on one person is told before anything is written, and written only when that is confirmed
    told = post(client, asked, person="U1", share="0.5", start_on="2027-01-01")
    assert (told.status_code, "1.70 of a working week and 4 roles" in words(told.content)) == (422, True)
    assert cells(api, date(2027, 1, 1))["BU1", "ad-delivery"]["people"] == 0
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', told.content.decode())
    assert confirmed is not None
    assert (
        post(client, asked, person="U1", share="0.9", start_on="2027-01-01", confirmed=confirmed[1]).status_code == 422
    )
    # bad input: all errors at once, nothing written
    bad = plain(post(client, asked, person="", share="2", start_on="soon").content)
    assert all(words in bad for words in ("Choose somebody from the list.", "2026-11-30", "less than or equal to 1"))
    # the one chosen holds it from the day given, and it can be taken back
    done = post(client, asked, person="U2", share="0.5", start_on="2027-01-01")
    assert (done.status_code, done["Location"]) == (
        302,
        "/w/acme/stages/coverage/?unit=BU1&role=ad-delivery&top=G&as_of=2027-01-01#people",
    )
    assert cells(api, date(2027, 1, 1))["BU1", "ad-delivery"]["people"] == 1
    undo = re.search(
        r'action="(/w/acme/organisation/history/\d+/undo/)"', client.get(done["Location"]).content.decode()
    )
    assert undo is not None
    client.post(undo[1])
    assert cells(api, date(2027, 1, 1))["BU1", "ad-delivery"]["people"] == 0


def test_filling_a_shared_cell_raises_who_holds_it_and_a_seat_may_be_opened_instead(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    page = client.get(
        f"{FILL}?unit=UC&role=content-marketing&share=0.9", headers={"accept-language": "en"}
    ).content.decode()
    assert "holds it here with 0.5 already" in page
    assert "/w/acme/organisation/change/seats/new/?unit_external_id=UC&amp;role=content-marketing" in page
    done = post(client, "unit=UC&role=content-marketing", person="U2", share="0.9", start_on="2027-01-01")
    assert done.status_code == 302, plain(done.content)
    on = {row["external_id"]: row for row in rows(api, "assignments/?as_of=2027-01-01")}
    held = [
        row["share"] for row in on.values() if (row["person_external_id"], row["role"]) == ("U2", "content-marketing")
    ]
    assert held == ["0.9000"]
    assert client.get(f"{FILL}?unit=nowhere&role=user-ops").status_code == 404
    assert client.get(f"{FILL}?unit=UC&role=no-such").status_code == 404
    assert api.get(f"{API}coverage/fill-suggestions/?unit=UC").status_code == 422
    assert api.get(f"{API}coverage/fill-suggestions/?unit=UC&role=user-ops&share=2").status_code == 422
    assert signed_in("line_manager", unit_external_id="BU1").get(f"{FILL}?unit=BU1&role=user-ops").status_code == 403


def test_a_cell_is_filled_in_a_draft_alone_when_a_scenario_is_named(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    from roles.services.scenarios import create

    with workspace_scope(world.pk):
        made = create(name="More ads", effective_on=date(2027, 1, 1), actor_id=None).pk
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    done = post(client, f"unit=BU1&role=ad-delivery&scenario={made}", person="U2", share="0.5", start_on="2027-01-01")
    assert done.status_code == 302, plain(done.content)
    assert f"scenario={made}" in done["Location"]
    drafted = plain(client.get(f"{MAP}?scenario={made}", headers={"accept-language": "en"}).content)
    assert 'title="Ad delivery · 女装事业部: Part-time only' in drafted
    assert cells(api, date(2027, 1, 1))["BU1", "ad-delivery"]["people"] == 0


def test_pages_of_coverage_need_the_same_queries_however_much_there_is(
    world: Workspace, signed_in: SignedIn, api_client: Api
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    urls = [
        (client, f"{MAP}?{ON}"), (client, f"{FILL}?unit=BU1&role=user-ops"),
        (client, f"/w/acme/stages/coverage.csv?{ON}"),
        (api, f"{API}coverage/?{ON}&page_size=100"), (api, f"{API}split-advice/?{ON}"),
    ]  # fmt: skip

    def counted() -> list[int]:
        numbers = []
        for asker, url in urls:
            asker.get(url)
            with CaptureQueriesContext(connection) as captured:
                assert asker.get(url).status_code == 200
            numbers.append(len(captured))
        return numbers

    before = counted()
    with workspace_scope(world.pk):
        more = [UnitInput(f"X{number}", f"新店{number}", "store", "R1", "direct") for number in range(10)]
        assert upsert_units(more, effective_on=SINCE, actor_id=None).is_ok
        held = [
            AssignmentInput("U2", "user-ops", f"X{number}", date(2024, 1, 1 + number), Decimal("0.01"))
            for number in range(10)
        ]
        assert upsert_assignments(held, actor_id=None).is_ok
    assert counted() == before
