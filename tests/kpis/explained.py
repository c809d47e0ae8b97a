"""A retailer whose figures can be explained to the cell: orders of two months through the data door, computed."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone
from pytest_django import Settings

from kpis.choices import ComputationKind
from kpis.engine.scoping import ScopeRequest
from kpis.engine.specs import ScopeKind
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.uploads import last_change
from kpis.services.storing import store_values
from kpis.services.uploads import request_load
from kpis.services.values import measuring, open_computation
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind
from tests.kpis.door import ORDERS_HEADER, again, checked, work
from tests.kpis.retailer import build_organisation

# the first of the library is asked for when a page wants to know which periods are computed
KPIS = [next(iter(load_library().kpis)), "sales_net", "avg_spend_per_user", "guide_store_sales", "cac"]
MAY, JUNE = parse_period("2024-05"), parse_period("2024-06")
# number, customer, channel, unit, employee, day, net: C1 buys in both stores, one order names no unit
LINES = (
    (1, "C1", "store", "S1", "ES1", "2024-05-03", "100.00"),
    (2, "C2", "store", "S1", "ES1", "2024-05-04", "50.50"),
    (3, "C1", "private_mall", "S2", "ES2", "2024-05-20", "20.25"),
    (4, "C1", "store", "S1", "ES1", "2024-06-02", "70.10"),
    (5, "C1", "store", "S2", "ES2", "2024-06-03", "30.00"),
    (6, "C3", "private_mall", "S2", "ES2", "2024-06-04", "200.00"),
    (7, "C4", "public_platform", "", "", "2024-06-05", "9.15"),
)


def orders_file() -> bytes:
    """Return the orders as a file."""
    lines = [
        f"O{number},{customer},{channel},{unit},{person},{day} 10:00:00,paid,{net},0,0,{net},1"
        for number, customer, channel, unit, person, day, net in LINES
    ]
    return "\n".join((ORDERS_HEADER, *lines, "")).encode()


def load(content: bytes, **options: str) -> Upload:
    """Load a file as a worker would, without computing."""
    upload = checked(content, **options)
    request_load(upload, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    return again(upload)


def build(settings: Settings, folder: Path) -> Upload:
    """Build the organisation, load the orders and compute both months."""
    settings.DATA_ROOT = folder
    build_organisation()
    upload = load(orders_file())
    compute(MAY, JUNE)
    return upload


def compute(*periods: Period) -> None:
    """Compute the KPIs of these tests as a job would, and no others: all 113 take their time."""
    now, everywhere = timezone.now(), frozenset(ScopeKind) - {ScopeKind.ROLE}
    request = ScopeRequest(everywhere, keep_unavailable=False)
    computation = open_computation(
        ComputationKind.VALUES, list(periods), job=None, upload_seq=last_change(), started_at=now, finished_at=now,
        actor_id=None,
    )  # fmt: skip
    with measuring(asked=[(KPIS, request)]) as measure:
        for period in periods:
            store_values(measure(period), period=period, computation=computation)
