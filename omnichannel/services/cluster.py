"""What the distributed engine needs beside the project: Java and pyspark, brought into `var/` when first asked for."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from omnichannel.services.session import ROOT, VAR

LOCK = ROOT / "requirements-cluster.lock"
JAVA = 17  # Spark 4 needs this or newer
APT_JAVA = "openjdk-17-jre-headless"
JAVA_LOCK = ROOT / "requirements-java.lock"  # a Java out of a wheel, where the system has none and none may be added


def cluster_environment() -> dict[str, str] | None:
    """Return the environment in which Spark runs in this machine, or None when Java cannot be had.

    Packages come from the registry by their hashes, into a folder of their own: the project's `.venv` stays as locked.
    """
    java = _java_home()
    if java is None:
        return None
    site = _installed()
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Spark finds its workers' Python and its own address by these; a host's name need not lead anywhere.
    found = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": os.pathsep.join(paths)}
    return {**os.environ, **found, **({"JAVA_HOME": java} if java else {})}


def _installed() -> Path:
    """Install the lock's packages once; return their folder."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    site = VAR / "cluster" / digest
    if not (site / "done").exists():
        print("Installing pyspark (once, some 400 MB)...", file=sys.stderr)
        shutil.rmtree(site, ignore_errors=True)
        _install(site, "--require-hashes", "-r", str(LOCK))
        (site / "done").touch()
    return site


def _install(target: Path, *what: str) -> None:
    options = ["--quiet", "--no-deps", "--target", str(target)]
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "--python", sys.executable, *options, *what]
    else:
        command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options, *what]
    subprocess.run(command, check=True)


def _java_home() -> str | None:
    """Return JAVA_HOME of a Java that is new enough (empty: the one of PATH), installing one if that may be done."""
    home = os.environ.get("JAVA_HOME")
    if home and _is_new_enough(Path(home) / "bin" / "java"):
        return home
    if _is_new_enough(Path("java")):
        return ""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {APT_JAVA}...", file=sys.stderr)
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", APT_JAVA]):
            subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if _is_new_enough(Path("java")):
            return ""
    return _java_of_a_wheel()


def _java_of_a_wheel() -> str | None:
    target = VAR / "cluster" / "java"
    try:
        if not target.exists():
            _install(target, "--require-hashes", "-r", str(JAVA_LOCK))
    except (subprocess.CalledProcessError, OSError):
        shutil.rmtree(target, ignore_errors=True)
        return None
    homes = [path.parent.parent for path in target.rglob("bin/java")]
    return next((str(home) for home in homes if _is_new_enough(home / "bin" / "java")), None)


def _is_new_enough(java: Path) -> bool:
    try:
        told = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return False
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    return version is not None and int(version[1]) >= JAVA
