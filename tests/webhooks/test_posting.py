"""Where webhooks may go, and one POST: pinned, bounded in time and size, never redirected."""

from __future__ import annotations

import socket
import time

import pytest

from omnichannel.core.outgoing import is_public
from omnichannel.webhooks.addresses import Refused, resolve, target_of
from omnichannel.webhooks.posting import post
from tests.webhooks.receiver import receiving

INSIDE = (
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")
NAMES = {"rebinds.example.com": ["93.184.216.34", "10.0.0.7"], "inside.example.com": ["10.0.0.7"]}


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_a_network_are_not_public_in_any_spelling(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "not_https"),
        ("ftp://example.com/", "not_https"),
        ("example.com/hook", "not_https"),
        ("https://", "no_url"),
        ("https://exa mple.com/", "no_url"),
        ("https://example.com:99999/", "no_url"),
        ("https://example.com/\r\nX: y", "no_url"),
        ("https://me:pw@example.com/", "credentials"),
        ("https://example.com:22/", "port"),
        ("https://localhost/", "private"),
        ("https://metadata.google.internal/", "private"),
        ("https://printer.local/", "private"),
        ("https://127.0.0.1/", "private"),
        ("https://127.1/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
    ],
)
def test_what_must_not_be_called_is_refused_with_its_reason(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        target_of(url)
    assert str(refused.value) == code


def test_names_of_other_scripts_and_ports_above_are_allowed() -> None:
    assert target_of("https://例子.中国/钩").host == "xn--fsqu00a.xn--fiqs8s"
    assert target_of("https://example.com:8443/a?b=c").port == 8443
    assert target_of("https://example.com/a?b=c").path == "/a?b=c"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_inside_is_refused_also_beside_a_public_address(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_up(host: str, port: int, **_options: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in NAMES[host]]

    connected: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: connected.append(args))
    with pytest.raises(Refused, match="private"):
        resolve(target_of(f"https://{name}/"), seconds=2)
    answer = post(f"https://{name}/", b"{}", {})
    assert (answer.status, answer.error, connected) == (None, "address_refused", [])


def test_the_address_that_was_looked_at_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def looked_up(host: str, port: int, **_options: object) -> list[tuple[object, ...]]:
        asked.append(host)
        public = len(asked) == 1  # the second answer of a name that is being rebound
        return [(2, 1, 6, "", ("93.184.216.34" if public else "127.0.0.1", port))]

    called: list[object] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    answer = post("https://hooks.example.com/", b"{}", {})
    assert (answer.error, called, asked) == ("connection_failed", [("93.184.216.34", 443)], ["hooks.example.com"])


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with receiving() as inner, receiving(status=307, headers={"Location": inner.url}) as outer:
        answer = post(outer.url, b"{}", {}, allow_local=True)
        assert (answer.status, answer.is_ok, len(outer.got), inner.got) == (307, False, 1, [])


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_a_receiver_that_hangs_or_drips_is_cut_off_in_time(mode: str) -> None:
    with receiving(mode=mode) as receiver:
        begun = time.monotonic()
        answer = post(receiver.url, b"{}", {}, allow_local=True, total_seconds=1)
        assert (answer.status, answer.error) == (None, "timeout")
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize(("mode", "error"), [("cut", "broken_answer"), ("noise", "broken_answer")])
def test_an_answer_that_is_none_is_named(mode: str, error: str) -> None:
    with receiving(mode=mode) as receiver:
        assert post(receiver.url, b"{}", {}, allow_local=True).error == error


def test_nobody_there_and_unknown_names_are_named() -> None:
    with receiving() as receiver:
        url = receiver.url
    assert post(url, b"{}", {}, allow_local=True).error == "connection_failed"
    assert post("https://no-such-name.invalid/", b"{}", {}, allow_local=True).error == "unknown_host"


def test_only_the_beginning_of_an_answer_is_kept() -> None:
    with receiving(body=b"x" * 100_000, headers={"X-Long": "y" * 5000}) as receiver:
        answer = post(receiver.url, b"{}", {"X-Mine": "1"}, allow_local=True)
        assert (answer.status, len(answer.body), len(answer.headers["X-Long"])) == (200, 2048, 200)
        assert receiver.got[0].path == "/hook?x=1"
        assert receiver.got[0].headers["x-mine"] == "1"
