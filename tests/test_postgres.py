"""A PostgreSQL of our own that is killed outright starts again, whatever its processes were at."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from omnichannel.services.postgres import Postgres

LONG = "select count(*) from generate_series(1, 12000000)"
LONG_RUNS = """
    select true from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid() and now() - query_start > interval '0.2 s'
"""


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    """Run one query in a connection of its own and commit."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def ask_until_cut_off(url: str) -> None:
    with suppress(psycopg2.OperationalError):
        ask(url, LONG)


def test_a_killed_server_starts_again_while_a_query_of_it_still_runs(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "data")
    url = server.start()
    try:
        ask(url, "create table kept as select 94 as score; select score from kept")
        long = threading.Thread(target=ask_until_cut_off, args=[url])
        long.start()
        while not ask(url, LONG_RUNS):
            time.sleep(0.05)
        killed = server.process
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait(10)
        assert long.is_alive()
        assert ask(server.start(), "select score from kept") == [(94,)]
        long.join()
    finally:
        server.stop()
