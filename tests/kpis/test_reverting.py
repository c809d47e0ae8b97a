"""Undo of the data door: an upload taken back, applied again, and the figures that move with it."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import UploadState, UploadTurn
from kpis.engine.specs import COMPANY
from kpis.errors import UploadBusy
from kpis.models import KpiValue, Scorecard, Target, Upload, UploadSpan
from kpis.queries.uploads import data_freshness, last_change
from kpis.queries.values import current_values, stored_periods
from kpis.queries.warehouse import open_relations
from kpis.services.figure_preview import request_figure_preview
from kpis.services.reverting import request_reapply, request_revert
from kpis.services.uploads import request_load
from kpis.services.values import figures_at
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from roles.models import Person, Unit
from roles.queries.frames import employees_rows, org_units_rows
from roles.services.sync import UnitInput, upsert_units
from tests.kpis.door import again, checked, order, orders_csv, work
from tests.kpis.retailer import build_organisation

pytestmark = pytest.mark.usefixtures("in_workspace")
FACTS = ("kpi", "period", "scope_kind", "scope_id", "value", "numerator", "denominator", "rows", "reason", "detail")
DAY = date(2024, 6, 30)
CONTACTS = "contact_id,customer_id,kind,source,added_at"
UNITS = "unit_id,name,level,parent_id,ownership"


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path
    return tmp_path


def digest() -> str:
    """Return the digest of every current figure and card."""
    rows = KpiValue.objects.filter(is_current=True).order_by(*FACTS[:4]).values_list(*FACTS)
    cards = Scorecard.objects.filter(is_current=True).order_by("period", "role_key", "scope_kind", "scope_id")
    text = repr(list(rows)) + repr(list(cards.values_list("period", "role_key", "scope_kind", "scope_id", "digest")))
    return hashlib.sha256(text.encode()).hexdigest()


def load(content: bytes, **options: str) -> Upload:
    upload = checked(content, **options)
    assert upload.state == UploadState.READY, list(upload.problems.values_list("line", "column", "code"))
    request_load(upload, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    assert again(upload).state == UploadState.LOADED, again(upload).load_job
    compute()
    return again(upload)


def compute() -> None:
    assert all(job.state == JobState.SUCCEEDED for job in work(JobKind.COMPUTE_VALUES))


def turned(job: Job) -> Job:
    (done,) = work(JobKind(job.kind))
    if done.state == JobState.SUCCEEDED:
        compute()
    return done


def revert(upload: Upload) -> Job:
    return turned(request_revert(upload, actor_id=None))


def reapply(upload: Upload) -> Job:
    return turned(request_reapply(upload, actor_id=None))


def preview(upload: Upload, turn: UploadTurn) -> Job:
    request_figure_preview(upload, turn, actor_id=None)
    (done,) = work(JobKind.PREVIEW_FIGURES)
    assert done.state == JobState.SUCCEEDED, done.detail
    return done


def amounts(known_at: object = None) -> dict[object, object]:
    relations = open_relations(as_of=DAY, known_at=known_at)  # type: ignore[arg-type]
    try:
        table = relations.table("orders")
        return {row["order_id"]: row["net_amount"] for row in relations.rows(table)} if table is not None else {}
    finally:
        relations.close()


def rows_shown(table: str) -> int:
    return next(fresh.rows for fresh in data_freshness() if fresh.table.id == table)


def test_a_revert_restores_the_hash_of_every_figure_and_a_reapply_the_later_one() -> None:
    build_organisation()
    load(orders_csv(order(1, net="10.00"), order(2, day="2024-06-01")))
    before, shown = digest(), rows_shown("orders")
    second = load(orders_csv(order(1, net="25.00", day="2024-07-02"), order(3, day="2024-06-05"), order(4)))
    after = digest()
    assert after != before
    assert rows_shown("orders") == 4
    assert revert(second).state == JobState.SUCCEEDED
    assert again(second).state == UploadState.REVERTED
    assert amounts() == {"O1": Decimal(10), "O2": Decimal(100)}
    assert digest() == before
    assert rows_shown("orders") == shown == len(amounts())
    assert reapply(second).state == JobState.SUCCEEDED
    assert digest() == after
    assert amounts() == {"O1": Decimal(25), "O2": Decimal(100), "O3": Decimal(100), "O4": Decimal(100)}
    assert rows_shown("orders") == 4


def test_figures_of_a_month_that_only_the_upload_had_are_no_longer_current_after_its_revert() -> None:
    load(orders_csv(order(1)))
    later = load(orders_csv(order(2, day="2024-08-02")))
    assert parse_period("2024-08") in stored_periods()
    job = revert(later)
    assert job.result["retired"] == ["2024-08"]
    assert stored_periods() == [parse_period("2024-05")]
    assert not Scorecard.objects.filter(period="2024-08", is_current=True).exists()


def test_known_as_of_stays_true_over_two_reverts() -> None:
    first = load(orders_csv(order(1, net="10.00")))
    second = load(orders_csv(order(1, net="20.00"), order(2)))
    moments = [timezone.now()]
    for turn in (revert, reapply, revert):
        turn(again(second))
        moments.append(timezone.now())
    both, alone = {"O1": Decimal(20), "O2": Decimal(100)}, {"O1": Decimal(10)}
    assert [amounts(moment) for moment in moments] == [both, alone, both, alone]
    assert amounts(first.visible_from) == alone
    sales = [
        next(value.value for value in figures_at(parse_period("2024-05"), known_at=moment) if value.kpi == "sales_net")
        for moment in moments[:2]
    ]
    assert sales == [Decimal(120), Decimal(10)]
    spans = UploadSpan.objects.filter(upload=second)
    assert [span.ends_at is None for span in spans] == [False, False]
    places = [place for span in UploadSpan.objects.all() for place in (span.began, span.ended) if place is not None]
    assert len(places) == len(set(places))
    assert last_change() == max(places)


def test_rows_of_an_earlier_upload_that_comes_back_still_lose_to_the_later_ones() -> None:
    first = load(orders_csv(order(1, net="10.00"), order(2)))
    revert(first)
    load(orders_csv(order(1, net="30.00")))
    assert not Upload.objects.get(pk=first.pk).overlaps
    reapply(again(first))
    assert amounts() == {"O1": Decimal(30), "O2": Decimal(100)}
    assert rows_shown("orders") == 2
    (sales,) = current_values(parse_period("2024-05"), kpis=["sales_net"], scopes=[COMPANY])
    assert sales.value == Decimal(130)


def test_the_first_contact_of_a_person_follows_a_revert() -> None:
    build_organisation()
    load(f"{CONTACTS}\nK2,C1,wecom_friend,store,2024-05-09 10:00:00\n".encode(), filename="contacts.csv")
    before = digest()
    earlier = load(f"{CONTACTS}\nK1,C1,group_member,ad,2024-04-01 10:00:00\n".encode(), filename="contacts.csv")
    after = digest()
    revert(earlier)
    assert digest() == before
    reapply(again(earlier))
    assert digest() == after


def test_an_upload_is_reverted_once_however_often_it_is_asked() -> None:
    upload = load(orders_csv(order(1)))
    one, two = request_revert(upload, actor_id=None), request_revert(upload, actor_id=None)
    assert one.pk == two.pk
    turned(one)
    with pytest.raises(UploadBusy):
        request_revert(upload, actor_id=None)
    reapply(again(upload))
    with pytest.raises(UploadBusy):
        request_reapply(upload, actor_id=None)
    assert UploadSpan.objects.count() == 2


def test_a_preview_tells_the_figures_that_then_change_and_writes_nothing() -> None:
    build_organisation()
    load(orders_csv(order(1, net="10.00")))
    second = load(orders_csv(order(1, net="40.00"), order(2, net="60.00", day="2024-06-01")))
    seen, place = digest(), last_change()
    found = preview(second, UploadTurn.REVERT).result
    assert (digest(), last_change()) == (seen, place)
    before = {(v.kpi, p, v.scope): v.value for p in ("2024-05", "2024-06") for v in current_values(parse_period(p))}
    revert(second)
    after = {(v.kpi, p, v.scope): v.value for p in ("2024-05", "2024-06") for v in current_values(parse_period(p))}
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert found["changed"] == len(changed) > 0
    told = {(m["kpi"], m["period"], m["scope_kind"], m["scope_id"]): (m["before"], m["after"]) for m in found["movers"]}
    assert told["sales_net", "2024-05", "company", ""] == ("40.000000", "10.000000")
    assert told["sales_net", "2024-06", "company", ""] == ("60.000000", None)
    again_found = preview(again(second), UploadTurn.REAPPLY).result
    assert again_found["changed"] == found["changed"]


def test_a_preview_of_a_load_that_has_not_been_made_tells_what_the_load_then_does() -> None:
    load(orders_csv(order(1, net="10.00")))
    ready = checked(orders_csv(order(1, net="40.00"), order(2, net="60.00", day="2024-06-01")))
    found = preview(ready, UploadTurn.LOAD).result
    assert found["periods"] == ["2024-05", "2024-06"]
    told = {(m["kpi"], m["period"], m["scope_kind"]): (m["before"], m["after"]) for m in found["movers"]}
    assert told["sales_net", "2024-05", "company"] == ("10.000000", "40.000000")
    assert Upload.objects.get(pk=ready.pk).state == UploadState.READY
    assert amounts() == {"O1": Decimal(10)}


def test_reverting_units_restores_the_organisation_and_applies_it_again() -> None:
    load(f"{UNITS}\nHQ,Head office,hq,,direct\nS1,Store 1,store,HQ,direct\n".encode(), filename="org_units.csv")
    first = org_units_rows(timezone.localdate())
    second = load(
        f"{UNITS}\nHQ,Head office,hq,,direct\nS1,Renamed,store,HQ,direct\nS2,Store 2,store,HQ,direct\n".encode(),
        filename="org_units.csv",
    )
    then = org_units_rows(timezone.localdate())
    assert rows_shown("org_units") == 3
    assert revert(second).state == JobState.SUCCEEDED
    assert org_units_rows(timezone.localdate()) == first
    assert not Unit.objects.filter(external_id="S2").exists()
    assert rows_shown("org_units") == 2
    reapply(again(second))
    assert org_units_rows(timezone.localdate()) == then


def test_facts_that_were_changed_or_used_since_stand_in_the_way_and_are_all_named() -> None:
    load(f"{UNITS}\nHQ,Head office,hq,,direct\n".encode(), filename="org_units.csv")
    second = load(
        f"{UNITS}\nHQ,Head office,hq,,direct\nS1,One,store,HQ,direct\nS2,Two,store,HQ,direct\n"
        "S3,Three,store,HQ,direct\n".encode(),
        filename="org_units.csv",
    )
    third = load(f"{UNITS}\nHQ,Head office,hq,,direct\nS1,Uno,store,HQ,direct\n".encode(), filename="org_units.csv")
    upsert_units([UnitInput("S3", "By hand", "store", "HQ")], effective_on=timezone.localdate(), actor_id=None)
    people = "employee_id,unit_id,fill_mode,fte,hired_on\nE1,S2,internal,1,2024-01-01\n"
    load(people.encode(), filename="employees.csv")
    before = org_units_rows(timezone.localdate())
    found = preview(second, UploadTurn.REVERT).result
    told = {(each["key"], each["upload"]) for each in found["obstacles"]}
    assert told == {("S1", third.pk), ("S2", None), ("S3", None)}
    assert all(each["zh"] and each["en"] for each in found["obstacles"])
    job = revert(second)
    assert (job.state, job.reason) == (JobState.FAILED, "revert_refused")
    assert all(key in job.detail for key in ("S1", "S2", "S3"))
    assert org_units_rows(timezone.localdate()) == before
    assert again(second).state == UploadState.LOADED


def test_people_and_their_roles_come_back_as_they_were() -> None:
    build_organisation()
    header = "employee_id,display_name,unit_id,manager_id,fill_mode,fte,hired_on"
    was = employees_rows(DAY)
    people = load(
        f"{header}\nES1,新名,S2,,internal,0.5,2024-01-01\nE9,九,S1,ES1,internal,1,2024-02-01\n".encode(),
        filename="employees.csv",
    )
    roles = load(
        b"employee_id,role_id,unit_id,share,start_on\nE9,digital-guide,S1,1,2024-02-01\n",
        filename="role_assignments.csv",
    )
    assert revert(people).state == JobState.FAILED  # E9 holds a role
    assert revert(roles).state == JobState.SUCCEEDED
    assert revert(again(people)).state == JobState.SUCCEEDED
    assert employees_rows(DAY) == was
    assert not Person.objects.filter(external_id="E9").exists()
    assert reapply(again(people)).state == JobState.SUCCEEDED
    assert reapply(again(roles)).state == JobState.SUCCEEDED


def test_a_reverted_target_falls_back_to_the_upload_before() -> None:
    load(orders_csv(order(1)))
    header = "period,kpi_id,scope_kind,scope_id,value"
    first = load(f"{header}\n2024-05,sales_net,company,,90\n".encode(), filename="targets.csv")
    before = digest()
    second = load(f"{header}\n2024-05,sales_net,company,,200\n".encode(), filename="targets.csv")
    after = digest()
    assert before != after
    revert(second)
    assert digest() == before
    assert list(Target.objects.values_list("value", "upload")) == [(Decimal(90), first.pk)]
    reapply(again(second))
    assert digest() == after
