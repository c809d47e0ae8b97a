"""The product's own processes: web, worker, dispatcher. The demo runs all three; commands borrow the last two."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omnichannel.services.processes import spawn, stop
from omnichannel.services.session import ROOT

PY = sys.executable
WORKERS = 2


def web_command(port: int) -> list[str]:
    """Return gunicorn's command line: the same server as in production."""
    bind = ["--bind", f"127.0.0.1:{port}"]
    return [
        PY,
        "-m",
        "gunicorn",
        "omnichannel.wsgi",
        *bind,
        "--threads",
        "4",
        "--timeout",
        "60",
        "--log-level",
        "warning",
    ]


def worker_command() -> list[str]:
    """Return the Celery worker's command line, kept running. Remote control stays on: without it it can go deaf."""
    celery = [PY, "-m", "celery", "-A", "omnichannel.celery", "worker", "-c", str(WORKERS), "--loglevel", "WARNING"]
    return [PY, "-m", "omnichannel.services.keeping", *celery]


def dispatcher_command() -> list[str]:
    """Return the dispatcher's command line."""
    return [PY, str(ROOT / "manage.py"), "dispatch"]


def worker_answers(timeout: float = 1.0) -> bool:
    """Ask the broker whether a worker is listening."""
    from omnichannel.celery import app

    try:
        return bool(app.control.ping(timeout=timeout))
    except Exception:  # the broker is away
        return False


@contextmanager
def workers(*, logs: Path | None = None) -> Iterator[None]:
    """Make sure that a worker and a dispatcher run during the block; start our own unless one answers."""
    if worker_answers():
        yield
        return
    logs = logs or ROOT / "var" / "log"
    logs.mkdir(parents=True, exist_ok=True)
    children: list[subprocess.Popen[bytes]] = []
    try:
        children.append(spawn(worker_command(), log=logs / "worker.log"))
        children.append(spawn(dispatcher_command(), log=logs / "dispatcher.log"))
        yield
    finally:
        for child in children:
            child.terminate() if child.poll() is None else None
        for child in children:
            stop(child, seconds=20)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float = 30) -> None:
    """Wait until an address of ours answers with success."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
