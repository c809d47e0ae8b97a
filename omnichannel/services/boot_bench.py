"""How long the demo takes from a fresh clone and again, and what it downloads."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from omnichannel.services.session import ROOT
from omnichannel.services.stack import free_port

LIMIT_SECONDS = 300
MEGABYTE = 1e6


def boot_figures() -> dict[str, float]:
    """Clone HEAD without a virtual environment, start the demo twice, and return seconds and megabytes."""
    with tempfile.TemporaryDirectory(prefix="boot-") as folder:
        clone, cache = Path(folder, "clone"), Path(folder, "cache")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        env = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "DATABASE_URL", "REDIS_URL"}}
        env |= {"UV_CACHE_DIR": str(cache), "PIP_CACHE_DIR": str(cache)}
        before = _received_bytes()
        fresh = _seconds_to_first_page(clone, env)
        downloaded = _received_bytes() - before
        again = _seconds_to_first_page(clone, env)
        shutil.rmtree(clone, ignore_errors=True)
    return {"fresh_s": round(fresh, 2), "again_s": round(again, 2), "download_mb": round(downloaded / MEGABYTE, 1)}


def _seconds_to_first_page(clone: Path, env: dict[str, str]) -> float:
    port = free_port()
    started = time.monotonic()
    log = clone.parent / "demo.log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            ["./run", "demo", "--port", str(port), "--scale", "tiny"],
            cwd=clone,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not _answers(port):
            if demo.poll() is not None or time.monotonic() - started > LIMIT_SECONDS:
                raise RuntimeError(log.read_text(errors="replace"))
            time.sleep(0.05)
        return time.monotonic() - started
    finally:
        demo.send_signal(signal.SIGINT)
        if demo.wait(60) != 0:
            raise RuntimeError(log.read_text(errors="replace"))


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _received_bytes() -> int:
    """Return what all interfaces but loopback have received since the machine started."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return sum(int(line.split(":")[1].split()[0]) for line in lines if line.split(":")[0].strip() != "lo")
