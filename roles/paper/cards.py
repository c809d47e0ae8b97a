"""The card of a unit: its head and the rows of its team, measured before anything is placed. Nothing is cut short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from roles.paper.lettering import LEADING, drawable, width_of, wrapped, wrapped_parts
from roles.paper.marks import Box, Mark, Text, Tone
from roles.paper.specs import PaperPerson, PaperUnit, Words

PAD = 4.0
NAME, TEAM, NOTE = 8.5, 7.5, 6.5  # sizes in points
HANGING = 7.0
HEAD_MARK, VACANT_MARK = "● ", "○ "


@dataclass(frozen=True, slots=True)
class Letters:
    """A text inside a row, from the row's top left corner; `up` is the distance of its baseline from the top."""

    aside: float
    down: float
    text: str
    size: float
    tone: Tone = Tone.INK
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Some lines that stay together: the head of a card, or one person."""

    letters: tuple[Letters, ...]
    height: float

    def marks(self, x: float, y: float) -> Iterator[Mark]:
        """Yield the texts of the row with its corner at a place."""
        for one in self.letters:
            yield Text(x + one.aside, y + one.down, one.text, one.size, one.tone, bold=one.bold)


@dataclass(frozen=True)
class Card:
    """A unit's card of some width. `rows` is its team, or the part of it that stands here."""

    unit: PaperUnit
    width: float
    head: Row
    rows: tuple[Row, ...]

    @cached_property
    def height(self) -> float:
        """Return how tall the card is with all of its rows."""
        return self.head.height + 2 * PAD + rows_height(self.rows)

    @property
    def anchor(self) -> float:
        """Return how far below its top the line from the unit above ends."""
        return PAD + NAME * LEADING / 2


def rows_height(rows: Sequence[Row]) -> float:
    """Return the height of rows with the space around them; nothing for none."""
    return sum(row.height for row in rows) + (2 * PAD if rows else 0)


def card_of(unit: PaperUnit, *, width: float, words: Words, with_team: bool = True, more: str = "") -> Card:
    """Return the card of a unit. `more` is a last line of its head, such as where its team stands."""
    inner = width - 2 * PAD
    team = tuple(person_row(one, width=inner, words=words) for one in unit.team) if with_team else ()
    return Card(unit, width, head_row(unit, width=inner, words=words, more=more), team)


def head_row(unit: PaperUnit, *, width: float, words: Words, more: str = "") -> Row:
    """Return the head of a card: name, note, counts and marks."""
    said = [unit.note, _marked(unit, words), unit.counts, unit.hidden]
    lines = [(line, NAME, Tone.INK, True) for line in wrapped(unit.name, NAME, width=width)]
    lines += [(line, NOTE, Tone.MUTED, False) for text in said for line in wrapped_parts(text, NOTE, width=width)]
    lines += [(line, NOTE, Tone.ACCENT, False) for line in wrapped(more, NOTE, width=width)]
    return _stacked(lines)


def _marked(unit: PaperUnit, words: Words) -> str:
    marks = [words.leading if unit.is_leading else "", words.virtual if unit.is_virtual else ""]
    return " · ".join(filter(None, marks))


def _stacked(lines: Sequence[tuple[str, float, Tone, bool]]) -> Row:
    letters, down = [], 0.0
    for text, size, tone, bold in lines:
        letters.append(Letters(0, down + size, text, size, tone, bold))
        down += size * LEADING
    return Row(tuple(letters), down)


def person_row(person: PaperPerson, *, width: float, words: Words) -> Row:
    """Return one person's lines: the note beside the name where there is room for it, else below."""
    mark = VACANT_MARK if person.is_vacant else HEAD_MARK if person.is_head else ""
    tone = Tone.MUTED if person.is_vacant else Tone.INK
    note = " · ".join(filter(None, (words.vacant if person.is_vacant else "", person.note)))
    lines = wrapped(mark + person.name, TEAM, width=width)
    letters = [
        Letters(HANGING if place else 0, (place * LEADING + 1) * TEAM, line, TEAM, tone)
        for place, line in enumerate(lines)
    ]
    down = len(lines) * TEAM * LEADING
    aside = width_of(lines[-1], TEAM) + TEAM * 0.6 if lines else 0.0
    if len(lines) == 1 and aside + width_of(drawable(note), NOTE) <= width:
        letters.append(Letters(aside, TEAM, drawable(note), NOTE, Tone.MUTED))
        return Row(tuple(letters), down)
    for line in wrapped_parts(note, NOTE, width=width - HANGING):
        letters.append(Letters(HANGING, down + NOTE, line, NOTE, Tone.MUTED))
        down += NOTE * LEADING
    return Row(tuple(letters), down)


def card_marks(card: Card, *, x: float, y: float) -> Iterator[Mark]:
    """Yield the drawn card with its corner at a place."""
    unit, head = card.unit, card.head.height + 2 * PAD
    yield Box(x, y, card.width, card.height, Tone.PAPER, dashed=unit.is_virtual)
    yield Box(x, y, card.width, head, Tone.LEAD if unit.is_leading else Tone.FILL, dashed=unit.is_virtual)
    yield from card.head.marks(x + PAD, y + PAD)
    yield from rows_marks(card.rows, x=x + PAD, y=y + head + PAD)


def rows_marks(rows: Sequence[Row], *, x: float, y: float) -> Iterator[Mark]:
    """Yield rows one below the other."""
    for row in rows:
        yield from row.marks(x, y)
        y += row.height
