"""A listing: the queries whose answers are the rows behind an operand, by row or grouped by the entity that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table. They have `_kind`, `_scope` (unless `everywhere`), all columns and, of a base, `_amount`.

    `order` sorts them, within their entity where there are entities. `everywhere`: evidence that no scope narrows; it
    has `_entity` only.
    """

    table: str
    rows: ir.Table
    order: tuple[str, ...]
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed. `entities` has one line per scope and entity: `_kind`, `_scope`, `_entity`, `_amount`, `_weight`.

    Without `entities` the first and only part is listed row by row. `per_row`: the amounts stand on the rows of the
    first part; else an entity's amount is put on its first row. `by_scale`: amounts are per `_scale` and count 100.
    `is_distinct`: rows are listed, their entities counted.
    `facts` are further columns of `entities` that its first row shows.
    """

    entities: ir.Table | None
    parts: tuple[Part, ...]
    per_row: bool = False
    by_scale: bool = False
    is_distinct: bool = False
    facts: tuple[str, ...] = ()
