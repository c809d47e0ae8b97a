"""What many tests start from is made once a run: a database under its own name, of which everybody takes a copy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import cursor
from psycopg2.sql import SQL, Identifier

from omnichannel.services.postgres import binaries

ROOT = Path(__file__).parents[1]
MIGRATED, SEEDED = "migrated", "seeded"


def url_of(database: str) -> str:
    """Return the address of a database of the run's server."""
    return f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{database}"


def clean_environment() -> dict[str, str]:
    """Return the environment of the product's own processes: nothing tells them that they are tested."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def manage(*arguments: str, **env: str) -> str:
    """Run a management command as production does; return its output, fail with what it said."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment() | env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def template() -> str:
    """Return the name of a database that holds all tables and no rows."""
    make_once(MIGRATED, _migrate)
    return MIGRATED


def migrated(name: str) -> str:
    """Make a database anew with all tables and no rows; return its address."""
    copy(name, of=template())
    return url_of(name)


def _migrate(name: str) -> None:
    copy(name, of="template1")
    manage("migrate", "--verbosity=0", DATABASE_URL=url_of(name))


def make_once(name: str, make: Callable[[str], object]) -> None:
    """Have a database made unless it is there; meanwhile the run's other processes wait."""
    with _server() as server:
        server.execute("select pg_advisory_lock(hashtext(%s))", [name])
        server.execute("select 1 from pg_database where datname = %s", [name])
        if server.fetchone() is None:
            draft = f"{name}_draft"  # takes the name when it is whole
            make(draft)
            _end_connections(server, draft)
            server.execute(SQL("alter database {} rename to {}").format(Identifier(draft), Identifier(name)))


def forget() -> None:
    """Drop what an earlier run has made: its tables may be others."""
    with _server() as server:
        for name in (MIGRATED, SEEDED):
            server.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


def copy(name: str, *, of: str) -> None:
    """Make a database anew from another one; one process copies at a time, for nobody else may look at the source."""
    with _server() as server:
        server.execute("select pg_advisory_lock(hashtext('copy'))")
        server.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
        if of != "template1":
            _end_connections(server, of)
        server.execute(SQL("create database {} template {}").format(Identifier(name), Identifier(of)))


def transfer(database: str, to: str) -> None:
    """Bring a database's content into an empty one of another server."""
    programs = binaries()
    script = subprocess.run([programs / "pg_dump", url_of(database)], capture_output=True, check=True).stdout
    command = [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-1", to]
    told = subprocess.run(command, input=script, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr


def _end_connections(server: cursor, database: str) -> None:
    """See those off whose process has ended but whose connection has not yet."""
    server.execute("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = %s", [database])


@contextmanager
def _server() -> Iterator[cursor]:
    connection = psycopg2.connect(url_of("postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as server:
            yield server
    finally:
        connection.close()
