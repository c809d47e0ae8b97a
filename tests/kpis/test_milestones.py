"""Milestones: early, on time or late to the day, entered through the data door, seen within one's unit."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.choices import AutoLoad
from kpis.models import Part, Upload
from kpis.queries.milestones import Punctuality, current_milestones, punctuality, tallies
from omnichannel.core.periods import month_of
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import put, work
from tests.kpis.retailer import build_organisation, put_values

TODAY = date(2024, 12, 5)


@pytest.mark.parametrize(
    ("planned", "done", "standing", "days"),
    [
        (date(2024, 12, 1), date(2024, 11, 30), Punctuality.EARLY, -1),
        (date(2024, 12, 1), date(2024, 12, 1), Punctuality.ON_TIME, 0),
        (date(2024, 12, 1), date(2024, 12, 2), Punctuality.LATE, 1),
        (date(2024, 12, 4), None, Punctuality.OVERDUE, 1),
        (date(2024, 12, 5), None, Punctuality.COMING, 0),
    ],
)
def test_a_milestone_is_judged_to_the_day(planned: date, done: date | None, standing: Punctuality, days: int) -> None:
    assert punctuality(planned, done, today=TODAY) == (standing, days)


def test_a_milestone_entered_in_the_browser_is_an_upload_and_a_late_one_lowers_the_rate(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    build_organisation()
    client = signed_in("hr_lead")
    url = "/w/acme/milestones/"
    planned = timezone.localdate() - timedelta(days=20)
    put_values(month_of(planned), [])
    row = {"kind": "objective", "owner_role": "omni-strategy", "unit_id": "UC", "planned_on": planned.isoformat()}
    for key, late, title in (("MS-01", 0, "会员小程序 3.0"), ("MS-02", 3, "")):
        done = {"milestone_id": key, "title": title, "done_on": (planned + timedelta(days=late)).isoformat()}
        assert client.post(url, row | done).status_code == 302
    assert Upload.objects.filter(table_id="milestones", state="loaded").count() == 2
    found = current_milestones(today=timezone.localdate())
    assert {(one.id, one.standing) for one in found} == {("MS-01", Punctuality.ON_TIME), ("MS-02", Punctuality.LATE)}
    assert {one.id: one.title for one in found} == {"MS-01": "会员小程序 3.0", "MS-02": ""}
    (tally,) = tallies(found)
    assert (tally.due, tally.kept) == (2, 1)
    assert {job.state for job in work(JobKind.COMPUTE_VALUES)} == {"succeeded"}
    page = client.get(url, headers={"accept-language": "en"}).content.decode()
    assert "会员小程序 3.0</a>" in page
    assert ">MS-02</a>" in page  # without a title its id names it
    assert "50.0" in page  # one of two objectives in time
    wrong = client.post(url, row | {"milestone_id": "MS-03", "planned_on": "soon"}, headers={"accept-language": "en"})
    assert wrong.status_code == 422
    assert "The milestone was not taken" in wrong.content.decode()
    assert "Planned date: “soon” is not a date." in wrong.content.decode()
    seen = signed_in("line_manager", unit_external_id="S1").get(url).content.decode()
    assert "MS-01" not in seen
    assert signed_in("line_manager", unit_external_id="BU1").post(url, row).status_code == 403


HEADER = "里程碑编号,里程碑类型,负责岗位,责任组织编号,计划完成日期,实际完成日期"
ROWS = "/api/v1/workspaces/acme/tables/milestones"


def loaded(text: str) -> Upload:
    """Return the upload of a file in the encoding of Chinese Excel, loaded without a question."""
    put(text.encode("gb18030"), filename="里程碑.csv", auto=AutoLoad.GOOD_ROWS, table="milestones")
    work()
    upload = Upload.objects.latest("pk")
    assert upload.state == "loaded", upload.mapping
    return upload


def test_files_with_and_without_titles_load_and_read_back_over_rest_and_export(
    in_workspace: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    build_organisation()
    loaded(f"{HEADER}\nMS-1,objective,omni-strategy,UC,2024-06-01,2024-06-02\n")
    loaded(f"{HEADER},里程碑标题\nMS-2,objective,omni-strategy,UC,2024-06-03,,会员小程序 3.0 上线\n")
    api, client = api_client("analyst"), signed_in("analyst")
    listed = api.get(f"{ROWS}/rows/").json()["results"]
    assert {row["milestone_id"]: row["title"] for row in listed} == {"MS-1": None, "MS-2": "会员小程序 3.0 上线"}
    lines = exported(api)
    assert [(line["milestone_id"], line["title"]) for line in lines] == [("MS-1", ""), ("MS-2", "会员小程序 3.0 上线")]
    sent = {**lines[0], "milestone_id": "MS-3", "title": "年中复盘"}
    assert api.post(f"{ROWS}/rows/", [sent], format="json").status_code == 200
    assert [line["title"] for line in exported(api)] == ["", "会员小程序 3.0 上线", "年中复盘"]
    template = client.get(
        "/w/acme/data/templates/milestones.csv", headers={"accept-language": "zh-hans"}
    ).content.decode("utf-8-sig")
    assert "里程碑标题" in template.splitlines()[0]


def exported(api: APIClient) -> list[dict[str, str]]:
    """Return the lines of the table's export."""
    answer = api.get(f"{ROWS}/export/", headers={"Accept": "text/csv"})
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))  # type: ignore[call-overload]


def test_rows_stored_before_titles_existed_are_read_shown_and_exported(
    in_workspace: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    build_organisation()
    loaded(f"{HEADER}\nMS-1,objective,omni-strategy,UC,2024-06-01,2024-06-02\n")
    path = settings.DATA_ROOT / Part.objects.get(table_id="milestones").path
    old = path.with_suffix(".old")
    duckdb.sql(f"copy (select * exclude (title) from read_parquet('{path}')) to '{old}' (format parquet)")  # noqa: S608
    old.replace(path)
    (one,) = current_milestones(today=TODAY)
    assert (one.title, one.standing) == ("", Punctuality.LATE)
    api, client = api_client("analyst"), signed_in("analyst")
    assert ">MS-1</a>" in client.get("/w/acme/milestones/").content.decode()
    assert client.get("/w/acme/data/rows/?table=milestones&milestone_id=MS-1").status_code == 200
    assert [line["title"] for line in exported(api)] == [""]
    (row,) = api.get(f"{ROWS}/rows/", {"milestone_id": "MS-1"}).json()["results"]
    assert row["title"] is None
    assert api.get(f"{ROWS}/rows/", {"title": "x"}).json()["results"] == []
    sent = [row | {"title": "评审"}, row | {"milestone_id": "MS-2"}]
    effects = [each["effect"] for each in api.post(f"{ROWS}/rows/?dry_run=true", sent, format="json").json()["results"]]
    assert effects == ["changed", "new"]
    assert api.post(f"{ROWS}/rows/", sent, format="json").status_code == 200
    assert [line["title"] for line in exported(api)] == ["评审", ""]
    seen = client.get("/w/acme/data/rows/?table=milestones&milestone_id=MS-1").content.decode()
    assert "评审" in seen
