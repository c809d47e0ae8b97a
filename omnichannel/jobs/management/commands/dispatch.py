"""`dispatch`: the small supervised process that re-sends queued and abandoned jobs."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from omnichannel.jobs.services.dispatching import dispatch_round
from omnichannel.jobs.services.sweeping import Sweeper
from omnichannel.jobs.services.ticking import Ticker

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run rounds until told to stop."""

    help = "Re-send queued and abandoned jobs until stopped (one such process per installation)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the pause between rounds."""
        parser.add_argument("--every", type=float, default=1.0, help="seconds between rounds (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Loop; a database that is away is waited for."""
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        sweeper, ticker = Sweeper(), Ticker()
        while not stop.wait(options["every"]):
            try:
                dispatch_round(now=timezone.now())
                ticker.round(now=timezone.now())
                sweeper.round(now=timezone.now())
            except (DatabaseError, InterfaceError):
                log.warning("dispatcher: the database is away", exc_info=True)
                connection.close()
