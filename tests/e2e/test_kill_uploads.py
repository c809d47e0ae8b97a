"""Worker, parser, Valkey and PostgreSQL killed at random moments of uploads: nothing is lost, doubled or half-written.

KILL_MOMENTS says how many moments (short by default), KILL_SEED which ones.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from omnichannel.services.postgres import Postgres
from omnichannel.services.processes import stop
from omnichannel.services.stack import dispatcher_command, free_port, wait_for, web_command, worker_command
from omnichannel.services.valkey import Valkey
from tests.databases import clean_environment, template, transfer
from tests.e2e.conftest import Stack
from tests.e2e.storm import PEOPLE, Storm

VICTIMS = ("worker", "child", "valkey", "postgres")
MOMENTS = int(os.environ.get("KILL_MOMENTS", "8"))
SEED = int(os.environ.get("KILL_SEED", "20241103"))
JOBS = "select id, workspace_id, kind, state, step, attempts, reason from jobs_job order by id desc limit 12"
PROBLEMS = "select code, message_en from kpis_uploadproblem order by id desc limit 5"
FINAL_WITHIN = 60  # seconds after a kill


@pytest.fixture
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    """Start the product on services of its own that keep what they have committed."""
    folder = tmp_path_factory.mktemp("storm")
    postgres, valkey = Postgres(folder / "postgres", durable=True), Valkey()
    env = clean_environment() | {"DATA_ROOT": str(folder / "data"), "JOB_LEASE_SECONDS": "5"}
    port = free_port()
    stack = Stack(f"http://127.0.0.1:{port}", env, folder)
    try:
        env |= {"DATABASE_URL": postgres.start(), "REDIS_URL": valkey.start()}
        transfer(template(), env["DATABASE_URL"])
        tokens = dict(line.split() for line in stack.manage("shell", "-c", PEOPLE).splitlines() if " omni_" in line)
        stack.start("web", web_command(port))
        stack.start("worker", worker_command())
        stack.start("dispatcher", dispatcher_command())
        wait_for(f"{stack.url}/healthz")
        yield Storm(stack, postgres, valkey, tokens)
    finally:
        for child in stack.children.values():
            stop(child, signum=signal.SIGKILL)
        valkey.stop()
        postgres.stop()


def test_uploads_survive_the_death_of_every_part(storm: Storm) -> None:
    moment = random.Random(SEED)
    began = time.monotonic()
    for number in range(MOMENTS):
        storm.send("calm", number)
        settle(storm, "calm", number)
    span = (time.monotonic() - began) / MOMENTS
    struck: Counter[str] = Counter()
    slowest = 0.0
    for number in range(MOMENTS):
        storm.send("storm", number)
        victim = storm.strike(VICTIMS[number % 4], moment, span=span)
        struck[victim] += 1
        took = settle(storm, "storm", number)
        print(f"{number} {victim} {took:.1f} s", flush=True)
        slowest = max(slowest, took)
    after = time.monotonic()
    while storm.active():
        assert time.monotonic() - after < FINAL_WITHIN, storm.stack.sql("select kind, state, attempts from jobs_job")
        time.sleep(0.2)
    loaded = [(f"orders-{number:03d}.csv", "loaded", "succeeded", "succeeded") for number in range(MOMENTS)]
    assert storm.uploads("storm") == loaded
    standing = storm.standing()
    assert standing["storm"]["damaged"] == []
    assert standing["storm"] == standing["calm"]
    print(f"{dict(struck)}; {span:.1f} s an upload undisturbed, at most {slowest:.1f} s from a kill to its end")


def settle(storm: Storm, slug: str, number: int) -> float:
    """Wait until the newest upload counts; return the seconds it took."""
    began = time.monotonic()
    while True:
        uploads = storm.uploads(slug)
        if len(uploads) == number + 1 and uploads[-1][1] == "loaded":
            return time.monotonic() - began
        assert uploads[-1][1] not in {"refused", "needs_attention", "failed"}, (uploads[-1], storm.stack.sql(PROBLEMS))
        assert time.monotonic() - began < FINAL_WITHIN, (uploads[-1], storm.stack.sql(JOBS))
        time.sleep(0.1)
