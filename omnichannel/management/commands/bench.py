"""`bench NAME`: figures from one run, as a table or as JSON. No timed tests: these are commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from omnichannel.services.boot_bench import boot_figures
from omnichannel.services.ingest_bench import ingest_figures

BENCHES: dict[str, Callable[..., dict[str, float]]] = {"boot": boot_figures, "ingest": ingest_figures}


class Command(BaseCommand):
    """Run one benchmark."""

    help = f"Print benchmark figures of one run: {', '.join(BENCHES)}."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name and the form of the output."""
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--rows", type=int, default=0, help="ingest: only load a CSV of so many rows, once")
        parser.add_argument("--json", action="store_true", help='print {"bench": NAME, "figures": {...}}')

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        given = {"rows": options["rows"]} if options["rows"] and options["name"] == "ingest" else {}
        figures = BENCHES[options["name"]](**given)
        if options["json"]:
            self.stdout.write(json.dumps({"bench": options["name"], "figures": figures}))
        else:
            for name, figure in figures.items():
                self.stdout.write(f"{name:20} {figure:12.2f}")
