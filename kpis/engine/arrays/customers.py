"""The derived measures of many periods: which rows they share, read once, and the family that counts each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kpis.engine.arrays import flows
from kpis.engine.arrays.buckets import widest
from kpis.engine.arrays.buyers import PRIVATE, buyer_counts
from kpis.engine.arrays.contacts import Contacts
from kpis.engine.arrays.credited import attributed_grids, nps_grids
from kpis.engine.arrays.history import history_counts
from kpis.engine.arrays.members import members_of
from kpis.engine.arrays.orders import Orders, counts_buyers
from kpis.engine.arrays.tiers import tier_counts
from kpis.engine.arrays.touches import ACTIVE, Told, touch_grids
from kpis.engine.derived import FAMILIES, activity, attributed, buyers, history, rfm, surveys

if TYPE_CHECKING:
    from typing import Self

    from kpis.engine.arrays.kept import Kept
    from kpis.engine.arrays.work import Asked, Kinds, Work
    from kpis.engine.grammar import Filters, MeasureRef

Families = Mapping[frozenset[str], Sequence["Asked"]]
Begun = Mapping[frozenset[str], "Future[list[Callable[[], None]]]"]
# in this order: the last of them has the most parts, so that no thread is left without one
_FOLLOWED = (rfm.MEASURES, buyers.MEASURES, history.MEASURES)
_MEMBERS = rfm.MEMBERS | (buyers.MEASURES - PRIVATE) | {"member_active_n"}


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

    def begin(self, work: Work, pool: Executor) -> Begun:
        """Begin to follow customers through one period: the engine is not asked meanwhile.

        Of several periods the rows are many: then nothing else is held beside them.
        """
        if self.orders is None or len(work.periods) > 1 or work.relations.threads < 2:
            return {}
        work.prepare([self.orders.slab.spec])
        if any(_names(asked) & _MEMBERS for asked in self.families.values()):
            members_of(work)
        mine = [measures for measures in _FOLLOWED if measures in self.families]
        return {measures: pool.submit(self._counted, work, measures) for measures in mine}

    def _counted(self, work: Work, measures: frozenset[str]) -> list[Callable[[], None]]:
        """Count all of a family; return what puts the grids."""
        if self.orders is None:
            return []
        some = _by_filters(self.families[measures])
        if measures is history.MEASURES:
            return [history_counts(work, self.orders, each) for each in some]
        if measures is buyers.MEASURES:
            return [buyer_counts(work, self.orders, self.contacts, each) for each in some]
        return [tier_counts(work, self.orders, each) for each in some]

    def compute(self, work: Work, kept: Kept, begun: Begun) -> None:
        """Compute all families, those that have begun last."""
        work.turn_to(0)
        for measures, asked in sorted(self.families.items(), key=lambda each: each[0] in begun):
            with kept.keeping(asked):
                if measures in _FOLLOWED:
                    found = begun[measures].result() if measures in begun else self._counted(work, measures)
                    for put in found:
                        put()
                else:
                    self._family(work, measures, asked)

    def _family(self, work: Work, measures: frozenset[str], asked: Sequence[Asked]) -> None:
        orders, contacts = self.orders, self.contacts
        if measures is attributed.MEASURES:
            attributed_grids(work, asked)
        elif measures is surveys.MEASURES:
            nps_grids(work, asked)
        else:
            members = members_of(work) if orders is not None and _names(asked) & _MEMBERS else None
            touch_grids(work, Told(orders, contacts, members), asked)


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
