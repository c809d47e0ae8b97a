"""A process that has imported what reading files takes and forks a child for each request: imports outlast small files.

`python -m kpis.datasets.zygote` reads the directory of a request as a line, forks the child that works in it, tells the
child's number and then how it ended. It ends with its parent, or when it has long had no work. The child takes
`request.json` of its directory and leaves `result.json`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path

from kpis.datasets import progress

# Modules that children use, and what they read of the catalogue: it is kept in memory.
PRELOADED = ("kpis.datasets.pipeline", "kpis.datasets.files.bundle")
READ = ("kpis.library:load_library", "kpis.library:library_extras", "kpis.datasets.meaning.presets:preset_headers")
IDLE_SECONDS = 300
FILE_BYTES = 8 << 30


class _WithoutPandas(MetaPathFinder):
    """Arrow looks for pandas whenever it meets an array. Nothing here needs it, and its import outlasts small files."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Say that there is no pandas; leave every other module to the others."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def main() -> None:
    """Fork a child for each directory that is asked for, one after the other, until nobody asks any more."""
    sys.meta_path.insert(0, _WithoutPandas())
    for name in PRELOADED:
        importlib.import_module(name)
    for name in READ:
        _named(name)()
    requests, told = open(0, "rb", buffering=0, closefd=False), open(1, "wb", buffering=0, closefd=False)  # noqa: SIM115
    gc.freeze()  # what is collected in a child would be copied first
    while select.select([requests], [], [], IDLE_SECONDS)[0] and (line := requests.readline()):
        pid = os.fork()
        if not pid:
            code = 1
            try:
                code = _work(Path(os.fsdecode(line.rstrip(b"\n"))))
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        told.write(b"%d\n" % pid)
        told.write(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _work(desk: Path) -> int:
    """Run the request of a directory as a process of its own; leave the result or the reason there is none."""
    _settle(desk)
    request = json.loads((desk / "request.json").read_text(encoding="utf-8"))
    try:
        function = _named(request["function"])
        progress.report_to(desk / "progress.json")
        _limit(memory_mb=request["memory_mb"], seconds=request["seconds"])
        answer = json.dumps({"result": function(**request["arguments"])}, default=str)
    except BaseException as error:
        # Native panics are BaseException too; whatever it is must become words.
        short = isinstance(error, MemoryError) or "bad_alloc" in str(error) or "Out of Memory" in str(error)
        traceback.print_exc()
        answer = json.dumps({"error": "memory" if short else type(error).__name__})
    (desk / "result.json").write_text(answer, encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    return 0


def _named(function: str) -> Callable[..., object]:
    module, _, name = function.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), name)
    return found


def _settle(desk: Path) -> None:
    """Leave the parent's session and pipes; what is printed or kept for a while goes into the directory."""
    os.setsid()
    log = os.open(desk / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, target in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(target, number)
    os.chdir(desk)
    os.environ |= {"TMPDIR": str(desk), "HOME": str(desk)}
    tempfile.tempdir = None


def _limit(*, memory_mb: int, seconds: float) -> None:
    """Bound this process. The address space may grow by `memory_mb` beyond what its libraries have mapped."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    space = pages * resource.getpagesize() + (memory_mb << 20)
    processor = int(seconds * 2) + 2
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    # If whoever asked dies, nobody else ends this process.
    signal.alarm(int(seconds) + 5)


if __name__ == "__main__":
    main()
    os._exit(0)  # there is nothing to tidy up
