"""`./run test`: the whole suite on real services and a real browser. Nothing is skipped in silence."""

from __future__ import annotations

import os
import subprocess
import sys

from omnichannel.services.browser import ensure_browser

BROWSER_TESTS = "tests/e2e"
WORKERS = "2"


def main(arguments: list[str]) -> int:
    """Run pytest; without a browser fail with what to do, unless `--no-browser` leaves those tests out aloud."""
    without = "--no-browser" in arguments
    arguments = [a for a in arguments if a != "--no-browser"]
    if without:
        print(f"--no-browser: {BROWSER_TESTS} is left out of this run.")
        arguments += [f"--ignore={BROWSER_TESTS}"]
    elif (browser := ensure_browser()) is None:
        print(
            "No Chromium or Chrome was found and it could not be installed. Install it "
            "(Debian, Ubuntu: apt-get install chromium), set BROWSER_BIN, or say --no-browser.",
            file=sys.stderr,
        )
        return 1
    else:
        os.environ["BROWSER_BIN"] = browser
    if all(a.startswith("--ignore=") for a in arguments):  # the whole suite; a named part runs in one process
        arguments += ["-q", "-n", WORKERS, "--dist", "loadgroup"]
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
