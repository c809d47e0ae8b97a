"""What a process has held of memory at most."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """Return the megabytes this process has held at most since its program began.

    `ru_maxrss` is inherited over fork and exec: a small child of a large parent would be counted as large. Linux tells
    the program's own peak apart (VmHWM); elsewhere the inherited figure is all there is.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
