"""The ad-spend ladder: per campaign what was seen, what stayed and what came back, in the month and so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import Ground, money, number
from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.case import flag
from kpis.engine.specs import COMPANY

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope

SUMS = ("impressions", "clicks", "cost", "attributed_revenue")


@dataclass(frozen=True, slots=True)
class Rungs:
    """What one campaign's ads did. `revenue` is None when no platform reported any."""

    impressions: int
    clicks: int
    platforms: int
    private_users: int
    cost: Decimal
    revenue: Decimal | None


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign with its spend in the month and from its beginning to the month's end."""

    campaign: str
    name: str
    start_on: date | None
    end_on: date | None
    month: Rungs
    so_far: Rungs


@dataclass(frozen=True, slots=True)
class LadderDocument:
    """Campaigns with spend in the month, the dearest first. `contacts`: whether private users can be counted."""

    lines: tuple[CampaignLine, ...]
    contacts: bool


def analyse_ladder(ground: Ground) -> dict[Scope, LadderDocument]:
    """Sum up the ads of every campaign that spent in the month."""
    if not ground.has("ad_spend"):
        return {}
    spent = _by_campaign(ground, _spent(ground))
    added = _by_campaign(ground, _added(ground) if ground.has("contacts") else None)
    named = _by_campaign(ground, _named(ground) if ground.has("campaigns") else None)
    lines = [
        _line(key, row, added.get(key, {}), named.get(key, {})) for key, row in spent.items() if number(row["n_month"])
    ]
    ordered = sorted(lines, key=lambda line: (-line.month.cost, line.campaign))
    return {COMPANY: LadderDocument(tuple(ordered), ground.has("contacts"))}


def _by_campaign(ground: Ground, rows: ir.Table | None) -> dict[str, Row]:
    found = [] if rows is None else ground.relations.rows(rows)
    return {str(row["campaign_id"]): row for row in found if row["campaign_id"] is not None}


def _spent(ground: Ground) -> ir.Table:
    rows = ground.table("ad_spend")
    rows = rows.filter(rows["date"] < calendar_day(ground.period.end))
    inside = rows["date"] >= calendar_day(ground.period.start)
    paid = rows["cost"] > 0
    columns: dict[str, ir.Value] = {
        "n_month": flag(inside).count(),
        "platforms_month": ibis.ifelse(inside & paid, rows["platform"], None).nunique(),
        "platforms_so_far": ibis.ifelse(paid, rows["platform"], None).nunique(),
    }
    for name in SUMS:
        columns[f"{name}_month"] = ibis.ifelse(inside, rows[name], None).sum()
        columns[f"{name}_so_far"] = rows[name].sum()
    return rows.group_by("campaign_id").aggregate(**columns)


def _added(ground: Ground) -> ir.Table:
    rows = ground.table("contacts")
    rows = rows.filter(rows["is_first"], rows["source"] == "ad", rows["added_at"] < midnight(ground.period.end))
    inside = rows["added_at"] >= midnight(ground.period.start)
    return rows.group_by("campaign_id").aggregate(users_month=flag(inside).count(), users_so_far=rows.count())


def _named(ground: Ground) -> ir.Table:
    return ground.table("campaigns").select("campaign_id", "name", "start_on", "end_on")


def _line(key: str, spent: Row, added: Row, named: Row) -> CampaignLine:
    start, end = named.get("start_on"), named.get("end_on")
    return CampaignLine(
        campaign=key,
        name=str(named.get("name") or key),
        start_on=start if isinstance(start, date) else None,
        end_on=end if isinstance(end, date) else None,
        month=_rungs(spent, added, "month"),
        so_far=_rungs(spent, added, "so_far"),
    )


def _rungs(spent: Mapping[str, object], added: Mapping[str, object], when: str) -> Rungs:
    revenue = spent[f"attributed_revenue_{when}"]
    return Rungs(
        impressions=number(spent[f"impressions_{when}"]),
        clicks=number(spent[f"clicks_{when}"]),
        platforms=number(spent[f"platforms_{when}"]),
        private_users=number(added.get(f"users_{when}")),
        cost=money(spent[f"cost_{when}"]),
        revenue=None if revenue is None else money(revenue),
    )
