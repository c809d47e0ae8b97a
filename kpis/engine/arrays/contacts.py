"""Private contacts as arrays: who was whose contact from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.arrays.orders import narrowed
from kpis.engine.arrays.past import Past
from kpis.engine.arrays.slab_files import since
from kpis.engine.arrays.slabs import load, on_one_axis
from kpis.engine.bounds import midnight

if TYPE_CHECKING:
    from datetime import date

    from kpis.engine.arrays.slabs import Slab
    from kpis.engine.arrays.work import Work
    from kpis.engine.grammar import Filters
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags

_FIRST = 1
_FILTERS = 2


class Contacts:
    """All contacts added before a day, those of unknown customers too."""

    def __init__(self, work: Work, filters: Sequence[Filters], *, end: date) -> None:
        self.filters = list(dict.fromkeys(filters))
        spec = work.library.tables["contacts"]
        self.slab = since(Past(work, self.filters, {"contacts": "added_at"}), spec, partial(self._read, work, end))

    def _read(self, work: Work, end: date, start: date | None) -> Slab:
        contacts, spec = work.table("contacts"), work.library.tables["contacts"]
        rows = contacts.filter(contacts["added_at"] < midnight(end))
        if start is not None:
            rows = rows.filter(rows["added_at"] >= midnight(start))
        return load(
            work,
            rows,
            spec,
            entity="customer_id",
            time="added_at",
            conditions=[
                ibis.literal(True),
                ibis.coalesce(rows["is_first"], False),
                *(narrowed(spec, rows, each) for each in self.filters),
            ],
            more={"removed": "removed_at"},
            exact_time=True,
            known_only=False,
        )

    def under(self, filters: Filters) -> Flags:
        """Return which contacts pass the filters of a formula."""
        return self.slab.having(_FILTERS + self.filters.index(filters))

    def firsts(self) -> Flags:
        """Return which contacts are the first of their person in the firm."""
        return self.slab.having(_FIRST)

    def open_before(self, entity: Codes, time: Counts) -> Flags:
        """Return at which moments a customer had an open contact, added before it and not removed by then."""
        known = self.slab.taken(self.slab.entity >= 0)
        if known.time is None or not len(known) or not len(entity):
            return np.zeros(len(entity), dtype=bool)
        added, asked = on_one_axis(known.entity, known.time, entity, time)
        removed = known.more["removed"]
        place = np.searchsorted(added, asked, side="left") - 1
        latest = _latest(known.entity, removed)
        mine = (place >= 0) & (known.entity[place] == entity)
        found: Flags = mine & (latest[place] > time)
        return found


def _latest(entity: Codes, removed: Counts) -> Counts:
    """Return the latest removal among a contact and those of the same customer before it."""
    order = np.unique(removed, return_inverse=True)
    size = len(order[0])
    running = np.maximum.accumulate(entity.astype(np.int64) * size + order[1])
    latest: Counts = order[0][running - entity.astype(np.int64) * size]
    return latest
