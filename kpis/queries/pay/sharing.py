"""The facts of stored statements, with those who share the pools of their store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import QuerySet

from kpis.incentives.documents import ALONE, Node, Sharing, read_facts, sharing_of
from kpis.incentives.specs import Facts, Plan, Pool, Split
from kpis.models import PayRun, PayStatement

Place = tuple[str, str]  # plan and unit


def facts_of(statement: PayStatement, plan: Plan) -> Facts:
    """Return what a statement was worked out from. One more query where its plan shares a pool."""
    shares = any(isinstance(each.rule, Pool | Split) for each in plan.components)
    return read_facts(statement.facts, sharing_with(statement) if shares else ALONE)


def sharing_with(statement: PayStatement) -> Sharing:
    """Return who shares the pools of a statement's store: everybody whom its plan pays there."""
    rows = PayStatement.objects.filter(
        run=statement.run_id, plan_key=statement.plan_key, unit_external_id=statement.unit_external_id
    )
    return _by_place(rows).get((statement.plan_key, statement.unit_external_id), ALONE)


def sharings(run: PayRun) -> Mapping[Place, Sharing]:
    """Return who shares which pools in a run, by plan and unit."""
    return _by_place(PayStatement.objects.filter(run=run))


def _by_place(statements: QuerySet[PayStatement]) -> dict[Place, Sharing]:
    rows = statements.order_by("person_external_id").values_list(
        "plan_key", "unit_external_id", "person_external_id", "role_key", "facts__attendance"
    )
    found: dict[Place, list[tuple[str, str, Node]]] = defaultdict(list)
    for plan, unit, person, role, attendance in rows:
        found[plan, unit].append((person, role, attendance))
    return {place: sharing_of(those) for place, those in found.items()}
