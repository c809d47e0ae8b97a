"""`./run test`: the whole suite on real services and a real browser. Nothing is skipped in silence."""

from __future__ import annotations

import os
import subprocess
import sys

from omnichannel.services.browser import ensure_browser
from omnichannel.services.cluster import cluster_environment
from omnichannel.services.session import services

BROWSER_TESTS = "tests/e2e"
CLUSTER_TESTS = "tests/cluster"
WORKERS = "2"
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
SERVER_OF_THIS_RUN = "SERVER_OF_THIS_RUN"  # set where all databases of the server are of this run of the suite
SLOWEST = "--durations=40"  # the whole suite says what its time goes into


def main(arguments: list[str]) -> int:
    """Run pytest; without a browser fail with what to do, unless `--no-browser` leaves those tests out aloud."""
    if "--cluster" in arguments:
        return on_the_cluster([a for a in arguments if a != "--cluster"])
    without = "--no-browser" in arguments
    arguments = [a for a in arguments if a != "--no-browser"]
    if without:
        print(f"--no-browser: {BROWSER_TESTS} is left out of this run.")
    elif (browser := ensure_browser()) is None:
        print(
            "No Chromium or Chrome was found and it could not be installed. Install it "
            "(Debian, Ubuntu: apt-get install chromium), set BROWSER_BIN, or say --no-browser.",
            file=sys.stderr,
        )
        return 1
    else:
        os.environ["BROWSER_BIN"] = browser
    if arguments:
        return pytest(*arguments, *([f"--ignore={BROWSER_TESTS}"] if without else []))
    with services(data=None, durable=False):
        os.environ[SERVER_OF_THIS_RUN] = "1"
        return everything(without_browser=without)


def everything(*, without_browser: bool) -> int:
    """Run the plain tests and then the walks, on one server: what both start from is made once."""
    # a walk mostly waits; a file's walks share a stack, so each process brings up one and takes file by file
    plain = pytest("-q", SLOWEST, "-n", WORKERS, f"--ignore={BROWSER_TESTS}", f"--ignore={CLUSTER_TESTS}")
    walks = 0 if without_browser else pytest("-q", SLOWEST, "-n", WORKERS, *BY_FILE, BROWSER_TESTS)
    return plain or walks


def on_the_cluster(arguments: list[str]) -> int:
    """Compare the embedded engine with Spark in local mode; without Java fail with what to do."""
    environment = cluster_environment()
    if environment is None:
        print(
            "No Java 17 or newer was found and none could be installed. Install one "
            "(Debian, Ubuntu: apt-get install openjdk-17-jre-headless) or set JAVA_HOME.",
            file=sys.stderr,
        )
        return 1
    return pytest("-q", CLUSTER_TESTS, *arguments, environment=environment)


def pytest(*arguments: str, environment: dict[str, str] | None = None) -> int:
    """Run pytest in a process of its own; return its exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
