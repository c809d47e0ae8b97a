"""`bench NAME`: figures from one run, as a table or as JSON. No timed tests: these are commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from omnichannel.services.boot_bench import boot_figures
from omnichannel.services.chart_bench import chart_figures
from omnichannel.services.ingest_bench import ingest_figures
from omnichannel.services.kpi_bench import kpi_figures
from omnichannel.services.org_bench import orgsync_figures
from omnichannel.services.page_bench import page_figures
from omnichannel.services.pay_bench import statement_figures
from omnichannel.services.scenario_bench import scenario_figures

BENCHES: dict[str, Callable[..., dict[str, float]]] = {
    "boot": boot_figures,
    "ingest": ingest_figures,
    "kpis": kpi_figures,
    "orgsync": orgsync_figures,
    "pages": page_figures,
    "scenario": scenario_figures,
    "statements": statement_figures,
}
OPTIONS = {
    "ingest": ("rows",),
    "kpis": ("rows", "pandas_whole"),
    "pages": ("url",),
    "scenario": ("scale", "loaded"),
    "statements": ("guides", "orders"),
}


class Command(BaseCommand):
    """Run one benchmark."""

    help = f"Print benchmark figures of one run: {', '.join(BENCHES)}."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name and the form of the output."""
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument(
            "--rows", type=int, help="ingest: only load a CSV of so many rows, once; kpis: rows of all operating tables"
        )
        parser.add_argument("--pandas-whole", action="store_true", help="kpis: run pandas over all rows too")
        parser.add_argument("--url", help="pages: where a demo runs (http://127.0.0.1:8000)")
        parser.add_argument("--scale", choices=["tiny", "small", "full"], help="scenario: of the demo retailer (small)")
        parser.add_argument("--loaded", action="store_true", help="scenario: of the demo that has been loaded here")
        parser.add_argument("--guides", type=int, help="statements: people who are paid (12,000)")
        parser.add_argument("--orders", type=int, help="statements: orders of the month (500,000)")
        parser.add_argument("--chart", action="store_true", help="pages: the org chart of 10,000 nodes in Chromium")
        parser.add_argument("--json", action="store_true", help='print {"bench": NAME, "figures": {...}}')

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        given = {name: options[name] for name in OPTIONS.get(options["name"], ()) if options[name]}
        is_chart = options["name"] == "pages" and options["chart"]
        figures = chart_figures() if is_chart else BENCHES[options["name"]](**given)
        if options["json"]:
            self.stdout.write(json.dumps({"bench": options["name"], "figures": figures}))
        else:
            for name, figure in figures.items():
                self.stdout.write(f"{name:32} {figure:12.2f}")
