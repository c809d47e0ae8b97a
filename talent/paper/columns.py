"""How wide the columns of a table are: no word is cut while there is room, the rest is shared by length of text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from talent.paper.blocks import Inline, Table, text_of

PLACES, PADDING = 84, 3  # places of a line; a Chinese character takes two
MOST, LONGEST_WORD, CHINESE_WORD = 44, 20, 8
WORD = re.compile(r"[^\s\u2e80-\uffff]+")


def column_widths(block: Table, width: float) -> tuple[float, ...]:
    """Share a width out over the columns."""
    cells = [[row[place] for row in (block.head, *block.rows)] for place in range(len(block.head))]
    least = [PADDING + max(_word(cell) for cell in column) for column in cells]
    wanted = [PADDING + max(min(MOST, _length(text_of(cell))) for cell in column) for column in cells]
    return tuple(
        width * each / PLACES for each in _shared(least, [max(pair) for pair in zip(least, wanted, strict=True)])
    )


def _shared(least: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """Give each its least, and the room that is left by how much more each wants; without such room in proportion."""
    room, more = PLACES - sum(least), sum(wanted) - sum(least)
    if room <= 0 or not more:
        return [PLACES * each / sum(least) for each in least]
    return [low + room * (high - low) / more for low, high in zip(least, wanted, strict=True)]


def _word(runs: Inline) -> int:
    """Return the places of the longest part that should stay in one line."""
    text = text_of(runs)
    latin = max((min(LONGEST_WORD, len(found) + 1) for found in WORD.findall(text)), default=1)
    return max(latin, min(CHINESE_WORD, _length(text)))


def _length(text: str) -> int:
    return sum(1 if ord(one) < 0x2E80 else 2 for one in text)
