"""A-05: job descriptions in zh or en, through HTTP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, load_roles
from talent.paper.reading import read_paper
from talent.queries.jd_materials import Subject
from talent.services.job_descriptions import Author, save_version
from talent.services.pay_bands import write_bands
from tests.orgstages.world import write_organisation

PAGE, API = "/w/acme/talent/job-descriptions/", "/api/v1/workspaces/acme/job-descriptions/"
ASKED = {"stage": "first-level", "level": "manager", "language": "en"}
ENGLISH = {"accept-language": "en"}
SECTIONS = [section.id for section in load_roles().jd.sections]


def address(action: str = "", **more: object) -> str:
    """Return the address of a page about the job description."""
    return f"{PAGE}data-analysis/{action}?{urlencode({**ASKED, **more})}"


@pytest.fixture
def band(in_workspace: Workspace) -> None:
    """Give the workspace a pay band for the role and level."""
    row = {"role": "data-analysis", "level": "manager", "since": "2026-01-01"}
    write_bands([{**row, "low": "18000", "middle": "23000", "high": "30000"}], actor_id=None)


@pytest.mark.usefixtures("band")
def test_a05_a_job_description_has_nine_sections_weights_and_pay_is_edited_in_versions_and_exported(
    signed_in: Callable[..., Client],
) -> None:
    client = signed_in("hr_lead")
    shown = client.get(address(), headers=ENGLISH).content.decode()
    for place, section in enumerate(load_roles().jd.sections, 1):
        assert f"{place}. {section.names.en[:1].upper()}{section.names.en[1:]}" in shown
    assert "Reliability of the metric system" in shown
    assert "100.00" in shown
    assert "CNY 18,000 – 30,000, middle 23,000" in shown
    assert client.get(address(language="zh"), headers=ENGLISH).content.decode().count("18,000 – 30,000 元") == 1

    form = client.get(address("edit/", section="purpose"), headers=ENGLISH).content.decode()
    assert form.count("<textarea") == 9
    texts = dict.fromkeys(SECTIONS, "Text with **bold** and <b>tags</b>.")
    wrong = client.post(address("edit/"), {**texts, "duties": " ", "note": "n" * 301, "read": "0"}, headers=ENGLISH)
    assert wrong.status_code == 422
    refused = client.post(address("edit/"), {**texts, "duties": " ", "level": "", "read": "0"}, headers=ENGLISH)
    assert refused.status_code == 422
    assert "A section may not be empty." in refused.content.decode()
    looked = client.post(address("edit/"), {**texts, "preview": "1", "read": "0"}, headers=ENGLISH).content.decode()
    assert "<strong>bold</strong> and &lt;b&gt;tags&lt;/b&gt;." in looked
    fresh = client.post(address("edit/"), {**texts, "refresh": "purpose", "read": "0"}, headers=ENGLISH)
    assert "Unifies user-data definitions" in fresh.content.decode()
    kept = client.post(address("edit/"), {"purpose": "One truth of **all** data.", "read": "0"}, follow=True)
    assert kept.status_code == 200
    again = client.post(address("edit/"), {"purpose": "Another text.", "read": "0"}, headers=ENGLISH)
    assert again.status_code == 409
    client.post(address("edit/"), {"purpose": "A second text.", "note": "second", "read": "1"})
    client.post(address("issue/"), {"number": "2"})
    page = client.get(address(), headers=ENGLISH).content.decode()
    assert "A second text." in page
    assert "issued 20" in page
    assert "One truth of <strong>all</strong> data." in client.get(address(version=1)).content.decode()
    compared = client.get(address("compare/", a=1, b=2), headers=ENGLISH).content.decode()
    assert "A second text.</ins>" in compared
    assert "One truth of **all** data.</del>" in compared
    client.post(address("restore/"), {"number": "1"})
    assert "One truth of" in client.get(address()).content.decode()
    assert client.get(address(version=9)).status_code == 404

    word = Document(io.BytesIO(client.get(address("file.docx")).content))
    assert word.paragraphs[0].text == "Job description: Data analysis, manager"
    assert client.get(address("file.pdf")).content.startswith(b"%PDF")
    paper = read_paper(client.get(address("file.md")).content.decode())
    assert len(paper.sections) == 9
    assert paper.facts[0] == ("Company", "Acme 云裳")
    assert paper.facts[-1] == ("Version", "Version 3 (draft)")
    assert client.get(address("file.exe")).status_code == 404


@pytest.mark.usefixtures("band")
def test_a05_the_same_by_api_with_faults_at_their_fields_and_only_for_those_who_see_pay(
    api_client: Callable[..., APIClient], signed_in: Callable[..., Client]
) -> None:
    api = api_client("hr_lead")
    made = api.get(f"{API}generated/data-analysis/", ASKED).json()
    assert [section["id"] for section in made["sections"]] == SECTIONS
    assert made["version"] is None
    wrong = api.get(f"{API}generated/nobody/", {**ASKED, "unit": "none"})
    assert {issue["pointer"] for issue in wrong.json()["issues"]} == {"/role", "/unit"}
    body = {"role": "data-analysis", **ASKED, "sections": [{"id": "purpose", "text": "By **API**."}], "read": 0}
    kept = api.post(API, body, format="json")
    assert kept.status_code == 201
    assert kept.json()["version"]["number"] == 1
    assert api.post(API, body, format="json").json()["code"] == "written_meanwhile"
    spoilt = {**body, "read": 1, "sections": [{"id": "purpose", "text": " "}, {"id": "nothing", "text": "x"}]}
    refused = api.post(API, spoilt, format="json")
    assert refused.status_code == 422
    assert {issue["pointer"] for issue in refused.json()["issues"]} >= {"/sections/nothing"}
    assert api.post(API, {**body, "extra": 1}, format="json").status_code == 422
    pk = kept.json()["id"]
    assert api.post(f"{API}{pk}/versions/1/issue/").status_code == 201
    assert api.post(f"{API}{pk}/versions/1/issue/").status_code == 409
    assert api.get(f"{API}{pk}/versions/1/").json()["versions"][0]["issued_on"]
    assert api.get(f"{API}{pk}/versions/2/").status_code == 404
    line = api.get(API, {"role": "data-analysis"}).json()["results"][0]
    assert (line["version"], line["issued_version"], line["stale_sections"]) == (1, 1, 0)
    markdown = api.get(f"{API}generated/data-analysis.md", ASKED, HTTP_ACCEPT="text/markdown")
    assert "By **API**." in markdown.content.decode()
    assert api.get(f"{API}generated/data-analysis.docx", ASKED).content[:2] == b"PK"
    for role in ("executive", "line_manager", "analyst", "guide"):
        assert signed_in(role, unit_external_id="UC", person_external_id="U1").get(address()).status_code == 403


def test_a05_the_list_holds_every_role_and_level_and_a_stage_leaves_as_one_archive(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    write_organisation()
    client, author = signed_in("owner"), Author(None, date(2026, 11, 22))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as told:
            assert client.get(PAGE, {"stage": "first-level", "language": "zh"}).status_code == 200
        return len(told)

    def keep(*roles: str) -> None:
        for role in roles:
            for unit in ("", "UC"):
                save_version(Subject(role, "first-level", "manager", "zh", "", unit), sections={}, author=author)

    keep("user-ops", "member-ops")
    first = queries()
    keep("data-analysis", "ad-delivery")
    assert queries() == first
    page = client.get(
        PAGE, {"stage": "first-level", "language": "zh", "q": "社群运营"}, headers=ENGLISH
    ).content.decode()
    assert "User operations" in page
    assert "Ad delivery" not in page
    assert "No role matches" in client.get(PAGE, {"q": "nothing like it"}, headers=ENGLISH).content.decode()
    rows = client.get(PAGE[:-1] + ".csv").content.decode().splitlines()
    assert len(rows) == 9
    asked = {"stage": "first-level", "level": "manager", "language": "zh", "form": "md"}
    archive = zipfile.ZipFile(io.BytesIO(client.get(PAGE[:-1] + ".zip", asked).content))
    assert len(archive.namelist()) == len(RoleKey)
    assert all(len(read_paper(archive.read(name).decode()).sections) == 9 for name in archive.namelist())
    assert client.get(PAGE[:-1] + ".zip", {**asked, "form": "exe"}).status_code == 404
    assert client.get(PAGE[:-1] + ".zip", {**asked, "form": "pdf"}).content.startswith(b"%PDF")
    unit_page = client.get(f"{PAGE}user-ops/", {**asked, "unit": "UC"}, headers=ENGLISH).content.decode()
    assert "云裳集团 › 女装事业部 › 用户中心" in unit_page
    assert client.get(f"{PAGE}user-ops/", {**asked, "unit": "nowhere"}).status_code == 404
