"""Rows of one table as arrays of small integers, in the order of customer and time, and their layers of scopes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpis.engine.arrays.chains import Clock
from kpis.engine.arrays.leaves import leaf_kinds
from kpis.engine.results import exact_whole
from kpis.engine.scoping import LISTED
from kpis.engine.specs import ScopeKind

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.arrays.work import Work
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Exacts, Flags
    from kpis.engine.specs import TableSpec
    from kpis.engine.windows import Span

Bits = npt.NDArray[np.unsignedinteger[Any]]
CUSTOMERS = "customers"
NEVER = 1 << 62  # later than any day or microsecond
DAY = 86_400_000_000  # microseconds
PART = 100_000  # rows that are followed through time together
MONEY = 10**4  # what amounts of money are whole numbers of
_SECOND = 1_000_000
_WHOLE = 63  # bits of a sort key


@dataclass
class Slab:
    """Rows sorted by entity and time. `day` counts from 1970; `time` is in microseconds where it was asked for.

    `bits` has one bit per condition; `leaves[kind]` numbers the id in the column of the kind, -1 where there is none:
    of the columns that lead to a kind of scope asked for.
    """

    spec: TableSpec
    entity: Codes
    day: Codes
    bits: Bits
    leaves: dict[ScopeKind, Codes]
    time: Counts | None = None
    more: dict[str, Exacts] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.entity)

    def taken(self, rows: Counts | Flags | slice) -> Slab:
        """Return some of the rows, in their order."""
        return Slab(
            self.spec,
            self.entity[rows],
            self.day[rows],
            self.bits[rows],
            {kind: codes[rows] for kind, codes in self.leaves.items()},
            None if self.time is None else self.time[rows],
            {name: column[rows] for name, column in self.more.items()},
        )

    def within(self, chosen: Flags) -> Slab:
        """Return the chosen rows; the slab itself when these are all."""
        return self if bool(chosen.all()) else self.taken(np.flatnonzero(chosen))

    def having(self, bit: int) -> Flags:
        """Return where a condition holds."""
        found: Flags = self.bits & self.bits.dtype.type(1 << bit) != 0
        return found

    def during(self, spans: Iterable[Span]) -> Flags:
        """Return which rows are of a day in one of the spans."""
        clock = Clock.of(self.day)
        asked: Flags = clock.inside(spans)
        days = np.flatnonzero(asked) + clock.first
        if len(days) == len(asked):
            return np.ones(len(self), dtype=bool)
        if len(days) and len(days) == days[-1] - days[0] + 1:
            # what follows each other is compared in half the time that looking it up takes
            found: Flags = (self.day >= days[0]) & (self.day <= days[-1])
        else:
            found = asked[self.day - clock.first]
        return found

    def bare(self) -> Slab:
        """Return the rows without what only some counts need."""
        return replace(self, time=None, more={})


def in_parts(*slabs: Slab) -> Iterator[tuple[Slab, ...]]:
    """Yield the rows of all slabs some customers at a time: what is counted of them adds up, and they fit the cache."""
    largest = max(slabs, key=len)
    many = max(-(-sum(map(len, slabs)) // PART), 1)
    begins = largest.entity[np.arange(1, many) * len(largest) // many]
    cuts = [[0, *np.searchsorted(slab.entity, begins).tolist(), len(slab)] for slab in slabs]
    for at in range(many):
        yield tuple(slab.taken(slice(cut[at], cut[at + 1])) for slab, cut in zip(slabs, cuts, strict=True))


def load(
    work: Work,
    rows: ir.Table,
    spec: TableSpec,
    *,
    entity: str,
    time: str,
    conditions: Sequence[ir.BooleanValue],
    prefix: str = "",
    more: Mapping[str, str] | None = None,
    exact_time: bool = False,
    known_only: bool = True,
) -> Slab:
    """Read the rows on which some condition holds and the entity is known, sorted by entity and time.

    Without `known_only` the others are read too, with -1 for their entity.
    """
    kinds = leaf_kinds(spec, work.request.kinds)
    bits = reduce(or_, [ibis.ifelse(test, 1 << at, 0).cast("int64") for at, test in enumerate(conditions)])
    chosen = rows.select(
        _entity=rows[entity],
        _time=rows[time],
        _bits=bits,
        **{f"_{kind.value}": rows[prefix + spec.scopes[kind]] for kind in kinds},
        **{name: rows[column] for name, column in (more or {}).items()},
    ).filter(ibis._["_time"].notnull())
    if known_only:
        chosen = chosen.filter(ibis._["_entity"].notnull())
    axes = {f"_{kind.value}": kind for kind in kinds}
    _number_ids(work, spec)
    answer = _numbered(work, chosen, axes, customers=entity == "customer_id")
    whose = answer.column("_entity")
    codes = whose.to_numpy().astype(np.int32) if entity == "customer_id" else _texts(whose)
    day, stamp = _moments(answer.column("_time").combine_chunks())
    found = answer.column("_bits").to_numpy().astype(np.min_scalar_type((1 << len(conditions)) - 1))
    slab = Slab(
        spec,
        codes,
        day,
        found,
        {kind: _small(answer.column(name).to_numpy()) for name, kind in axes.items()},
        stamp if exact_time else None,
        {name: numbers_of(answer.column(name)) for name in more or {}},
    )
    del answer
    moment = stamp if exact_time else day.astype(np.int64)
    # not asked of the engine: it joins texts as they stand in the file twice as fast as those a filter has been through
    here = np.flatnonzero(found)
    if len(here) == len(found):
        return slab.taken(order_of(codes, moment))
    return slab.taken(here[order_of(codes[here], moment[here])])


def _moments(stamps: pa.Array) -> tuple[Codes, Counts]:
    """Return days since 1970, and microseconds where there are any."""
    if pa.types.is_date(stamps.type):
        day = np.asarray(stamps.cast(pa.int32()))
        return day, day.astype(np.int64)
    stamp = np.asarray(stamps.cast(pa.timestamp("us")).cast(pa.int64()))
    return (stamp // DAY).astype(np.int32), stamp


def numbers_of(column: pa.ChunkedArray) -> Exacts:
    """Return whole numbers (of the last place of decimals), days since 1970 or microseconds; no date is `NEVER`."""
    if pa.types.is_date(column.type):
        return np.asarray(column.combine_chunks().cast(pa.int32()).cast(pa.int64()).fill_null(NEVER))
    if pa.types.is_timestamp(column.type):
        return np.asarray(column.combine_chunks().cast(pa.timestamp("us")).cast(pa.int64()).fill_null(NEVER))
    found, per = exact_whole(column)
    if per not in (1, MONEY):
        raise TypeError(f"expected whole numbers or money, got {column.type}")
    return found


def _small(codes: Codes) -> Codes:
    """Return the numbers in 16 bits if they fit."""
    if not len(codes) or int(codes.max()) < 1 << 15:
        return codes.astype(np.int16)
    return codes.astype(np.int32)


def _texts(column: pa.ChunkedArray) -> Codes:
    coded = column.combine_chunks().dictionary_encode()
    return np.asarray(coded.indices).astype(np.int32)


def order_of(entity: Codes, stamp: Counts) -> Counts:
    """Return the order by entity, then time."""
    if not len(entity):
        return np.zeros(0, dtype=np.int64)
    since = stamp - stamp.min()
    if int(since.max()) > DAY and not (since % _SECOND).any():
        since //= _SECOND
    bits = int(since.max()).bit_length()
    if (int(entity.max()) + 1).bit_length() + bits <= _WHOLE:
        return np.argsort(((entity.astype(np.int64) + 1) << bits) | since)
    return np.lexsort((since, entity))


def on_one_axis(who: Codes, moment: Counts, other: Codes, other_moment: Counts) -> tuple[Counts, Counts]:
    """Return customer and moment of two tables as one number each, such that both are in the order of both."""
    both = np.concatenate([moment, other_moment])
    since = both - (both.min() if len(both) else 0)
    if len(since) and int(since.max()) > DAY and not (since % _SECOND).any():
        since //= _SECOND
    most = int(max(who.max(initial=0), other.max(initial=0))) + 2
    if len(since) and most * (int(since.max()) + 1) >= NEVER:
        since = np.unique(both, return_inverse=True)[1]
    width = int(since.max()) + 1 if len(since) else 1
    return who.astype(np.int64) * width + since[: len(who)], other.astype(np.int64) * width + since[len(who) :]


def _numbered(work: Work, rows: ir.Table, axes: Mapping[str, ScopeKind], *, customers: bool) -> pa.Table:
    """Return the rows with numbers in the place of ids (-1 for none), numbering those that are met first."""
    sources: dict[str, str] = {name: f"axis_{kind.value}" for name, kind in axes.items()}
    for kind in axes.values():
        _share(work, kind)
    if customers:
        sources["_entity"] = CUSTOMERS
        work.number_customers()
    for again in (False, True):
        joined, lost = rows, []
        for name, source in sources.items():
            numbers = work.relations.numbered(source).rename({f"{name}_id": "id", f"{name}_code": "code"})
            joined = joined.left_join(numbers, joined[name] == numbers[f"{name}_id"])
            lost.append(joined[name].notnull() & joined[f"{name}_code"].isnull())
        kept = [name for name in rows.columns if name not in sources]
        coded = {name: ibis.coalesce(joined[f"{name}_code"], -1) for name in sources}
        unknown = ibis.ifelse(reduce(or_, lost), 1, 0).cast("int8") if lost else ibis.literal(0, type="int8")
        answer = work.relations.answer(joined.select(*[joined[name] for name in kept], **coded, _lost=unknown))
        if again or not answer.num_rows or not answer.column("_lost").to_numpy().any():
            return answer
        for name, source in sources.items():
            work.relations.numbered(source, rows.select(id=rows[name]).distinct())
        for kind in set(axes.values()):
            _learn(work, kind)
    raise AssertionError("unreachable")


def _number_ids(work: Work, spec: TableSpec) -> None:
    """Number the ids in the columns of a table that lead to scopes asked for, once.

    What the organisation or the library lists is not looked for in the rows. What is not listed all the same is
    numbered where it is met.
    """
    table = work.relations.table(spec.id)
    for kind in leaf_kinds(spec, work.request.kinds):
        if table is None or (spec.id, kind) in work.numbered:
            continue
        work.numbered.add((spec.id, kind))
        if kind in LISTED:
            _share(work, kind)
            work.relations.numbered(f"axis_{kind.value}", table.select(id=spec.scopes[kind]))
            _learn(work, kind)
        else:
            work.number_listed(kind)


def _share(work: Work, kind: ScopeKind) -> None:
    """Let the engine know the numbers of the ids of a kind."""
    axis = work.grids.axes[kind]
    name = f"axis_{kind.value}"
    if work.shared.get(kind) == len(axis):
        return
    ids = pa.table({"id": pa.array(axis.ids, pa.string()), "code": pa.array(range(len(axis)), pa.int32())})
    work.relations.renumber(name, ids)
    work.shared[kind] = len(axis)


def _learn(work: Work, kind: ScopeKind) -> None:
    """Take over the numbers that the engine has given to new ids."""
    numbers = work.relations.numbered(f"axis_{kind.value}")
    answer = work.relations.answer(numbers.order_by("code"))
    axis = work.grids.axes[kind]
    axis.codes(answer.column("id").to_pylist()[len(axis) :])
    work.shared[kind] = len(axis)
