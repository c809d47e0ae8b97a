"""Which addresses webhooks may be sent to: public ones over https, resolved once and pinned. Knows no Django."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from omnichannel.core.outgoing import is_public

LEAST_PORT = 1024  # below it only the port of https: mail and other old services do not take hooks
LOCAL_NAMES = (".local", ".localhost", ".internal", ".lan", ".home", ".corp", ".test", ".invalid", ".arpa")


class Refused(ValueError):
    """The address is not allowed; the code says why."""


class Unknown(OSError):
    """The host's address is not found."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart. `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str, *, allow_local: bool = False) -> Target:
    """Take a URL apart, or raise Refused with a code: no_url, not_https, credentials, port, private.

    What a name leads to is looked at when it is sent to, for names are changed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Refused("no_url") from None
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise Refused("no_url")
    if parts.scheme != "https" and not (allow_local and parts.scheme == "http"):
        raise Refused("not_https")
    if not host:
        raise Refused("no_url")
    if parts.username is not None or parts.password is not None:
        raise Refused("credentials")
    port = port or (443 if parts.scheme == "https" else 80)
    if not allow_local:
        if port != 443 and port < LEAST_PORT:
            raise Refused("port")
        _refuse_private_host(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def _refuse_private_host(host: str) -> None:
    """Refuse addresses that are not public, also in their odd spellings, and names that only mean something inside."""
    try:
        public = is_public(host)
    except ValueError:
        last = host.rstrip(".").rsplit(".", 1)[-1]
        # 127.1, 0x7f000001 and 2130706433 are addresses to a resolver
        is_name = "." in host.rstrip(".") and not last[:1].isdigit()
        public = is_name and not host.rstrip(".").endswith(LOCAL_NAMES)
    if not public:
        raise Refused("private")


def resolve(target: Target, *, seconds: float, allow_local: bool = False) -> list[str]:
    """Return the host's addresses; Refused (`private`) when any of them is not public, Unknown when there is none."""
    found = _looked_up(target, seconds=seconds)
    if not allow_local and not all(is_public(address) for address in found):
        raise Refused("private")
    return found


def _looked_up(target: Target, *, seconds: float) -> list[str]:
    """Ask the system's resolver, in a thread, since it knows no time limit of ours."""
    answers: list[str] = []
    faults: list[OSError] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            answers.extend(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:
            faults.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError("the name server does not answer")
    if not answers:
        raise Unknown(str(faults[0]) if faults else target.host)
    return list(answers)
