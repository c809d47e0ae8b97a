"""Aggregates by leaf and bucket: what they are, the one query that gives them all, and their sums over windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis

from kpis.engine.arrays.leaves import Answer, Leaves, leaf_kinds
from kpis.engine.scoping import SUBJECT_TABLES
from kpis.engine.specs import Aggregation, ScopeKind
from kpis.engine.windows import Span

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.arrays.buckets import Buckets
    from kpis.engine.arrays.flows import Member
    from kpis.engine.arrays.work import Kinds, Work
    from kpis.engine.grids import Counts
    from kpis.engine.ratios import Exacts
    from kpis.engine.sources import Source

DISTINCT = frozenset({Aggregation.COUNT_DISTINCT, Aggregation.STOCK_DISTINCT})
COUNTED = frozenset({Aggregation.COUNT, Aggregation.STOCK_COUNT}) | DISTINCT
_WEIGHED = frozenset({Aggregation.WEIGHTED_AVG, Aggregation.AVG_RATIO_100})
_MANY = 12  # aggregates from which on rows are put together by the conditions that hold on them
_BITS = 60  # conditions that fit the marks of a row


@dataclass(frozen=True, slots=True)
class Total:
    """An aggregate: DuckDB's function of an expression, over the rows that one condition marks (None: over all)."""

    function: str
    of: str
    condition: int | None


def sums(member: Member) -> dict[str, Total]:
    """Return the aggregates of a member: `n` rows, `s` sum, `w` what the sum is known by or divided by."""
    measure, index = member.measure, member.index
    found = {f"n{index}": Total("count", "1", index)}
    if measure.agg in COUNTED:
        return found
    value = f'"{measure.column}"'
    if measure.agg in _WEIGHED:
        weight = f'"{measure.weight}"'
        found[f"s{index}"] = Total("sum", f"{value} * {weight}", index)
        found[f"w{index}"] = Total("sum", f"CASE WHEN {value} IS NOT NULL THEN {weight} END", index)
    else:
        found[f"s{index}"] = Total("sum", value, index)
        found[f"w{index}"] = Total("count", value, index)
    return found


def summed_by_leaf(
    work: Work, read: Source, chosen: ir.Table, totals: Mapping[str, Total], kinds: Kinds, by: Sequence[str] = ()
) -> Answer:
    """Aggregate by bucket and leaf: by each column that leads to a kind of scope, and by none for the company.

    Many aggregates that differ in their conditions become few: rows on which the same conditions hold are summed
    together, and what an aggregate comes to is the sum of those that its condition marks.
    """
    conditions = sorted({total.condition for total in totals.values() if total.condition is not None})
    bits = {condition: bit for bit, condition in enumerate(conditions)}
    names: dict[str, tuple[str, int | None]] = {name: (name, None) for name in totals}
    if len(totals) < _MANY or not 0 < len(bits) <= _BITS:
        aggregates = {name: _alone(total) for name, total in totals.items()}
    else:
        marks = [ibis.ifelse(chosen[f"c{condition}"], 1 << bit, 0).cast("int64") for condition, bit in bits.items()]
        chosen, by = chosen.mutate(_marks=reduce(or_, marks)), [*by, "_marks"]
        shared = {(total.function, total.of): f"a{at}" for at, total in enumerate(totals.values())}
        for name, total in totals.items():
            bit = None if total.condition is None else bits[total.condition]
            names[name] = shared[total.function, total.of], bit
        aggregates = {column: f"{function}({of})" for (function, of), column in shared.items()}
    spec, prefix = read.scope_spec, read.scope_prefix
    by = ["_bucket", *by]
    if spec.id in SUBJECT_TABLES:
        subject = [prefix + name for name in work.context.scoping.columns(spec)]
        return Answer(work.relations.grouped(chosen, aggregates, by=[*by, *subject], sets=[]), names)
    sets = [prefix + spec.scopes[kind] for kind in leaf_kinds(spec, kinds)]
    return Answer(work.relations.grouped(chosen, aggregates, by=by, sets=sets), names)


def _alone(total: Total) -> str:
    if total.condition is None:
        return f"{total.function}({total.of})"
    return f"{total.function}(CASE WHEN c{total.condition} THEN {total.of} END)"


class Summed:
    """The sums of every leaf and bucket, and what they come to for a measure at a kind of scope."""

    def __init__(self, work: Work, read: Source, answer: Answer, buckets: Buckets, kinds: Kinds) -> None:
        self.work = work
        self.buckets = buckets
        self.leaves = Leaves(work, read.scope_spec, answer, buckets, kinds, read.scope_prefix)
        self._sums: dict[tuple[str, ScopeKind, tuple[Span, ...]], Exacts] = {}

    def total(self, name: str, kind: ScopeKind, spans: tuple[Span, ...], windows: Mapping[int, Counts]) -> Exacts:
        """Return the sum of a column by period and scope."""
        key = name, kind, spans
        if key not in self._sums:
            self._sums[key] = self.leaves.summed(kind, self.leaves.column(name)[0], windows)
        return self._sums[key]
