"""Simulations: asked for by HR, worked out in the background on closed months, kept as a row. They pay nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.choices import SimulatedAgainst
from kpis.errors import SimulationInvalid
from kpis.incentives.calculating import calculate
from kpis.incentives.edges import edges
from kpis.incentives.simulating import Change, Place, Side, changes, comparison
from kpis.incentives.specs import ZERO
from kpis.incentives.templates import load_bases
from kpis.models import PayAdjustment, PayRun, PaySimulation, PaySimulationPerson
from kpis.queries.pay.facts import Ground, paid_on, read_ground
from kpis.queries.pay.plans import PlanOn, plans_on
from kpis.queries.pay.simulating import (
    MOST_MONTHS,
    closed_months,
    digest_of,
    input_marks,
    proposal_of,
    read_proposal,
    with_proposal,
)
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobStep
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.jobs.services.running import Run
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.people import labour_cost

MOST_PROPOSALS = 5
BATCH = 2000


@transaction.atomic
def request_simulation(
    refs: Sequence[str],
    *,
    months: int = MOST_MONTHS,
    against: SimulatedAgainst = SimulatedAgainst.HOLDING,
    actor_id: int | None,
    origin: JobOrigin = JobOrigin.WEB,
) -> PaySimulation:
    """Queue a comparison of one to five plans with what holds. SimulationInvalid names what is wrong by field."""
    chosen = list(dict.fromkeys(refs))
    found = [proposal_of(ref) for ref in chosen]
    faults = {}
    if not chosen:
        faults["plans"] = _("Choose at least one plan to try.")
    elif len(chosen) > MOST_PROPOSALS:
        faults["plans"] = _("At most five plans stand beside each other.")
    elif None in found:
        faults["plans"] = _("One of these plans is not there any more. Choose again.")
    if not 1 <= months <= MOST_MONTHS:
        faults["months"] = _("Choose 1 to 12 months.")
    elif not (periods := closed_months(current_day(), most=months)):
        faults["months"] = _("No month with rows is over yet.")
    if faults:
        raise SimulationInvalid(faults)
    simulation = PaySimulation.objects.create(
        first=str(periods[0]),
        last=str(periods[-1]),
        against=against,
        proposals=[each.to_json() for each in found if each is not None],
        created_by_id=actor_id,
    )
    job = create_job(JobKind.SIMULATE_PAY, params={"simulation": simulation.pk}, actor_id=actor_id, origin=origin)
    simulation.job = job
    simulation.save(update_fields=["job"])
    wake(job)
    return simulation


def simulate(task: Run, *, simulation_id: int) -> None:
    """Work a simulation out, month by month, each month's rows read once for all plans; write all of it at once."""
    simulation = PaySimulation.objects.filter(pk=simulation_id).first()
    if simulation is None:
        task.finish(lambda: {"state": "removed"})
        return
    today = current_day()
    periods = _periods(simulation, today=today)
    marks = input_marks([str(period) for period in periods])
    standing = plans_on(today)
    proposals = [read_proposal(node) for node in simulation.proposals]
    now, sides, labour = Side(), [Side() for _each in proposals], []
    for done, period in enumerate(periods):
        task.progress(JobStep.COMPUTING, done=done, total=len(periods))
        ground = read_ground(period, as_of=today)
        holding = standing if simulation.against == SimulatedAgainst.HOLDING else plans_on(period.last_day)
        if simulation.against == SimulatedAgainst.HOLDING or not _add_paid(now, period):
            _add(now, ground, holding)
        for side, proposal in zip(sides, proposals, strict=True):
            _add(side, ground, with_proposal(holding, proposal))
        people = set().union(*(side.heads[str(period)] for side in (now, *sides)))
        labour.append(labour_cost(people, on=period.last_day))
    told = [changes(now, side) for side in sides]
    months = [str(period) for period in periods]
    compared = [comparison(now, side, people, months=months) for side, people in zip(sides, told, strict=True)]
    result = {
        "labour": [
            {"period": month, "cost": str(cost), "unknown": unknown}
            for month, (cost, unknown) in zip(months, labour, strict=True)
        ],
        "paid": _paid_runs(months),
        "proposals": compared,
    }
    task.progress(JobStep.WRITING, done=len(periods), total=len(periods))
    task.finish(lambda: _write(simulation_id, result=result, marks=marks, told=told))


@transaction.atomic
def remove_simulation(simulation_id: int) -> None:
    """Delete a simulation with all that it tells of people; the plans are untouched."""
    PaySimulation.objects.filter(pk=simulation_id).delete()


def _periods(simulation: PaySimulation, *, today: date) -> list[Period]:
    first, last = parse_period(simulation.first), parse_period(simulation.last)
    return [each for each in closed_months(today) if first.start <= each.start <= last.start]


def _add(side: Side, ground: Ground, plans: Sequence[PlanOn]) -> None:
    month, bases = str(ground.period), load_bases()
    for each in paid_on(ground, plans):
        place = Place(each.holding.unit_external_id, each.holding.role_key)
        side.add(month, place, calculate(each.on.plan, each.facts))
        side.stand_near(edges(each.on.plan, each.facts, bases))


def _add_paid(side: Side, period: Period) -> bool:
    """Add what a closed month paid, with what was corrected of it since; False while the month is not closed."""
    run = PayRun.objects.filter(period=str(period), locked_at__isnull=False).first()
    if run is None:
        return False
    corrected = _corrections(run)
    for statement in run.statements.prefetch_related("lines").order_by("pk"):
        lines = list(statement.lines.all())
        late = {line.component: corrected.get(line.pk, ZERO) for line in lines}
        place = Place(statement.unit_external_id, statement.role_key)
        amount = statement.amount + sum(late.values(), ZERO)
        earned = side.pay(str(period), statement.person_external_id, place, amount)
        for line in lines:
            side.part(earned, line.component, line.workings["names"], (line.amount or ZERO) + late[line.component])
    return True


def _corrections(run: PayRun) -> Mapping[int, Decimal]:
    found: dict[int, Decimal] = {}
    for line, amount in PayAdjustment.objects.filter(line__statement__run=run).values_list("line_id", "amount"):
        found[line] = found.get(line, ZERO) + amount
    return found


def _paid_runs(months: Sequence[str]) -> dict[str, str]:
    """Return what each closed month paid, without its corrections."""
    runs = PayRun.objects.filter(period__in=months, locked_at__isnull=False).order_by("period")
    return {run.period: str(run.total) for run in runs}


def _write(
    simulation_id: int, *, result: dict[str, Any], marks: dict[str, str], told: Iterable[Sequence[Change]]
) -> dict[str, Any]:
    simulation = PaySimulation.objects.select_for_update().filter(pk=simulation_id).first()
    if simulation is None:
        return {"state": "removed"}
    simulation.people.all().delete()
    PaySimulationPerson.objects.bulk_create(
        [
            PaySimulationPerson(
                workspace_id=simulation.workspace_id,
                simulation=simulation,
                proposal=proposal,
                person_external_id=each.person,
                unit_external_id=each.unit,
                role_key=each.role,
                before=each.before,
                after=each.after,
                change=each.change,
                causes=[[component, str(delta)] for component, delta in each.causes],
            )
            for proposal, people in enumerate(told)
            for each in people
        ],
        batch_size=BATCH,
    )
    simulation.result, simulation.marks, simulation.finished_at = result, marks, timezone.now()
    asked = [simulation.first, simulation.last, simulation.against, simulation.proposals]
    simulation.digest = digest_of(asked, marks)
    simulation.save()
    return {"simulation": simulation.pk, "people": simulation.people.count()}
