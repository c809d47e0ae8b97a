"""Parts of a whole per month, over the rows that `open_stored` has put up: anonymous orders, one-ID, late refunds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from kpis.datasets.files.raw import LINE
from kpis.datasets.store.parts import SEQ

MONTHS = 37  # three years and the month now
UNIFIED_FROM = 2  # linked systems of a unified customer, as the measure unified_n of the library has it
MOST_SYSTEMS = 6  # linked systems from which on customers are counted together
VALID = "status in ('paid', 'completed')"


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole` for a month and a dimension; an empty month is what stands now."""

    subject: str
    month: str
    dimension: str
    part: Decimal
    whole: Decimal


def order_shares(engine: duckdb.DuckDBPyConnection, *, overlaps: bool) -> Iterator[Share]:
    """Yield the orders without a customer by channel and month, and the refunds that came later than their order."""
    rows = engine.execute(
        f"""
        select strftime(paid_at, '%Y-%m') as month, channel, count(*) filter (where customer_id is null), count(*)
        from current where {VALID} and paid_at is not null group by all
        """  # noqa: S608 - a constant
    ).fetchall()
    for month, channel, part, whole in _newest(rows):
        yield Share("anonymous_orders", month, channel or "", Decimal(part), Decimal(whole))
    yield from _late_refunds(engine) if overlaps else ()


def _late_refunds(engine: duckdb.DuckDBPyConnection) -> Iterator[Share]:
    """Compare each order's refund now with that of the upload in which the order came first."""
    rows = engine.execute(
        f"""
        with first_seen as (
            select order_id, arg_min(refund_amount, {SEQ}::hugeint * 10000000000 - {LINE}) as refund
            from seen group by order_id
        )
        select strftime(paid_at, '%Y-%m') as month, '' as dimension,
               sum(greatest(current.refund_amount - first_seen.refund, 0)), sum(current.refund_amount)
        from current join first_seen using (order_id) where paid_at is not null group by all
        having sum(current.refund_amount) > 0
        """  # noqa: S608 - names are constants
    ).fetchall()
    for month, dimension, part, whole in _newest(rows):
        yield Share("late_refunds", month, dimension, Decimal(part or 0), Decimal(whole))


def customer_shares(engine: duckdb.DuckDBPyConnection) -> Iterator[Share]:
    """Yield unified and consenting customers of those there at each month's end, and the split by linked systems."""
    rows = engine.execute(
        f"""
        with moves as (
            select date_trunc('month', created_at) as month, 1 as sign, linked_systems, consent_marketing
            from current where created_at is not null
            union all
            select date_trunc('month', erased_at), -1, linked_systems, consent_marketing
            from current where created_at is not null and erased_at is not null
        ), monthly as (
            select month, sum(sign) as whole,
                   sum(sign) filter (where linked_systems >= {UNIFIED_FROM}) as unified,
                   sum(sign) filter (where consent_marketing) as consented
            from moves group by month
        )
        select cast(month as date), sum(coalesce(unified, 0)) over up, sum(coalesce(consented, 0)) over up,
               sum(whole) over up
        from monthly window up as (order by month) order by month
        """  # noqa: S608 - a constant
    ).fetchall()
    for month, unified, consented, whole in _every_month(rows):
        if whole > 0:
            yield Share("unified", month, "", Decimal(unified), Decimal(whole))
            yield Share("consented", month, "", Decimal(consented), Decimal(whole))
    split = engine.execute(
        f"""
        select least(coalesce(linked_systems, 0), {MOST_SYSTEMS}) as systems, count(*), sum(count(*)) over ()
        from current where erased_at is null group by 1 order by 1
        """  # noqa: S608 - a constant
    ).fetchall()
    for systems, part, whole in split:
        yield Share("linked_systems", "", str(systems), Decimal(part), Decimal(whole))


Cumulated = tuple[date, int, int, int]


def _every_month(rows: list[Cumulated]) -> list[tuple[str, int, int, int]]:
    """Carry the stock over months in which nobody came or went; the newest ones only."""
    found: list[tuple[str, int, int, int]] = []
    for (month, *stock), following in zip(rows, [*(row[0] for row in rows[1:]), None], strict=True):
        end = following.year * 12 + following.month if following else month.year * 12 + month.month + 1
        for index in range(month.year * 12 + month.month, end):
            year, number = divmod(index - 1, 12)
            found.append((f"{year}-{number + 1:02d}", *(int(each) for each in stock)))  # type: ignore[arg-type]
    return found[-MONTHS:]


def _newest(rows: list[tuple[str, str, int, int]]) -> list[tuple[str, str, int, int]]:
    months = sorted({row[0] for row in rows})[-MONTHS:]
    return sorted((row for row in rows if row[0] in months), key=lambda row: (row[0], row[1] or ""))
