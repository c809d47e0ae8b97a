"""Attributed sales and net promoter score of many periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.arrays.buckets import Buckets, Calendar, widest
from kpis.engine.arrays.cells import Cells, by_window
from kpis.engine.arrays.chains import disjoint
from kpis.engine.arrays.layers import layers
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.orders import narrowed
from kpis.engine.arrays.slabs import MONEY, load
from kpis.engine.arrays.tables import Tables
from kpis.engine.arrays.totals import Summed, Total, summed_by_leaf
from kpis.engine.bounds import calendar_day
from kpis.engine.derived.attributed import credits_of, touches_of
from kpis.engine.derived.case import Case
from kpis.engine.derived.surveys import DETRACTORS, NPS, PROMOTERS, SCALE
from kpis.engine.grids import Grid
from kpis.engine.sources import Source
from kpis.engine.windows import Span

if TYPE_CHECKING:
    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.ratios import Flags


def attributed_grids(work: Work, asked: Sequence[Asked]) -> None:
    """Sum the credits of touches by the scopes of the touch; a filter picks touches after an order has been split."""
    start, end = widest([span for each in asked for span in each.spans])
    spec = work.library.tables["order_touches"]
    case = Case(work.context, Span(start, end, start), ())
    rows = credits_of(case, touches_of(case))
    filters = list(dict.fromkeys(each.ref.filters for each in asked))
    slab = load(
        work,
        rows,
        spec,
        entity="order_id",
        time="paid_at",
        conditions=[narrowed(spec, rows, each) for each in filters],
        more={"credit": "credit"},
    )
    shared = work.params.attribution_model == "shared"
    tables = Tables(work)
    for at, chosen in enumerate(filters):
        mine = [each for each in asked if each.ref.filters == chosen]
        kinds = kinds_in_order(frozenset().union(*(each.kinds for each in mine)))
        for chain in disjoint(span for each in mine for span in each.spans):
            windows = {span: place for place, span in enumerate(chain)}
            part, window = by_window(slab.taken(slab.having(at)), chain)
            for layer in layers(work, part, kinds, range(len(work.periods)), mine):
                cells = Cells.of(layer, part.entity, window, len(chain))
                credit = layer.of(part.more["credit"])
                # a shared order counts whole, once for each scope
                amount = cells.total_of(cells.first(credit) if shared else cells.added(credit))
                for each in mine:
                    if layer.kind in each.kinds:
                        tables.add(each, layer, windows, amount, cells.count())
    tables.put(asked, lambda each: _covers(work, each), per=MONEY)


def _covers(work: Work, each: Asked) -> Flags:
    looked_back = np.array(
        [work.coverage.has("order_touches", _look_back(work, span), span.end) for span in each.spans],
        dtype=bool,
    )
    return looked_back & work.covers("orders", each.spans)


def _look_back(work: Work, span: Span) -> date:
    return span.start - timedelta(days=work.params.attribution_window_days)


def nps_grids(work: Work, asked: Sequence[Asked]) -> None:
    """Count promoters and detractors; percent of the one minus percent of the other."""
    start, end = widest([span for each in asked for span in each.spans])
    spec, table = work.library.tables["surveys"], work.table("surveys")
    answers = table.filter(
        table["kind"] == NPS,
        table["date"] >= calendar_day(start),
        table["date"] < calendar_day(end),
        table["scale_max"] > 0,
        table["score"].notnull(),
    )
    calendar = Calendar.of(span for each in asked for span in each.spans)
    promoter = answers["score"] * SCALE >= answers["scale_max"] * PROMOTERS
    detractor = answers["score"] * SCALE <= answers["scale_max"] * DETRACTORS
    read = Source(table, spec, spec, "")
    kinds = frozenset().union(*(each.kinds for each in asked))
    for filters in dict.fromkeys(each.ref.filters for each in asked):
        mine = [each for each in asked if each.ref.filters == filters]
        chosen = answers.select(
            *spec.scopes.values(),
            _bucket=calendar.of_column(answers["date"]),
            balance=(ibis.ifelse(promoter, 1, 0) - ibis.ifelse(detractor, 1, 0)).cast("int64"),
            inside=narrowed(spec, answers, filters),
        )
        totals = {"s0": Total("sum", "balance", None), "n0": Total("count", "1", None)}
        answer = summed_by_leaf(work, read, chosen.filter(chosen["inside"]), totals, kinds)
        summed = Summed(work, read, answer, Buckets.read(answer.table.column("_bucket")), kinds)
        for each in mine:
            windows = {
                period: summed.buckets.between(calendar.of_day(span.start), calendar.of_day(span.end))
                for period, span in enumerate(each.spans)
            }
            for kind in kinds_in_order(each.kinds):
                balance = summed.total("s0", kind, each.spans, windows)
                rows = summed.total("n0", kind, each.spans, windows)
                none = np.zeros(len(work.periods), dtype=bool)
                work.grids.found[each.ref, kind] = Grid(balance * 100, rows, rows > 0, none, 1, rows)
                work.grids.see(kind, rows > 0)
