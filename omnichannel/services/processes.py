"""Child processes that die with their parent, whatever ends it."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


class ServiceError(RuntimeError):
    """An embedded service did not start; the message holds its log."""


def wheel_path(package: str, *relative: str) -> Path | None:
    """Return a path inside an installed wheel without importing its code; None when it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0], *relative)


def die_with_parent(signum: int = signal.SIGTERM) -> None:
    """Ask Linux to send `signum` to this process when its parent ends, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: dict[str, str] | None = None,
    first: Callable[[], None] | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that a terminal's Ctrl-C reaches only the parent."""

    def prepare() -> None:
        if first is not None:
            first()
        die_with_parent(death_signal)

    output = log.open("wb") if log else None
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            stdin=subprocess.DEVNULL,
            env=env if env is not None else dict(os.environ),
            preexec_fn=prepare,
            start_new_session=True,
        )
    finally:
        if output is not None:
            output.close()


def wait_until(ready: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path, seconds: float = 30) -> None:
    """Return when `ready()`; raise ServiceError with the log when the process ends or time runs out."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServiceError(log.read_text(errors="replace"))
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes], *, signum: int = signal.SIGTERM, seconds: float = 10) -> None:
    """End a child: ask first, then kill its whole session."""
    if process.poll() is not None:
        return
    process.send_signal(signum)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(seconds)
