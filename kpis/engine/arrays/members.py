"""Who is a member when: the master data of customers as arrays by the number of the customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arrays.slabs import CUSTOMERS, DAY, NEVER, numbers_of

if TYPE_CHECKING:
    from kpis.engine.arrays.work import Work
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags


@dataclass(frozen=True, slots=True)
class Members:
    """Since when and until when customers are members: a day and microseconds. The last place is for all strangers."""

    since: Counts
    erased: Counts

    def at(self, entity: Codes, day: Codes, time: Counts) -> Flags:
        """Return who is a member at a moment: joined on that day or before, and not erased by then."""
        return (_of(self.since, entity) <= day) & (_of(self.erased, entity) > time)

    def when_begins(self, day: int | Codes | Counts, entity: Codes) -> Flags:
        """Return who is a member when a day begins."""
        return (_of(self.since, entity) < day) & (_of(self.erased, entity) >= day * DAY)


def _of(column: Counts, entity: Codes) -> Counts:
    # customers without master data have the numbers after those with it
    return column.take(entity, mode="clip")


def members_of(work: Work) -> Members:
    """Return the memberships of all customers of the master data, read once. LookupError where there is none."""
    if work.members is None:
        work.members = _read(work)
    return work.members


def _read(work: Work) -> Members:
    customers = work.table("customers")
    work.number_customers()
    numbers = work.relations.numbered(CUSTOMERS)
    joined = customers.join(numbers, customers["customer_id"] == numbers["id"])
    answer = work.relations.answer(joined.select("code", "member_since", "erased_at"))
    code = answer.column("code").to_numpy()
    size = int(code.max(initial=-1)) + 1
    since, erased = np.full(size + 1, NEVER, dtype=np.int64), np.full(size + 1, NEVER, dtype=np.int64)
    since[code] = numbers_of(answer.column("member_since"))
    erased[code] = numbers_of(answer.column("erased_at"))
    return Members(since, erased)
