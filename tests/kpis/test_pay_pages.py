"""Pages of pay: a month from open to paid, a statement as a receipt down to its rows, and who may see which."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.models import PayRun
from kpis.queries.pay.receipt import receipt
from kpis.queries.pay.rows import opened_base
from kpis.queries.pay.statements import payments, statements_seen
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from tests.conftest import MemberFactory
from tests.kpis.door import orders_csv, work
from tests.kpis.pay_month import (
    APPROVER,
    OPENER,
    People,
    approved,
    calculated,
    closed,
    load,
    november,
    statement_of,
    till,
)
from tests.kpis.retailer import NOVEMBER, adopt, build_organisation, put_example

SignedIn = Callable[..., Client]
EN = {"accept-language": "en"}
PAY = "/w/acme/pay/"


@pytest.fixture
def people(in_workspace: Workspace, member: MemberFactory) -> People:
    """Load November, approve a plan; return who opens and who approves."""
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example()
    november()
    found = {OPENER: member("hr_lead").pk, APPROVER: member("owner").pk}
    approved("guide-composite", found)
    return found


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=EN)
    assert answer.status_code == status, (path, answer.status_code)
    text = answer.content.decode()
    assert "None" not in re.sub(r"<[^>]+>", " ", text)
    return text


def test_hr_takes_a_month_from_open_to_paid_and_each_step_is_guarded(people: People, signed_in: SignedIn) -> None:
    hr, owner = signed_in("hr_lead"), signed_in("owner")
    assert "No month has been opened yet" in page(hr, f"{PAY}runs/")
    assert "Write the month" in hr.post(f"{PAY}runs/", {"period": "x"}, follow=True, headers=EN).content.decode()
    hr.post(f"{PAY}runs/", {"period": str(NOVEMBER)}, headers=EN)
    run = PayRun.objects.get()
    address = f"{PAY}runs/{run.pk}/"
    assert "Not worked out yet" in page(hr, address)
    steps = f"{address}steps/"
    hr.post(steps, {"step": "calculate"}, headers=EN)
    assert "run-progress" in page(hr, address)
    assert "progress" in page(hr, f"{address}progress/")
    run = recalculated_by_the_queue(run)
    shown = page(hr, address)
    assert "You have opened this month yourself" in shown
    assert 'name="step" value="approve"' not in shown
    stale = owner.post(steps, {"step": "approve", "seen": "0" * 64}, follow=True, headers=EN).content.decode()
    assert "have changed since you looked" in stale
    assert hr.get(f"{address}payout.csv").status_code == 404
    owner.post(steps, {"step": "approve", "seen": run.digest}, headers=EN)
    hr.post(steps, {"step": "lock", "seen": run.digest}, headers=EN)
    locked = page(hr, address)
    assert "The file equals the statements" in locked
    rows = list(csv.DictReader(io.StringIO(hr.get(f"{address}payout.csv").content.decode("utf-8-sig"))))
    run.refresh_from_db()
    assert sum(Decimal(row["amount"]) for row in rows) == run.total + run.adjusted
    book = zipfile.ZipFile(io.BytesIO(hr.get(f"{address}payout.xlsx").content))
    assert run.digest in book.read("xl/sharedStrings.xml").decode()
    assert hr.get(f"{address}payout.pdf").status_code == 404
    hr.post(steps, {"step": "pay", "seen": run.digest}, headers=EN)
    run.refresh_from_db()
    assert (run.state, run.paid_by_id is not None) == ("paid", True)
    listed = page(hr, f"{PAY}runs/")
    assert "Paid" in listed
    assert str(NOVEMBER) in listed
    for role in ("executive", "analyst", "guide", "line_manager"):
        assert signed_in(role).get(address).status_code == 403


def recalculated_by_the_queue(run: PayRun) -> PayRun:
    work(JobKind.CALCULATE_PAY)
    run.refresh_from_db()
    return run


def test_the_statements_of_a_month_are_found_sorted_filtered_and_exported(people: People, signed_in: SignedIn) -> None:
    run = calculated(NOVEMBER, people)
    hr, address = signed_in("hr_lead"), f"{PAY}runs/{run.pk}/"
    everybody = page(hr, address)
    assert everybody.count("/pay/statements/") >= 2
    only = page(hr, f"{address}?q=es2")
    table = only[only.index('<table class="table') :]
    assert "ES2" in table
    assert "ES1" not in table[: table.index("</table>")]
    assert "No statement fits" in page(hr, f"{address}?q=nobody")
    assert "No statement fits" in page(hr, f"{address}?only=incomplete")
    first = [row["person"] for row in csv.DictReader(io.StringIO(text_of(hr, f"{address}statements.csv?sort=amount")))]
    last = [row["person"] for row in csv.DictReader(io.StringIO(text_of(hr, f"{address}statements.csv?sort=-amount")))]
    assert first == last[::-1] == ["ES2", "ES1"]
    assert [row for row in csv.DictReader(io.StringIO(text_of(hr, f"{address}statements.csv?unit=S1")))] != []


def text_of(client: Client, path: str) -> str:
    return client.get(path, headers=EN).content.decode("utf-8-sig")


def test_a_receipt_opens_down_to_rows_that_add_up_to_each_base(people: People, in_workspace: Workspace) -> None:
    run = closed(NOVEMBER, people)
    statement = statements_seen(person=None).get(pk=statement_of(run, "ES1").pk)
    found = receipt(statement)
    opened = {line.base: opened_base(statement, line.base) for line in found.lines if line.opens}
    assert {base: each.found.total for base, each in opened.items() if each} == {
        "store_sales": 2,
        "mall_sales": 3,
        "valid_contacts": 8,
    }
    for base, each in opened.items():
        assert each is not None
        assert each.difference == 0, base
        assert sum(row.amount for row in each.found.rows) == Decimal(statement.facts["quantities"][base])
    mall = opened["mall_sales"]
    assert mall is not None
    assert [row.rule for row in mall.found.rows] == ["customer-owner", "customer-owner", "link-seller"]
    part = opened_base(statement, "valid_contacts", offset=5, limit=2)
    assert part is not None
    assert (len(part.found.rows), part.found.total, part.found.amount) == (2, 8, 8)
    store = opened_base(statement, "store_total_sales")
    assert store is not None
    assert store.is_daily
    assert not any(row.customer for row in store.found.rows)
    load(orders_csv(till(2, "ES1", "S1", "28000")), "later.csv")
    after = opened_base(statement, "store_sales")
    assert after is not None
    assert (after.difference, after.found.amount) == (0, Decimal(90000))  # as it was known then


def test_a_guide_reads_their_own_receipt_in_both_languages_and_nobody_elses(
    people: People, signed_in: SignedIn
) -> None:
    guide = signed_in("guide", person_external_id="ES1", unit_external_id="S1")
    waiting = page(guide, PAY)
    assert "No month has been closed for you yet" in waiting
    assert "This plan pays you" in waiting
    run = calculated(NOVEMBER, people)
    mine, theirs = statement_of(run, "ES1"), statement_of(run, "ES2")
    assert guide.get(f"{PAY}statements/{mine.pk}/").status_code == 404  # not locked yet
    PayRun.objects.filter(pk=run.pk).delete()
    run = closed(NOVEMBER, people)
    mine, theirs = statement_of(run, "ES1"), statement_of(run, "ES2")
    for path in (PAY, f"{PAY}statements/{mine.pk}/"):
        shown = page(guide, path)
        assert f"{abs(mine.amount):,.2f}" in shown
        assert "ES2" not in shown
        assert "Locked" in shown
        assert "I think this is wrong" in shown
    assert "计提" in guide.get(PAY, headers={"accept-language": "zh-hans"}).content.decode()  # the clause
    rows = f"{PAY}statements/{mine.pk}/rows/mall_sales/"
    assert "own customer" in page(guide, rows)
    fragment = guide.get(rows, headers={**EN, "HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert text_of(guide, f"{PAY}statements/{mine.pk}/rows/mall_sales.csv").count("\n") == 4
    pdf = guide.get(f"{PAY}statements/{mine.pk}/pay.pdf", headers=EN)
    assert pdf.content.startswith(b"%PDF")
    for path in ("", "rows/mall_sales/", "rows/mall_sales.csv", "pay.pdf"):
        assert guide.get(f"{PAY}statements/{theirs.pk}/{path}").status_code == 404
    assert guide.get(f"{PAY}statements/{mine.pk}/rows/nonsense/").status_code == 404
    assert "not tied to a person" in page(signed_in("hr_lead"), PAY)


def test_a_refund_stands_in_its_own_block_linked_to_the_line_it_corrects(people: People, signed_in: SignedIn) -> None:
    november_run = closed(NOVEMBER, people)
    line = statement_of(november_run, "ES1").lines.get(component="store")
    load(orders_csv(till(2, "ES1", "S1", "28000")), "refund.csv")
    december = closed("2024-12", people)
    guide = signed_in("guide", person_external_id="ES1", unit_external_id="S1")
    shown = page(guide, f"{PAY}statements/{statement_of(december, 'ES1').pk}/")
    apart = shown[shown.index("receipt__part--apart") :]
    assert "\u221220.00" in apart or "\u2212¥20.00" in apart
    assert f"#line-{line.pk}" in apart
    before = page(guide, f"{PAY}statements/{line.statement_id}/")
    assert "paid with 2024-12" in before
    assert "900.00" in before  # the closed line stays
    mine = next(each for each in payments(december) if each.person == "ES1")
    assert f"{abs(mine.amount):,.2f}" in shown
    months = page(guide, PAY)
    assert "The months so far" in months


def test_the_pages_of_pay_take_no_more_queries_with_more_people(
    people: People, signed_in: SignedIn, workspace: Workspace
) -> None:
    run = closed(NOVEMBER, people)
    hr = signed_in("hr_lead")
    urls = (f"{PAY}runs/{run.pk}/?q=ES1", f"{PAY}runs/{run.pk}/")
    counts = []
    for url in urls:
        hr.get(url)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert hr.get(url).status_code == 200
        counts.append(len(asked))
    assert counts[1] <= counts[0]
    with CaptureQueriesContext(connection) as asked:
        assert hr.get(f"{PAY}statements/{statement_of(run, 'ES1').pk}/").status_code == 200
    assert len(asked) <= 30
    with workspace_scope(workspace.pk):
        assert PayRun.objects.count() == 1
