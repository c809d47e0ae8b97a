"""Behind the net promoter score: every answer, +100 for a promoter and -100 for a detractor."""

from __future__ import annotations

import ibis

from kpis.engine.bounds import calendar_day
from kpis.engine.tracing.asking import STAND_IN, Asking
from kpis.engine.tracing.customers import narrowed
from kpis.engine.tracing.listing import Listing, Part


def answer_listing(asking: Asking) -> Listing:
    """List the answers of the window, row by row."""
    rows, span = asking.table("surveys"), STAND_IN
    rows = rows.filter(
        rows["kind"] == "nps",
        rows["date"] >= calendar_day(span.start),
        rows["date"] < calendar_day(span.end),
        rows["scale_max"] > 0,
        rows["score"].notnull(),
    )
    rows = narrowed(asking, rows.mutate(_at=rows["date"]), "surveys")
    rows = asking.spread(rows, asking.spec("surveys"), [*asking.columns("surveys"), "_at"])
    promoter, detractor = rows["score"] * 10 >= rows["scale_max"] * 9, rows["score"] * 10 <= rows["scale_max"] * 6
    rows = rows.mutate(
        _amount=ibis.cases((promoter, 100), (detractor, -100), else_=0),
        _weight=ibis.literal(1, type="int64"),
        _entity=ibis.null("string"),
        _scale=ibis.null("int64"),
    )
    return Listing(None, (Part("surveys", rows, ("_at", "response_id")),))
