"""Content by tier and channel: items, views and interactions of a month. Of the company: content has no unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import Ground, number
from kpis.engine.bounds import calendar_day
from kpis.engine.specs import COMPANY

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.specs import Scope

REACTIONS = ("likes", "comments", "shares", "saves")


@dataclass(frozen=True, slots=True)
class ContentLine:
    """A tier or a channel: distinct items, user-generated ones among them, views, interactions."""

    key: str
    items: int
    ugc: int
    views: int
    interactions: int


@dataclass(frozen=True, slots=True)
class ContentDocument:
    """`items` counts an item once, whatever tiers and channels it stands in."""

    items: int
    tiers: tuple[ContentLine, ...]
    channels: tuple[ContentLine, ...]


def analyse_content(ground: Ground) -> dict[Scope, ContentDocument]:
    """Count the month's content."""
    if not ground.has("content_stats"):
        return {}
    table = ground.table("content_stats")
    rows = table.filter(
        table["date"] >= calendar_day(ground.period.start), table["date"] < calendar_day(ground.period.end)
    )
    whole = ground.relations.rows(rows.aggregate(items=rows["content_id"].nunique()))
    document = ContentDocument(
        items=number(whole[0]["items"]), tiers=_lines(ground, rows, "tier"), channels=_lines(ground, rows, "channel")
    )
    return {COMPANY: document}


def _lines(ground: Ground, rows: ir.Table, by: str) -> tuple[ContentLine, ...]:
    ugc = ibis.ifelse(rows["is_ugc"], rows["content_id"], None)
    columns = {name: rows[name].sum() for name in ("views", *REACTIONS)}
    grouped = rows.group_by(rows[by].fill_null("").name("key")).aggregate(
        items=rows["content_id"].nunique(), ugc=ugc.nunique(), **columns
    )
    found = [
        ContentLine(
            key=str(row["key"]),
            items=number(row["items"]),
            ugc=number(row["ugc"]),
            views=number(row["views"]),
            interactions=sum(number(row[name]) for name in REACTIONS),
        )
        for row in ground.relations.rows(grouped)
    ]
    return tuple(sorted(found, key=lambda line: (-line.items, line.key)))
