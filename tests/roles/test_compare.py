"""Two pictures of the organisation: what came, went, moved, was edited; on the page, in files, within bounds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.choices import Thing
from roles.comparing import Difference, Entry, FieldChange, Picture, compare, counted, grouped
from roles.queries.compare import Moment, Sight, compare_moments
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    SeatInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_seats,
    upsert_units,
)
from tests.roles.organisation import DAY, PEOPLE, UNITS, write_organisation

SignedIn = Callable[..., Client]
LATER = date(2026, 9, 1)
EN = {"HTTP_ACCEPT_LANGUAGE": "en"}
URL = f"/w/acme/organisation/compare/?from={DAY}&to={LATER}"

THINGS = st.sampled_from([Thing.UNITS, Thing.PEOPLE, Thing.ASSIGNMENTS])
ENTRIES = st.builds(
    lambda unit, share: Entry("n", unit, {"unit": unit, "parent": unit, "share": share}),
    st.sampled_from(["A", "B", None]),
    st.integers(0, 2),
)
PICTURES = st.dictionaries(st.tuples(THINGS, st.sampled_from("abcd")), ENTRIES, max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PICTURES, PICTURES)
def test_every_thing_that_differs_is_told_once_and_the_other_way_round_mirrors_it(
    before: Picture, after: Picture
) -> None:
    changes, back = compare(before, after), compare(after, before)
    told = {(change.thing, change.external_id) for change in changes}
    assert len(told) == len(changes)
    assert told == {
        key for key in {*before, *after} if (key in before) != (key in after) or before[key].values != after[key].values
    }
    mirrored = {Difference.ADDED: Difference.REMOVED, Difference.REMOVED: Difference.ADDED}
    kinds = {(change.thing, change.external_id): change.kind for change in changes}
    for change in back:
        assert kinds[change.thing, change.external_id] is mirrored.get(change.kind, change.kind)
    assert sum(counted(changes).values()) == len(changes)
    shown = [change for group in grouped(changes, units=["B", "A"]) for change in group.changes]
    assert sorted(shown, key=changes.index) == list(changes)


def test_a_role_held_in_another_unit_is_moved_and_not_lost_and_found() -> None:
    before = {(Thing.ASSIGNMENTS, "E1/ops/A"): Entry("E1", "A", {"unit": "A", "share": 1}, pair="E1/ops")}
    after = {(Thing.ASSIGNMENTS, "E1/ops/B"): Entry("E1", "B", {"unit": "B", "share": 1}, pair="E1/ops")}
    (change,) = compare(before, after)
    assert (change.kind, change.fields) == (Difference.MOVED, (FieldChange("unit", "A", "B"),))
    split = {**after, (Thing.ASSIGNMENTS, "E1/ops/C"): Entry("E1", "C", {"unit": "C", "share": 1}, pair="E1/ops")}
    assert sorted(each.kind for each in compare(before, split)) == ["added", "added", "removed"]


@pytest.fixture
def reorganised(workspace: Workspace) -> Workspace:
    """The small organisation, and what happens to it on 2026-09-01."""
    with workspace_scope(workspace.pk):
        write_organisation()
        moved = replace(UNITS[4], parent_external_id="R02")
        renamed = replace(UNITS[2], name="华东新区")
        new = UnitInput("R03", "西南大区", "region", "G")
        assert upsert_units([moved, renamed], effective_on=LATER, actor_id=None).is_ok
        assert upsert_units([new], effective_on=LATER, since=LATER, actor_id=None).is_ok
        seat = SeatInput("P1", "R03", "大区总", monthly_budget=Decimal(30000))
        assert upsert_seats([seat], effective_on=LATER, actor_id=None).is_ok
        gone = replace(PEOPLE[3], left_on=LATER)
        paid = replace(PEOPLE[2], monthly_cost=Decimal(9000))
        assert upsert_assignments(
            [AssignmentInput("E4", "digital-guide", "S0102", date(2024, 5, 1), Decimal("0.6"), LATER)], actor_id=None
        ).is_ok
        assert upsert_people([gone, paid], effective_on=LATER, actor_id=None).is_ok
    return workspace


def page(client: Client, url: str = URL) -> str:
    response = client.get(url, **EN)  # type: ignore[arg-type]
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.mark.usefixtures("reorganised")
def test_the_page_groups_by_unit_and_names_only_fields_that_differ(signed_in: SignedIn) -> None:
    shown = page(signed_in("hr_lead"))
    for fact in ("上海静安店", "华东新区 (R01)", "华南大区 (R02)", "西南大区", "大区总", "¥9,000.00", "¥8,600.00"):
        assert fact in shown, fact
    assert "陈导购" not in shown, "nobody touched her"
    assert "Nothing differs" in page(signed_in("hr_lead"), f"/w/acme/organisation/compare/?from={DAY}&to={DAY}")


@pytest.mark.usefixtures("reorganised")
def test_pay_people_and_other_branches_stay_hidden_from_those_who_may_not_see_them(signed_in: SignedIn) -> None:
    executive = page(signed_in("executive"))
    assert "上海静安店" in executive
    assert "王导购" not in executive
    assert "30,000" not in executive
    manager = page(signed_in("line_manager", unit_external_id="R01"))
    assert "上海静安店" in manager
    assert "9,000" not in manager
    assert "西南大区" not in manager
    assert "华南大区" not in manager
    assert signed_in("guide", person_external_id="E3").get(URL).status_code == 403


def test_who_stays_in_a_unit_that_leaves_the_branch_leaves_it_too(reorganised: Workspace) -> None:
    role = (Thing.ASSIGNMENTS, "E3/digital-guide/S0101")
    told = {None: None, "R01": Difference.REMOVED, "R02": Difference.ADDED}
    with workspace_scope(reorganised.pk):
        for branch, kind in told.items():
            sight = Sight(branch, with_people=True)
            found = compare_moments(Moment(DAY), Moment(LATER), sight=sight).changes
            kinds = {(each.thing, each.external_id): each.kind for each in found}
            assert kinds.get(role) is kind, branch


@pytest.mark.usefixtures("reorganised")
def test_the_files_hold_the_rows_of_the_page(signed_in: SignedIn) -> None:
    client = signed_in("hr_lead")
    base = f"/w/acme/organisation/compare/{{}}/?from={DAY}&to={LATER}"
    text = client.get(base.format("csv"), **EN).content.decode("utf-8-sig")  # type: ignore[arg-type]
    rows = list(csv.reader(io.StringIO(text)))
    moved = ["Moved", "Units", "S0101", "上海静安店", "S0101", "上海静安店", "Belongs to"]
    assert [*moved, "华东新区 (R01)", "华南大区 (R02)"] in rows
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(client.get(base.format("xlsx"), **EN).content)  # type: ignore[arg-type]
    )
    sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [[str(cell) for cell in row] for row in sheet] == rows
    assert client.get(base.format("pdf")).status_code == 404


def test_what_was_known_when_is_compared_too(reorganised: Workspace, signed_in: SignedIn) -> None:
    with workspace_scope(reorganised.pk):
        from roles.models import OrgRevision

        first = OrgRevision.objects.order_by("number").values_list("at", flat=True)[2].isoformat()
        corrected = replace(UNITS[1], name="品牌市场部")
        assert upsert_units([corrected], effective_on=date(2026, 1, 1), actor_id=None).is_ok
    shown = page(
        signed_in("hr_lead"),
        f"/w/acme/organisation/compare/?from={DAY}&to={DAY}&known_from={first.replace('+', '%2B')}",
    )
    assert "品牌市场部" in shown
    assert "上海静安店" not in shown


@pytest.mark.usefixtures("reorganised")
def test_ten_times_the_changes_take_the_same_queries(signed_in: SignedIn, workspace: Workspace) -> None:
    client = signed_in("hr_lead")
    page(client)
    with CaptureQueriesContext(connection) as few:
        page(client)
    with workspace_scope(workspace.pk):
        many = [UnitInput(f"X{n}", f"第{n}店", "store", "R01", "direct") for n in range(70)]
        assert upsert_units(many, effective_on=LATER, since=LATER, actor_id=None).is_ok
        people = [PersonInput(f"N{n}", f"X{n}", LATER, f"新人{n}", "E2") for n in range(70)]
        assert upsert_people(people, effective_on=LATER, actor_id=None).is_ok
    with CaptureQueriesContext(connection) as lots:
        page(client)
    assert len(lots) == len(few) <= 24
