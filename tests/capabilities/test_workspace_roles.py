"""A-04: a workspace words, hides, adds roles; another one sees nothing of it; the library's text comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import RoleKey, load_roles
from roles.queries.library import role_library
from roles.role_texts import content_of
from roles.services.sync import AssignmentInput, SeatInput, upsert_assignments, upsert_seats
from tests.roles.organisation import DAY, write_organisation
from tests.roles.test_library import DUTY, OWN

SignedIn = Callable[..., Client]
Api = Callable[..., APIClient]
LANGUAGES = ("zh-hans", "en")
KEY = "own-visual-merchandising-lead"


def read(client: Client, path: str, language: str = "en", *, slug: str = "acme") -> str:
    answer = client.get(f"/w/{slug}/{path}", HTTP_ACCEPT_LANGUAGE=language)
    assert answer.status_code == 200, (path, language, answer.status_code)
    return unescape(answer.content.decode())


def typed(client: Client, key: str) -> dict[str, object]:
    """Return what the form of a role holds, as a browser would send it."""
    form = client.get(f"/w/acme/roles/{key}/edit/").context["form"]
    said: dict[str, object] = {
        name: form[name].value() or "" for name in form.fields if name not in ("duties", "abilities")
    }
    for name in ("duties", "abilities"):
        for code in ("zh", "en"):
            said[f"{name}-{code}"] = [row[code] for row in form[name].value()]
    return said


def test_a04_an_added_duty_shows_here_and_nowhere_else_and_the_library_text_comes_back(
    signed_in: SignedIn, workspace: Workspace, other_workspace: Workspace
) -> None:
    client, other = signed_in("hr_lead"), signed_in("hr_lead", workspace=other_workspace)
    said = typed(client, "user-ops")
    said["duties-zh"] = [*said["duties-zh"], DUTY["zh"], ""]  # type: ignore[misc]
    said["duties-en"] = [*said["duties-en"], DUTY["en"], ""]  # type: ignore[misc]
    answer = client.post("/w/acme/roles/user-ops/edit/", {**said, "seen": "0", "note": "社群"}, follow=True)
    assert answer.status_code == 200, answer.content
    assert [str(message.extra_tags) for message in answer.context["messages"]] == [
        "undo:/w/acme/roles/user-ops/undo/1/"
    ]
    for language, duty in (("zh-hans", DUTY["zh"]), ("en", DUTY["en"])):
        assert duty in read(client, "roles/user-ops/", language)
        assert duty not in read(other, "roles/user-ops/", language, slug="umbrella")
    texts = read(client, "roles/user-ops/texts/")
    assert re.search(rf"<ins>[^<]*{DUTY['en']}</ins>", texts)
    assert "社群" in texts
    client.post("/w/acme/roles/user-ops/restore/", {"field": "duties", "seen": "1"})
    assert DUTY["en"] not in read(client, "roles/user-ops/")
    client.post("/w/acme/roles/user-ops/restore/", {"number": "1", "seen": "2"})
    assert DUTY["en"] in read(client, "roles/user-ops/")
    client.post("/w/acme/roles/user-ops/undo/3/")
    assert DUTY["en"] not in read(client, "roles/user-ops/")
    assert DUTY["en"] in read(client, "roles/user-ops/texts/"), "the history keeps it"


def test_a04_a_renamed_role_goes_by_its_new_name_everywhere(signed_in: SignedIn, in_workspace: Workspace) -> None:
    write_organisation()
    client = signed_in("hr_lead")
    said = {**typed(client, "user-ops"), "names_zh": "会员增长", "names_en": "Member Growth", "seen": "0"}
    assert client.post("/w/acme/roles/user-ops/edit/", said).status_code == 302
    day = f"as_of={DAY}"
    pages = (
        "roles/", "roles/user-ops/", "roles/library/", "stages/coverage/?" + day, f"organisation/units/G/?{day}",
        f"organisation/people/E6/?{day}", f"organisation/people/?{day}", f"organisation/card/?node=p:E6&{day}",
        "scorecards/", "kpis/", "roles/user-ops/kpis/",
    )  # fmt: skip
    for path in pages:
        for language, new, old in (("zh-hans", "会员增长", "用户运营"), ("en", "Member Growth", "User Operations")):
            text = re.sub(r"<(script|option|meta).*?</\1>", "", read(client, path, language), flags=re.S)
            if path not in ("scorecards/", "kpis/"):
                assert new in text, (path, language)
            assert f">{old}<" not in text, (path, language)


def test_a04_a_hidden_role_is_offered_to_nobody_and_stays_with_who_holds_it(
    signed_in: SignedIn, in_workspace: Workspace
) -> None:
    write_organisation()
    client = signed_in("hr_lead")
    form = "organisation/change/assignments/new/"
    assert 'value="content-marketing"' in read(client, form)
    client.post("/w/acme/roles/content-marketing/hide/", {"hidden": "1", "seen": "0"})
    client.post("/w/acme/roles/ad-delivery/hide/", {"hidden": "1", "seen": "0"})
    assert 'value="content-marketing"' not in read(client, form)
    assert "talent__name" in read(client, "roles/")
    assert "/roles/content-marketing/" not in read(client, "roles/")
    assert "Content" in read(client, f"organisation/people/E6/?as_of={DAY}")
    shown = read(client, f"stages/coverage/?as_of={DAY}")
    assert "role=content-marketing" in shown
    assert "role=ad-delivery" not in shown
    assert "hidden" in read(client, "roles/content-marketing/").lower()
    client.post("/w/acme/roles/content-marketing/hide/", {"hidden": "0", "seen": "1"})
    assert 'value="content-marketing"' in read(client, form)


PAGES = (
    "", "roles/", f"roles/{KEY}/", f"roles/{KEY}/texts/", f"roles/{KEY}/edit/", f"roles/{KEY}/kpis/", "roles/library/",
    "roles/?q=陈列", "roles/titles/", "organisation/?open=u:G,u:R01", "organisation/card/?node=p:E3",
    f"organisation/people/?role={KEY}", "organisation/people/E3/", "organisation/units/S0101/", "organisation/history/",
    "organisation/change/seats/P1/edit/", "organisation/paper/", "stages/", "stages/market-led/", "stages/executive/",
    f"stages/coverage/?unit=S0101&role={KEY}", "stages/coverage.csv", "scorecards/", "kpis/nps/", "data/systems/",
    "organisation/files/roster.xlsx",
)  # fmt: skip


def test_a04_an_added_role_is_held_and_every_page_shows_it(
    signed_in: SignedIn, api_client: Api, in_workspace: Workspace, other_workspace: Workspace
) -> None:
    write_organisation()
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    base = "/api/v1/workspaces/acme"
    made = api.post(f"{base}/roles/", OWN, format="json")
    assert (made.status_code, made.data["key"], made.data["revision"]) == (201, KEY, 1), made.data
    role = upsert_assignments([AssignmentInput("E3", KEY, "S0101", date(2025, 1, 1), Decimal("0.1"))], actor_id=None)
    assert role.is_ok, role.issues
    seat = SeatInput("P1", "S0101", "陈列主管", KEY, "M1", Decimal(1))
    assert upsert_seats([seat], effective_on=date(2025, 1, 1), actor_id=None).is_ok
    for path in PAGES:
        for language in LANGUAGES:
            answer = client.get(f"/w/acme/{path}", HTTP_ACCEPT_LANGUAGE=language)
            assert answer.status_code == 200, (path, language, answer.status_code)
            if KEY in path or "S0101" in path or path in ("roles/", "roles/library/", "organisation/people/E3/"):
                name = "陈列主管" if language == "zh-hans" else "Visual Merchandising Lead"
                assert name in unescape(answer.content.decode()), (path, language)
    held = api.get(f"{base}/assignments/?role={KEY}").data["results"]
    assert [row["person_external_id"] for row in held] == ["E3"]
    wrong = api.put(
        f"{base}/assignments/E3/own-nobody/2025-02-01/", {"unit_external_id": "S0101", "share": "0.1"}, format="json"
    )
    assert wrong.status_code == 404
    row = {
        "person_external_id": "E3",
        "role": "own-no",
        "unit_external_id": "S0101",
        "start_on": "2025-01-01",
        "share": 1,
    }
    refused = api.post(f"{base}/batch/assignments/", {"rows": [row]}, format="json")
    assert refused.status_code == 422
    assert KEY in str(refused.data)
    foreign = signed_in("hr_lead", workspace=other_workspace)
    assert foreign.get(f"/w/umbrella/roles/{KEY}/").status_code == 404
    assert "陈列主管" not in read(foreign, "roles/", "zh-hans", slug="umbrella")
    with workspace_scope(other_workspace.pk):
        assert len(role_library().roles) == 12


def test_a04_the_library_moves_on_and_the_page_and_the_api_offer_the_merge(
    signed_in: SignedIn, api_client: Api, in_workspace: Workspace
) -> None:
    from roles.models import RoleText

    now = content_of(load_roles().roles[RoleKey.DATA_ANALYSIS])
    base = {"duties": now["duties"][1:], "definition": {**now["definition"], "en": "Counts things."}}
    mine = {"duties": [*base["duties"], DUTY], "definition": {**base["definition"], "en": "Our own words."}}
    state = {"fields": {field: {"base": base[field], "mine": mine[field]} for field in base}}
    RoleText.objects.create(role_key="data-analysis", number=1, action="changed", state=state, fields=list(base))
    client, api = signed_in("owner"), api_client("hr_lead")
    assert "#merge" in read(client, "roles/library/?show=waiting")
    client.post("/w/acme/roles/data-analysis/merge/", {"definition": "both", "seen": "1"})
    url = "/api/v1/workspaces/acme/roles/data-analysis"
    found = api.get(f"{url}/texts/")
    assert found.data["definition"]["en"] == f"Our own words.\n{now['definition']['en']}"
    assert [each["field"] for each in found.data["pending"]] == ["duties"]
    assert found.data["duties"] == [*now["duties"], DUTY]
    merge = {"choices": {"duties": "mine"}}
    assert api.post(f"{url}/merge/", merge, format="json").status_code == 428
    done = api.post(f"{url}/merge/", merge, format="json", HTTP_IF_MATCH=found["ETag"])
    assert (done.status_code, done.data["pending"], done.data["duties"]) == (200, [], mine["duties"])
    assert (
        api.patch(f"{url}/texts/", {"is_hidden": True}, format="json", HTTP_IF_MATCH=found["ETag"]).status_code == 412
    )
    faulty = {"names": {"zh": "甲"}, "no": 1, "kpis": "nps"}
    refused = api.patch(f"{url}/texts/", faulty, format="json", HTTP_IF_MATCH=done["ETag"])
    assert {each["pointer"] for each in refused.data["issues"]} == {"/names", "/no", "/kpis"}
    hidden = api.patch(f"{url}/texts/", {"is_hidden": True, "note": "x"}, format="json", HTTP_IF_MATCH=done["ETag"])
    assert hidden.data["is_hidden"] is True
    back = api.post(f"{url}/restore/", {}, format="json", HTTP_IF_MATCH=hidden["ETag"])
    assert (back.data["definition"], back.data["library"]) == (now["definition"], {})
    history = api.get(f"{url}/history/").data
    assert [(each["number"], each["action"]) for each in history[:3]] == [(5, "restored"), (4, "hidden"), (3, "merged")]


def test_a04_bad_input_is_named_at_its_fields_all_at_once(signed_in: SignedIn, in_workspace: Workspace) -> None:
    client = signed_in("hr_lead")
    said = {
        "names_zh": "用户运营",
        "names_en": "",
        "duties-zh": ["有"],
        "duties-en": [""],
        "kind": "lead",
        "position": "x",
    }
    answer = client.post("/w/acme/roles/new/", said)
    assert answer.status_code == 422
    assert {"names_en", "definition_zh", "definition_en", "position"} <= set(answer.context["form"].errors)
    good = {
        **said, "names_en": "User Operations", "definition_zh": "甲", "definition_en": "a", "position": "brain",
        **{f"expected_{key}": "optional" for key in ("project-team", "market-led", "sales-led")},
        "expected_user-growth-driven": "core", "expected_digital-enablement": "shared",
    }  # fmt: skip
    answer = client.post("/w/acme/roles/new/", good)
    assert {"names_zh", "names_en", "duties", "abilities", "kpis"} == set(answer.context["form"].errors)
    stale = client.post("/w/acme/roles/user-ops/edit/", {**typed(client, "user-ops"), "names_en": "X", "seen": "3"})
    assert stale.status_code == 422
    assert signed_in("executive").get("/w/acme/roles/user-ops/edit/").status_code == 403


@pytest.mark.parametrize("path", ["roles/library/", "roles/user-ops/texts/"])
def test_the_pages_of_texts_ask_the_same_queries_however_much_was_changed(
    signed_in: SignedIn, in_workspace: Workspace, path: str
) -> None:
    from roles.services.library import save_role

    client = signed_in("hr_lead")
    actor = client.session["_auth_user_id"]

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(f"/w/acme/{path}").status_code == 200
        return len(caught)

    save_role("user-ops", {"position": "brain"}, actor_id=int(actor))
    save_role("user-ops", {"position": "touchpoint"}, actor_id=int(actor))
    asked()
    once = asked()
    for number in range(4):
        save_role("user-ops", {"names": {"zh": f"甲{number}", "en": f"a{number}"}}, actor_id=int(actor))
        save_role(list(RoleKey)[number + 3].value, {"position": "brain"}, actor_id=int(actor))
    asked()
    assert asked() == once
