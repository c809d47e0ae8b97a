"""`catalogue`: count what the product knows. Reads the shipped data only."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kpis.library import catalogue_counts as kpi_counts
from orgstages.catalogue import catalogue_counts as stage_counts
from roles.catalogue import catalogue_counts as role_counts


class Command(BaseCommand):
    """Print the counts of roles, KPIs, stages and what goes with them."""

    help = "Count roles, KPIs, stages and the rest of the catalogue."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the output's form."""
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per count, or JSON."""
        counts = {**role_counts(), **kpi_counts(), **stage_counts()}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        width = max(map(len, counts))
        for name, count in counts.items():
            self.stdout.write(f"{name.replace('_', ' '):{width}} {count:>5}")
