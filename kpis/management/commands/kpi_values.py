"""`kpi_values`: every KPI of a workspace for one period, with its operands or the reason why there is none."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.engine.explain import shown
from kpis.engine.specs import Value
from kpis.queries.definitions import every_kpi
from kpis.services.values import figures_at
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.queries.org_chart import unit_tree


class Command(BaseCommand):
    """Print the figures of the company or of one unit."""

    help = "Print each KPI's value, numerator, denominator and rows used, or why there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workspace, the period, the unit and the form."""
        parser.add_argument("workspace", help="slug of the workspace")
        parser.add_argument("--period", required=True, help="2024-11, 2024-Q4, 2024-W48 or 2024")
        parser.add_argument("--unit", default="", help="external id of a unit; the company when left out")
        parser.add_argument("--known-at", default="", help="a moment such as 2024-11-30T18:00: what was loaded by then")
        parser.add_argument("--json", action="store_true", help="a list of objects instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find, or compute, and print."""
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        try:
            period = parse_period(options["period"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        with workspace_scope(workspace.pk):
            values = _values(period, options["unit"], known_at=_moment(options["known_at"], zone=workspace.timezone))
            told = as_json(values) if options["json"] else as_table(values)
        self.stdout.write(told)


def _moment(text: str, *, zone: str) -> datetime | None:
    """Read a moment; without an offset it is in the workspace's time zone."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no moment: write 2024-11-30T18:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _values(period: Period, unit: str, *, known_at: datetime | None) -> list[Value]:
    if unit and unit not in unit_tree(as_of=period.last_day):
        raise CommandError(f"There is no unit {unit!r} on {period.last_day}.")
    return figures_at(period, unit=unit, known_at=known_at)


def as_json(values: list[Value]) -> str:
    """Write the figures as JSON; numbers keep every digit they have, which a float would not."""
    return "[\n" + ",\n".join(f"  {_object(value)}" for value in values) + "\n]"


def _object(value: Value) -> str:
    fields = {
        "kpi": json.dumps(value.kpi),
        "value": _number(value.value),
        "numerator": _number(value.numerator),
        "denominator": _number(value.denominator),
        "rows": str(value.rows),
        "reason": json.dumps(value.reason.value if value.reason else None),
    }
    return "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"


def _number(number: Decimal | None) -> str:
    return "null" if number is None else shown(number)


def as_table(values: list[Value]) -> str:
    """Write the figures as aligned lines for a terminal."""
    units = every_kpi()
    lines = [f"{'KPI':32} {'value':>20} {'unit':12} {'numerator':>20} {'denominator':>20} {'rows':>9}  reason"]
    for value in values:
        numbers = ["-" if n is None else shown(n) for n in (value.value, value.numerator, value.denominator)]
        reason = f"{value.reason.value} {value.detail}".strip() if value.reason else ""
        line = (
            f"{value.kpi:32} {numbers[0]:>20} {units[value.kpi].unit:12} {numbers[1]:>20} {numbers[2]:>20} "
            f"{value.rows:>9}  {reason}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines)
