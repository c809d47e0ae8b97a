"""Calls to addresses that users give us: resolved once, held against the inner network, then pinned. Pure.

A name is resolved here and the connection goes to the address that was looked at, so a name that answers with another
address the second time leads nowhere. Redirects are answers like any other; nobody follows them.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

NAT64 = ipaddress.ip_network("64:ff9b::/96")
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # a network's own (RFC 8215); older Pythons call it global


class AddressRefused(ValueError):
    """An address we do not call. `code`: `scheme`, `malformed`, `unresolvable` or `private`."""

    def __init__(self, code: str, address: str) -> None:
        self.code, self.address = code, address
        super().__init__(f"{code}: {address}")


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called: the name for TLS and the Host header, and the numeric addresses it has."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def target_of(url: str, *, allow_private: bool = False) -> Target:
    """Resolve the URL's host and refuse it if any of its addresses lies in a private network.

    Only https is called; http and private addresses need `allow_private`, which installations set, never users.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise AddressRefused("scheme", url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _resolved(host, port)
    if not allow_private and not all(map(is_public, addresses)):
        raise AddressRefused("private", host)
    return Target(parts.scheme, host, port, parts.path.rstrip("/"), addresses)


def is_public(address: str) -> bool:
    """Tell whether anybody on the internet could reach the address; ValueError for what is no address.

    An IPv6 address that leads to an IPv4 one (mapped, 6to4, Teredo, NAT64) is as public as that one.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local or found in LOCAL_NAT64:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def connect(target: Target, *, timeout: float) -> http.client.HTTPConnection:
    """Return a connection to one of the target's own addresses. TLS checks the certificate against the name."""
    if target.scheme == "https":
        return _PinnedHttps(target, timeout=timeout)
    return _PinnedHttp(target, timeout=timeout)


class _PinnedHttp(http.client.HTTPConnection):
    def __init__(self, target: Target, *, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target = target

    def connect(self) -> None:
        """Connect to the pinned address."""
        self.sock = _socket(self._target, self.timeout)


class _PinnedHttps(http.client.HTTPSConnection):
    def __init__(self, target: Target, *, timeout: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(target.host, target.port, timeout=timeout, context=self._tls)
        self._target = target

    def connect(self) -> None:
        """Connect to the pinned address and ask for the name's certificate."""
        plain = _socket(self._target, self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._target.host)


def _socket(target: Target, timeout: float | None) -> socket.socket:
    failed: OSError | None = None
    for address in target.addresses:
        try:
            found = socket.create_connection((address, target.port), timeout)
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return found
        except OSError as error:
            failed = error
    raise failed or OSError("no address")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        named = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise AddressRefused("malformed", url) from None
    if not named or parts.username or parts.password or parts.query or parts.fragment:
        raise AddressRefused("malformed", url)
    return parts


def _resolved(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("unresolvable", host) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
