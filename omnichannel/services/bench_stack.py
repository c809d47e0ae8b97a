"""What benches share: a database and data of their own to run commands in, and the bare COPY they are held against."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence

from omnichannel.services.session import ROOT, services


def figures_of(*commands: Sequence[str], durable: bool) -> dict[str, float]:
    """Migrate a fresh database, run Python with each command in turn, return the figures the last one prints as JSON.

    Each runs in a process of its own. RuntimeError holds what a command said that failed.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, services(data=None, durable=durable):
        env = {**os.environ, "DATA_ROOT": folder}
        *before, last = (["manage.py", "migrate", "--verbosity=0"], *commands)
        for command in before:
            _run(command, env)
        return printed(last, env)


def printed(command: Sequence[str], env: Mapping[str, str] = os.environ) -> dict[str, float]:
    """Run Python with a command; return the figures it prints as JSON. RuntimeError holds what it said if it failed."""
    figures: dict[str, float] = json.loads(_run(command, env).splitlines()[-1])
    return figures


def _run(command: Sequence[str], env: Mapping[str, str]) -> str:
    result = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)
    return result.stdout


def copy_seconds(tables: Iterable[str]) -> float:
    """Copy the rows of tables into bare tables of the same columns, as their owner; return the seconds of writing."""
    import psycopg2

    seconds = 0.0
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        for table in tables:
            rows = io.StringIO()
            cursor.copy_expert(f"copy {table} to stdout", rows)
            cursor.execute(f"create table bare_{table} (like {table})")
            connection.commit()
            rows.seek(0)
            started = time.perf_counter()
            cursor.copy_expert(f"copy bare_{table} from stdin", rows)
            connection.commit()
            seconds += time.perf_counter() - started
            cursor.execute(f"drop table bare_{table}")
            connection.commit()
    return seconds
