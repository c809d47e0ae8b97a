"""The system's Chromium: find it, or install the system package where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PACKAGES = ("chromium", "fonts-noto-cjk")
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome; BROWSER_BIN wins."""
    for name in (os.environ.get("BROWSER_BIN"), *NAMES, *MAC):
        if name and (path := shutil.which(name)):
            return path
    return None


def browser_arguments() -> list[str]:
    """Return flags for a headless run; root needs `--no-sandbox`."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def ensure_browser() -> str | None:
    """Find a browser, else install the system package as root on apt; None when there is none to be had."""
    if (found := find_browser()) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    print(f"No Chromium found: installing {' '.join(PACKAGES)}...", file=sys.stderr)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
    ):
        if subprocess.run(command, env=env, check=False, stdout=sys.stderr).returncode:
            return None
    return find_browser()
