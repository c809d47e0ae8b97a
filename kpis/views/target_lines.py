"""The lines of the targets' grid as the template draws them: rows with inputs, and sums of what is below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from kpis.choices import TargetOrigin
from kpis.queries.target_grid import Cell, Grid, GridRow
from kpis.views.target_forms import PREFIX, shown
from omnichannel.core.numerals import MINUS

Line = dict[str, Any]


class GridLines:
    """Draws a grid. `typed` are texts by cell that were refused, `faults` why, by cell."""

    def __init__(
        self,
        query: QueryDict,
        grid: Grid,
        *,
        typed: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> None:
        self.query, self.grid = query, grid
        self.typed, self.faults = typed or {}, faults or {}
        self.parents = {row.parent for row in grid.rows}

    def all(self) -> list[Line]:
        """Return every line, sums below the row that they are of."""
        return list(self._lines(self.grid.rows))

    def under(self, key: str) -> list[Line]:
        """Return the lines below one row, with what is open below those."""
        inside, found = {key}, []
        for row in self.grid.rows:
            if row.parent in inside:
                inside.add(row.key)
                found.append(row)
        return list(self._lines(found))

    def sums(self, row: GridRow) -> list[Line]:
        """Return the line that adds up what is below a row; none where it cannot be added."""
        cells = (row.year, *row.cells)
        if not self.grid.adds.units or (not row.below and all(cell.below is None for cell in cells)):
            return []
        return [{"sum_of": row, "sums": [self._sum(cell, is_year=cell is row.year) for cell in cells]}]

    def _lines(self, rows: Any) -> Iterator[Line]:
        for row in rows:
            yield self._row(row)
            if row.key in self.parents:
                yield from self.sums(row)

    def _row(self, row: GridRow) -> Line:
        return {
            "row": row,
            "toggle_url": self._link("open", row.scope.id, remove=row.is_open),
            "rows_url": self._rows_url(row.key),
            "all_url": self._link("all", row.parent),
            "total": shown(row.total),
            "rest": signed(row.rest),
            "cells": [self._cell(row, cell) for cell in (row.year, *row.cells)],
        }

    def _cell(self, row: GridRow, cell: Cell) -> Line:
        name = f"{PREFIX}{row.key}|{cell.period}"
        return {
            "cell": cell,
            "name": name,
            "stored": shown(cell.value),
            "text": self.typed.get(name, shown(cell.value)),
            "fault": self.faults.get(name, ""),
            "is_year": cell is row.year,
            "origin": str(TargetOrigin(cell.origin).label) if cell.origin else "",
        }

    def _sum(self, cell: Cell, *, is_year: bool) -> Line:
        return {"cell": cell, "below": shown(cell.below), "gap": signed(cell.gap), "is_year": is_year}

    def _link(self, name: str, value: str, *, remove: bool = False) -> str:
        query = self.query.copy()
        query.pop("rows", None)
        kept = [each for each in query.getlist(name) if each != value]
        query.setlist(name, kept if remove else [*kept, value])
        return f"?{query.urlencode()}"

    def _rows_url(self, key: str) -> str:
        query = self.query.copy()
        query["rows"] = key
        return f"?{query.urlencode()}"


def signed(value: Decimal | None) -> str:
    """Write a difference with its sign; nothing for none and for zero."""
    if not value:
        return ""
    return f"{MINUS if value < 0 else '+'}{shown(abs(value))}"
