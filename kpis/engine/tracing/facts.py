"""What must be known to say which figures one row fed: the row, its customer's and its order's other rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import ibis

from kpis.engine.specs import TableSpec
from kpis.engine.tracing.shapes import Cells, Key

if TYPE_CHECKING:
    from kpis.engine.relations import Relations


class Facts(Protocol):
    """Rows by what they share with the row asked about. Tables never loaded have none."""

    def has(self, table: str) -> bool:
        """Tell whether the table was ever loaded."""
        ...

    def where(self, table: str, column: str, value: object) -> Sequence[Cells]:
        """Return the rows whose column has the value."""
        ...

    def row(self, table: TableSpec, key: Key) -> Cells | None:
        """Return the row of a key."""
        ...

    def whole(self, table: str) -> Iterable[Cells]:
        """Return all rows of a table."""
        ...


class StoredFacts:
    """Facts out of opened tables."""

    def __init__(self, relations: Relations) -> None:
        self._relations = relations
        self._found: dict[tuple[str, str, object], Sequence[Cells]] = {}

    def has(self, table: str) -> bool:
        """Tell whether the table was ever loaded."""
        return self._relations.table(table) is not None

    def where(self, table: str, column: str, value: object) -> Sequence[Cells]:
        """Return the rows whose column has the value; asked once."""
        rows = self._relations.table(table)
        if rows is None:
            return ()
        place = table, column, value
        if place not in self._found:
            self._found[place] = self._relations.rows(rows.filter(rows[column] == value))
        return self._found[place]

    def row(self, table: TableSpec, key: Key) -> Cells | None:
        """Return the row of a key; null parts are equal."""
        rows = self._relations.table(table.id)
        if rows is None:
            return None
        tests = [
            rows[name].isnull() if part is None else rows[name] == part
            for name, part in zip(table.key, key, strict=True)
        ]
        found = self._relations.rows(rows.filter(ibis.and_(*tests)).limit(1))
        return found[0] if found else None

    def whole(self, table: str) -> Iterable[Cells]:
        """Return all rows of a table."""
        rows = self._relations.table(table)
        return [] if rows is None else self._relations.rows(rows)
