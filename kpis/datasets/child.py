"""Runs a reader in a child process with limits on memory and time. Whatever a file does to it, the caller gets words.

Children are forked by `kpis.datasets.zygote`, a process that has imported what they need.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpis.datasets import progress
from kpis.datasets.checks.problems import Problem, make_problem

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
# Children need no secrets: they get these variables of ours and nothing else.
PASSED = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TZDIR")
# Few arenas that give back what they free keep the address space near to what is really used. No library may start a
# thread when it is imported: a process with threads cannot be forked safely.
QUIET = {
    "PYTHONUTF8": "1",
    "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "jemalloc",
    "JE_ARROW_MALLOC_CONF": "retain:false,narenas:2,background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
}
# Native code that gets no memory aborts or runs into a null pointer; the kernel kills what takes too much.
STARVED = (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result, or the problem that stands for it. `log` is for operators."""

    result: Mapping[str, Any] | None
    problems: tuple[Problem, ...] = ()
    log: str = ""

    @property
    def ok(self) -> bool:
        """Return whether the function ran to its end."""
        return self.result is not None


def run_limited(
    function: str,
    arguments: Mapping[str, Any],
    *,
    memory_mb: int,
    seconds: float,
    work_dir: Path | None = None,
    on_progress: Progress | None = None,
) -> Outcome:
    """Call `package.module:function` with JSON arguments in a limited child and return its JSON result.

    `memory_mb` is what the child may use beyond its own libraries. Too much memory or time gives the problem
    `too_large`, a crash gives `unreadable_file`; only a programming error in the request raises.
    """
    if work_dir is not None:
        work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="child-", dir=work_dir) as name:
        desk = Path(name)
        request = {"function": function, "arguments": dict(arguments), "memory_mb": memory_mb, "seconds": seconds}
        (desk / "request.json").write_text(json.dumps(request), encoding="utf-8")
        code = _run(desk, seconds=seconds, on_progress=on_progress)
        if code == -signal.SIGKILL:
            # Somebody else's doing as a rule: the kernel short of memory, an operator. Twice is the file's own.
            code = _run(desk, seconds=seconds, on_progress=on_progress)
        return _outcome(desk, code=code, memory_mb=memory_mb, seconds=seconds)


def _run(desk: Path, *, seconds: float, on_progress: Progress | None) -> int | None:
    """Return the exit code, or None when the time was up and the child was killed."""
    deadline = time.monotonic() + seconds
    told = None
    child = _spawned(desk)
    try:
        while (code := child.wait(POLL_SECONDS)) is None:
            if time.monotonic() > deadline:
                return None
            now = progress.read_progress(desk / "progress.json") if on_progress else None
            if on_progress and now and now != told:
                told = now
                on_progress(*now)
        return code
    finally:
        child.end()


@dataclass(slots=True)
class _Child:
    """A child at work, and the zygote that watches over it."""

    zygote: subprocess.Popen[bytes]
    pid: int
    code: int | None = None

    def wait(self, seconds: float) -> int | None:
        """Return the exit code (a signal's number is negative) as soon as there is one, None after so many seconds."""
        if self.code is None and select.select([self.zygote.stdout], [], [], seconds)[0]:
            if line := _line(self.zygote):
                self.code = int(line)
                _idle.append(self.zygote)
            else:  # the zygote was killed: nobody would tell how this child ends
                self._kill()
                _end(self.zygote)
                self.code = -signal.SIGKILL
        return self.code

    def end(self) -> None:
        """Kill the child if it still runs."""
        while self.code is None:
            self._kill()
            self.wait(1)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


_idle: list[subprocess.Popen[bytes]] = []
os.register_at_fork(after_in_child=_idle.clear)


def _spawned(desk: Path) -> _Child:
    """Start a child that works in a directory, out of a zygote that has nothing to do or a new one."""
    with suppress(IndexError):  # another thread may have taken the last one
        while True:
            if child := _asked(_idle.pop(), desk):
                return child
    child = _asked(_zygote(), desk)
    if child is None:
        raise RuntimeError("no process that reads files could be started")
    return child


def _zygote() -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in PASSED if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "kpis.datasets.zygote"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env=kept | QUIET | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        start_new_session=True,
    )


def _asked(zygote: subprocess.Popen[bytes], desk: Path) -> _Child | None:
    """Ask a zygote for a child; nothing if it is not there any more."""
    assert zygote.stdin is not None  # noqa: S101 - a pipe was asked for
    with suppress(BrokenPipeError):
        zygote.stdin.write(os.fsencode(desk) + b"\n")
        if line := _line(zygote):
            return _Child(zygote, int(line))
    _end(zygote)
    return None


def _line(zygote: subprocess.Popen[bytes]) -> bytes:
    assert zygote.stdout is not None  # noqa: S101 - a pipe was asked for
    return zygote.stdout.readline()


def _end(zygote: subprocess.Popen[bytes]) -> None:
    """Let a zygote end: it reads that nobody asks any more."""
    for pipe in filter(None, (zygote.stdin, zygote.stdout)):
        pipe.close()
    zygote.wait()


@atexit.register
def end_zygotes() -> None:
    """Let the zygotes end that have nothing to do: what their children used is told of them then."""
    while _idle:
        _end(_idle.pop())


def _outcome(desk: Path, *, code: int | None, memory_mb: int, seconds: float) -> Outcome:
    log = (desk / "log").read_text(encoding="utf-8", errors="replace")[-20_000:]
    if code is None or code == -signal.SIGXCPU:
        return Outcome(None, (make_problem("too_large", detail=f"{seconds:g} s"),), log)
    answer: dict[str, Any] = {}
    if code == 0 and (desk / "result.json").exists():
        answer = json.loads((desk / "result.json").read_text(encoding="utf-8"))
    if "result" in answer:
        return Outcome(answer["result"], (), log)
    if answer.get("error") == "memory" or code in STARVED:
        return Outcome(None, (make_problem("too_large", detail=f"{memory_mb} MB"),), log)
    detail = answer.get("error") or f"exit {code}"
    return Outcome(None, (make_problem("unreadable_file", detail=detail),), log)
