"""Disputes of pay: from a line to an adjustment of the open month, with owner, due day, reminders and history."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kpis.choices import DisputeState
from kpis.errors import DisputeInvalid, OwnDecision, PlanStep
from kpis.models import DisputeStep, PayAdjustment, PayDispute, PayLine, PayRun
from kpis.services.pay.dispute_reminders import remind
from kpis.services.pay.disputes import Claim, Verdict, answer_dispute, raise_dispute, take_dispute, withdraw_dispute
from kpis.services.pay.runs import approve_run, lock_run, open_run
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import StageKey, SubtypeKey
from tests.conftest import MemberFactory
from tests.kpis.door import orders_csv
from tests.kpis.pay_month import (
    APPROVER,
    OPENER,
    People,
    approved,
    closed,
    load,
    november,
    recalculated,
    statement_of,
    till,
)
from tests.kpis.retailer import NOVEMBER, adopt, build_organisation, put_example

SignedIn = Callable[..., Client]
EN = {"accept-language": "en"}
PAY = "/w/acme/pay/"
DECEMBER = "2024-12"
CLAIM = Claim("missing", "Order O99 of 3 November is not there.", Decimal("12.00"))


@pytest.fixture
def people(in_workspace: Workspace, member: MemberFactory) -> People:
    """Close November; return who opens and who approves."""
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example()
    november()
    found = {OPENER: member("hr_lead").pk, APPROVER: member("owner").pk}
    approved("guide-composite", found)
    closed(NOVEMBER, found)
    return found


@pytest.fixture
def line(people: People) -> PayLine:
    """The line of ES1's store sales in November."""
    return statement_of(PayRun.objects.get(), "ES1").lines.get(component="store")


def test_what_is_granted_is_one_adjustment_of_the_open_month_and_the_line_stays(
    people: People, line: PayLine, member: MemberFactory
) -> None:
    guide, hr = member("guide", person_external_id="ES1").pk, people[OPENER]
    before = (line.amount, line.workings, PayRun.objects.get().digest)
    found = raise_dispute(line, CLAIM, actor_id=guide)
    with pytest.raises(PlanStep):
        raise_dispute(line, CLAIM, actor_id=guide)
    verdict = Verdict(DisputeState.ACCEPTED, "It came from the other till.")
    with pytest.raises(OwnDecision):
        answer_dispute(found.pk, verdict, actor_id=guide)
    with pytest.raises(PlanStep):
        answer_dispute(found.pk, verdict, actor_id=hr)  # no later month is open
    found.refresh_from_db()
    assert (found.state, PayAdjustment.objects.count()) == (DisputeState.OPEN, 0)
    december = recalculated(open_run(parse_period(DECEMBER), actor_id=hr), people)
    seen = december.digest
    answer_dispute(found.pk, verdict, actor_id=hr)
    (made,) = PayAdjustment.objects.all()
    assert (made.run_id, made.line_id, made.amount, made.reason) == (december.pk, line.pk, Decimal(12), "dispute")
    with pytest.raises(PlanStep):  # what was looked at does not hold the correction
        approve_run(december.pk, seen=seen, actor_id=people[APPROVER])
    december = recalculated(december, people)
    assert (december.adjusted, december.digest != seen) == (Decimal(12), True)
    approve_run(december.pk, seen=december.digest, actor_id=people[APPROVER])
    lock_run(december.pk, seen=december.digest, actor_id=hr)
    line.refresh_from_db()
    assert (line.amount, line.workings, PayRun.objects.get(period=str(NOVEMBER)).digest) == before
    with pytest.raises(PlanStep):
        answer_dispute(found.pk, verdict, actor_id=hr)
    assert [step.state for step in found.steps.all()] == ["open", "accepted"]


