"""One POST to a pinned address within a time limit: no redirects, no proxy, a bounded answer. Knows no Django."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from omnichannel.webhooks.addresses import Refused, Target, Unknown, resolve, target_of

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
BODY_KEPT = 2048
HEADERS_KEPT = 30
HEADER_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or an error code with its detail. `milliseconds` from the first step to the last."""

    status: int | None
    milliseconds: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: str = ""
    detail: str = ""

    @property
    def is_ok(self) -> bool:
        """True for a status of success."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_local: bool = False,
    connect_seconds: float = CONNECT_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Send and return what came of it; nothing is raised. A redirect is an answer like any other, and not followed."""
    begun = time.monotonic()
    try:
        target = target_of(url, allow_local=allow_local)
        addresses = resolve(target, seconds=connect_seconds, allow_local=allow_local)
        sock = _connected(target, addresses, seconds=connect_seconds)
        status, found, text = _talk(sock, target, body, headers, until=begun + total_seconds)
    except Refused as error:
        return _failed(begun, "address_refused", error)
    except Unknown as error:
        return _failed(begun, "unknown_host", error)
    except ssl.SSLCertVerificationError as error:
        return _failed(begun, "certificate_invalid", error)
    except TimeoutError as error:
        return _failed(begun, "timeout", error)
    except (http.client.HTTPException, ValueError) as error:
        return _failed(begun, "broken_answer", error)
    except OSError as error:
        late = time.monotonic() >= begun + total_seconds
        return _failed(begun, "timeout" if late else "connection_failed", error)
    return Answer(status, _since(begun), found, text)


def _failed(begun: float, code: str, error: Exception) -> Answer:
    return Answer(None, _since(begun), error=code, detail=f"{type(error).__name__}: {error}"[:400])


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _connected(target: Target, addresses: list[str], *, seconds: float) -> socket.socket:
    """Connect to one of the addresses that were looked at: the name is not asked for again."""
    until, fault = time.monotonic() + seconds, OSError("no address")
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            sock = socket.create_connection((address, target.port), timeout=left)
        except OSError as error:
            fault = error
            continue
        if target.scheme != "https":
            return sock
        with _closed_on_failure(sock):
            return ssl.create_default_context().wrap_socket(sock, server_hostname=target.host)
    raise fault


@contextmanager
def _closed_on_failure(sock: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        sock.close()
        raise


def _talk(
    sock: socket.socket, target: Target, body: bytes, headers: Mapping[str, str], *, until: float
) -> tuple[int, dict[str, str], str]:
    """Send the request and read the head and the beginning of the body; whatever drips past the limit is cut off."""
    left = until - time.monotonic()
    if left <= 0:
        sock.close()
        raise TimeoutError("no time left")
    watch = threading.Timer(left, _cut, (sock,))
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(target.host, target.port, timeout=left)
    connection.sock = sock
    if target.scheme == "https":
        connection.default_port = 443
    try:
        sock.settimeout(left)
        connection.request("POST", target.path, body, dict(headers))
        response = connection.getresponse()
        kept = {name: value[:HEADER_LENGTH] for name, value in response.getheaders()[:HEADERS_KEPT]}
        return response.status, kept, _beginning(response)
    except http.client.HTTPException:
        if time.monotonic() >= until:
            raise TimeoutError("the answer was cut off") from None
        raise
    finally:
        watch.cancel()
        connection.close()


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # the plain shutdown: that of a TLS socket would wait for the other side
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _beginning(response: http.client.HTTPResponse) -> str:
    """Return the first bytes of the body. The status has been given, so a body that breaks off changes nothing."""
    try:
        return response.read(BODY_KEPT).decode("utf-8", "replace").replace("\x00", "")
    except (OSError, http.client.HTTPException, ValueError):
        return ""
