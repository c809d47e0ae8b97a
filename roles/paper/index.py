"""The alphabetical index: whom and what to find on which page, Chinese by pinyin, in columns under their initials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from roles.paper.frame import BOTTOM, MARGIN, TOP
from roles.paper.lettering import LEADING, drawable, width_of, wrapped
from roles.paper.marks import Link, Mark, Text, Tone, Wire

SIZE, LETTER, HEADING = 7.0, 10.0, 12.0
GAP, ASIDE = 14.0, 6.0
WIDTH = 186.0  # of a column, about


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to find. `sort` is what it is ordered by; `place` is what is written, `page` where it leads."""

    sort: str
    name: str
    note: str
    place: str
    page: int

    @property
    def letter(self) -> str:
        """Return the heading it stands under."""
        first = self.sort[:1].upper()
        return first if "A" <= first <= "Z" else "#"


Letters = tuple[float, float, str, Tone]  # from the left, from the top, what, in which colour


@dataclass(frozen=True, slots=True)
class _Head:
    """A heading, or a letter with a line below it."""

    mark: Text
    height: float
    rule: Wire | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """An entry that has been measured."""

    letters: tuple[Letters, ...]
    height: float
    entry: Entry


_Line = _Head | _Found


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page of the index: its lines with their places. It is drawn only when it is looked at."""

    title: str
    column: float
    placed: list[tuple[_Line, float, float]] = field(default_factory=list)

    def marks(self) -> list[Mark]:
        """Draw the page."""
        found: list[Mark] = [Text(MARGIN, TOP + HEADING, drawable(self.title), HEADING, bold=True)]
        for line, x, y in self.placed:
            found += _drawn(line, x, y, width=self.column)
        return found


def index_pages(
    sections: Sequence[tuple[str, Sequence[Entry]]], *, width: float, height: float, title: str
) -> list[IndexPage]:
    """Return the pages of the index; sections follow each other."""
    count = max(1, round((width - 2 * MARGIN + GAP) / (WIDTH + GAP)))
    column = (width - 2 * MARGIN - GAP * (count - 1)) / count
    lines = [line for heading, entries in sections if entries for line in _lines(heading, entries, width=column)]
    top, bottom = TOP + HEADING * LEADING + 4, height - BOTTOM
    pages: list[IndexPage] = []
    place, y = count, top
    for position, line in enumerate(lines):
        needed = line.height + (lines[position + 1].height if isinstance(line, _Head) else 0)
        if place == count or y + needed > bottom:
            place, y = place + 1, top
            if place >= count:
                pages.append(IndexPage(title, column))
                place = 0
        pages[-1].placed.append((line, MARGIN + place * (column + GAP), y))
        y += line.height
    return pages


def _lines(heading: str, entries: Sequence[Entry], *, width: float) -> Iterator[_Line]:
    yield _Head(Text(0, LETTER + 2, drawable(heading), LETTER, Tone.ACCENT, bold=True), LETTER * LEADING + 6)
    # what the alphabet does not hold comes last
    ordered = sorted(entries, key=lambda one: (one.letter == "#", one.sort, one.name, one.note))
    for letter, group in groupby(ordered, key=lambda one: one.letter):
        rule = Wire(((0, LETTER * LEADING), (width, LETTER * LEADING)))
        head = Text(0, LETTER, letter, LETTER - 1, Tone.MUTED, bold=True)
        yield _Head(head, LETTER * LEADING + 3, rule)
        for entry in group:
            yield _found(entry, width=width)


def _found(entry: Entry, *, width: float) -> _Found:
    room = width - width_of(drawable(entry.place), SIZE) - 8
    letters: list[Letters] = []
    down, aside = 0.0, 0.0
    for text, tone in ((entry.name, Tone.INK), (entry.note, Tone.MUTED)):
        whole = drawable(text)
        if letters and aside + ASIDE + width_of(whole, SIZE) <= room:
            letters.append((aside + ASIDE, down - SIZE * (LEADING - 1), whole, tone))
            continue
        for line in wrapped(text, SIZE, width=room):
            letters.append((ASIDE if letters else 0, down + SIZE, line, tone))
            aside = width_of(line, SIZE) + (ASIDE if down else 0)
            down += SIZE * LEADING
    return _Found(tuple(letters), down, entry)


def _drawn(line: _Line, x: float, y: float, *, width: float) -> Iterator[Mark]:
    if isinstance(line, _Head):
        mark = line.mark
        yield Text(x + mark.x, y + mark.y, mark.text, mark.size, mark.tone, bold=mark.bold)
        if line.rule:
            yield Wire(tuple((x + one, y + two) for one, two in line.rule.points), line.rule.tone)
        return
    for aside, down, text, tone in line.letters:
        yield Text(x + aside, y + down, text, SIZE, tone)
    yield Text(x + width, y + SIZE, drawable(line.entry.place), SIZE, right=True)
    yield Link(x, y, width, line.height, line.entry.page)
