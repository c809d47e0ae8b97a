"""The one-ID overview from measured shares: orders without a customer, customers known across systems, consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kpis.choices import ShareSubject
from kpis.models import DataShare, TableHealth
from kpis.queries.health import data_digests, measuring_job
from omnichannel.jobs.models import Job

ALL = Decimal(100)
MONTHS = 13
Parts = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A share over the months shown; a month without rows is None. `part` and `whole` are those of the newest month."""

    dimension: str
    percents: tuple[Decimal | None, ...]
    part: Decimal | None
    whole: Decimal | None

    @property
    def newest(self) -> Decimal | None:
        """Return the newest month's percent."""
        return self.percents[-1] if self.percents else None

    @property
    def change(self) -> Decimal | None:
        """Return the percentage points against the month before."""
        if len(self.percents) < 2 or self.percents[-1] is None or self.percents[-2] is None:
            return None
        return self.percents[-1] - self.percents[-2]


@dataclass(frozen=True, slots=True)
class OneId:
    """Everything the page shows. `systems` splits the customers there now by the systems they are known in."""

    order_months: tuple[str, ...]
    channels: tuple[ShareLine, ...]
    anonymous: ShareLine
    late_refunds: ShareLine
    customer_months: tuple[str, ...]
    unified: ShareLine
    consented: ShareLine
    systems: tuple[DataShare, ...]
    measured_at: datetime | None
    stale: bool
    job: Job | None

    @property
    def is_empty(self) -> bool:
        """True when neither orders nor customers have been measured."""
        return not self.order_months and not self.customer_months


def one_id() -> OneId:
    """Read the measured shares of the newest thirteen months in a few queries."""
    rows: dict[str, list[DataShare]] = {}
    for row in DataShare.objects.all():
        rows.setdefault(row.subject, []).append(row)
    orders = rows.get(ShareSubject.ANONYMOUS_ORDERS, [])
    months, customers = _months(orders), _months(rows.get(ShareSubject.UNIFIED, []))
    digests = data_digests()
    whole = TableHealth.objects.filter(table_id__in=("orders", "customers"), system="", channel="")
    measured = {row.table_id: row for row in whole}
    return OneId(
        order_months=months,
        channels=tuple(
            _line(channel, months, [row for row in orders if row.dimension == channel])
            for channel in sorted({row.dimension for row in orders})
        ),
        anonymous=_line("", months, orders),
        late_refunds=_line("", months, rows.get(ShareSubject.LATE_REFUNDS, [])),
        customer_months=customers,
        unified=_line("", customers, rows.get(ShareSubject.UNIFIED, [])),
        consented=_line("", customers, rows.get(ShareSubject.CONSENTED, [])),
        systems=tuple(sorted(rows.get(ShareSubject.LINKED_SYSTEMS, []), key=lambda row: int(row.dimension))),
        measured_at=max((row.measured_at for row in measured.values()), default=None),
        stale=any(
            table in digests and (table not in measured or measured[table].digest != digests[table])
            for table in ("orders", "customers")
        ),
        job=measuring_job(),
    )


def _months(rows: Sequence[DataShare]) -> tuple[str, ...]:
    """Return the newest months without a hole between them."""
    found = sorted({row.month for row in rows})
    if not found:
        return ()
    first, last = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (found[0], found[-1]))
    return tuple(f"{index // 12}-{index % 12 + 1:02d}" for index in range(max(first, last - MONTHS + 1), last + 1))


def _line(dimension: str, months: Sequence[str], rows: Sequence[DataShare]) -> ShareLine:
    sums: dict[str, Parts] = {}
    for row in rows:
        part, whole = sums.get(row.month, (Decimal(0), Decimal(0)))
        sums[row.month] = (part + row.part, whole + row.whole)
    newest = sums.get(months[-1]) if months else None
    percents = tuple(_percent(sums, month) for month in months)
    return ShareLine(dimension, percents, newest[0] if newest else None, newest[1] if newest else None)


def _percent(sums: Mapping[str, Parts], month: str) -> Decimal | None:
    part, whole = sums.get(month, (Decimal(0), Decimal(0)))
    return ALL * part / whole if whole else None
