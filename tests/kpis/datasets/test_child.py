"""The limited child: results, refusals and progress come back as data, whatever the file does to the process."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kpis.datasets.child import Outcome, run_limited
from kpis.datasets.pipeline import load_file

LOAD = "kpis.datasets.pipeline:load_file"
ORDERS = (
    "order_id,channel,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,item_count\n"
    "A1,store,2024-06-01,completed,10,0,0,10,1\n"
    "A2,store,2024-07-01,completed,10,0,0,10,x\n"
)


def load(tmp_path: Path, content: str, **arguments: object) -> Outcome:
    path = tmp_path / "upload"
    path.write_text(content, encoding="utf-8")
    given = {"path": str(path), "filename": "orders.csv", "out_dir": str(tmp_path / "out"), "upload_seq": 1}
    return run_limited(LOAD, given | arguments, memory_mb=512, seconds=60, work_dir=tmp_path / "work")


def test_an_upload_is_inspected_in_a_child(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(ORDERS, encoding="utf-8")
    outcome = run_limited(
        "kpis.datasets.pipeline:inspect_file",
        {"path": str(path), "filename": "orders.csv"},
        memory_mb=512,
        seconds=30,
    )
    assert outcome.result is not None
    assert outcome.result["mapping"]["table"] == "orders"
    assert outcome.result["rows"] == 2
    assert outcome.result["sample"][0][0] == "A1"


def test_nothing_is_written_with_an_error_unless_the_good_rows_are_wanted(tmp_path: Path) -> None:
    outcome = load(tmp_path, ORDERS)
    assert outcome.result is not None
    assert outcome.result["parts"] == []
    assert [(problem["row"], problem["code"]) for problem in outcome.result["problems"]] == [(3, "not_integer")]
    assert (tmp_path / "out" / outcome.result["problem_file"]).exists()
    assert not list((tmp_path / "out").glob("orders*"))
    again = load(tmp_path, ORDERS, good_rows_only=True)
    assert again.result is not None
    assert again.result["months"] == ["2024-06"]
    assert again.result["effect"] == {"new": 1, "changed": 0, "same": 0, "ignored": 1}
    existing = [str(tmp_path / "out" / part["path"]) for part in again.result["parts"]]
    third = load(tmp_path, ORDERS, good_rows_only=True, existing=existing, upload_seq=2)
    assert third.result is not None
    assert third.result["effect"] == {"new": 0, "changed": 0, "same": 1, "ignored": 1}


def test_too_little_memory_is_a_problem_in_words() -> None:
    outcome = run_limited("builtins:bytearray", {"source": 1 << 30}, memory_mb=64, seconds=30)
    assert [problem.code for problem in outcome.problems] == ["too_large"]
    assert "64 MB" in outcome.problems[0].message.zh


def test_too_little_time_ends_the_child(tmp_path: Path) -> None:
    started = time.monotonic()
    outcome = run_limited("signal:pause", {}, memory_mb=64, seconds=0.2)
    assert [problem.code for problem in outcome.problems] == ["too_large"]
    assert time.monotonic() - started < 10


def test_a_function_that_raises_is_a_problem_and_leaves_a_log() -> None:
    outcome = run_limited("json:loads", {"s": "{"}, memory_mb=256, seconds=30)
    assert [problem.code for problem in outcome.problems] == ["unreadable_file"]
    assert "JSONDecodeError" in outcome.log


def test_a_process_that_dies_is_a_problem() -> None:
    outcome = run_limited("os:abort", {}, memory_mb=256, seconds=30)
    assert not outcome.ok
    assert [problem.code for problem in outcome.problems] == ["too_large"]
    assert run_limited("os:_exit", {"status": 3}, memory_mb=256, seconds=30).problems[0].code == "unreadable_file"


def threads() -> int:
    """Return how many threads the process has that forked this one's caller."""
    return len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))


def test_what_forks_the_children_has_one_thread_and_serves_again(tmp_path: Path) -> None:
    first, second = (run_limited("os:getppid", {}, memory_mb=256, seconds=30) for _ in range(2))
    assert first.result == second.result
    assert run_limited(f"{__name__}:threads", {}, memory_mb=256, seconds=30).result == 1  # type: ignore[comparison-overlap]


def test_the_next_file_is_read_when_what_forks_the_children_was_killed(tmp_path: Path) -> None:
    zygote = run_limited("os:getppid", {}, memory_mb=256, seconds=30).result
    os.kill(zygote, signal.SIGKILL)  # type: ignore[arg-type]
    again = run_limited("os:getppid", {}, memory_mb=256, seconds=30).result
    assert again not in (None, zygote)
    started = time.monotonic()
    # killed while a child works: the child ends too, and the file is read again
    outcome = run_limited(f"{__name__}:orphan", {"told": str(tmp_path / "told")}, memory_mb=256, seconds=30)
    assert outcome.result == "read again"  # type: ignore[comparison-overlap]
    with suppress(FileNotFoundError):  # dead, though nobody may have been told yet
        assert ") Z " in Path(f"/proc/{(tmp_path / 'told').read_text()}/stat").read_text()
    assert time.monotonic() - started < 20


def orphan(*, told: str) -> str:
    """Kill the process that forked this one and wait to be ended; the second time return."""
    if Path(told).exists():
        return "read again"
    Path(told).write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
    return "nobody ended this"


def test_progress_is_told(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(ORDERS + "A,store,2024-06-01,completed,10,0,0,10,1\n" * 1_500_000, encoding="utf-8")
    told: list[tuple[str, int, int]] = []
    given = {"path": str(path), "filename": "orders.csv", "out_dir": str(tmp_path / "out"), "upload_seq": 1}
    run_limited(LOAD, given, memory_mb=1024, seconds=60, on_progress=lambda *step: told.append(step))
    assert told[0][0] == "reading"
    assert all(done <= total for _, done, total in told)
    # The parent looks every now and then: which of the reports it sees depends on the machine.
    assert any(step == "checking" and done > 0 and 1_400_000 < total < 1_600_000 for step, done, total in told)


def test_the_child_gets_no_secrets_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY_OF_TEST", "s3cret")
    outcome = run_limited("os:getenv", {"key": "SECRET_KEY_OF_TEST", "default": "nothing"}, memory_mb=64, seconds=30)
    assert outcome.result == "nothing"  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        ("", "orders.csv", "empty_file"),
        ("order_id\n", "orders.csv", "no_rows"),
        ("%PDF-1.7", "orders.xls", "unsupported_file"),
        ("a,b\n1,2\n", "unknown.csv", "table_unknown"),
        ("", "unknown.csv", "empty_file"),
    ],
)
def test_a_file_without_rows_ends_in_its_problem_and_no_part(
    tmp_path: Path, content: str, filename: str, code: str
) -> None:
    path = tmp_path / filename
    path.write_text(content, encoding="utf-8")
    result = load_file(path=str(path), filename=filename, out_dir=str(tmp_path / "out"), upload_seq=1)
    assert code in [problem["code"] for problem in result["problems"]]
    assert (result["parts"], result["counts"]["good"], result["effect"]["new"]) == ([], 0, 0)
    json.dumps(result)
