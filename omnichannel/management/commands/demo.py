"""`demo`: one command from nothing to a running product with a demo retailer in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from omnichannel.services.processes import spawn, stop
from omnichannel.services.session import ROOT, VAR
from omnichannel.services.stack import PY, dispatcher_command, web_command, worker_command

SLUG = "demo"


class Command(BaseCommand):
    """Migrate, start web, worker and dispatcher, load the demo retailer once, and wait for Ctrl-C."""

    help = "Start everything with the demo retailer, on this machine only. Ctrl-C ends all of it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take port and scale."""
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
        parser.add_argument("--scale", choices=["tiny", "small", "full"], default="small", help="size of the retailer")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal; every child ends with us, also when we are killed outright."""
        port = options["port"]
        _refuse_busy_port(port)
        os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")  # for links in mails and webhooks
        # SIGINT too: a script's background job inherits it ignored
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, lambda *_: sys.exit(0))
        children: dict[str, subprocess.Popen[bytes]] = {}
        try:
            call_command("migrate", verbosity=0)
            call_command("collectstatic", verbosity=0, interactive=False)
            connection.close()
            logs = VAR / "log"
            logs.mkdir(parents=True, exist_ok=True)
            children["web"] = spawn(web_command(port), log=logs / "web.log")
            children["worker"] = spawn(worker_command(), log=logs / "worker.log")
            children["dispatcher"] = spawn(dispatcher_command(), log=logs / "dispatcher.log")
            self.stdout.write(f"Serving http://127.0.0.1:{port}/ (logs in var/log). Ctrl-C ends it.")
            seed = [PY, str(ROOT / "manage.py"), "seed_demo", "--scale", options["scale"], "--if-missing"]
            children["seed"] = spawn(seed)
            self._watch(children, logs)
        finally:
            for child in children.values():
                if child.poll() is None:
                    child.terminate()
            for child in children.values():
                stop(child)
            self.stdout.write("Stopped.")

    def _watch(self, children: dict[str, subprocess.Popen[bytes]], logs: Any) -> None:
        """Wait for ever; a service that ends by itself ends the demo with its log, the seeding may end."""
        while True:
            for name, child in list(children.items()):
                code = child.poll()
                if code is None:
                    continue
                if name != "seed":
                    log = (logs / f"{name}.log").read_text(errors="replace")[-2000:]
                    raise CommandError(f"{name} ended with {code}:\n{log}")
                if code:
                    self.stderr.write(f"The demo retailer did not load (exit code {code}); the rest goes on.")
                del children["seed"]
            time.sleep(0.2)


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(f"Port {port} is in use: choose another with --port.") from None
