"""The pages of the organisation with `?scenario=`: they show and change the draft, and nothing of it comes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.utils import timezone

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import Scenario
from roles.queries.org_chart import unit_tree
from roles.queries.scenarios import changes_of
from roles.services import scenarios as drafts
from roles.services.scenarios import drafting
from roles.services.sync.checks import ORGANISATION_LOCK
from tests.roles.organisation import write_organisation
from tests.roles.test_scenarios import tables

TODAY = timezone.localdate()
FROM = TODAY + timedelta(days=30)
BASE = "/w/acme/organisation/"


@pytest.fixture
def draft(in_workspace: Workspace) -> Scenario:
    write_organisation()
    return drafts.create(name="区域合并", effective_on=FROM, actor_id=None)


def asked(draft: Scenario, more: str = "") -> str:
    return f"scenario={draft.pk}{more}"


def test_the_chart_and_every_form_work_on_the_draft_and_leave_the_live_organisation_alone(
    draft: Scenario, signed_in: Callable[..., Client]
) -> None:
    client, rows = signed_in("hr_lead"), tables()
    sheet = client.get(f"{BASE}move/?thing=units&id=S0101&to=R02&{asked(draft)}").content.decode()
    assert f'value="{FROM}"' in sheet
    assert f"move/?scenario={draft.pk}&amp;part=plan" in sheet
    assert f"picks/units/?scenario={draft.pk}&amp;field=to" in sheet
    moved = client.post(
        f"{BASE}move/?{asked(draft)}", {"thing": "units", "id": "S0101", "to": "R02", "on": str(FROM), "planned": "1"}
    )
    assert moved.status_code == 302
    assert f"scenario={draft.pk}" in moved["Location"]
    new = {
        "external_id": "N1",
        "name": "用户增长部",
        "level": "department",
        "parent_external_id": "G",
        "ownership": "na",
    }
    assert client.post(f"{BASE}change/units/new/?{asked(draft)}", {**new, "on": str(FROM)}).status_code == 302
    closed = client.post(f"{BASE}change/units/S0102/end/?{asked(draft)}", {"on": str(FROM)})
    assert closed.status_code == 422  # E4 works there
    assert client.post(f"{BASE}merge/S0102/?{asked(draft)}", {"into": "S0101", "on": str(FROM)}).status_code == 302
    edited = {
        "display_name": "李区长",
        "hired_on": "2021-03-01",
        "unit_external_id": "R02",
        "manager_external_id": "E1",
    }
    edited |= {"fill_mode": "internal", "fte": "1", "monthly_cost": "21000.5", "on": str(FROM)}
    initial = {f"initial-{name}": value for name, value in edited.items()} | {"initial-unit_external_id": "R01"}
    answer = client.post(f"{BASE}change/people/E2/edit/?{asked(draft)}", edited | initial)
    assert answer.status_code == 302, answer.content.decode()

    page = client.get(f"{BASE}?{asked(draft)}&level=9").content.decode()
    assert page.count("node__tag--moved") >= 2
    assert page.count("node__tag--new") == 1
    assert "杭州西湖店" in page[page.index("draft-band") : page.index("org-tree")]  # named as closed
    assert page.count('data-key="u:S0102"') == 0
    live = client.get(f"{BASE}?level=9").content.decode()
    assert "draft-band" not in live
    assert "N1" not in live
    assert tables() == rows
    assert {change.external_id for change in changes_of(draft.pk)} >= {"S0101", "N1", "S0102", "E2"}
    for url in ("unplaced/", "people/", "people/E2/", "units/S0101/", "branch/?node=u:G", "paper/", "find/?q=N1"):
        found = client.get(f"{BASE}{url}{'&' if '?' in url else '?'}{asked(draft)}", follow=True)
        assert found.status_code == 200, url
    assert [hit["name"] for hit in client.get(f"{BASE}find/?q=N1&{asked(draft)}").json()["hits"]] == ["用户增长部"]
    assert tables() == rows


def test_every_form_of_the_live_organisation_can_be_put_in_a_scenario(
    draft: Scenario, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("hr_lead")
    for url in ("change/units/new/?on=2030-01-01", "change/units/R01/edit/", "change/units/S0102/end/", "merge/S0102/"):
        page = client.get(BASE + url).content.decode()
        mark = "&amp;" if "?" in url else "?"
        assert f'formaction="{BASE}{url}{mark}scenario={draft.pk}"' in page, url
        assert "formaction" not in client.get(f"{BASE}{url}{'&' if '?' in url else '?'}{asked(draft)}").content.decode()
    edit = client.get(f"{BASE}change/units/R01/edit/?{asked(draft)}").content.decode()
    assert f'href="{BASE}change/units/R01/end/?scenario={draft.pk}"' in edit, "the way on stays in the draft"
    early = {"into": "S0101", "on": str(FROM - timedelta(days=9))}
    merge = f"{BASE}merge/S0102/?{asked(draft)}"
    assert client.post(merge, early).status_code == 422, "inside the draft no day before it"
    assert client.post(merge, {**early, "sent_on": "1"}).status_code == 302, "sent on: from the scenario's first day"
    assert "S0102" in {change.external_id for change in changes_of(draft.pk)}
    assert "S0102" in unit_tree(as_of=FROM), "nothing live has changed"


def test_a_draft_changes_nothing_before_its_day_and_says_so_in_the_form(
    draft: Scenario, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("hr_lead")
    asking = {"thing": "units", "id": "S0101", "to": "R02", "planned": "1"}
    for day in (TODAY, FROM - timedelta(days=1)):
        answer = client.post(f"{BASE}move/?{asked(draft)}", {**asking, "on": str(day)})
        assert answer.status_code == 422
        assert str(FROM) in answer.content.decode()
    loop = client.post(f"{BASE}move/?{asked(draft)}", {**asking, "id": "R01", "to": "S0101", "on": str(FROM)})
    live = client.post(f"{BASE}move/", {**asking, "id": "R01", "to": "S0101", "on": str(FROM)})
    messages = [said(answer) for answer in (loop, live)]
    assert messages[0] == messages[1] != []
    assert not changes_of(draft.pk)


def said(answer: Any) -> list[str]:
    return [issue.message for issue in answer.context["refused"]]


def test_steps_are_undone_and_redone_from_the_band(draft: Scenario, signed_in: Callable[..., Client]) -> None:
    client = signed_in("hr_lead")
    client.post(
        f"{BASE}move/?{asked(draft)}", {"thing": "units", "id": "S0101", "to": "R02", "on": str(FROM), "planned": "1"}
    )
    for turn, changes in (("undo", 0), ("undo", 0), ("redo", 1), ("redo", 1)):
        answer = client.post(f"{BASE}drafts/{draft.pk}/{turn}/")
        assert answer.status_code == 302
        assert answer["Location"].endswith(f"?scenario={draft.pk}")
        assert len(changes_of(draft.pk)) == changes


def test_who_may_not_see_scenarios_gets_404_and_so_does_everybody_for_one_that_is_not_there(
    draft: Scenario, other_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    with workspace_scope(other_workspace.pk):
        theirs = drafts.create(name="别家", effective_on=FROM, actor_id=None)
    ties = {"unit_external_id": "R01", "person_external_id": "E2"}
    for role, status in (("executive", 200), ("analyst", 404), ("line_manager", 404)):
        client = signed_in(role, **ties)
        assert client.get(f"{BASE}?{asked(draft)}").status_code == status, role
        assert client.get(f"{BASE}?scenario={theirs.pk}").status_code == 404
        assert client.get(f"{BASE}?scenario=x1").status_code == 404
    executive = signed_in("executive")
    assert "draft-undo" not in executive.get(f"{BASE}?{asked(draft)}").content.decode()
    body = {"thing": "units", "id": "S0101", "to": "R02", "on": str(FROM), "planned": "1"}
    assert executive.post(f"{BASE}move/?{asked(draft)}", body).status_code == 403
    hr = signed_in("hr_lead")
    assert hr.get(f"{BASE}drafts/{draft.pk}/", follow=True).status_code == 200
    assert hr.get(f"{BASE}drafts/{theirs.pk}/").status_code == 404
    assert hr.post(f"{BASE}drafts/{theirs.pk}/undo/").status_code == 404
    drafts.discard(draft.pk)
    shown = hr.get(f"{BASE}?{asked(draft)}").content.decode()
    assert "draft-undo" not in shown
    assert 'draggable="true"' not in shown
    assert hr.post(f"{BASE}move/?{asked(draft)}", body).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_while_somebody_else_writes_the_organisation_the_page_offers_to_try_again(
    draft: Scenario, signed_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("PATIENCE", "WRITERS_PATIENCE"):
        monkeypatch.setattr(drafting, patience, "50ms")
    client, other = signed_in("hr_lead"), connection.copy()
    body = {"thing": "units", "id": "S0101", "to": "R02", "on": str(FROM), "planned": "1"}
    try:
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s, %s)", [ORGANISATION_LOCK, draft.workspace_id])
            page = client.get(f"{BASE}?{asked(draft)}")
            assert (page.status_code, page["Retry-After"]) == (503, "5")
            assert f'href="{BASE}?{asked(draft)}"' in page.content.decode()
            sent = client.post(f"{BASE}move/?{asked(draft)}", body)
            assert sent.status_code == 503
            for name, value in body.items():
                assert f'<input type="hidden" name="{name}" value="{value}">' in sent.content.decode()
            into_sheet = {"HX-Request": "true", "HX-Target": "org-sheet-body"}
            kept = client.post(f"{BASE}move/?{asked(draft)}", body, headers=into_sheet)
            assert (kept.status_code, kept["HX-Retarget"], kept["HX-Reswap"]) == (
                422,
                "#org-sheet-refused",
                "innerHTML",
            )
            assert f'hx-post="{BASE}move/?{asked(draft)}"' in kept.content.decode()
            taken = client.post(f"{BASE}change/units/R01/remove/?{asked(draft)}", {"typed": "R01"}, headers=into_sheet)
            assert taken["HX-Retarget"] == "#org-sheet-refused-remove"
            assert client.get(f"{BASE}move/?thing=units&id=R01&{asked(draft)}", headers=into_sheet).status_code == 422
    finally:
        other.close()
    assert client.get(f"{BASE}?{asked(draft)}").status_code == 200
    assert not changes_of(draft.pk)
    form = client.get(f"{BASE}move/?thing=units&id=S0101&{asked(draft)}", headers=into_sheet).content.decode()
    assert 'id="org-sheet-refused"' in form


def test_a_stage_is_adopted_in_the_draft_alone_and_nothing_else_is_written_from_there(
    draft: Scenario, signed_in: Callable[..., Client]
) -> None:
    client, url = signed_in("hr_lead"), "/w/acme/stages/units/G/"
    page = client.get(f"{url}?{asked(draft)}").content.decode()
    assert f"{url}adopt/?scenario={draft.pk}" in page
    assert f"{url}run/" not in page
    assert f"{url}answers/" not in page
    rows = tables()
    adopted = client.post(f"{url}adopt/?{asked(draft)}", {"subtype": "sales-led", "on": str(FROM), "note": ""})
    assert adopted.status_code == 302
    assert tables() == rows
    assert [(change.thing, change.external_id) for change in changes_of(draft.pk)] == [("stages", "G")]
    client.get(f"{url}?{asked(draft)}")  # takes the word of what was done
    too_early = client.post(f"{url}adopt/?{asked(draft)}", {"subtype": "market-led", "on": str(TODAY), "note": ""})
    assert too_early.status_code == 422
    assert str(FROM) in too_early.content.decode()
    assert too_early.context["adopt"].errors["on"]
    assert 'value="market-led" selected' in too_early.content.decode()
    assert not [each for each in get_messages(too_early.wsgi_request) if each.level_tag == "success"]
    assert client.post(f"{url}run/?{asked(draft)}", {}).status_code == 302  # knows no drafts: the live verdict
    assert tables() != rows
