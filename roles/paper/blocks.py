"""A branch small enough for one column: cards below each other, each indented under the unit it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from roles.paper.cards import Card, card_marks, card_of
from roles.paper.marks import Mark, Wire
from roles.paper.specs import PaperChart, Words

INDENT, GAP, STEM = 12.0, 6.0, 6.0
NARROWEST = 96.0


@dataclass(frozen=True)
class Block:
    """Cards with how deep each stands below the first, in the order of the tree."""

    cards: tuple[tuple[Card, int], ...]

    @cached_property
    def height(self) -> float:
        """Return how tall the cards are with the gaps between them."""
        return sum(card.height for card, _depth in self.cards) + GAP * (len(self.cards) - 1)

    def placed(self, x: float, y: float) -> Iterator[tuple[Card, float, float]]:
        """Yield each card with its place."""
        for card, depth in self.cards:
            yield card, x + depth * INDENT, y
            y += card.height + GAP

    def marks(self, x: float, y: float) -> Iterator[Mark]:
        """Yield the lines from each card to those below it, then the cards."""
        places = list(self.placed(x, y))
        above: list[tuple[float, float]] = []
        for (card, left, top), (_card, depth) in zip(places, self.cards, strict=True):
            del above[depth:]
            if above:
                stem, start = above[-1]
                yield Wire(((stem, start), (stem, top + card.anchor), (left, top + card.anchor)))
            above.append((left + STEM, top + card.height))
        for card, left, top in places:
            yield from card_marks(card, x=left, y=top)


def block_of(chart: PaperChart, unit: str, *, width: float, tallest: float, words: Words) -> Block | None:
    """Return the branch as a block, or None when it is taller than a column or too deep for its width."""
    cards: list[tuple[Card, int]] = []
    height, waiting = 0.0, [(unit, 0)]
    while waiting:
        key, depth = waiting.pop()
        if width - depth * INDENT < NARROWEST:
            return None
        card = card_of(chart.units[key], width=width - depth * INDENT, words=words)
        height += card.height + (GAP if cards else 0)
        if height > tallest:
            return None
        cards.append((card, depth))
        waiting += [(child, depth + 1) for child in reversed(chart.units[key].children)]
    return Block(tuple(cards))
