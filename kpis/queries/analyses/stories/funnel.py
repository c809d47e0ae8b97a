"""The funnel of the private domain against its thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from kpis.figure_forms import bars_with_ticks
from kpis.figures import Bar, Series
from kpis.library.extras import FunnelStep, library_extras
from kpis.queries.analyses.board import Board
from kpis.queries.analyses.story import (
    Cell,
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    kpi_tile,
    question_of,
    rules_of,
    say,
)


def funnel(board: Board) -> Story | None:
    """Set the four steps against their thresholds; all are shares of the private users."""
    steps = library_extras().funnel
    values = [board.value(step.kpi) for step in steps]
    if all(value.value is None for value in values):
        return None
    below = [
        step
        for step, value in zip(steps, values, strict=True)
        if value.value is not None and value.value < step.threshold
    ]
    first = below[0] if below else None
    names = [_step_name(step) for step in steps]
    bars = [
        Bar(name, value.value, _step_status(step, value.value))
        for name, step, value in zip(names, steps, values, strict=True)
    ]
    ticks = Series(_("Threshold"), [step.threshold for step in steps])
    chart = bars_with_ticks(bars, ticks, axis=_("Step"), value_name=_("Reached"), unit="%")
    rows = tuple(
        Row(
            name,
            (
                Cell(value.value, "percent", reason=value.reason or ""),
                Cell(step.threshold, "percent", places=0),
                Cell(
                    None if value.value is None else value.value - step.threshold, "points", reason=value.reason or ""
                ),
                Cell(value.numerator, "count", reason=value.reason or ""),
                Cell(value.denominator, "count", reason=value.reason or ""),
                Cell(board.earlier(step.kpi), "percent", reason="no_rows"),
            ),
            mark=_("First below its threshold") if step is first else _("Below") if step in below else "",
            tone="bad" if step is first else "warn" if step in below else "",
            key=step.id,
        )
        for name, step, value in zip(names, steps, values, strict=True)
    )
    return Story(
        finding=_funnel_finding(board, first, below),
        tone="bad" if first else "good",
        tiles=tuple(
            kpi_tile(board, step.kpi, status=_step_status(step, board.value(step.kpi).value)) for step in steps
        ),
        pictures=(Picture("funnel", question_of("funnel"), chart, height="s"),),
        sheets=(
            Sheet(
                "steps",
                _("Steps"),
                _("Step"),
                (
                    Column("value", _("Reached"), keep=True),
                    Column("threshold", _("Threshold"), keep=True),
                    Column("gap", _("Against the threshold")),
                    Column("people", _("Customers")),
                    Column("base", _("Private users")),
                    Column("before", _("Month before")),
                ),
                rows,
            ),
        ),
        rules=rules_of("funnel"),
    )


def _step_name(step: FunnelStep) -> str:
    return step.names.in_language(get_language())


def _step_status(step: FunnelStep, value: Decimal | None) -> str:
    if value is None:
        return "no_data"
    return "met" if value >= step.threshold else "missed"


def _funnel_finding(board: Board, first: FunnelStep | None, below: Sequence[FunnelStep]) -> str:
    if first is None:
        return _("Every step with data reaches its threshold.")
    told = {
        "step": _step_name(first),
        "value": say(board.value(first.kpi).value, "percent"),
        "threshold": say(first.threshold, "percent", 0),
    }
    text = _("The private domain loses people first at “%(step)s”: %(value)s against a threshold of %(threshold)s.")
    more = len(below) - 1
    if not more:
        return text % told
    return " ".join(
        (
            text % told,
            ngettext("One later step is below as well.", "%(n)s later steps are below as well.", more) % {"n": more},
        )
    )
