"""A role of the workspace's own hands on and receives: on the map, at both ends, over REST, with its faults."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, load_roles, roles_here
from roles.services.library import add_role, restore_state, save_role

KEY = "own-display-lead"
FORM = {
    "names_zh": "陈列主管", "names_en": "Display Lead", "kind": "collaborating", "position": "amplifier",
    "definition_zh": "门店与线上的陈列", "definition_en": "Displays in stores and online", "duties-zh": "制定陈列标准",
    "duties-en": "Sets display standards", "abilities-zh": "陈列设计", "abilities-en": "Display design", "kpis": "nps",
    **{f"expected_{key}": "optional" for key in (
        "project-team", "market-led", "sales-led", "user-growth-driven", "digital-enablement"
    )},
}  # fmt: skip
LIBRARY_LINKS = len(load_roles().links)


def links_typed(*rows: tuple[str, str, str, str]) -> dict[str, list[str]]:
    columns: Any = zip(*rows, strict=True)
    return dict(zip(("links-way", "links-role", "links-zh", "links-en"), map(list, columns), strict=True))


def content(links: list[dict[str, Any]]) -> dict[str, Any]:
    text = {"zh": "直播主播", "en": "Live host"}
    said = {"names": text, "definition": text, "kind": "collaborating", "position": "connector", "kpis": ["nps"]}
    return {**said, "duties": [text], "abilities": [text], "links": links}


def test_links_of_an_own_role_are_typed_drawn_and_told_at_both_ends(
    in_workspace: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    hr = signed_in("hr_lead")
    rows = links_typed(
        ("in", "content-marketing", "陈列素材", "Display material"),
        ("out", "digital-guide", "陈列标准", "Display standard"),
        ("in", "", "", ""),
    )
    answer = hr.post("/w/acme/roles/new/", {**FORM, **rows})
    assert answer.status_code == 302, unescape(answer.content.decode())
    shown = unescape(hr.get("/w/acme/roles/").content.decode())
    assert f"link--content-marketing link--{KEY}" in shown
    assert f"link--{KEY} link--digital-guide" in shown
    assert f"{LIBRARY_LINKS + 2} / {LIBRARY_LINKS + 2}" in shown or f"{LIBRARY_LINKS + 2} of" in shown
    narrowed = hr.get(f"/w/acme/roles/map.json?role={KEY}&way=out").json()["links"]
    assert [(each["from"], each["to"], each["what"]["zh"], each["source"]) for each in narrowed] == [
        (KEY, "digital-guide", "陈列标准", "workspace")
    ]
    chinese = {"accept-language": "zh-hans"}
    assert "陈列标准" in hr.get("/w/acme/roles/digital-guide/", headers=chinese).content.decode()
    assert "陈列素材" in hr.get(f"/w/acme/roles/{KEY}/", headers=chinese).content.decode()
    assert "陈列素材" in hr.get(f"/w/acme/talent/job-descriptions/{KEY}/", headers=chinese).content.decode()
    assert 'value="Display standard"' in hr.get(f"/w/acme/roles/{KEY}/edit/").content.decode()

    rest = api_client("hr_lead")
    url = f"/api/v1/workspaces/acme/roles/{KEY}/texts/"
    read = rest.get(url)
    assert [each["role"] for each in read.data["links"]] == ["content-marketing", "digital-guide"]
    one = {"links": read.data["links"][1:]}
    assert rest.patch(url, one, format="json", headers={"if-match": read["ETag"]}).status_code == 200
    assert len(roles_here().links) == LIBRARY_LINKS + 1


def test_every_fault_of_the_links_is_told_and_nothing_typed_is_lost(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    hr = signed_in("hr_lead")
    rows = links_typed(
        ("out", "", "陈列标准", "Display standard"),
        ("in", "user-ops", "画像", ""),
        ("out", "digital-guide", "甲", "a"),
        ("out", "digital-guide", "乙", "b"),
    )
    missing = {"definition_en": "", "duties-en": "", "abilities-zh": "", "abilities-en": ""}
    answer = hr.post("/w/acme/roles/new/", {**FORM, **missing, **rows}, headers={"accept-language": "en"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "1: Choose the role at the other end." in page
    assert "2 · English: This text is needed in both languages." in page
    # a field that the form itself refuses hides nothing that the service refuses
    assert "This field is required." in page
    assert "1 · English: This text is needed in both languages." in page
    assert "This field is missing." in page
    assert "4: This role is linked twice in the same direction: write it as one." in page
    assert all(f'value="{typed}"' in page for typed in ("陈列标准", "画像", "甲", "乙"))
    assert len(roles_here().links) == LIBRARY_LINKS


def test_a_link_goes_with_the_role_at_its_other_end_and_is_one_though_both_ends_tell_it(
    in_workspace: Workspace,
) -> None:
    what = {"zh": "脚本", "en": "Script"}
    add_role(content([]), actor_id=None, key="own-host")
    other = {**content([{"way": "out", "role": "own-host", "what": what}]), "names": {"zh": "编导", "en": "Director"}}
    add_role(other, actor_id=None, key="own-director")
    save_role("own-host", {"links": [{"way": "in", "role": "own-director", "what": what}]}, actor_id=None)
    (link,) = roles_here().links[LIBRARY_LINKS:]
    assert (link.from_role, link.to_role, link.names.zh) == (RoleKey("own-director"), RoleKey("own-host"), "脚本")
    restore_state("own-director", 0, actor_id=None)
    assert roles_here().links == load_roles().links
