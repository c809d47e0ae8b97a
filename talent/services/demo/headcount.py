"""Head count of the demo retailer: drivers that its data do not have, an approved plan, and a bolder draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree
from roles.queries.posts import posts_held
from talent.choices import PlanStatus
from talent.headcount.document import plan_json
from talent.headcount.staffing import Line
from talent.queries.drivers import unit_drivers
from talent.queries.headcount_plans import plan_view, proposed
from talent.services.headcount import enter_driver
from talent.services.headcount_plans import copy_plan, keep_plan, make_plan, set_status

UNITS = ("BU1", "BU2")
# what no system of the retailer counts, and what its young second unit may not have measured yet
ENTERED: Mapping[str, Mapping[str, int]] = {
    "BU1": {"wecom_groups": 250, "platform_stores": 4, "digital_products": 3, "active_skus": 4200},
    "BU2": {"wecom_groups": 60, "platform_stores": 2, "digital_products": 1, "active_skus": 1500},
}
FALLBACK: Mapping[str, int] = {
    "members_n": 60_000,
    "mall_orders_per_month": 6_000,
    "content_items_per_month": 90,
    "monthly_ad_spend_cny": 400_000,
}
MONTHS = 12
PLAN, BOLD = "2027 年全域编制与预算", "社群翻倍的方案"
USUAL, FAST = Decimal("1"), Decimal("6")  # percent a month


def seed_headcount() -> None:
    """Enter the drivers, make and approve the plan, and leave the bolder one a draft."""
    today = current_day()
    tree = unit_tree(as_of=today)
    posts = posts_held(as_of=today)
    for unit, found in unit_drivers(UNITS, tree=tree, posts=posts, as_of=today).items():
        unknown = {driver for driver, value in found.counting.items() if value.value is None}
        said = {**{driver: value for driver, value in FALLBACK.items() if driver in unknown}, **ENTERED[unit]}
        for driver, value in said.items():
            body = {"driver": driver, "unit": unit, "value": value}
            enter_driver(body, tree=tree, actor_id=None, today=today)
    spec = proposed(UNITS, start=date(today.year + 1, 1, 1), months=MONTHS, tree=tree, as_of=today)
    plan = make_plan(PLAN, document=plan_json(spec), tree=tree, actor_id=None)
    keep_plan(plan.pk, document=grown(plan.pk, USUAL), tree=tree, actor_id=None, note="社群每月增长 1 %")
    set_status(plan.pk, status=PlanStatus.APPROVED, actor_id=None, note="董事会 11 月会议")
    bold = copy_plan(plan.pk, name=BOLD, tree=tree, actor_id=None)
    keep_plan(bold.pk, document=grown(bold.pk, FAST), tree=tree, actor_id=None, note="社群每月增长 6 %")


def grown(plan: int, percent: Decimal) -> dict[str, object]:
    """Return the plan with its groups growing by so many percent a month."""
    spec = plan_view(plan).spec
    sections = tuple(
        replace(
            section,
            drivers={**section.drivers, "wecom_groups": Line(section.drivers["wecom_groups"].base, percent)},
        )
        for section in spec.sections
    )
    return plan_json(replace(spec, sections=sections))