def test_rows_that_come_after_they_were_granted_pay_no_more_and_a_granted_rate_is_apart(
    people: People, line: PayLine
) -> None:
    hr = people[OPENER]
    december = open_run(parse_period(DECEMBER), actor_id=hr)
    verdict = Verdict(DisputeState.ACCEPTED, "Yes.")
    for reason in ("missing", "rate"):
        found = raise_dispute(line, Claim(reason, "Order O99.", Decimal("12.00")), actor_id=hr)
        answer_dispute(found.pk, verdict, actor_id=people[APPROVER])
    load(orders_csv(till(99, "ES1", "S1", "1200", day="2024-11-03")), "late.csv")  # 1 %: the 12 that were missing
    assert recalculated(december, people).adjusted == Decimal(24)
    load(orders_csv(till(98, "ES1", "S1", "500", day="2024-11-03")), "later.csv")
    assert recalculated(december, people).adjusted == Decimal(29)  # only what nobody has granted
    assert recalculated(december, people).adjusted == Decimal(29)


def test_every_fault_of_a_dispute_and_of_an_answer_is_named_at_its_field(
    people: People, line: PayLine, member: MemberFactory
) -> None:
    guide, hr = member("guide", person_external_id="ES1").pk, people[OPENER]
    with pytest.raises(DisputeInvalid) as wrong:
        raise_dispute(line, Claim("because", " ", Decimal(0)), actor_id=guide)
    assert set(wrong.value.faults) == {"text", "reason", "asked"}
    found = raise_dispute(line, CLAIM, actor_id=guide)
    for verdict, fields in (
        (Verdict(DisputeState.ACCEPTED, "", Decimal(5)), {"answer", "amount"}),
        (Verdict(DisputeState.PARTLY, "yes", Decimal(12)), {"amount"}),
        (Verdict(DisputeState.OPEN, "yes"), {"state"}),
    ):
        with pytest.raises(DisputeInvalid) as refused:
            answer_dispute(found.pk, verdict, actor_id=hr)
        assert set(refused.value.faults) == fields
    with pytest.raises(DisputeInvalid) as taken:
        take_dispute(found.pk, actor_id=hr, owner_id=guide, due_on=current_day() - timedelta(days=1))
    assert set(taken.value.faults) == {"owner", "due_on"}
    with pytest.raises(PlanStep):
        withdraw_dispute(found.pk, actor_id=hr, person="")
    withdraw_dispute(found.pk, actor_id=guide, person="ES1")
    again = raise_dispute(line, CLAIM, actor_id=hr)  # HR may write for somebody, but not answer it
    with pytest.raises(OwnDecision):
        answer_dispute(again.pk, Verdict(DisputeState.REFUSED, "no"), actor_id=hr)
    answer_dispute(again.pk, Verdict(DisputeState.REFUSED, "no"), actor_id=people[APPROVER])
    assert DisputeStep.objects.count() == 4
    assert not PayAdjustment.objects.exists()


def test_who_answers_is_reminded_before_and_after_the_day_once_each(
    people: People, line: PayLine, member: MemberFactory
) -> None:
    found = raise_dispute(line, CLAIM, actor_id=member("guide", person_external_id="ES1").pk)
    now = timezone.now()
    assert remind(now=now) == 0  # seven days are left
    soon = now + timedelta(days=6)
    assert remind(now=soon) == 1
    assert sorted(address for each in mail.outbox for address in each.to) == sorted(
        {"hr_lead1@acme.test", "owner2@acme.test"}
    )
    assert f"/w/acme/pay/disputes/{found.pk}/" in mail.outbox[0].body
    assert remind(now=soon) == 0
    take_dispute(found.pk, actor_id=people[OPENER])
    late = now + timedelta(days=9)
    mail.outbox.clear()
    assert remind(now=late) == 1
    assert [each.to for each in mail.outbox] == [["hr_lead1@acme.test"]]
    assert remind(now=late) == 0
    answer_dispute(found.pk, Verdict(DisputeState.REFUSED, "no"), actor_id=people[OPENER])
    PayDispute.objects.update(late_told_at=None)
    assert remind(now=late) == 0


