"""The list of pay plans: where each stands, whom it pays, since when, who made and approved it, what comes next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.choices import PayPlanState
from kpis.incentives.texts import read_plan
from kpis.models import PayPlan
from kpis.queries.pay.plan_words import phase_name, role_names, said
from kpis.queries.pay.plans import newest_plans, plans_on
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree

PAYING = "paying"  # a filter: a revision pays, whatever the newest one is
STATE_ORDER = (
    PayPlanState.SUBMITTED,
    PayPlanState.REJECTED,
    PayPlanState.DRAFT,
    PayPlanState.APPROVED,
    PayPlanState.RETIRED,
)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan of the list. `since` is the first day of what holds on the day; `row` the newest revision."""

    row: PayPlan
    name: str
    roles: tuple[str, ...]
    role_keys: tuple[str, ...]
    unit: str
    phase: str
    since: date | None
    made_by: str
    approved_by: str
    next_step: str
    sentences: tuple[str, ...]

    @property
    def state(self) -> PayPlanState:
        """Where the newest revision stands."""
        return PayPlanState(self.row.state)

    @property
    def is_paying(self) -> bool:
        """True when a revision pays on the day, whatever the newest one is."""
        return self.since is not None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is narrowed to and ordered by."""

    text: str = ""
    state: str = ""
    role: str = ""
    sort: str = "name"


def plan_lines(asked: Asked, *, as_of: date) -> list[PlanLine]:
    """Return the plans that fit, in four queries whatever their number."""
    rows = newest_plans()
    holding = {each.row.key: each.row for each in plans_on(as_of)}
    people, today = _people(row.key for row in rows), current_day()
    units = {node.external_id: node.name for node in unit_tree(as_of=as_of)}
    lines = [_line(row, holding.get(row.key), people[row.key], units, today) for row in rows]
    found = [line for line in lines if _fits(line, asked)]
    key = asked.sort.removeprefix("-")
    return sorted(found, key=lambda line: (_order(line, key), line.row.key), reverse=asked.sort.startswith("-"))


def next_step(row: PayPlan, *, today: date) -> str:
    """Return what has to be done next with a plan whose newest revision this is."""
    day = row.effective_from
    if row.state == PayPlanState.DRAFT:
        return _("Submit it for approval")
    if row.state == PayPlanState.REJECTED:
        return _("Change it and submit it again")
    if row.state == PayPlanState.SUBMITTED:
        return _("Another person approves it or sends it back")
    if day is not None and row.state == PayPlanState.RETIRED:
        return _("Ends on %(day)s") % {"day": day} if day > today else _("Nothing: it has ended")
    if day is not None and day > today:
        return _("Begins to pay on %(day)s") % {"day": day}
    return _("Nothing: it pays")


def unit_name(row: PayPlan, units: dict[str, str]) -> str:
    """Return whom a plan holds for: a unit's name, its id where it is none on the day, or the whole company."""
    return units.get(row.unit_external_id, row.unit_external_id) or _("Whole company")


def _line(
    row: PayPlan, holding: PayPlan | None, people: dict[str, str], units: dict[str, str], today: date
) -> PlanLine:
    plan = read_plan(row.content)
    return PlanLine(
        row=row,
        name=plan.names.in_language(get_language()),
        roles=tuple(role_names(plan.roles)),
        role_keys=plan.roles,
        unit=unit_name(row, units),
        phase=phase_name(plan.phase),
        since=holding.effective_from if holding else None,
        made_by=people.get("made", ""),
        approved_by=people.get("approved", ""),
        next_step=next_step(row, today=today),
        sentences=tuple(said(plan)),
    )


def _people(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, by plan, who wrote the newest draft and who approved last."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    rows = PayPlan.objects.filter(key__in=list(keys), state__in=(PayPlanState.DRAFT, PayPlanState.APPROVED))
    rows = rows.order_by("key", "state", "-id").distinct("key", "state").select_related("created_by")
    for row in rows.defer("content"):
        place = "approved" if row.state == PayPlanState.APPROVED else "made"
        found[row.key][place] = str(row.created_by or "")
    return found


def _fits(line: PlanLine, asked: Asked) -> bool:
    text = asked.text.strip().casefold()
    words = (line.name, line.row.key, line.unit, *line.roles, *line.sentences)
    return (
        (not text or any(text in word.casefold() for word in words))
        and (not asked.state or asked.state == line.row.state or (asked.state == PAYING and line.is_paying))
        and (not asked.role or asked.role in line.role_keys)
    )


def _order(line: PlanLine, key: str) -> Any:
    orders: dict[str, Any] = {
        "state": STATE_ORDER.index(line.state),
        "unit": line.unit,
        "phase": line.phase,
        "since": line.since or date.max,
        "changed": line.row.created_at,
    }
    return orders.get(key, line.name)
