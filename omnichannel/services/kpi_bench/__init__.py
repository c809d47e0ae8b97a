"""`./run bench kpis [--rows N]`: all KPIs of 24 months against a scan of the columns, one query each, and pandas."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from omnichannel.services.kpi_bench.data import write_parts
from omnichannel.services.session import ROOT

ROUNDS = 3
ROWS = 10_000_000
FEWER = 10  # pandas and one query per KPI run at a tenth of the rows, against ours at a tenth
GROWTH = 3


def kpi_figures(rows: int = 0) -> dict[str, float]:
    """Return ratios of medians over interleaved rounds, peak megabytes, and the exponent of growth from N to 3 N rows.

    Every way runs in a process of its own and is timed without its start. Rows count all operating tables together.
    """
    rows = rows or ROWS
    with tempfile.TemporaryDirectory(prefix="kpis-") as name:
        desk = Path(name)
        for folder, many in (("tenth", rows // FEWER), ("whole", rows), ("triple", rows * GROWTH)):
            write_parts(desk / folder, rows=many)
        taken: dict[str, list[float]] = {}
        peaks: dict[str, float] = {}
        for _ in range(ROUNDS):
            for contender in ("scan", "fused", "one_month"):
                _run(contender, desk, "whole", taken, peaks)
        for contender, folder in (
            ("fused", "triple"),
            ("fused", "tenth"),
            ("pandas", "tenth"),
            ("one_by_one", "tenth"),
        ):
            _run(contender, desk, folder, taken, peaks)
    middle = {contender: median(seconds) for contender, seconds in taken.items()}
    fused, tenth = middle["fused whole"], middle["fused tenth"]
    return {
        "rows": rows,
        "fused_s": round(fused, 2),
        "to_scan": round(fused / middle["scan whole"], 2),
        "peak_mb": round(peaks["fused whole"], 1),
        "growth_exponent": round(math.log(middle["fused triple"] / fused) / math.log(GROWTH), 3),
        "peak_mb_triple": round(peaks["fused triple"], 1),
        "tenth_faster_than_pandas": round(middle["pandas tenth"] / tenth, 2),
        "tenth_memory_to_pandas": round(peaks["fused tenth"] / peaks["pandas tenth"], 3),
        "tenth_faster_than_one_by_one": round(middle["one_by_one tenth"] / tenth, 2),
        "one_month_to_full": round(middle["one_month whole"] / fused, 3),
    }


def _run(contender: str, desk: Path, folder: str, taken: dict[str, list[float]], peaks: dict[str, float]) -> None:
    command = [sys.executable, "-m", "omnichannel.services.kpi_bench.contenders", contender, str(desk / folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    said = json.loads(done.stdout.splitlines()[-1])  # DuckDB may draw its progress above it
    name = f"{contender} {folder}"
    taken.setdefault(name, []).append(said["seconds"])
    peaks[name] = max(peaks.get(name, 0.0), said["peak_mb"])
