"""How far a load in a child process is: written to a file the parent reads. Without a child it goes nowhere."""

from __future__ import annotations

import json
from pathlib import Path

_target: list[Path] = []


def report_to(path: Path) -> None:
    """Send further progress of this process to a file."""
    _target[:] = [path]


def report(stage: str, *, done: int = 0, total: int = 0) -> None:
    """Say which stage is reached: reading, checking, writing, done."""
    for path in _target:
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps({"stage": stage, "done": done, "total": total}), encoding="utf-8")
        draft.replace(path)


def read_progress(path: Path) -> tuple[str, int, int] | None:
    """Return (stage, done, total) as last written; None before the first."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(data["stage"]), int(data["done"]), int(data["total"])
