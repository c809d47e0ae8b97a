"""A plan as files: a workbook that goes on computing, and CSV month by month."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.middleware import WorkspaceRequest
from talent.headcount.budgeting import COST_TYPES
from talent.queries.drivers import planned_roles
from talent.queries.headcount_workbook import Words, plan_workbook
from talent.reach import sees_role_costs
from talent.views.headcount_plans import asked_plan, the_tree
from talent.views.headcount_words import driver_names, plain, role_name, type_name, unit_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_COLUMNS = ("plan", "version", "unit_id", "kind", "key", "month", "driver_value", "fte", "amount_cny")


@require_GET
def plan_workbook_file(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the plan as a workbook with live formulas, its rates included."""
    plan, tree = asked_plan(request, pk), the_tree(request)
    language = get_language() or "zh-hans"
    words = Words(
        units={unit.unit: unit_name(unit.unit, tree) for unit in plan.result.units},
        roles={role: role_name(role) for role in {*plan.spec.norms, *planned_roles()}},
        drivers={key: names.in_language(language) for key, names in driver_names().items()},
        kinds={kind: type_name(kind) for kind in COST_TYPES},
    )
    answer = HttpResponse(plan_workbook(plan.result, name=plan.name, words=words, language=language), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="headcount-plan-{pk}-v{plan.version.number}.xlsx"'
    return answer


@require_GET
def plan_file(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the plan month by month as CSV: posts and cost of roles, and amounts of cost types."""
    plan = asked_plan(request, pk)
    sees = sees_role_costs(request.access, plan)
    months = [str(month) for month in plan.spec.periods]
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    head = (plan.name, plan.version.number)
    for unit in plan.result.units:
        for line in unit.roles:
            for index, month in enumerate(months):
                cells = (line.drivers[index], line.fte[index], line.cost[index] if sees else None)
                rows.append((*head, unit.unit, "role", line.role, month, *map(plain, cells)))
        for kind, amounts in unit.amounts.items():
            rows += [
                (*head, unit.unit, "cost_type", kind, month, "", "", plain(amount))
                for month, amount in zip(months, amounts, strict=True)
            ]
    return csv_answer(csv_text(rows), filename=f"headcount-plan-{pk}-v{plan.version.number}.csv")
