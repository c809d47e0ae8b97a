"""One run of pay as its worker does it, its index on paper, and the bare work beside both.

`python -m kpis.management.pay_bench.measuring` works on the workspace that `filling` has made.
"""

from __future__ import annotations

import json
import os
import time
from statistics import median
from typing import TYPE_CHECKING

from kpis.management.pay_bench.filling import MONTH, SLUG
from omnichannel.services.bench_stack import copy_seconds
from omnichannel.services.memory import peak_mb

if TYPE_CHECKING:
    from kpis.models import PayRun

TABLES = ("kpis_paystatement", "kpis_payline")
ROUNDS = 3


def measure() -> dict[str, float]:
    """Calculate the month and print its index; return the figures."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    django.setup()
    from omnichannel.workspaces.models import Workspace
    from omnichannel.workspaces.scoping import workspace_scope

    with workspace_scope(Workspace.objects.get(slug=SLUG).pk):
        used = time.process_time()
        taken, run = _calculated()
        used = time.process_time() - used
        index, pages = _printed(run)
        peak = peak_mb()  # before the bare work beside it
        scanned, copied = median(_scan() for _ in range(ROUNDS)), median(copy_seconds(TABLES) for _ in range(ROUNDS))
    ready = taken + index
    return {
        "statements": run.statements_count,
        "statements_s": round(taken, 2),
        "statements_cpu_s": round(used, 2),  # of this process: the rest is the database's, and waiting
        "index_s": round(index, 2),
        "index_pages": pages,
        "ready_s": round(ready, 2),
        "scan_s": round(scanned, 3),
        "copy_s": round(copied, 2),
        "to_scan_and_copy": round(taken / (scanned + copied), 1),
        "peak_mb": round(peak),
    }


def _calculated() -> tuple[float, PayRun]:
    from kpis.models import PayPlan
    from kpis.services.pay.runs import calculate_run, open_run, request_calculation
    from omnichannel.core.periods import parse_period
    from omnichannel.jobs.services.dispatching import holding_back
    from omnichannel.jobs.services.running import running

    actor = PayPlan.objects.values_list("created_by_id", flat=True).order_by("id")[0] or 0
    run = open_run(parse_period(MONTH), actor_id=actor)
    with holding_back():
        job = request_calculation(run.pk, actor_id=actor)
    started = time.perf_counter()
    with running(workspace_id=job.workspace_id, job_id=job.pk) as task:
        if task is not None:
            calculate_run(task, run_id=run.pk)
    seconds = time.perf_counter() - started
    run.refresh_from_db()
    if run.incomplete_count or not run.statements_count:
        raise RuntimeError(f"{run.incomplete_count} of {run.statements_count} statements are incomplete")
    return seconds, run


def _printed(run: PayRun) -> tuple[float, int]:
    from django.utils import timezone

    from kpis.queries.pay.run_index import index_of
    from roles.paper.pdf import as_pdf
    from roles.paper.report import pages_of

    started = time.perf_counter()
    pages = pages_of(index_of(run, company="Bench", reader="bench"))
    paper = as_pdf(pages, title="index", author="bench", made_at=timezone.now())
    seconds = time.perf_counter() - started
    if not paper.startswith(b"%PDF"):
        raise RuntimeError("no paper")
    return seconds, len(pages)


def _scan() -> float:
    """Sum the month's orders by their seller, nothing else."""
    import duckdb

    from kpis.queries.warehouse import part_paths

    paths = [str(path) for path in part_paths("orders")]
    started = time.perf_counter()
    with duckdb.connect(config={"threads": os.environ.get("ENGINE_THREADS", "2")}) as engine:
        engine.read_parquet(paths).aggregate("employee_id, sum(net_amount)", "employee_id").fetchall()
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(measure()))
