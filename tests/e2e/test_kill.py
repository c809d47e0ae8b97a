"""A worker killed outright in the middle of a computation loses, doubles and half-writes nothing."""

from __future__ import annotations

import time

from omnichannel.services.stack import worker_command
from tests.e2e.conftest import Stack

JOB = "select id, state, step, attempts, done from jobs_job where kind = 'compute_values' order by id desc limit 1"
DIGEST = """
    select count(*), count(*) filter (where is_current),
           count(distinct (workspace_id, kpi, period, scope_kind, scope_id)) filter (where is_current),
           count(distinct computation_id)
    from kpis_kpivalue
"""
CARDS = """
    select count(*) filter (where is_current),
           count(distinct (workspace_id, role_key, period, scope_kind, scope_id)) filter (where is_current)
    from kpis_scorecard
"""


def test_a_killed_workers_job_finishes_after_restart_with_one_revision(stack: Stack) -> None:
    stack.manage("shell", "-c", _ask_for_everything_again())
    before = stack.sql(DIGEST)
    job_id = _wait(stack, lambda row: row[1] == "running" and row[2] == "computing" and row[4] >= 1)
    stack.kill_worker()
    state = stack.sql("select state, attempts from jobs_job where id = %s", job_id)
    assert state == [("running", 1)]
    assert stack.sql(DIGEST) == before
    stack.start("worker", worker_command())
    assert _wait(stack, lambda row: row[1] not in {"queued", "running"}, seconds=120) == job_id
    assert stack.sql("select state, attempts from jobs_job where id = %s", job_id) == [("succeeded", 2)]
    _rows, current, distinct, _computations = stack.sql(DIGEST)[0]
    assert current == distinct > 0
    cards, different = stack.sql(CARDS)[0]
    assert cards == different > 0
    written = stack.sql("select count(*) from kpis_computation where job_id = %s", job_id)
    assert written == [(1,)]


def _ask_for_everything_again() -> str:
    """Return code that drops the stored values' currency and asks for all months again, as an upload would."""
    return (
        "from omnichannel.workspaces.models import Workspace\n"
        "from omnichannel.workspaces.scoping import workspace_scope\n"
        "from omnichannel.core.periods import parse_period\n"
        "from omnichannel.jobs.choices import JobOrigin\n"
        "from omnichannel.jobs.services.dispatching import wake\n"
        "from kpis.services.values import request_computation\n"
        "w = Workspace.objects.get(slug='demo')\n"
        "with workspace_scope(w.pk):\n"
        "    periods = [parse_period(f'2026-{m:02d}') for m in range(1, 11)]\n"
        "    wake(request_computation(periods, actor_id=None, origin=JobOrigin.COMMAND))\n"
    )


def _wait(stack: Stack, ready: object, seconds: float = 60) -> int:
    """Poll the newest computation's row until it is as wanted; return its id."""
    deadline = time.monotonic() + seconds
    while True:
        rows = stack.sql(JOB)
        if rows and ready(rows[0]):  # type: ignore[operator]
            return int(rows[0][0])
        assert time.monotonic() < deadline, rows
        time.sleep(0.02)
