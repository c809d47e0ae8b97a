"""Where a connection may lead, and where not."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from omnichannel.core.outgoing import AddressRefused, is_public, target_of


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server that answers from this dictionary."""
    known: dict[str, list[str]] = {}

    def ask(host: str, port: int, **_rest: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(-2, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return known


def refused(url: str, *, allow_private: bool = False) -> str:
    with pytest.raises(AddressRefused) as caught:
        target_of(url, allow_private=allow_private)
    return caught.value.code


def test_only_https_to_public_addresses_is_called(names: dict[str, list[str]]) -> None:
    names["qyapi.example"] = ["8.8.8.8"]
    names["inner.example"] = ["10.0.0.8"]
    names["half.example"] = ["8.8.8.8", "169.254.169.254"]
    found = target_of("https://qyapi.example/base/")
    assert (found.host, found.port, found.path, found.addresses) == ("qyapi.example", 443, "/base", ("8.8.8.8",))
    assert refused("http://qyapi.example") == "scheme"
    assert refused("ftp://qyapi.example", allow_private=True) == "scheme"
    assert refused("https://inner.example") == "private"
    assert refused("https://half.example") == "private"
    assert refused("https://nobody.example") == "unresolvable"
    assert target_of("http://inner.example:8080", allow_private=True).port == 8080


@pytest.mark.parametrize("url", ["https://", "https://u:p@a.example", "https://a.example?x=1", "https://a:99999", "x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    assert refused(url) in {"malformed", "scheme"}


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
     "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1"],
)  # fmt: skip
def test_inner_addresses_are_inner_however_they_are_written(address: str) -> None:
    assert not is_public(address)


def test_outer_addresses_are_outer() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")
