"""AIPL stages and who moved between them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from kpis.analysis_choices import AiplStageName, AnalysisName
from kpis.engine.analyses.aipl import STAGES, AiplDocument, Comparison
from kpis.figure_forms import Link, Node, flows
from kpis.figures import GREY, PALETTE, Chart
from kpis.queries.analyses.board import Board, percent
from kpis.queries.analyses.story import (
    Cell,
    Column,
    Picture,
    Row,
    Sheet,
    Story,
    TileFact,
    crowd,
    drawn_people,
    headcount,
    lacking,
    note_of,
    of_crowd,
    question_of,
    rules_of,
)

STAGE_COLOURS = {
    "none": GREY, "awareness": PALETTE[4], "interest": PALETTE[1], "purchase": PALETTE[2], "loyalty": PALETTE[0]
}  # fmt: skip


def aipl(board: Board, *, months: int = 1) -> Story | None:
    """Show where everybody stands now, and who moved since an earlier date."""
    found = board.document(AnalysisName.AIPL, AiplDocument)
    if found is None:
        return None
    chosen = next((each for each in found.comparisons if each.months == months), found.comparisons[0])
    up = _moved(chosen, 1)
    down = _moved(chosen, -1)
    names = {value: str(label) for value, label in AiplStageName.choices}
    told = {"up": headcount(up), "down": headcount(down), "on": chosen.on.isoformat()}
    finding = _("Since %(on)s, %(up)s customers rose to a higher stage and %(down)s fell back.") % told
    total = sum(chosen.standing(stage) for stage in STAGES[1:])
    rows = tuple(
        Row(
            names[stage],
            (
                crowd(chosen.standing(stage)),
                of_crowd(chosen.standing(stage), percent(chosen.standing(stage), total), "percent"),
                crowd(chosen.standing(stage, then=True)),
                *(crowd(_flow(chosen, stage, after)) for after in (*STAGES[1:], STAGES[0])),
            ),
            key=stage,
        )
        for stage in STAGES[1:]
    )
    entered = Row(
        _("In no stage then"),
        (
            Cell(None, reason=_("Those in no stage at either date are not counted")),
            Cell(None, reason=_("Not one of the stages")),
            crowd(chosen.standing("none", then=True)),
            *(crowd(_flow(chosen, "none", after)) for after in (*STAGES[1:], STAGES[0])),
        ),
        key="none",
    )
    sums = Row(
        _("Total"),
        (
            Cell(total, "count"),
            Cell(Decimal(100) if total else None, "percent"),
            Cell(sum(chosen.standing(stage, then=True) for stage in STAGES), "count"),
            *(
                Cell(chosen.standing(after), "count", few=0 < chosen.standing(after) < 5)
                for after in (*STAGES[1:], STAGES[0])
            ),
        ),
        total=True,
    )
    to_stage = _("to %(stage)s")
    columns = (
        Column("now", _("Now"), keep=True),
        Column("share", _("Percent of all")),
        Column("then", _("At that date"), keep=True),
        *(Column(f"to_{stage}", to_stage % {"stage": names[stage]}) for stage in (*STAGES[1:], STAGES[0])),
    )
    return Story(
        finding=finding,
        tone="good" if up > down else "warn" if down > up else "",
        tiles=tuple(
            TileFact(
                names[stage],
                None if 0 < chosen.standing(stage) < 5 else chosen.standing(stage),
                "count",
                change=None,
                reason=_("fewer than 5"),
            )
            for stage in STAGES[1:]
        ),
        pictures=(
            Picture("aipl", question_of("aipl"), _aipl_chart(chosen, names, found.on), height="l", words=finding),
        ),
        sheets=(
            Sheet(
                "stages",
                _("Stages and flows"),
                _("Stage then"),
                columns,
                (*rows, entered, sums),
                note=note_of("aipl", "stages"),
            ),
        ),
        rules=(*rules_of("aipl", days=found.window_days), *lacking(found.lacking)),
    )


def _flow(chosen: Comparison, before: str, after: str) -> int:
    return sum(flow.customers for flow in chosen.flows if (flow.before, flow.after) == (before, after))


def _moved(chosen: Comparison, way: int) -> int:
    return sum(
        flow.customers for flow in chosen.flows if (STAGES.index(flow.after) - STAGES.index(flow.before)) * way > 0
    )


def _aipl_chart(chosen: Comparison, names: dict[str, str], on: date) -> Chart:
    order = (*STAGES[:0:-1], STAGES[0])  # the highest stage on top
    nodes = [
        Node(names[stage], STAGE_COLOURS[stage], chosen.standing(stage, then=not later), later)
        for later in (False, True)
        for stage in order
    ]
    links = [
        Link(
            order.index(flow.before),
            len(order) + order.index(flow.after),
            drawn_people(flow.customers),
            f"{names[flow.before]} → {names[flow.after]}: {headcount(flow.customers)}",
        )
        for flow in chosen.flows
    ]
    columns = (*STAGES[1:], STAGES[0])
    table = {
        "head": [_("Stage then"), *(names[stage] for stage in columns)],
        "rows": [
            [names[before], *(headcount(_flow(chosen, before, after)) for after in columns)] for before in columns
        ],
    }
    return flows(nodes, links, heads=(chosen.on.isoformat(), on.isoformat()), table=table)
