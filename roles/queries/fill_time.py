"""How the time of a unit is filled: by own staff, by seconded or by outsourced people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from roles.choices import FillMode
from roles.models import Employment
from roles.queries.org_chart import UnitTree

PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class FillTime:
    """FTE of who works in a unit and below it, in all and of it seconded and outsourced."""

    total: Decimal = Decimal(0)
    seconded: Decimal = Decimal(0)
    outsourced: Decimal = Decimal(0)

    @property
    def outsourced_share(self) -> Decimal | None:
        """Return the percent of all FTE that is outsourced, as question A11 reads it; None where nobody works."""
        return (self.outsourced / self.total * 100).quantize(PLACES) if self.total else None


def fill_times(units: Collection[str], *, tree: UnitTree) -> dict[str, FillTime]:
    """Return the time filled in each of the units with everything below it, in one query. `tree` is that of the day."""
    rows = Employment.objects.on(tree.as_of).values("unit__external_id", "fill_mode").annotate(fte_sum=Sum("fte"))
    own: dict[str, dict[str, Decimal]] = {}
    for unit, mode, fte in rows.values_list("unit__external_id", "fill_mode", "fte_sum"):
        own.setdefault(unit, {})[mode] = fte
    found = {}
    for unit in units:
        below = [own[each] for each in tree.walk(unit) if each in own]
        total, seconded, outsourced = (
            sum((fte for modes in below for mode, fte in modes.items() if wanted in (None, mode)), Decimal(0))
            for wanted in (None, FillMode.SECONDED, FillMode.OUTSOURCED)
        )
        found[unit] = FillTime(total, seconded, outsourced)
    return found
