"""What a month's rows hold, kept for a while: a scenario is priced many times on the same month."""

from __future__ import annotations

from datetime import date

from django.core.cache import cache
from django.db import connection

from kpis.incentives.ledger import Quantities
from kpis.queries.pay.facts import TABLES, measured
from kpis.queries.pay.simulating import digest_of
from kpis.queries.uploads import last_change
from kpis.queries.warehouse import part_paths
from omnichannel.core.periods import Period
from omnichannel.workspaces.scoping import current_workspace_id

KEPT_SECONDS = 3600


def kept_measured(period: Period, *, as_of: date) -> Quantities:
    """Return the same as `measured`, from the cache where exactly these files counted for the same days before."""
    files = sorted(str(path) for table in TABLES for path in part_paths(table))
    where = [connection.settings_dict["NAME"], current_workspace_id(), last_change()]
    key = f"pay-measured-{digest_of([str(each) for each in where], files, str(period), str(as_of))}"
    found: Quantities | None = cache.get(key)
    if found is None:
        found = measured(period, as_of=as_of)
        cache.set(key, found, KEPT_SECONDS)
    return found
