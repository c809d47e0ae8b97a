"""The derived measures of many periods: which rows they share, read once, and the family that counts each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kpis.engine.arrays.buckets import widest
from kpis.engine.arrays.buyers import PRIVATE, buyer_grids
from kpis.engine.arrays.contacts import Contacts
from kpis.engine.arrays.credited import attributed_grids, nps_grids
from kpis.engine.arrays import flows
from kpis.engine.arrays.history import history_grids
from kpis.engine.arrays.members import members_of
from kpis.engine.arrays.orders import Orders, counts_buyers
from kpis.engine.arrays.tiers import tier_grids
from kpis.engine.arrays.touches import ACTIVE, Told, touch_grids
from kpis.engine.derived import FAMILIES, activity, attributed, buyers, history, rfm, surveys

if TYPE_CHECKING:
    from typing import Self

    from kpis.engine.arrays.kept import Kept
    from kpis.engine.arrays.work import Asked, Kinds, Work
    from kpis.engine.grammar import Filters, MeasureRef

Families = Mapping[frozenset[str], Sequence["Asked"]]
_MEMBERS = rfm.MEMBERS | {"member_active_n"}


def families_of(work: Work, refs: Mapping[MeasureRef, Kinds]) -> Families:
    """Put derived measures together that are computed together."""
    families: dict[frozenset[str], list[Asked]] = defaultdict(list)
    for ref, kinds in refs.items():
        family = next(measures for measures, _ in FAMILIES if ref.measure in measures)
        families[family].append(work.asked(ref, kinds))
    return families


@dataclass(frozen=True)
class Derived:
    """The derived measures that are asked for, by family, and the rows that several families read."""

    families: Families
    contacts: Contacts | None
    orders: Orders | None

    @classmethod
    def of(cls, work: Work, families: Families, simple: Sequence[tuple[str, str, list[Asked]]]) -> Self:
        """Read the shared rows."""
        counted = [
            each for table, _, asked in simple if table == "orders" for each in asked if counts_buyers(work, each)
        ]
        # first the orders: they may come with the numbers that customers had
        orders = _orders(work, families, counted)
        return cls(families, _contacts(work, families), orders)

    def compute(self, work: Work, kept: Kept) -> None:
        """Compute all families."""
        work.turn_to(0)
        for measures, asked in self.families.items():
            with kept.keeping(asked):
                self._family(work, measures, asked)

    def _family(self, work: Work, measures: frozenset[str], asked: Sequence[Asked]) -> None:
        orders, contacts = self.orders, self.contacts
        if measures is attributed.MEASURES:
            attributed_grids(work, asked)
        elif measures is surveys.MEASURES:
            nps_grids(work, asked)
        elif measures is activity.MEASURES:
            members = members_of(work) if orders is not None and _names(asked) & _MEMBERS else None
            touch_grids(work, Told(orders, contacts, members), asked)
        elif orders is not None:
            for some in _by_filters(asked):
                _of_orders(work, measures, orders, contacts, some)


def _of_orders(
    work: Work, measures: frozenset[str], orders: Orders, contacts: Contacts | None, asked: Sequence[Asked]
) -> None:
    if measures is history.MEASURES:
        history_grids(work, orders, asked)
    elif measures is buyers.MEASURES:
        buyer_grids(work, orders, contacts, asked)
    else:
        tier_grids(work, orders, asked)


def _names(asked: Sequence[Asked]) -> set[str]:
    return {each.ref.measure for each in asked}


def _by_filters(asked: Sequence[Asked]) -> list[list[Asked]]:
    found: dict[Filters, list[Asked]] = defaultdict(list)
    for each in asked:
        found[each.ref.filters].append(each)
    return list(found.values())


def _contacts(work: Work, families: Families) -> Contacts | None:
    """Read the contacts if something asks about them, up to the last day on which it does."""
    wanted = [
        each
        for each in (*families.get(activity.MEASURES, ()), *families.get(buyers.MEASURES, ()))
        if each.ref.measure in PRIVATE or (each.ref.measure not in ACTIVE and each.ref.measure in activity.MEASURES)
    ]
    if not wanted:
        return None
    _, end = widest([span for each in wanted for span in each.spans])
    own = [each.ref.filters for each in wanted if each.ref.measure in activity.MEASURES]
    return Contacts(work, own, end=end)


def _orders(work: Work, families: Families, counted: Sequence[Asked]) -> Orders | None:
    """Read the orders if something asks about them, as far back and ahead as it looks."""
    on_orders = [history.MEASURES, buyers.MEASURES, rfm.MEASURES, activity.MEASURES]
    wanted = [
        each for measures in on_orders for each in families.get(measures, ()) if each.ref.measure != "active_private_n"
    ]
    if not wanted and not counted:
        return None
    params, start, end = work.params, date.max, date.min
    # a contact comes to life by an order anywhere in the firm
    followed = [widest(each.spans)[0] for each in wanted if each.ref.measure == "activated_n"]
    for each in wanted:
        low, high = widest(each.spans)
        if each.ref.measure in history.MEASURES:
            low = date.min
            high += timedelta(days=params.second_purchase_days)
        elif each.ref.measure in rfm.MEASURES:
            low = high - timedelta(days=params.rfm_window_days) - (high - low)
        elif each.ref.measure == "activated_n":
            high += timedelta(days=params.activation_days + 1)
        start, end = min(start, low), max(end, high)
    for each in counted:
        low, high = widest(each.spans)
        start, end = min(start, low), max(end, high)
    # active_n reads orders under its own filters; activated_n under none
    filters = [each.ref.filters if each.ref.measure != "activated_n" else () for each in wanted]
    members = list(dict.fromkeys(flows.members_of(work, counted).values()))
    since = None if start == date.min else start
    return Orders(work, filters, members, start=since, end=end, all_from=min(followed, default=None))
