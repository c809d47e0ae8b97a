"""Bring the services up for one command: the given URLs, a running demo's, or embedded ones of our own."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from omnichannel.services.postgres import Postgres
from omnichannel.services.processes import ServiceError
from omnichannel.services.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
ATTACH_SECONDS = 180
USERS_SECONDS = 120


@contextmanager
def services(*, data: Path | None = VAR / "postgres-18", durable: bool = True) -> Iterator[None]:
    """Set DATABASE_URL and REDIS_URL for the block. URLs already in the environment are used as they are.

    With a data folder, a second command attaches to the services of the first one. Without, they are private.
    """
    with ExitStack() as stack:
        missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
        if missing:
            urls = _private(stack, durable=durable) if data is None else _shared(stack, data)
            os.environ.update({name: urls[name] for name in missing})
        try:
            yield
        finally:
            for name in missing:
                os.environ.pop(name, None)


def _private(stack: ExitStack, *, data: Path | None = None, durable: bool) -> dict[str, str]:
    postgres, valkey = Postgres(data, durable=durable), Valkey()
    urls = {"DATABASE_URL": postgres.start()}
    stack.callback(postgres.stop)
    urls["REDIS_URL"] = valkey.start()
    stack.callback(valkey.stop)
    return urls


def _shared(stack: ExitStack, data: Path) -> dict[str, str]:
    """Own the services if nobody does (an exclusive lock says who), else attach to their owner's.

    Whoever attaches holds a share of the second lock; the owner waits for it before the services stop.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    note = data.parent / "services.json"
    lock = stack.enter_context((data.parent / "services.lock").open("w"))
    users = stack.enter_context((data.parent / "services.users").open("w"))
    deadline = time.monotonic() + ATTACH_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if (urls := _attached(note, users)) is not None:
                return urls
            if time.monotonic() > deadline:
                raise ServiceError("another command holds the services but does not offer them") from None
            time.sleep(0.1)
            continue
        note.unlink(missing_ok=True)  # left by an owner that was killed
        urls = _private(stack, data=data, durable=True)
        stack.callback(_wait_for_users, users)
        draft = note.with_suffix(".draft")
        draft.write_text(json.dumps(urls))
        draft.rename(note)
        stack.callback(note.unlink, missing_ok=True)
        return urls


def _attached(note: Path, users: IO[str]) -> dict[str, str] | None:
    """Take a share of the users' lock, then read the note: in this order the owner cannot stop in between."""
    try:
        fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return {name: str(url) for name, url in json.loads(note.read_text()).items()}
    except BlockingIOError:
        return None
    except FileNotFoundError:
        fcntl.flock(users, fcntl.LOCK_UN)
        return None


def _wait_for_users(users: IO[str]) -> None:
    """Let the commands that use our services end before these stop, for a while."""
    deadline = time.monotonic() + USERS_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.1)
