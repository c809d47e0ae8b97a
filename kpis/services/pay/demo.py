"""What the demo retailer pays: plans approved or waiting for it, a month that is paid, one locked, one estimated.

Written through the services of the pages, by the people who would: HR makes, the owner approves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kpis.choices import PayRunState
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from kpis.models import PayPlan, PayRun
from kpis.queries.values import months_with_data
from kpis.services.pay.demo_conflicts import seed_conflicts
from kpis.services.pay.demo_disputes import seed_disputes
from kpis.services.pay.demo_guides import seed_budget_asks, seed_tasks
from kpis.services.pay.plans import approve_plan, save_plan, submit_plan
from kpis.services.pay.runs import approve_run, calculate_run, lock_run, open_run, pay_run, request_calculation
from omnichannel.core.periods import Period
from omnichannel.jobs.services.dispatching import holding_back
from omnichannel.jobs.services.running import running
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.org_chart import unit_tree

PILOT, GUIDES = "BU2", "guide-composite"
# Ready plans that pay, and for which unit: the guides' example of `domain.md` 14, the pilot's start, two desks' cards.
PAYING = ((GUIDES, ""), ("launch-contacts", PILOT), ("scorecard", ""))
# The example's prices are for guides who sell ten times as much; two of its parts become ladders, to be climbed.
RULES: Mapping[str, Mapping[str, Any]] = {
    "store": {"kind": "rate", "base": "store_sales", "price": "0.04"},
    "mall": {
        "kind": "tiers",
        "base": "mall_sales",
        "mode": "band",
        "scale": "quantity",
        "steps": [
            {"start": "0", "price": "0.06"},
            {"start": "2000", "price": "0.08"},
            {"start": "4000", "price": "0.1"},
        ],
    },
    "contacts": {
        "kind": "tiers",
        "base": "valid_contacts",
        "mode": "whole",
        "scale": "quantity",
        "steps": [{"start": "0", "price": "10"}, {"start": "3", "price": "12"}, {"start": "6", "price": "15"}],
    },
}
WAITING, DRAFTED = "growth-manager", "live-host"
# How far each of the newest months with data is on its way, earliest first.
MONTHS = (PayRunState.PAID, PayRunState.LOCKED, PayRunState.CALCULATED)


@dataclass(frozen=True, slots=True)
class People:
    """Who works on pay in the demo, by user id."""

    hr: int
    owner: int


def seed_pay() -> None:
    """Fill the workspace in scope; nothing where there are plans already or nobody could approve."""
    found = Membership.objects.filter(
        workspace_id=current_workspace_id(), role__in=[MemberRole.HR_LEAD, MemberRole.OWNER]
    )
    users = dict(found.values_list("role", "user_id"))
    months = months_with_data(limit=len(MONTHS))
    if PayPlan.objects.exists() or len(users) < 2 or not months:
        return
    people = People(hr=users[MemberRole.HR_LEAD], owner=users[MemberRole.OWNER])
    for seed in SEEDS:
        seed(people, months)


def _seed_plans(people: People, months: list[Period]) -> None:
    begin, tree = months[0].start.replace(month=1, day=1), unit_tree(as_of=months[0].last_day)
    for name, unit in PAYING:
        if not unit or unit in tree:
            _ask(name, unit=unit, on=begin, actor_id=people.hr)
            approve_plan(name, actor_id=people.owner)
    _ask(WAITING, unit="", on=months[-1].end, actor_id=people.hr)
    save_plan(plan_node(load_templates()[DRAFTED]), actor_id=people.hr)


def _ask(name: str, *, unit: str, on: date, actor_id: int) -> None:
    node = plan_node(load_templates()[name])
    if name == GUIDES:
        node["components"] = [
            {**each, "rule": dict(RULES.get(each["id"], each["rule"]))} for each in node["components"]
        ]
    save_plan(node, unit=unit, actor_id=actor_id)
    submit_plan(name, effective_from=on, actor_id=actor_id)


def _seed_runs(people: People, months: list[Period]) -> None:
    for period, state in zip(months, MONTHS[-len(months) :], strict=True):
        run = calculated_run(period, actor_id=people.hr)
        if state in (PayRunState.LOCKED, PayRunState.PAID):
            approve_run(run.pk, seen=run.digest, actor_id=people.owner)
            lock_run(run.pk, seen=run.digest, actor_id=people.hr)
        if state == PayRunState.PAID:
            pay_run(run.pk, seen=run.digest, actor_id=people.hr)


def calculated_run(period: Period, *, actor_id: int) -> PayRun:
    """Open a month and calculate it in this process, as a worker would."""
    run = open_run(period, actor_id=actor_id)
    with holding_back():
        job = request_calculation(run.pk, actor_id=actor_id)
    with running(workspace_id=job.workspace_id, job_id=job.pk) as task:
        if task is not None:
            calculate_run(task, run_id=run.pk)
    return PayRun.objects.get(pk=run.pk)


def _seed_guides(people: People, months: list[Period]) -> None:
    seed_tasks(actor_id=people.hr)
    seed_budget_asks(months, asker_id=people.hr, decider_id=people.owner)


def _seed_disputes(people: People, months: list[Period]) -> None:
    seed_disputes(answerer_id=people.hr)


def _seed_conflicts(people: People, months: list[Period]) -> None:
    seed_conflicts(months[-1], actor_id=people.owner)


# In the order they are written.
SEEDS: tuple[Callable[[People, list[Period]], None], ...] = (
    _seed_plans,
    _seed_runs,
    _seed_guides,
    _seed_disputes,
    _seed_conflicts,
)
