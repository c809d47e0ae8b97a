"""The competing targets of the demo: who carries what beside whom, and the pairs that must be found. Pure.

The touches of orders need no planting: `lines.write_touches` lets several roles, and guides of different stores, touch
the same orders.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class PlantedTarget(NamedTuple):
    """A target that a unit carries on a KPI: a part of the company's own."""

    kpi: str
    unit: str
    part: Decimal


class PlantedRival(NamedTuple):
    """Two units that count the same rows, with nothing that joins them."""

    kpi: str
    one: str
    other: str


PLANTED_TARGETS = (
    PlantedTarget("mall_orders", "BU1-UC", Decimal("0.9")),
    PlantedTarget("mall_orders", "D-EC", Decimal(1)),
    PlantedTarget("mall_orders", "R01", Decimal("0.4")),
    PlantedTarget("platform_orders", "D-EC", Decimal(1)),
    PlantedTarget("platform_orders", "D-MKT", Decimal("0.5")),
)
PLANTED_RIVALS = (
    PlantedRival("mall_orders", "BU1-UC", "D-EC"),
    PlantedRival("mall_orders", "BU1-UC", "R01"),
    PlantedRival("mall_orders", "D-EC", "R01"),
    PlantedRival("platform_orders", "D-EC", "D-MKT"),
)
