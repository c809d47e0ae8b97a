"""Sums, counts and means of many periods: one query per table and time gives the sums of every leaf and bucket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpis.engine.arrays.buckets import Buckets, Calendar, widest
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.past import Past
from kpis.engine.arrays.totals import COUNTED, DISTINCT, Summed, summed_by_leaf, sums
from kpis.engine.arrays.work import Asked, Work
from kpis.engine.grids import Grid
from kpis.engine.simple import inputs_of
from kpis.engine.sources import TEMPORAL, Source, column_spec, condition, plain, tables_of, within
from kpis.engine.specs import Aggregation, ScopeKind, SimpleMeasure
from kpis.engine.windows import Span

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kpis.engine.arrays.leaves import Answer
    from kpis.engine.arrays.work import Kinds
    from kpis.engine.grammar import Filters
    from kpis.engine.grids import Counts
    from kpis.engine.ratios import Flags

_FAR = 3  # times as long as the others look back: then a query of its own is less work


@dataclass(frozen=True, slots=True)
class Member:
    """One measure with the filters of a formula, which several windows may ask for."""

    measure: SimpleMeasure
    filters: Filters
    index: int


def members_of(work: Work, asked: Sequence[Asked]) -> dict[Asked, Member]:
    """Number the different (measure, filters) of what is asked."""
    found: dict[tuple[str, Filters], Member] = {}
    members = {}
    for each in asked:
        measure = work.library.measures[each.ref.measure]
        if not isinstance(measure, SimpleMeasure):
            raise TypeError(f"{measure.id} is not a simple measure")
        key = measure.id, each.ref.filters
        members[each] = found.setdefault(key, Member(measure, each.ref.filters, len(found)))
    return members


def tagged(work: Work, read: Source, rows: ir.Table, members: Sequence[Member], more: dict[str, ir.Value]) -> ir.Table:
    """Return the rows that some member counts: a flag per member, its inputs, the columns of scopes, and `more`."""
    flags = {f"c{each.index}": condition(work.library, each.measure, rows, each.filters) for each in members}
    inputs = dict.fromkeys(name for each in members for name in inputs_of(each.measure))
    scopes = [read.scope_prefix + name for name in work.context.scoping.columns(read.scope_spec)]
    columns = {name: rows[name] for name in dict.fromkeys([*inputs, *scopes])}
    chosen = rows.select(**flags, **columns, **more)
    return chosen.filter(reduce(or_, [chosen[name] for name in flags]))


def flow_grids(work: Work, asked: Sequence[Asked]) -> None:
    """Compute flows of one table at one time; those that count distinct things only get their rows counted."""
    for some in _alike(work, asked):
        members = members_of(work, some)
        measures = [each.measure for each in members.values()]
        for periods in work.alike({measures[0].table, *_joined_tables(measures)}):
            work.turn_to(periods[0])
            _flows(work, some, members, periods)


def _alike(work: Work, asked: Sequence[Asked]) -> list[list[Asked]]:
    """Keep measures apart of which few look back far, or few are of people: others shall not pay for them."""
    spans: dict[Member, list[Span]] = defaultdict(list)
    members = members_of(work, asked)
    for each, member in members.items():
        spans[member].extend(each.spans)
    days = {member: _days(found) for member, found in spans.items()}
    # where sums are kept, looking back far costs nothing
    kept = _past(work, list(members.values()), ()).folder is not None
    limit = 0 if kept else _days([span for found in spans.values() for span in found]) / _FAR
    people = {member for each, member in members.items() if ScopeKind.EMPLOYEE in each.kinds}
    found: dict[tuple[bool, bool], list[Asked]] = defaultdict(list)
    for each, member in members.items():
        found[days[member] <= limit, member in people].append(each)
    return list(found.values())


def _days(spans: Sequence[Span]) -> int:
    start, end = widest(spans)
    return (end - start).days


def _joined_tables(measures: Sequence[SimpleMeasure]) -> list[str]:
    return [each.time.split(".")[0] for each in measures if "." in each.time]


def _flows(work: Work, asked: Sequence[Asked], members: Mapping[Asked, Member], periods: Sequence[int]) -> None:
    distinct = list(dict.fromkeys(members.values()))
    first = distinct[0].measure
    read = work.source([each.measure for each in distinct])
    type_ = column_spec(work.library, first, first.time).type
    spans = [each.spans[period] for each in asked for period in periods]
    calendar = Calendar.of(spans)
    column = read.rows[plain(first.time)]
    kinds = frozenset().union(*(each.kinds for each in asked))
    texts: list[str] = []
    if type_ in TEMPORAL:
        some = _Sums(work, read, distinct, kinds, calendar)
        newest = [each.spans[-1].start for each in asked] if periods[-1] == len(work.periods) - 1 else []
        answer = some.between(*widest(spans), min(newest, default=None))
        buckets = Buckets.read(answer.table.column("_bucket"))
    else:
        rows = read.rows.filter(column.notnull())
        answer = _summed(work, read, rows, distinct, kinds, rows[plain(first.time)])
        coded = answer.table.column("_bucket").combine_chunks().dictionary_encode()
        texts = coded.dictionary.to_pylist()
        buckets = Buckets(np.arange(len(texts)), np.asarray(coded.indices).astype(np.int64))
    summed = Summed(work, read, answer, buckets, kinds)
    for each in asked:
        windows, covered = {}, np.zeros(len(work.periods), dtype=bool)
        for period in periods:
            span = each.spans[period]
            if type_ in TEMPORAL:
                windows[period] = buckets.between(calendar.of_day(span.start), calendar.of_day(span.end))
                # where something was counted, the table has rows: asking is for where nothing was
                covered[period] = len(windows[period]) > 0 or work.coverage.has(first.table, span.start, span.end)
            else:
                around = first.agg is Aggregation.AVG
                inside = set(work.coverage.periods(first.table, first.time, span, or_around=around))
                windows[period] = np.array([at for at, text in enumerate(texts) if text in inside], dtype=np.int64)
                covered[period] = bool(inside)
        for kind in kinds_in_order(each.kinds):
            put(work, each, kind, _grid(summed, members[each], kind, each.spans, windows, covered), periods)


def _summed(
    work: Work, read: Source, rows: ir.Table, distinct: Sequence[Member], kinds: Kinds, bucket: ir.Value
) -> Answer:
    by = next((each.measure.by for each in distinct if each.measure.agg is Aggregation.AVG_RATIO_100), "")
    chosen = tagged(work, read, rows, distinct, {"_bucket": bucket})
    if by:
        # a rating on a scale of nothing cannot be put on 0-100
        chosen = chosen.filter(chosen[by] > 0)
    totals = {name: total for each in distinct for name, total in sums(each).items()}
    return summed_by_leaf(work, read, chosen, totals, kinds, [by] if by else [])


@dataclass(frozen=True, slots=True)
class _Sums:
    """The sums of measures by day or month, of which those before the newest period may be kept."""

    work: Work
    read: Source
    members: Sequence[Member]
    kinds: Kinds
    calendar: Calendar

    def between(self, start: date, end: date, newest: date | None) -> Answer:
        """Return the sums of a range of days; keep those from the day on that the newest period looks back to."""
        past = _past(self.work, self.members, (sorted(self.kinds), self.calendar))
        if newest is None or newest >= past.until:
            return self._read(start, end)
        found = past.found()
        if found is not None and found[1]["from"].column("day")[0].as_py() <= start:
            day, held = found
            recent = self._read(day, end)
            answer = replace(recent, table=pa.concat_tables([held["sums"], recent.table]))
        else:
            day, answer = start, self._read(start, end)
        if day != past.until:
            past.keep(lambda: self._held(answer.table, newest, past.until))
        return answer

    def _read(self, start: date, end: date) -> Answer:
        first = self.members[0].measure
        type_ = column_spec(self.work.library, first, first.time).type
        time, span = plain(first.time), Span(start, end, start)
        rows = self.read.rows.filter(within(self.read.rows[time], type_, span))
        owner, _, joined = first.time.rpartition(".")
        if owner and self.work.relations.begins_before(owner, joined, start):
            rows = rows.filter(self._keyed(rows, owner, joined, span))
        return _summed(self.work, self.read, rows, self.members, self.kinds, self.calendar.of_column(rows[time]))

    def _keyed(self, rows: ir.Table, owner: str, column: str, span: Span) -> ir.BooleanValue:
        """Return what holds wherever the joined time is in the span: the key lies between the first and last of these.

        Keys mostly grow with time, so that little is read of the other rows; where they do not, this costs little.
        """
        relations = self.work.relations
        key = next(each for each in self.read.spec.columns if each.ref.startswith(f"{owner}."))
        joined, target = self.work.table(owner), key.ref.partition(".")[2]
        inside = joined.filter(within(joined[column], self.work.library.tables[owner].column(column).type, span))
        (ends,) = relations.rows(inside.aggregate(first=inside[target].min(), last=inside[target].max()))
        first, last = (relations.text(f"{name}_{owner}", str(ends[name])) for name in ("first", "last"))
        return rows[key.name].between(first, last)

    def _held(self, sums: pa.Table, start: date, end: date) -> list[tuple[str, pa.Table]]:
        low, high = self.calendar.of_day(start), self.calendar.of_day(end)
        bucket = sums.column("_bucket")
        inside = pc.and_(pc.greater_equal(bucket, low), pc.less(bucket, high))
        return [("sums", sums.filter(inside)), ("from", pa.table({"day": [start]}))]


def _past(work: Work, members: Sequence[Member], made: object) -> Past:
    tables = dict.fromkeys((table for each in members for table in tables_of(each.measure)), "")
    first = members[0].measure
    owner, _, column = first.time.rpartition(".")
    tables[owner or first.table] = column
    return Past(work, ([(each.measure, each.filters) for each in members], made), tables)


def _grid(
    summed: Summed,
    member: Member,
    kind: ScopeKind,
    spans: tuple[Span, ...],
    windows: Mapping[int, Counts],
    covered: Flags,
) -> Grid:
    index, agg = member.index, member.measure.agg
    rows = summed.total(f"n{index}", kind, spans, windows)
    held = rows > 0
    nothing = np.broadcast_to(covered[:, None], held.shape)
    if agg in COUNTED:
        # of what is counted distinct, the amount is found afterwards
        return Grid(np.zeros_like(rows) if agg in DISTINCT else rows, rows, held | nothing, covered)
    if agg is Aggregation.AVG_RATIO_100:
        return _ratio_100(summed, member, kind, windows, rows)
    amount = summed.total(f"s{index}", kind, spans, windows)
    per = summed.leaves.column(f"s{index}")[1]
    weight = summed.total(f"w{index}", kind, spans, windows)
    if agg is Aggregation.SUM:
        # rows may be there while the column is empty in all of them: unknown, not 0
        return Grid(amount, rows, np.where(held, weight > 0, nothing), covered, per)
    weight_per = summed.leaves.column(f"w{index}")[1]
    none = np.zeros_like(covered)
    return Grid(amount, rows, held & (weight != 0).astype(bool), none, per, weight, weight_per)


def _ratio_100(summed: Summed, member: Member, kind: ScopeKind, windows: Mapping[int, Counts], rows: Counts) -> Grid:
    """Return score / scale x 100, each scale weighed by its answers; the answer has one row per leaf and scale."""
    leaves, index = summed.leaves, member.index
    total, per = leaves.column(f"s{index}")
    scale, scale_per = leaves.column(member.measure.by)
    weight, weight_per = leaves.column(f"w{index}")
    scales = np.where(scale > 0, scale, 1)
    common = int(np.lcm.reduce(np.unique(scales).astype(object))) if len(scales) else 1
    amount = total.astype(object) * (100 * scale_per) * (common // scales.astype(object))
    if not len(amount) or int(np.abs(amount).sum()) < 1 << 62:
        amount = amount.astype(np.int64)
    amounts = leaves.summed(kind, amount, windows)
    weights = leaves.summed(kind, weight, windows)
    none = np.zeros(rows.shape[0], dtype=bool)
    return Grid(amounts, rows, (rows > 0) & (weights != 0).astype(bool), none, per * common, weights, weight_per)


def put(work: Work, each: Asked, kind: ScopeKind, grid: Grid, periods: Sequence[int]) -> None:
    """Keep a grid that holds some of the periods."""
    grids = work.grids
    before = grids.found.get((each.ref, kind))
    here = np.zeros(grids.periods, dtype=bool)
    here[list(periods)] = True
    grids.found[each.ref, kind] = grid if before is None else merged(before, grid, here)
    grids.see(kind, (grid.rows > 0) & here[:, None])


def merged(before: Grid, grid: Grid, here: Flags) -> Grid:
    """Return the one grid with the rows of the other where `here`. Their divisors are the same by construction."""
    size = max(before.amount.shape[1], grid.amount.shape[1])
    one, other = before.padded(size), grid.padded(size)
    names = ("amount", "rows", "known", "weight")
    if one.per != other.per or one.weight_per != other.weight_per:
        raise ArithmeticError("the parts of one measure have different divisors")
    columns = {
        name: getattr(one, name)
        if getattr(one, name) is None
        else np.where(here[:, None], getattr(other, name), getattr(one, name))
        for name in names
    }
    return replace(one, covered=np.where(here, other.covered, one.covered), **columns)
