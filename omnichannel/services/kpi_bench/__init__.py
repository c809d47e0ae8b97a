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
MONTHS = ("one_month", "one_month_of_orders", "one_month_of_visits")
SPREAD = GROWTH - 1 / FEWER  # between the smallest and the largest run, in times the rows
Said = dict[str, float]  # seconds of the clock and of all threads, megabytes of the imports and at most


def kpi_figures(rows: int = 0, *, pandas_whole: bool = False) -> dict[str, float]:
    """Return ratios of medians over interleaved rounds, peak megabytes, and the exponents of growth from N to 3 N rows.

    Every way runs in a process of its own and is timed without its start. Rows count all operating tables together.
    With `pandas_whole` pandas runs over all rows too, once; at ten million it takes gigabytes.
    """
    rows = rows or ROWS
    with tempfile.TemporaryDirectory(prefix="kpis-") as name:
        desk = Path(name)
        for folder, many in (("tenth", rows // FEWER), ("whole", rows), ("triple", rows * GROWTH)):
            write_parts(desk / folder, rows=many)
        said: dict[str, list[Said]] = {}
        for _ in range(ROUNDS):
            for contender in ("scan", "fused", *MONTHS):
                _run(contender, desk, "whole", said)
            _run("fused", desk, "triple", said)
        for contender, folder in (
            ("fused", "tenth"),
            ("pandas", "tenth"),
            ("one_by_one", "tenth"),
            *([("pandas", "whole")] if pandas_whole else []),
        ):
            _run(contender, desk, folder, said)
    middle = {name: median(each["seconds"] for each in runs) for name, runs in said.items()}
    cpu = {name: median(each["cpu"] for each in runs) for name, runs in said.items()}
    peaks = {name: max(each["peak_mb"] for each in runs) for name, runs in said.items()}
    fused, tenth = middle["fused whole"], middle["fused tenth"]
    return {
        "rows": rows,
        "fused_s": round(fused, 2),
        "to_scan": round(fused / middle["scan whole"], 2),
        "to_scan_cpu": round(cpu["fused whole"] / cpu["scan whole"], 2),
        "base_mb": round(said["fused tenth"][0]["base_mb"], 1),
        "peak_mb": round(peaks["fused whole"], 1),
        "growth_exponent": _exponent(fused, middle["fused triple"]),
        "growth_exponent_cpu": _exponent(cpu["fused whole"], cpu["fused triple"]),
        "peak_mb_triple": round(peaks["fused triple"], 1),
        "mb_per_million_rows": round((peaks["fused triple"] - peaks["fused tenth"]) * 1e6 / (rows * SPREAD), 1),
        "tenth_faster_than_pandas": round(middle["pandas tenth"] / tenth, 2),
        "tenth_peak_mb": round(peaks["fused tenth"], 1),
        "tenth_memory_to_pandas": round(peaks["fused tenth"] / peaks["pandas tenth"], 3),
        "tenth_faster_than_one_by_one": round(middle["one_by_one tenth"] / tenth, 2),
        **{f"{month}_to_full": round(middle[f"{month} whole"] / fused, 3) for month in MONTHS},
        **{f"{month}_to_full_cpu": round(cpu[f"{month} whole"] / cpu["fused whole"], 3) for month in MONTHS},
        **(_against_pandas(said["pandas whole"][0], fused, peaks["fused whole"]) if pandas_whole else {}),
    }


def _exponent(one: float, triple: float) -> float:
    return round(math.log(triple / one) / math.log(GROWTH), 3)


def _against_pandas(pandas: Said, seconds: float, peak_mb: float) -> dict[str, float]:
    """Return how ours compares to pandas over all rows."""
    return {
        "whole_faster_than_pandas": round(pandas["seconds"] / seconds, 2),
        "whole_pandas_peak_mb": round(pandas["peak_mb"], 1),
        "whole_memory_to_pandas": round(peak_mb / pandas["peak_mb"], 3),
    }


def _run(contender: str, desk: Path, folder: str, said: dict[str, list[Said]]) -> None:
    command = [sys.executable, "-m", "omnichannel.services.kpi_bench.contenders", contender, str(desk / folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    # DuckDB may draw its progress above it
    said.setdefault(f"{contender} {folder}", []).append(json.loads(done.stdout.splitlines()[-1]))
