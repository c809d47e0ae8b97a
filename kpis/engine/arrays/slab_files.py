"""A slab of customers as tables that can be kept, and back: the ids go with it, as numbers differ between computations.

Slabs that are kept have times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kpis.engine.arrays.abreast import abreast
from kpis.engine.arrays.buckets import day_number
from kpis.engine.arrays.members import Members, members_of
from kpis.engine.arrays.slabs import CUSTOMERS, DAY, Slab
from kpis.engine.relations import contents, digest_of
from kpis.engine.specs import ScopeKind

if TYPE_CHECKING:
    from kpis.engine.arrays.past import Held, Past
    from kpis.engine.arrays.work import Work
    from kpis.engine.ratios import Exacts
    from kpis.engine.specs import TableSpec

_ROWS, _MORE = "rows.", "more."


def since(past: Past, spec: TableSpec, read: Callable[[date | None], Slab]) -> Slab:
    """Return all rows of a slab of which `read` gives those from a day on, those of before from what is kept."""
    found = past.found()
    if found is not None:
        day, held = found
        before = _slab(past.work, spec, held)
        if before is not None:
            slab = followed_by(past.work, before, read(day))
            if day == past.until:
                return slab
            past.keep(lambda: _held(past.work, slab, past.until))
            return slab
    slab = read(None)
    past.keep(lambda: _held(past.work, slab, past.until))
    return slab


def _held(work: Work, slab: Slab, until: date) -> Iterator[tuple[str, pa.Table]]:
    """Yield the columns of the rows before a day one by one, as there are many rows, and the ids of their numbers."""
    if slab.time is None:
        raise LookupError("a slab without times is not kept")
    columns: dict[str, Exacts] = {"entity": slab.entity, "time": slab.time, "bits": slab.bits}
    columns |= {kind.value: codes for kind, codes in slab.leaves.items()}
    columns |= {f"{_MORE}{name}": column for name, column in slab.more.items()}
    here = slab.day < day_number(until)
    for name, column in columns.items():
        yield f"{_ROWS}{name}", pa.table({name: pa.array(column[here])})
    ids = work.relations.answer(work.relations.numbered(CUSTOMERS).order_by("code").select("id"))
    yield CUSTOMERS, ids
    yield "listed", pa.table({"made_of": [work.relations.made_of("customers")], "ids": [digest_of(contents(ids))]})
    if work.relations.has("customers"):
        members = members_of(work)
        yield "members", pa.table({"since": members.since, "erased": members.erased})
    for kind in slab.leaves:
        yield kind.value, pa.table({"id": pa.array(work.grids.axes[kind].ids, pa.string())})


def _slab(work: Work, spec: TableSpec, held: Held) -> Slab | None:
    """Return the rows with the numbers of this computation; None where its customers have others already."""
    (listed,) = held["listed"].to_pylist()
    if not work.relations.numbered_as(CUSTOMERS, held[CUSTOMERS], listed["ids"]):
        return None
    if listed["made_of"] == work.relations.made_of("customers") and "members" in held:
        # all of the master data had their numbers then
        work.customers_numbered = True
        work.members = Members(*(held["members"].column(name).to_numpy() for name in ("since", "erased")))
    rows = {name.removeprefix(_ROWS): table for name, table in held.items() if name.startswith(_ROWS)}
    columns = {name: table.column(name).to_numpy() for name, table in rows.items()}
    leaves = {}
    for kind in ScopeKind:
        if kind.value in columns:
            codes = work.grids.axes[kind].codes(held[kind.value].column("id").to_pylist())
            # others are numbered where they are met
            work.numbered.add((spec.id, kind))
            held_codes, narrow = columns[kind.value], _narrowest(codes)
            if np.array_equal(codes, np.arange(len(codes))):
                leaves[kind] = held_codes.astype(narrow, copy=False)
            else:
                # the last place is for -1
                leaves[kind] = np.append(codes, -1).astype(narrow)[held_codes]
    time = columns["time"]
    more = {name.removeprefix(_MORE): column for name, column in columns.items() if name.startswith(_MORE)}
    return Slab(spec, columns["entity"], (time // DAY).astype(np.int32), columns["bits"], leaves, time, more)


def _narrowest(codes: Exacts) -> type[np.int16] | type[np.int32]:
    return np.int16 if int(codes.max(initial=0)) < 1 << 15 else np.int32


def followed_by(work: Work, one: Slab, other: Slab) -> Slab:
    """Return the rows of two slabs with times in one order; none of the other's is before any of the first's."""
    if one.time is None or other.time is None:
        raise LookupError("only slabs with times are put together")
    if not len(other):
        return one
    new = np.zeros(len(one) + len(other), dtype=bool)
    new[np.searchsorted(one.entity, other.entity, side="right") + np.arange(len(other))] = True
    old = ~new

    def both(first: Exacts, second: Exacts) -> Exacts:
        column = np.empty(len(new), dtype=np.result_type(first, second))
        column[old], column[new] = first, second
        return column

    pairs = [(one.entity, other.entity), (one.day, other.day), (one.bits, other.bits), (one.time, other.time)]
    pairs += [(codes, other.leaves[kind]) for kind, codes in one.leaves.items()]
    pairs += [(column, other.more[name]) for name, column in one.more.items()]
    entity, day, bits, time, *rest = abreast(work, lambda pair: both(*pair), pairs)
    leaves, more = dict(zip(one.leaves, rest, strict=False)), dict(zip(one.more, rest[len(one.leaves) :], strict=True))
    return Slab(one.spec, entity, day, bits, leaves, time, more)
