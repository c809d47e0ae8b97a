"""The panorama: pictures drawn from the catalogue, the sub-types' pages with their signals, and the cases."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.engine.specs import COMPANY
from kpis.services.targets import upsert_targets
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from orgstages.catalogue import load_stages
from orgstages.catalogue.checks import check_stages
from orgstages.panorama import Picture, as_svg, overview_picture, subtype_picture
from orgstages.panorama.marks import SIZES, Arrow, Box, Group, Words
from orgstages.queries.failure_watch import failure_watch
from roles.catalogue import SubtypeKey, load_roles
from roles.catalogue.checks import check_roles
from roles.paper.lettering import width_of
from tests.orgstages.world import DAY, MONTH, write_figures, write_world

SignedIn = Callable[..., Client]
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = [(subtype_picture(key, language), language) for key in SubtypeKey for language in ("zh", "en")] + [
    (overview_picture(language), language) for language in ("zh", "en")
]


def marks_of(picture: Picture) -> list[object]:
    return [one for mark in picture.marks for one in (mark.marks if isinstance(mark, Group) else (mark,))]


@pytest.mark.parametrize("key", list(SubtypeKey))
def test_every_relation_is_an_arrow_with_its_number_and_only_reconstructed_ones_are_dashed(key: SubtypeKey) -> None:
    spec = load_stages().subtypes[key]
    arrows = [mark for mark in marks_of(subtype_picture(key, "en")) if isinstance(mark, Arrow) and mark.number]
    assert sorted(int(arrow.number) for arrow in arrows) == [relation.number for relation in spec.relations]
    lost = {int(arrow.number) for arrow in arrows if arrow.kind == "lost"}
    assert lost == {relation.number for relation in spec.relations if relation.is_reconstructed}
    for relation in spec.relations:
        title = next(arrow.title for arrow in arrows if int(arrow.number) == relation.number)
        assert relation.names.en in title


@pytest.mark.parametrize("number", range(len(PICTURES)))
def test_nothing_leaves_the_picture_and_no_text_its_box(number: int) -> None:
    picture, _language = PICTURES[number]
    boxes = [mark for mark in marks_of(picture) if isinstance(mark, Box)]
    for mark in marks_of(picture):
        if isinstance(mark, Box):
            assert 0 <= mark.x < mark.right <= picture.width
            assert 0 <= mark.y < mark.bottom <= picture.height
        elif isinstance(mark, Words) and mark.anchor == "start":
            widest = max((width_of(line, SIZES[mark.kind]) for line in mark.lines), default=0)
            around = [box for box in boxes if box.x <= mark.x <= box.right and box.y <= mark.y <= box.bottom]
            assert all(mark.x + widest <= box.right + 1 for box in around), mark.lines
            assert mark.x + widest <= picture.width, mark.lines
        elif isinstance(mark, Arrow):
            assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in mark.points)


@pytest.mark.parametrize("number", range(len(PICTURES)))
def test_a_picture_is_well_formed_and_tells_itself_in_words(number: int) -> None:
    picture, language = PICTURES[number]
    root = ET.fromstring(as_svg(picture, ident="x", file=True))  # noqa: S314 - our own text
    assert root.find(f"{SVG}title") is not None
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text
    if number < 2 * len(SubtypeKey):
        spec = load_stages().subtypes[list(SubtypeKey)[number // 2]]
        assert all(relation.names.in_language(language) in described.text for relation in spec.relations)


def test_the_overview_leads_to_every_subtype_and_shows_every_stored_way() -> None:
    picture = overview_picture("zh")
    assert [mark.link for mark in picture.marks if isinstance(mark, Group)] == list(SubtypeKey)
    arrows = [mark for mark in picture.marks if isinstance(mark, Arrow)]
    assert len(arrows) == len(load_stages().transitions)
    assert [arrow.kind for arrow in arrows].count("skip") == 1
    assert as_svg(picture, ident="x", links={"market-led": "/m/"}).count("<a ") == 1


def test_every_failure_mode_names_kpis_that_exist() -> None:
    catalogue = load_stages()
    spec = catalogue.subtypes[SubtypeKey.SALES_LED]
    assert all(mode.revealed_by for each in catalogue.subtypes.values() for mode in each.failure_modes)
    for wrong, message in ((("no_such",), "there is no KPI 'no_such'"), ((), "it needs at least one KPI")):
        modes = (replace(spec.failure_modes[0], revealed_by=wrong), *spec.failure_modes[1:])
        broken = replace(catalogue, subtypes={**catalogue.subtypes, spec.key: replace(spec, failure_modes=modes)})
        assert any(message in issue.message for issue in check_stages(broken))


def test_a_case_needs_a_known_industry_and_source() -> None:
    catalogue = load_roles()
    case = replace(catalogue.cases["luckin"], industry="space", source="hearsay", roles=())
    issues = check_roles(replace(catalogue, cases={**catalogue.cases, case.id: case}))
    assert [issue.path for issue in issues] == ["cases.luckin.industry", "cases.luckin.roles", "cases.luckin.source"]


@pytest.fixture
def world(workspace: Workspace) -> Workspace:
    """The retailer of two business units."""
    with workspace_scope(workspace.pk):
        write_world()
    return workspace


def text_of(client: Client, url: str, language: str = "en") -> str:
    response = client.get(url, headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def test_pages_and_files_of_the_panorama(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    shown = text_of(client, "/w/acme/stages/panorama/")
    assert 'href="/w/acme/stages/user-growth-driven/"' in shown
    assert "Several forms may coexist in one firm" in shown
    page = text_of(client, "/w/acme/stages/project-team/?as_of=2026-11-05")
    # the company's unified-ID rate of the newest month, and where it comes from
    assert "/w/acme/kpis/unified_id_rate/explain/?period=2026-10" in page
    assert "61.3" in page
    assert "全域" in text_of(client, "/w/acme/stages/panorama/", "zh-hans")
    answer = client.get("/w/acme/stages/panorama/sales-led.svg", headers={"accept-language": "zh-hans"})
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert "智慧零售部" in answer.content.decode()
    assert client.get("/w/acme/stages/panorama/no-such.svg").status_code == 404
    bounded = text_of(
        signed_in("line_manager", unit_external_id="BU1"), "/w/acme/stages/project-team/?as_of=2026-11-05"
    )
    assert "72.5" in bounded
    assert "61.3" not in bounded


def test_a_signal_tells_its_figure_target_status_and_which_way_it_went(world: Workspace) -> None:
    modes = load_stages().subtypes[SubtypeKey.PROJECT_TEAM].failure_modes
    with workspace_scope(world.pk):
        write_figures({("unified_id_rate", COMPANY): ("70", "70", "100")}, MONTH.previous())
        row = {"period": "2026-10", "kpi_id": "unified_id_rate", "scope_kind": "company", "scope_id": None}
        upsert_targets([{**row, "value": Decimal(90)}], upload_id=None)
        watch = failure_watch(modes, as_of=DAY)
        assert failure_watch(modes, as_of=date(2000, 1, 1)).period is None
    assert str(watch.period) == "2026-10"
    signal = watch.modes[2].signals[0]
    assert (signal.spec.id, signal.target, signal.status, signal.worse) == ("unified_id_rate", 90, "low", True)
    assert signal.value is not None
    assert signal.value.value == Decimal("61.3")
    assert signal.trend[-2:] == [70, Decimal("61.3")]


def test_a_subtype_costs_the_same_queries_whatever_it_watches(world: Workspace, signed_in: SignedIn) -> None:
    client = signed_in("executive")
    counts = []
    for key in SubtypeKey:
        client.get(f"/w/acme/stages/{key}/")
        with CaptureQueriesContext(connection) as found:
            client.get(f"/w/acme/stages/{key}/")
        counts.append(len(found))
    assert len(set(counts)) == 1


def test_cases_are_filtered_by_industry_stage_and_role_and_name_their_source(
    workspace: Workspace, signed_in: SignedIn
) -> None:
    client = signed_in("hr_lead")
    url = "/w/acme/stages/cases/"
    everything = text_of(client, url)
    assert all(case.names.en in everything for case in load_roles().cases.values())
    assert "36kr / Chenfeng Growth Institute" in everything
    first = text_of(client, f"{url}?stage=first-level")
    assert "first-level user centre" in first
    assert "Watsons" not in first
    assert "Annil" in text_of(client, f"{url}?industry=apparel&role=data-analysis")
    assert "No case fits" in text_of(client, f"{url}?industry=dairy&stage=first-level")
