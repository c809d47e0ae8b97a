"""Net promoter score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpis.engine.bounds import calendar_day
from kpis.engine.derived.case import Case, flag
from kpis.engine.results import MeasureResult, Quantity, exact, no_rows, whole
from kpis.engine.scoping import scope_of

if TYPE_CHECKING:
    from kpis.engine.relations import Row

MEASURES = frozenset({"nps_value"})
NPS = "nps"
SCALE, PROMOTERS, DETRACTORS = 10, 9, 6


def nps_results(case: Case, _measures: frozenset[str]) -> dict[str, MeasureResult]:
    """Rescale every answer to 0-10; percent scoring 9 or more minus percent scoring 6 or less.

    Compared as `score * 10 >= 9 * scale_max`, so no division happens before the last one.
    """
    answers = case.narrowed("surveys")
    answers = answers.filter(
        answers["kind"] == NPS,
        answers["date"] >= calendar_day(case.span.start),
        answers["date"] < calendar_day(case.span.end),
        answers["scale_max"] > 0,
        answers["score"].notnull(),
    )
    rows = case.spread(answers, "surveys", ["score", "scale_max"])
    promoter = rows["score"] * SCALE >= rows["scale_max"] * PROMOTERS
    detractor = rows["score"] * SCALE <= rows["scale_max"] * DETRACTORS
    totals = rows.group_by(["_kind", "_scope"]).aggregate(
        promoters=flag(promoter).count(), detractors=flag(detractor).count(), answers=rows.count()
    )
    cells = {scope_of(row): _score(row) for row in case.rows(totals)}
    return {"nps_value": MeasureResult.of(case.kinds("surveys"), cells, no_rows())}


def _score(row: Row) -> Quantity:
    balance = exact(row["promoters"]) - exact(row["detractors"])
    return Quantity(balance * 100, exact(row["answers"]), whole(row["answers"]))
