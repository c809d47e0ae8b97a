"""A month of pay for tests: a plan that a second person approved, and a run taken as far as a test needs."""

from __future__ import annotations

from datetime import date

from kpis.choices import AutoLoad
from kpis.incentives.calculating import Payout, calculate
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node, read_plan
from kpis.models import PayRun, PayStatement
from kpis.queries.pay.sharing import facts_of
from kpis.services.pay.plans import approve_plan, save_plan, submit_plan
from kpis.services.pay.runs import approve_run, lock_run, open_run, request_calculation
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind, JobState
from tests.kpis.door import orders_csv, put, work

CONTACTS = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
OPENER, APPROVER = "opener", "approver"
People = dict[str, int]


def till(number: int, guide: str, store: str, net: str, *, day: str = "2024-11-05") -> str:
    """Return an order at the till."""
    return f"O{number},,store,{store},{guide},{day} 10:00:00,completed,{net},0,0,{net},1"


def mall(number: int, customer: str, net: str, *, seller: str = "") -> str:
    """Return an order of the private mall, by whose link if any."""
    return f"O{number},{customer},private_mall,,{seller},2024-11-20 10:00:00,completed,{net},0,0,{net},1"


def load(content: bytes, filename: str) -> None:
    """Put a file through the data door."""
    put(content, filename=filename, auto=AutoLoad.GOOD_ROWS)
    assert {job.state for job in work()} == {JobState.SUCCEEDED}


def november() -> None:
    """Load November: ES1 has two till orders, three mall orders (two own customers, one by link), 8 contacts."""
    load(
        orders_csv(
            till(1, "ES1", "S1", "60000"),
            till(2, "ES1", "S1", "30000"),
            till(3, "ES2", "S2", "8000"),
            mall(4, "C1", "12000"),
            mall(5, "C2", "500"),
            mall(6, "C77", "300", seller="ES1"),
        ),
        "orders.csv",
    )
    rows = [f"k{n},C{n},ES1,S1,wecom_friend,store,2024-11-0{n} 09:00:00," for n in range(1, 9)]
    load("\n".join([CONTACTS, *rows, ""]).encode(), "contacts.csv")


def approved(name: str, people: People) -> None:
    """Approve a ready plan from the beginning of 2024."""
    save_plan(plan_node(load_templates()[name]), actor_id=people[OPENER])
    submit_plan(name, effective_from=date(2024, 1, 1), actor_id=people[OPENER])
    approve_plan(name, actor_id=people[APPROVER])


def calculated(period: str | Period, people: People) -> PayRun:
    """Open a month and work it out."""
    run = open_run(parse_period(str(period)), actor_id=people[OPENER])
    return recalculated(run, people)


def recalculated(run: PayRun, people: People) -> PayRun:
    """Work a month out again."""
    request_calculation(run.pk, actor_id=people[OPENER])
    assert [job.state for job in work(JobKind.CALCULATE_PAY)] == [JobState.SUCCEEDED]
    run.refresh_from_db()
    return run


def closed(period: str | Period, people: People) -> PayRun:
    """Take a month to its lock."""
    run = calculated(period, people)
    approve_run(run.pk, seen=run.digest, actor_id=people[APPROVER])
    return lock_run(run.pk, seen=run.digest, actor_id=people[OPENER])


def statement_of(run: PayRun, person: str) -> PayStatement:
    """Return a person's statement of a run."""
    return PayStatement.objects.get(run=run, person_external_id=person)


def worked_again(statement: PayStatement) -> Payout:
    """Work a statement out from what it and those who share its store's pools keep."""
    plan = read_plan(statement.plan.content)
    return calculate(plan, facts_of(statement, plan))
