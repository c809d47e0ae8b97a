"""Where a row comes from, what an upload would do, and what the daily sweep may take."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import UploadState, UploadTurn
from kpis.library import load_library
from kpis.models import Part, Upload
from kpis.queries.effect import kpis_reading, upload_effect
from kpis.queries.feeding import figures_fed
from kpis.queries.provenance import find_keys, row_history, upload_events
from kpis.services.figure_preview import request_figure_preview
from kpis.services.reverting import request_revert
from kpis.services.sweeping import sweep
from kpis.services.uploads import discard_upload, request_load
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.services.sweeping import Sweeper
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import again, checked, order, orders_csv, work
from tests.kpis.retailer import build_organisation

pytestmark = pytest.mark.usefixtures("in_workspace")
ORDERS = load_library().tables["orders"]


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path
    return tmp_path


def load(content: bytes, **options: str) -> Upload:
    upload = checked(content, **options)
    request_load(upload, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    assert again(upload).state == UploadState.LOADED
    return again(upload)


def test_a_row_names_the_upload_the_line_and_the_cells_it_came_with_and_what_changed_it_since() -> None:
    first = load(orders_csv(order(9), order(1)))
    second = load(orders_csv(order(1, status="completed"), order(2)))
    history = row_history(ORDERS, {"order_id": "O1"}, with_pay=False)
    assert history is not None
    assert [(v.upload.pk, v.line, v.counts, v.is_current) for v in history.versions] == [
        (first.pk, 3, True, False),
        (second.pk, 2, True, True),
    ]
    assert history.versions[0].cells["status"] == "paid"
    assert [(c.column.name, c.before, c.after) for c in history.versions[1].changes] == [
        ("status", "paid", "completed")
    ]
    request_revert(second, actor_id=None)
    work(JobKind.REVERT_UPLOAD)
    history = row_history(ORDERS, {"order_id": "O1"}, with_pay=False)
    assert history is not None
    assert history.current is not None
    assert history.current.upload == first
    assert [v.counts for v in history.versions] == [True, False]
    assert [event.kind for event in upload_events(again(second))] == ["received", "loaded", "reverted"]
    assert find_keys(ORDERS, "O2") == [{"order_id": "O2"}]
    assert find_keys(ORDERS, "O7") == []
    assert row_history(ORDERS, {"order_id": "O7"}, with_pay=False) is None


def test_a_row_names_the_figures_it_feeds_at_its_own_unit_and_those_above() -> None:
    build_organisation()
    load(orders_csv(order(1).replace(",store,,,", ",store,S1,ES1,")))
    work(JobKind.COMPUTE_VALUES)
    history = row_history(ORDERS, {"order_id": "O1"}, with_pay=False)
    assert history is not None
    assert str(history.month) == "2024-05"
    fed = figures_fed(ORDERS, {"order_id": "O1"}, periods=[parse_period("2024-05")])
    assert {each.scope.id for each in fed if each.kpi == "sales_net"} >= {"", "S1", "R1", "BU1", "G", "store"}
    sales = [each.value.value for each in fed if each.kpi == "sales_net"]
    assert set(sales) == {Decimal(100)}
    assert "inventory" not in {each.kpi for each in fed}


def test_pay_is_shown_in_a_row_only_to_those_who_administer_it() -> None:
    load(b"unit_id,name,level,parent_id,ownership\nHQ,Head office,hq,,direct\n", filename="org_units.csv")
    people = b"employee_id,unit_id,fill_mode,fte,hired_on,monthly_cost\nE1,HQ,internal,1,2024-01-01,9000\n"
    load(people, filename="employees.csv")
    table = load_library().tables["employees"]
    for with_pay in (True, False):
        history = row_history(table, {"employee_id": "E1"}, with_pay=with_pay)
        assert history is not None
        (version,) = history.versions
        assert ("monthly_cost" in version.cells, "monthly_cost" in version.values) == (with_pay, with_pay)


def test_the_budget_of_a_seat_is_pay_and_no_analyst_finds_it_at_the_row(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    load(b"unit_id,name,level,parent_id,ownership\nHQ,Head office,hq,,direct\n", filename="org_units.csv")
    load(b"seat_id,unit_id,title,planned_fte,monthly_budget\nP1,HQ,Buyer,1,43210\n", filename="seats.csv")
    page = reverse("kpis:row", args=[workspace.slug])
    for role, sees in (("owner", True), ("hr_lead", True), ("analyst", False)):
        text = signed_in(role).get(page, {"table": "seats", "seat_id": "P1"}).content.decode()
        assert "Buyer" in text
        assert ("43210" in text.replace(",", "")) is sees, role


def test_the_effect_of_a_checked_upload_names_rows_months_units_kpis_and_months_to_compute() -> None:
    build_organisation()
    load(orders_csv(order(1), order(2, day="2024-06-01")))
    work(JobKind.COMPUTE_VALUES)
    rows = (order(1), order(3).replace(",store,,,", ",store,S1,,"), order(2, net="5.00", day="2024-04-01"))
    upload = checked(orders_csv(*rows))
    effect = upload_effect(upload)
    assert effect is not None
    assert (effect.new, effect.changed, effect.same, effect.ignored) == (1, 1, 1, 0)
    assert effect.months == ("2024-04", "2024-05", "2024-06")
    assert [(unit.id, unit.name) for unit in effect.units] == [("S1", "门店S1")]
    assert [str(period) for period in effect.periods] == ["2024-04", "2024-05", "2024-06"]
    assert {"sales_net", "private_repurchase_rate"} <= {kpi.id for kpi in effect.kpis}
    assert "nps" not in {kpi.id for kpi in effect.kpis}
    unchanged = upload_effect(checked(orders_csv(order(1))))
    assert unchanged is not None
    assert (unchanged.moves, unchanged.periods, unchanged.kpis) == (False, (), ())


def test_kpis_that_read_a_table_are_found_through_derived_measures_too() -> None:
    assert {"nps"} <= {kpi.id for kpi in kpis_reading("surveys")}
    assert "nps" not in {kpi.id for kpi in kpis_reading("inventory")}


def test_the_sweep_takes_what_nothing_names_and_nothing_that_a_manifest_row_names(data_root: Path) -> None:
    kept = load(orders_csv(order(1)))
    ready = checked(orders_csv(order(2)))
    gone = checked(orders_csv(order(3)))
    discard_upload(gone)
    workspace = Path(str(kept.workspace_id))
    orphan = data_root / workspace / "parts" / "orders" / f"{kept.folder.name}-00000099" / "orders.parquet"
    stray = data_root / workspace / "uploads" / "00000000-0000-0000-0000-000000000000" / "original"
    cache = data_root / workspace / "states" / "contacts-0.parquet"
    draft = ready.folder / "work" / "0-1" / "parts.draft"
    for path in (orphan, stray, cache, draft, data_root / "spill" / "old.tmp"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    before = {path for path in data_root.rglob("*") if path.is_file()}
    assert sweep(now=timezone.now()) == 0
    assert {path for path in data_root.rglob("*") if path.is_file()} == before
    later = timezone.now() + timedelta(days=2)
    assert sweep(now=later) > 0
    left = {path for path in data_root.rglob("*") if path.is_file()}
    assert not left & {orphan, stray, cache, draft, gone.file}
    for part in Part.objects.all():
        assert {part.file, django_settings.DATA_ROOT / part.raw_path} <= left
    assert {kept.file, ready.file} <= left
    request_load(ready, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    assert again(ready).state == UploadState.LOADED


def test_the_sweep_leaves_an_upload_alone_while_a_job_is_on_it() -> None:
    upload = checked(orders_csv(order(1)))
    request_load(upload, good_rows=False, actor_id=None)
    draft = upload.folder / "work" / "0-1" / "parts.draft"
    draft.parent.mkdir(parents=True)
    draft.write_text("x")
    assert sweep(now=timezone.now() + timedelta(days=2)) == 0
    assert draft.exists()


def test_the_dispatcher_sweeps_each_workspace_once_a_day(in_workspace: Workspace, other_workspace: Workspace) -> None:
    upload = load(orders_csv(order(1)))
    orphan = upload.folder / "work" / "0-1" / "x"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_text("x")
    later = timezone.now() + timedelta(days=2)
    sweeper = Sweeper()
    assert sum(sweeper.round(now=later) for _round in range(3)) > 0
    assert not orphan.exists()
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_text("x")
    assert sweeper.round(now=later + timedelta(hours=23)) == 0
    assert sum(sweeper.round(now=later + timedelta(days=1, seconds=n)) for n in range(2)) == 1
    assert not orphan.exists()


def test_a_revert_is_shown_first_and_confirmed_then_in_both_languages(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    upload = load(orders_csv(order(1)))
    work(JobKind.COMPUTE_VALUES)
    client = signed_in("analyst")
    page = reverse("kpis:upload_revert", args=[workspace.slug, upload.pk])
    preview = reverse("kpis:upload_preview", args=[workspace.slug, upload.pk])
    assert "Revert this upload" not in client.get(page).content.decode()
    assert client.post(preview, {"turn": "revert"}).url == page  # type: ignore[attr-defined]
    assert b"hx-get" in client.get(page).content
    work(JobKind.PREVIEW_FIGURES)
    client.cookies["django_language"] = "en"
    text = client.get(page).content.decode()
    assert "Revert this upload" in text
    assert re.search(r"\d+ figures change", text)
    client.cookies["django_language"] = "zh-hans"
    assert client.get(page).status_code == 200
    client.post(page)
    work(JobKind.REVERT_UPLOAD)
    assert again(upload).state == UploadState.REVERTED
    assert client.get(page).status_code == 200
    assert client.get(reverse("kpis:upload", args=[workspace.slug, upload.pk])).status_code == 200
    again_page = reverse("kpis:upload_reapply", args=[workspace.slug, upload.pk])
    assert client.post(preview, {"turn": "reapply"}).url == again_page  # type: ignore[attr-defined]
    assert client.get(again_page).status_code == 200
    assert client.post(preview, {"turn": "sideways"}).status_code == 404


def test_the_page_of_a_row_finds_it_by_its_id(signed_in: Callable[..., Client], workspace: Workspace) -> None:
    load(orders_csv(order(1)))
    client = signed_in("hr_lead")
    page = reverse("kpis:row", args=[workspace.slug])
    assert client.get(page).status_code == 200
    found = client.get(page, {"table": "orders", "q": "O1"})
    assert found.url == f"{page}?table=orders&order_id=O1"  # type: ignore[attr-defined]
    text = client.get(found.url).content.decode()  # type: ignore[attr-defined]
    assert "orders.csv" in text
    assert client.get(page, {"table": "orders", "q": "'; drop table x"}).status_code == 200
    assert client.get(page, {"table": "orders", "order_id": "nothing"}).status_code == 200
    assert signed_in("guide").get(page).status_code in (403, 404)


def test_a_load_preview_is_refused_for_an_upload_that_has_nothing_to_load(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    upload = checked(orders_csv(order(1)))
    page = reverse("kpis:upload_figures", args=[workspace.slug, upload.pk])
    client = signed_in("owner")
    assert client.get(page).status_code == 200
    request_figure_preview(upload, UploadTurn.LOAD, actor_id=None)
    work(JobKind.PREVIEW_FIGURES)
    assert client.get(page).status_code == 200
    discard_upload(upload)
    client.post(reverse("kpis:upload_preview", args=[workspace.slug, upload.pk]), {"turn": "load"})
    assert not work(JobKind.PREVIEW_FIGURES)