def test_a_guide_disputes_a_line_on_the_page_with_a_file_and_reads_the_answer_on_the_statement(
    line: PayLine, signed_in: SignedIn, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_ROOT = tmp_path
    guide, hr = signed_in("guide", person_external_id="ES1", unit_external_id="S1"), signed_in("hr_lead")
    other = signed_in("guide", person_external_id="ES2", unit_external_id="S2")
    new = f"{PAY}disputes/new/{line.pk}/"
    assert "You have disputed nothing" in guide.get(f"{PAY}disputes/", headers=EN).content.decode()
    assert other.get(new).status_code == 404
    empty = guide.post(new, {}, headers=EN)
    assert (empty.status_code, empty.content.decode().count('class="field__errors"')) == (422, 2)
    body = {"reason": "missing", "text": "Order <b>O99</b>", "asked": "12.00"}
    bad = {**body, "file": SimpleUploadedFile("x.exe", b"MZ")}
    assert "10 MB" in guide.post(new, bad, headers=EN).content.decode()
    assert guide.post(new, {**body, "file": SimpleUploadedFile("x.png", b"MZ")}, headers=EN).status_code == 422
    assert not list(tmp_path.rglob("disputes/*"))
    sent = guide.post(new, {**body, "file": SimpleUploadedFile("收据.png", b"\x89PNG\r\n")}, headers=EN)
    found = PayDispute.objects.get()
    own = f"{PAY}disputes/{found.pk}/"
    assert sent["Location"] == own
    shown = guide.get(own, headers=EN).content.decode()
    assert "&lt;b&gt;O99&lt;/b&gt;" in shown
    assert "Take it back" in shown
    assert 'value="answer"' not in shown
    file = guide.get(f"{own}file/")
    assert b"".join(file.streaming_content) == b"\x89PNG\r\n"  # type: ignore[attr-defined]
    assert file["Content-Disposition"].startswith("attachment")
    for path in (own, f"{own}file/"):
        assert other.get(path).status_code == 404
    assert guide.post(f"{own}answer/", {"step": "answer"}).status_code == 403
    listed = hr.get(f"{PAY}disputes/?state=running", headers=EN).content.decode()
    assert own in listed
    refused = hr.post(f"{own}answer/", {"step": "answer", "state": "partly", "amount": "8", "answer": ""}, headers=EN)
    assert refused.status_code == 422
    granted = {"step": "answer", "state": "partly", "amount": "8", "answer": "Part of it was refunded."}
    assert "Open the next month first" in hr.post(f"{own}answer/", granted, headers=EN).content.decode()
    hr.post(f"{PAY}runs/", {"period": DECEMBER}, headers=EN)
    assert hr.post(f"{own}answer/", granted, headers=EN).status_code == 302
    statement = guide.get(f"{PAY}statements/{line.statement_id}/", headers=EN).content.decode()
    assert "Part of it was refunded." in statement
    assert "Partly accepted" in statement
    assert "8.00" in guide.get(own, headers=EN).content.decode()
    rows = list(csv.DictReader(io.StringIO(hr.get(f"{PAY}disputes.csv").content.decode("utf-8-sig"))))
    assert [(row["person"], row["granted"], row["state"]) for row in rows] == [("ES1", "8.00", "partly")]
    assert other.get(f"{PAY}disputes.csv").content.decode().count("\n") == 1


def test_the_list_of_disputes_takes_no_more_queries_with_twice_as_many(
    people: People, signed_in: SignedIn, member: MemberFactory
) -> None:
    hr, guide, counts = signed_in("hr_lead"), member("guide", person_external_id="ES1").pk, []
    lines = list(PayLine.objects.select_related("statement__run").filter(amount__gt=0)[:4])
    for chosen in (lines[:2], lines[2:]):
        for each in chosen:
            raise_dispute(each, CLAIM, actor_id=guide)
        hr.get(f"{PAY}disputes/")
        with CaptureQueriesContext(connection) as asked:
            assert hr.get(f"{PAY}disputes/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 20
