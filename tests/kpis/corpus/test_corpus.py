"""Every nasty file gives exactly the rows and problems of its label; files made to do harm end in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kpis.datasets.pipeline import load_file
from tests.kpis.corpus.cases import Case
from tests.kpis.corpus.every import CASES
from tests.kpis.corpus.hostile import SECONDS, hostile_cases
from tests.kpis.corpus.running import came_of, request

MOST_MB = 512
# Files that the fuzz test changes at random; `FUZZ_FILES=20000` is the long form.
FUZZ_FILES, SEED = int(os.environ.get("FUZZ_FILES", "300")), os.environ.get("FUZZ_SEED", "20241122")
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_nasty_file_gives_exactly_what_its_label_says(tmp_path: Path, case: Case) -> None:
    result = load_file(**request(case, tmp_path / "case"))
    assert came_of(result, tmp_path / "case") == (case.rows, case.problems)


def test_hostile_files_end_in_words_within_the_memory_and_time_of_a_child(tmp_path: Path) -> None:
    """They are read in a process of their own, so that the memory measured is theirs alone."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.kpis.corpus.hostile", str(tmp_path)], cwd=ROOT, capture_output=True, check=True
    )
    told = json.loads(ran.stdout)
    cases = list(hostile_cases())
    came = {one["name"]: (one["rows"], frozenset(map(tuple, one["problems"]))) for one in told["files"]}
    assert came == {case.name: (len(case.rows), case.problems) for case in cases}
    assert len(came) == len(cases) >= 20
    assert 50 < told["peak_mb"] <= MOST_MB
    assert max(one["seconds"] for one in told["files"]) < SECONDS


def test_any_change_of_any_file_ends_as_rows_or_problems(tmp_path: Path) -> None:
    """Native code that fails ends its process, so the files are read in one of their own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.kpis.corpus.fuzz", str(tmp_path), str(FUZZ_FILES), SEED],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout) == (0, f"{FUZZ_FILES} changed files\n"), ran.stderr[-3000:]
