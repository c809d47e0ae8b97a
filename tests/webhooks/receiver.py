"""A receiver on this machine: keeps what it is sent and answers as it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What has come in, and what is answered: a status, headers, and how."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    mode: str = "answer"  # answer, hang, drip, cut, noise
    got: list[Received] = field(default_factory=list)
    arrived: Callable[[], object] = lambda: None

    def ids(self) -> list[str]:
        """Return the ids of what came in, in order."""
        return [one.headers["webhook-id"] for one in self.got]


@contextmanager
def receiving(**how: Any) -> Iterator[Receiver]:
    """Listen on a free port of this machine for the block."""
    receiver = Receiver(**how)
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append(Received(self.path, headers, self.rfile.read(length)))
            receiver.arrived()
            if receiver.mode == "hang":
                stop.wait(20)
            elif receiver.mode == "drip":
                self._drip()
            elif receiver.mode == "cut":
                self.connection.close()
            elif receiver.mode == "noise":
                self.wfile.write(b"\x00\xffthis is no HTTP\r\n\r\n")
            else:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

        do_GET = do_POST

        def _drip(self) -> None:
            try:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 200:
                    if stop.wait(0.1):
                        return
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook?x=1"
    try:
        yield receiver
    finally:
        stop.set()
        time.sleep(0.01)
        server.shutdown()
        server.server_close()
