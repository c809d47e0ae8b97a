"""Milestones: early, on time or late to the day, entered through the data door, seen within one's unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kpis.models import Upload
from kpis.queries.milestones import Punctuality, current_milestones, punctuality, tallies
from omnichannel.core.periods import month_of
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import work
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
    seen = signed_in("line_manager", unit_external_id="S1").get(url).content.decode()
    assert "MS-01" not in seen
    assert signed_in("line_manager", unit_external_id="BU1").post(url, row).status_code == 403
