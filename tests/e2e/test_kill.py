"""A worker killed outright in the middle of a computation loses, doubles and half-writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from omnichannel.services.stack import worker_command
from tests.e2e.conftest import Stack

JOB = "select state, step, attempts, done from jobs_job where id = %s"
ROWS = "select count(*), count(*) filter (where is_current) from {}"
CURRENT = """
    select md5(string_agg(concat_ws('|', workspace_id, kpi, period, scope_kind, scope_id, value, reason), ',' order by
                          workspace_id, kpi, period, scope_kind, scope_id)),
           count(*), count(distinct (workspace_id, kpi, period, scope_kind, scope_id))
    from kpis_kpivalue where is_current
"""
CARDS = """
    select count(*), count(distinct (workspace_id, role_key, period, scope_kind, scope_id))
    from kpis_scorecard where is_current
"""
FORGET = """
    update kpis_kpivalue set definition_hash = 'older' where is_current and period = '2026-10'
        and workspace_id = (select id from workspaces_workspace where slug = 'demo') returning id
"""
ASK = """
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from omnichannel.jobs.choices import JobOrigin
from kpis.services.values import request_computation

with workspace_scope(Workspace.objects.get(slug="demo").pk):
    months = [f"2026-{month:02d}" for month in range(9, 11)]
    print(request_computation(months, actor_id=None, origin=JobOrigin.COMMAND, recent_only=True).pk)
"""


def test_a_killed_workers_job_finishes_after_restart_and_writes_once(stack: Stack) -> None:
    stack.settle()
    outdated = len(stack.sql(FORGET))
    figures = stack.sql(CURRENT)
    before = written(stack)
    job_id = int(stack.manage("shell", "-c", ASK).split()[-1])
    wait(stack, job_id, lambda state, step, _attempts, done: (state, step) == ("running", "computing") and done >= 1)
    stack.kill_worker()
    assert stack.sql("select state, attempts from jobs_job where id = %s", job_id) == [("running", 1)]
    assert written(stack) == before
    stack.start("worker", worker_command())
    wait(stack, job_id, lambda state, *_rest: state not in {"queued", "running"}, seconds=120)
    assert stack.sql("select state, attempts from jobs_job where id = %s", job_id) == [("succeeded", 2)]
    assert stack.sql("select count(*) from kpis_computation where job_id = %s", job_id) == [(1,)]
    after = written(stack)
    assert outdated > 0
    assert after["kpis_kpivalue"] == (before["kpis_kpivalue"][0] + outdated, before["kpis_kpivalue"][1])
    assert stack.sql(CURRENT) == figures
    _digest, current, distinct = figures[0]
    assert current == distinct
    cards, different = stack.sql(CARDS)[0]
    assert cards == different > 0


def written(stack: Stack) -> dict[str, tuple[Any, ...]]:
    """Count what stands in the tables that a computation writes: all rows, and those that count."""
    tables = ("kpis_kpivalue", "kpis_scorecard")
    return {table: stack.sql(ROWS.format(table))[0] for table in tables}


def wait(stack: Stack, job_id: int, ready: Callable[..., bool], seconds: float = 60) -> None:
    """Poll the job's row until it is as wanted."""
    deadline = time.monotonic() + seconds
    while not ready(*(row := stack.sql(JOB, job_id)[0])):
        assert time.monotonic() < deadline, row
        time.sleep(0.02)
