"""A card whose team stands in several columns side by side, for teams taller than a stack may grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from roles.paper.cards import PAD, Card, Row, rows_height, rows_marks
from roles.paper.marks import Box, Mark, Tone


@dataclass(frozen=True, slots=True)
class Wide:
    """A card with the columns of its team."""

    card: Card
    columns: tuple[tuple[Row, ...], ...]

    @property
    def width(self) -> float:
        """Return the width of all columns."""
        return self.card.width * max(len(self.columns), 1)

    @property
    def height(self) -> float:
        """Return the height with the tallest column."""
        return self.card.head.height + 2 * PAD + max(map(rows_height, self.columns), default=0)


def widened(card: Card, *, tallest: float) -> Wide:
    """Spread the team evenly over as few columns as keep it below a height."""
    count = max(1, ceil(rows_height(card.rows) / tallest))
    each = rows_height(card.rows) / count + 2 * PAD
    columns: list[list[Row]] = [[]]
    for row in card.rows:
        if columns[-1] and rows_height((*columns[-1], row)) > each and len(columns) < count:
            columns.append([])
        columns[-1].append(row)
    return Wide(card, tuple(tuple(column) for column in columns if column))


def wide_marks(wide: Wide, *, x: float, y: float) -> Iterator[Mark]:
    """Yield the drawn card with its corner at a place."""
    card = wide.card
    unit, head = card.unit, card.head.height + 2 * PAD
    yield Box(x, y, wide.width, wide.height, Tone.PAPER, dashed=unit.is_virtual)
    yield Box(x, y, wide.width, head, Tone.LEAD if unit.is_leading else Tone.FILL, dashed=unit.is_virtual)
    yield from card.head.marks(x + PAD, y + PAD)
    for number, rows in enumerate(wide.columns):
        yield from rows_marks(rows, x=x + PAD + number * card.width, y=y + head + PAD)
