"""`./run bench statements [--guides N] [--orders N]`: a month's statements of everybody, and their index on paper.

Against a plain scan of the month's orders and a bare COPY of the rows they become; then all of it three times as large.
"""

from __future__ import annotations

import math

from omnichannel.services.bench_stack import figures_of

GUIDES, ORDERS, GROWTH = 12_000, 500_000, 3


def statement_figures(guides: int = 0, orders: int = 0) -> dict[str, float]:
    """Return seconds to the statements and to their index, ratios, peak megabytes, and the exponent of growth to 3x.

    The run goes the whole way of a worker's job: claim, count, work out, write, commit on durable disk. Each size has a
    database and a process of its own, so that its memory is its own. Making the month's data is not timed.
    """
    guides, orders = guides or GUIDES, orders or ORDERS
    once = _measured(guides, orders)
    triple = _measured(guides * GROWTH, orders * GROWTH)
    exponent = math.log(triple["ready_s"] / once["ready_s"]) / math.log(GROWTH)
    larger = {f"{name}_triple": triple[name] for name in ("ready_s", "peak_mb")}
    return {**once, **larger, "growth_exponent": round(exponent, 3)}


def _measured(guides: int, orders: int) -> dict[str, float]:
    return figures_of(
        ["-m", "kpis.management.pay_bench.filling", str(guides), str(orders)],
        ["-m", "kpis.management.pay_bench.measuring"],
        durable=True,
    )
