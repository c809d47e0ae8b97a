"""The executive page: every number with its source, one count of queries for any number of units, and the PDF."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.services.acting import Actor
from orgstages.services.answering import answer_question
from orgstages.services.relations import own_relation
from orgstages.services.roadmaps import begin_roadmap
from roles.catalogue import StageKey, SubtypeKey
from roles.paper.lettering import width_of
from roles.paper.marks import Text
from roles.paper.report import BOTTOM, HEIGHT, INNER, MARGIN, pages_of
from roles.paper.report_blocks import Cell, PaperTile, Paragraph, Report, Table, Tiles
from roles.services.stages import adopt_stage
from roles.services.sync import AssignmentInput, PersonInput, UnitInput, upsert_assignments, upsert_people, upsert_units
from tests.orgstages.world import DAY, SINCE, write_organisation, write_world

URL = "/w/acme/stages/executive/?as_of=2026-11-05"
PDF = "/w/acme/stages/executive.pdf?as_of=2026-11-05"
ENGLISH = {"accept-language": "en"}


def adopt(unit: str, stage: StageKey, subtype: SubtypeKey) -> None:
    adopt_stage(unit, stage=stage, subtype=subtype, on=SINCE, actor_id=None)


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """The retailer of two business units, one of which has decided how it works and is on its way."""
    with workspace_scope(workspace.pk):
        write_world()
        adopt("BU1", StageKey.FIRST_LEVEL, SubtypeKey.USER_GROWTH_DRIVEN)
        adopt("BU2", StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
        for question, answer in (("D1", "5"), ("D2", "4")):
            answer_question("BU1", question=question, option=answer, on=DAY, actor_id=None)
        own_relation(
            "BU1",
            subtype=SubtypeKey.USER_GROWTH_DRIVEN,
            number=1,
            giver="UC",
            receiver="D-MKT",
            owner="LEAD",
            since=DAY,
            actor_id=None,
        )
        actor = Actor(None, "Asia/Shanghai", DAY)
        begin_roadmap("BU1", transition="user-growth-driven-to-digital-enablement", start_on=DAY, actor=actor)
    return workspace


def test_one_page_tells_where_the_firm_stands_and_each_number_leads_to_its_source(
    world: Workspace, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("executive")
    page = client.get(URL, headers=ENGLISH).content.decode()
    assert "女装事业部: User-growth-driven" in page
    assert "/w/acme/stages/units/BU1/?as_of=2026-11-05#stage" in page
    assert "/w/acme/stages/units/BU1/?as_of=2026-11-05#challenges" in page
    assert "percentage points ahead of the" in page  # what the confidence means stands with its part and its word
    assert "/w/acme/stages/units/BU2/questions/?question=D1&amp;as_of=2026-11-05" in page  # nobody has answered there
    assert "/w/acme/stages/coverage/?top=BU1&amp;as_of=2026-11-05" in page
    assert "/w/acme/stages/relations/?unit=BU1&amp;as_of=2026-11-05" in page
    assert ">1 / 6</a>" in page  # one of six relations has an owner
    assert "/w/acme/kpis/unified_id_rate/explain/?period=2026-10" in page
    assert "61.3" in page
    assert "scope=unit%3ABU2" in page  # what would show how the business unit's own sub-type fails
    assert "List duplicated building over units" in page
    assert "/w/acme/alerts/?level=red" in page
    chinese = client.get(URL, headers={"accept-language": "zh-hans"}).content.decode()
    assert "企业现状" in chinese
    assert "盘点各事业部重复建设" in chinese
    earlier = client.get("/w/acme/stages/executive/?as_of=2026-11-05&period=2025-10", headers=ENGLISH).content.decode()
    assert "explain/?period=2025-10" in earlier
    assert signed_in("analyst").get(URL).status_code == 403
    assert signed_in("line_manager", unit_external_id="BU1").get(URL).status_code == 403
    overview = client.get("/w/acme/", headers=ENGLISH).content.decode()
    assert "/w/acme/stages/executive/" in overview


def count(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as made:
        assert client.get(URL).status_code == 200
    return len(made)


def test_the_number_of_queries_is_the_same_for_more_units(world: Workspace, signed_in: Callable[..., Client]) -> None:
    client = signed_in("executive")
    client.get(URL)
    few = count(client)
    with workspace_scope(world.pk):
        for number in range(3, 9):
            unit = f"BU{number}"
            upsert_units(
                [UnitInput(unit, f"第{number}事业部", "business_unit", "G")], effective_on=SINCE, actor_id=None
            )
            upsert_people([PersonInput(f"X{number}", unit, SINCE)], effective_on=SINCE, actor_id=None)
            upsert_assignments([AssignmentInput(f"X{number}", "user-ops", unit, SINCE, Decimal(1))], actor_id=None)
            adopt(unit, StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
            own_relation(
                unit,
                subtype=SubtypeKey.SALES_LED,
                number=3,
                giver=unit,
                receiver="D-MKT",
                owner=f"X{number}",
                since=DAY,
                actor_id=None,
            )
    assert "第8事业部" in client.get(URL).content.decode()
    assert count(client) == few
    assert few <= 45


def test_a_workspace_with_only_a_roster_says_what_is_missing(
    workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("owner")
    assert "No units yet" in client.get(URL, headers=ENGLISH).content.decode()
    with workspace_scope(workspace.pk):
        write_organisation()
    page = client.get(URL, headers=ENGLISH).content.decode()
    assert "No month has been computed by this day" in page
    assert "Nobody has answered section D yet" in page
    assert "No roadmap is under way." in page
    assert client.get(PDF).content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                *("Where the firm stands", "Failure-mode watch", "Next milestones", "61.3", "page 1 of"),
                *("% clear", "nobody has answered yet"),
            ),
        ),
        ("zh-hans", ("企业现状", "失败模式", "女装事业部", "用户打通率")),
    ],
)
def test_the_pdf_says_what_the_page_says(
    world: Workspace, signed_in: Callable[..., Client], language: str, words: tuple[str, ...]
) -> None:
    answer = signed_in("executive").get(PDF, headers={"accept-language": language})
    assert answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    assert 1 <= len(document) <= 2
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    assert [word for word in words if word not in text] == []
    assert [stop for stop in ("。 ·", ". ·") if stop in text] == []
    width, height = document[0].get_size()
    assert (round(width), round(height)) == (595, 842)


def test_the_pdf_tells_of_fewer_failure_modes_rather_than_take_a_second_sheet(
    world: Workspace, signed_in: Callable[..., Client]
) -> None:
    with workspace_scope(world.pk):
        for unit in ("G", "BU2"):
            adopt(unit, StageKey.PROJECT, SubtypeKey.PROJECT_TEAM)
        actor = Actor(None, "Asia/Shanghai", DAY)
        for unit in ("G", "BU2"):
            begin_roadmap(unit, transition="project-team-to-sales-led", start_on=date(2026, 1, 5), actor=actor)
    document = pypdfium2.PdfDocument(signed_in("executive").get(PDF, headers=ENGLISH).content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert len(document) == 1
    assert re.search("the worst [3-7] of 8", text)
    assert text.count("overdue by") == 6


def test_a_long_report_goes_on_with_its_head_and_nothing_leaves_the_page() -> None:
    row = (Cell("第一列" * 12), Cell("12.5", right=True))
    table = Table("Table", "note " * 30, (0.7, 0.3), (Cell("Head"), Cell("No", right=True)), (row,) * 200)
    tiles = tuple(
        PaperTile("A label " * 6, "1", "note", trend=(Decimal(1), None, Decimal(3), Decimal(2))) for _ in range(9)
    )
    report = Report("Title", "stamp", "printed", "{page}/{of}", (Paragraph("x " * 400), table, Tiles("T", "", tiles)))
    pages = pages_of(report)
    texts = [[mark for mark in page.marks if isinstance(mark, Text)] for page in pages]
    assert len(pages) > 3
    assert all(any(text.text == "Head" for text in page) for page in texts[:3])
    assert [page[-1].text for page in texts] == [f"{place}/{len(pages)}" for place in range(1, len(pages) + 1)]
    body = [text for page in texts for text in page[:-2]]
    assert all(MARGIN <= text.y <= HEIGHT - BOTTOM for text in body)
    ends = [text.x if text.right else text.x + width_of(text.text, text.size) for text in body]
    assert max(ends) <= MARGIN + INNER + 0.5
    assert sum(text.text == "12.5" for text in body) == 200
