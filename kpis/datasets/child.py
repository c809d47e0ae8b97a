"""Runs a reader in a child process with limits on memory and time. Whatever a file does to it, the caller gets words.

`python -m kpis.datasets.child DIR` is the child: it takes `request.json` of the directory and leaves `result.json`.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from kpis.datasets import progress
from kpis.datasets.checks.problems import Problem, make_problem

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
FILE_BYTES = 8 << 30
# The child needs no secrets: it gets these variables of ours and nothing else.
PASSED = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TZDIR")
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


def _environment(desk: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED if name in os.environ}
    # Few arenas that give back what they free keep the address space near to what is really used.
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "TMPDIR": str(desk),
        "HOME": str(desk),
        "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "jemalloc",
        "JE_ARROW_MALLOC_CONF": "retain:false,narenas:2",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _run(desk: Path, *, seconds: float, on_progress: Progress | None) -> int | None:
    """Return the exit code, or None when the time was up and the child was killed."""
    deadline = time.monotonic() + seconds
    told = None
    with (desk / "log").open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "kpis.datasets.child", str(desk)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(desk),
            cwd=desk,
            start_new_session=True,
        )
        try:
            while child.poll() is None:
                if time.monotonic() > deadline:
                    return None
                now = progress.read_progress(desk / "progress.json") if on_progress else None
                if on_progress and now and now != told:
                    told = now
                    on_progress(*now)
                time.sleep(POLL_SECONDS)
            return child.returncode
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()


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


def _limit(*, memory_mb: int, seconds: float) -> None:
    """Bound this process. The address space may grow by `memory_mb` beyond what its libraries have mapped."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    space = pages * resource.getpagesize() + (memory_mb << 20)
    processor = int(seconds * 2) + 2
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    # If the parent dies, nobody else ends this process.
    signal.alarm(int(seconds) + 5)


class _WithoutPandas(MetaPathFinder):
    """Arrow looks for pandas whenever it meets an array. Nothing here needs it, and its import outlasts small files."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Say that there is no pandas; leave every other module to the others."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def main(desk: Path) -> int:
    """Run the request of a directory; leave the result or the reason there is none."""
    sys.meta_path.insert(0, _WithoutPandas())
    request = json.loads((desk / "request.json").read_text(encoding="utf-8"))
    module, _, name = request["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    progress.report_to(desk / "progress.json")
    _limit(memory_mb=request["memory_mb"], seconds=request["seconds"])
    try:
        answer = json.dumps({"result": function(**request["arguments"])}, default=str)
    except BaseException as error:
        # Native panics are BaseException too; whatever it is must become words.
        short = isinstance(error, MemoryError) or "bad_alloc" in str(error) or "Out of Memory" in str(error)
        traceback.print_exc()
        answer = json.dumps({"error": "memory" if short else type(error).__name__})
    (desk / "result.json").write_text(answer, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
