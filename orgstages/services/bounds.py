"""Whether a unit may be written about on a day."""

from __future__ import annotations

from datetime import date

from omnichannel.core.errors import DomainError
from orgstages.errors import UnitNotThere
from orgstages.queries.diagnosis import in_bounds, tree_with
from roles.queries.org_chart import unit_tree


def day_faults(unit: str, *, day: date, today: date, within: str | None) -> list[DomainError]:
    """Return that the unit is not in the writer's bounds on the day, where it is today.

    UnknownDiagnosisUnit for one that is not there today either.
    """
    if in_bounds(unit, tree=unit_tree(as_of=day), within=within):
        return []
    tree_with(unit, as_of=today, within=within)
    return [UnitNotThere(day)]
