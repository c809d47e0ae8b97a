"""The rows behind a line, as they were known when the month was calculated, so that they add up to its base."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kpis.incentives.ledger_rows import BaseRows, Whose, rows_of_base
from kpis.incentives.specs import BaseLevel, BaseSpec
from kpis.incentives.templates import load_bases
from kpis.models import PayStatement
from kpis.queries.pay.facts import TABLES
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.queries.zones import current_day, local_day
from roles.queries.org_chart import unit_tree

ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class OpenedBase:
    """A page of rows, and what the statement counted. `difference`: rows that came while the month was calculated."""

    base: BaseSpec
    found: BaseRows
    counted: Decimal
    offset: int

    @property
    def difference(self) -> Decimal:
        """What the statement counted less what the rows sum to; 0 as a rule."""
        return self.counted - self.found.amount

    @property
    def is_daily(self) -> bool:
        """True for a store's base, which opens to days and not to colleagues' rows."""
        return self.base.level is BaseLevel.STORE


def opened_base(statement: PayStatement, base: str, *, offset: int = 0, limit: int = ALL) -> OpenedBase | None:
    """Return the rows of one base of a statement; None where it counts none of it or the tables are not loaded."""
    spec, counted = load_bases().get(base), statement.facts["quantities"].get(base)
    if spec is None or counted is None:
        return None
    run, period = statement.run, parse_period(statement.run.period)
    known_at = run.calculated_at
    units = unit_tree(as_of=period.last_day).subtree(statement.unit_external_id) or {statement.unit_external_id}
    relations = open_relations(as_of=period.last_day, known_at=known_at, only=TABLES)
    try:
        found = rows_of_base(
            relations,
            base,
            period,
            Whose(statement.person_external_id, frozenset(units)),
            as_of=local_day(known_at) if known_at else current_day(),
            offset=offset,
            limit=limit,
        )
    finally:
        relations.close()
    return None if found is None else OpenedBase(spec, found, Decimal(counted), offset)
