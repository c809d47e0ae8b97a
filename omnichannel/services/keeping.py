"""Keeps one of the product's processes running: `python -m omnichannel.services.keeping COMMAND...`.

A worker whose broker dies under it may give up for good; what gave up is started again, as a production's supervisor
would. Asked to stop, it passes that on and stays down.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from types import FrameType

from omnichannel.services.processes import die_with_parent

PAUSE = 1.0  # seconds before a process that ended is started again


def keep(command: list[str]) -> int:
    """Run the command until it is asked to stop; return its last exit code."""
    stopping = False
    child: subprocess.Popen[bytes] | None = None

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if child is not None:
            child.send_signal(signum)

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, stop)
    while True:
        child = subprocess.Popen(command, preexec_fn=die_with_parent)
        code = child.wait()
        if stopping:
            return code
        time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
