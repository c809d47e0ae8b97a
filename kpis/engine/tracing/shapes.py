"""What tracing gives back: a value with its operands, the rows that add up to each, and the figures a row fed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from kpis.engine.grammar import MeasureRef
    from kpis.engine.relations import Relations
    from kpis.engine.scoping import UnitTree
    from kpis.engine.specs import Library, NoData, Params, Scope
    from kpis.engine.windows import Span
    from omnichannel.core.periods import Period

Key = tuple[object, ...]
# what a row holds, each cell of the type its column has in the definition of the table
Cells = Mapping[str, Any]


class Counted(StrEnum):
    """What a row does in its operand."""

    AMOUNT = "amount"  # adds its amount (and weight)
    EMPTY = "empty"  # is counted but the column is empty: adds nothing
    ONE = "one"  # counts 1
    FIRST = "first"  # first row of its entity (customer, contact ...): counts 1 for it
    AGAIN = "again"  # a further row of an entity already counted
    RANKED = "ranked"  # of an entity that was looked at or ranked with the others, and not counted
    EVIDENCE = "evidence"  # of another table: decided that its entity counts


@dataclass(frozen=True, slots=True)
class TraceWorld:
    """What a trace reads. `relations` must have been opened with `provenance=True`; `units` are those of the period."""

    library: Library
    relations: Relations
    units: UnitTree
    params: Params | None = None

    @property
    def used(self) -> Params:
        """Return the parameters that count."""
        return self.params or self.library.params


@dataclass(frozen=True, slots=True)
class TracedRow:
    """One stored row behind an operand. `seq`, `sheet`, `line`: the upload that brought it (None: kept in PostgreSQL).

    `amount` and `weight` are what it adds: summed over all rows they give the operand (amount / weight for an
    average). `entity` names what is counted where rows are counted together: a customer, contact, order or employee.
    `cells` are all canonical columns, `at` the time the measure reads or the row's own. `facts`, on an entity's
    first row: what it was ranked by (RFM: recency, frequency, money, r, f, m, tier).
    """

    table: str
    key: Key
    seq: int | None
    sheet: str
    line: int | None
    cells: Cells
    counted_as: Counted
    amount: Fraction | None = None
    weight: Fraction | None = None
    entity: str = ""
    at: object = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some of the rows behind an operand, in an order that never changes while the data do not.

    `total` counts what is paged: rows, or entities where `by_entity` (then a page holds whole entities with all their
    rows). `next` is the `after` of the next page, None on the last. `tables` are those whose rows are listed.
    """

    ref: MeasureRef
    scope: Scope
    rows: tuple[TracedRow, ...]
    total: int
    next: int | None
    by_entity: bool
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperandTrace:
    """One operand as its rows add up: `amount` (over `weight`), the exact `value`, or the `reason` why there is none.

    `listed` counts what `operand_rows` pages (rows or, `by_entity`, entities: customers, contacts, orders). `entity` is
    the column that names them. `column` is what the amounts are read from ("" where rows are counted). `span` are the
    dates of its window. `note` is `capped` for a lifetime at its cap.
    """

    ref: MeasureRef
    tables: tuple[str, ...]
    span: Span
    form: str
    listed: int
    by_entity: bool
    entity: str
    column: str
    amount: Fraction | None
    weight: Fraction | None
    value: Fraction | None
    reason: NoData | None = None
    detail: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A value taken apart. `value` is put together again from the operands, rounded in the engine's one place."""

    kpi: str
    period: Period
    scope: Scope
    value: Decimal | None
    operands: tuple[OperandTrace, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fed:
    """A figure that a row fed, and by which operand of its formula."""

    kpi: str
    period: Period
    scope: Scope
    ref: MeasureRef


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who belonged where on a period's last day: units with their ancestors (each its own), and everyone's unit."""

    ancestors: Mapping[str, tuple[str, ...]]
    unit_of: Mapping[str, str] = field(default_factory=dict)
    has_employees: bool = True
    day: date | None = None
