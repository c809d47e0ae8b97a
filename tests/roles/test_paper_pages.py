"""The paper's page and its files: bounds hold, pay is never read, the day and what was known are on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pypdfium2
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from omnichannel.workspaces.models import Workspace
from roles.queries.paper import FIELDS, PaperAsk, paper_branch
from tests.roles.dated_organisation import SOON, TODAY, write_dated_organisation

SignedIn = Callable[..., Client]


@pytest.fixture
def dated(in_workspace: Workspace) -> Workspace:
    write_dated_organisation()
    return in_workspace


def pages_of(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/w/acme/organisation/paper.pdf?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    document = pypdfium2.PdfDocument(answer.content)
    found = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return found


def test_the_pdf_holds_the_firm_the_day_who_printed_it_and_everybody(dated: Workspace, signed_in: SignedIn) -> None:
    pages = pages_of(signed_in("hr_lead"), "size=a3")
    assert all("Acme 云裳" in page and str(TODAY) in page and "hr_lead" in page for page in pages)
    chart = pages[0]
    for person in ("周总", "李店长", "王导购", "00E4"):
        assert chart.count(person) == 1, person
    assert "资深导购" in chart  # a vacant seat
    assert "新同事" not in chart  # comes later
    assert "80000" not in "".join(pages)
    assert "90000" not in "".join(pages)


def test_another_day_and_an_earlier_knowledge_are_printed_as_they_are_asked_for(
    dated: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("hr_lead")
    later = pages_of(client, f"as_of={SOON}")[0]
    assert "新同事" in later
    assert str(SOON) in later
    known = pages_of(client, f"known_at={TODAY - timedelta(days=1)}")[0]
    assert str(TODAY - timedelta(days=1)) in known
    assert "周总" not in known  # nothing had been recorded by then


def test_a_line_manager_prints_only_the_own_branch_and_an_executive_no_names(
    dated: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("line_manager", unit_external_id="R01")
    chart = pages_of(client)[0]
    assert "李店长" in chart
    assert "周总" not in chart
    assert "市场部" not in chart
    assert client.get("/w/acme/organisation/paper.pdf?branch=D-MKT").status_code == 404
    assert client.get("/w/acme/organisation/paper/?branch=G").status_code == 404
    everything = "&".join(f"field={name}" for name in FIELDS)
    bare = "".join(pages_of(signed_in("executive"), f"chosen=1&people=1&vacant=1&{everything}"))
    assert "静安店" in bare
    assert "店长" not in bare.replace("店长 M1", "")
    assert not re.search("周总|李店长|王导购|00E4", bare)
    assert signed_in("guide", person_external_id="E2").get("/w/acme/organisation/paper/").status_code == 403


def test_the_page_shows_what_will_be_printed_in_both_languages(dated: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("owner")
    page = client.get("/w/acme/organisation/paper/?branch=R01&levels=1&chosen=1&people=1&field=id").content.decode()
    assert 'value="R01" selected' in page
    assert "organisation/paper.svg?branch=R01&amp;levels=1" in page
    drawing = client.get("/w/acme/organisation/paper.svg?page=1&size=a4")
    assert (drawing.status_code, drawing["Content-Type"]) == (200, "image/svg+xml")
    assert client.get("/w/acme/organisation/paper.svg?page=99").status_code == 404
    assert client.get("/w/acme/organisation/paper.png").status_code == 404
    whole = client.get("/w/acme/organisation/paper.svg")
    assert "attachment" in whole["Content-Disposition"]


def test_levels_that_are_left_out_are_counted_on_the_card(dated: Workspace) -> None:
    branch = paper_branch(PaperAsk(levels=1), as_of=TODAY)
    assert branch is not None
    (top,) = (unit for unit in branch.chart.units.values() if unit.external_id == "G")
    assert (len(branch.chart.units), branch.units, top.children) == (1, 7, ())
    assert "6" in top.hidden
    assert (branch.chart.people, branch.people) == (1, 4)


def test_a_branch_costs_the_same_queries_however_many_people_there_are(dated: Workspace) -> None:
    with CaptureQueriesContext(connection) as queries:
        paper_branch(PaperAsk(fields=frozenset(FIELDS)), as_of=TODAY)
    assert len(queries) <= 7


def test_a_workspace_without_units_says_so(workspace: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("owner")
    client.cookies["django_language"] = "en"
    assert "No unit on this day" in client.get("/w/acme/organisation/paper/").content.decode()
    assert len(pages_of(client)) == 1
