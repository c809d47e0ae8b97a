"""The alphabetical index: whom and what to find on which page, Chinese by pinyin, in columns under their initials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Line:
    marks: tuple[Mark, ...]
    height: float
    stays_with_next: bool = False


def index_pages(
    sections: Sequence[tuple[str, Sequence[Entry]]], *, width: float, height: float, title: str
) -> list[list[Mark]]:
    """Return the marks of the pages of the index, one list a page; sections follow each other."""
    count = max(1, round((width - 2 * MARGIN + GAP) / (WIDTH + GAP)))
    column = (width - 2 * MARGIN - GAP * (count - 1)) / count
    lines = [line for heading, entries in sections if entries for line in _lines(heading, entries, width=column)]
    top, bottom = TOP + HEADING * LEADING + 4, height - BOTTOM
    pages: list[list[Mark]] = []
    place, y = count, top
    for position, line in enumerate(lines):
        needed = line.height + (lines[position + 1].height if line.stays_with_next else 0)
        if place == count or y + needed > bottom:
            place, y = place + 1, top
            if place >= count:
                pages.append([Text(MARGIN, TOP + HEADING, drawable(title), HEADING, bold=True)])
                place = 0
        pages[-1] += [_moved(mark, MARGIN + place * (column + GAP), y) for mark in line.marks]
        y += line.height
    return pages


def _lines(heading: str, entries: Sequence[Entry], *, width: float) -> Iterator[_Line]:
    marks = (Text(0, LETTER + 2, drawable(heading), LETTER, Tone.ACCENT, bold=True),)
    yield _Line(marks, LETTER * LEADING + 6, stays_with_next=True)
    # what the alphabet does not hold comes last
    ordered = sorted(entries, key=lambda one: (one.letter == "#", one.sort, one.name, one.note))
    for letter, group in groupby(ordered, key=lambda one: one.letter):
        rule = Wire(((0, LETTER * LEADING), (width, LETTER * LEADING)))
        head = Text(0, LETTER, letter, LETTER - 1, Tone.MUTED, bold=True)
        yield _Line((head, rule), LETTER * LEADING + 3, stays_with_next=True)
        for entry in group:
            yield _entry(entry, width=width)


def _entry(entry: Entry, *, width: float) -> _Line:
    room = width - width_of(drawable(entry.place), SIZE) - 8
    marks: list[Mark] = []
    down, aside = 0.0, 0.0
    for text, tone in ((entry.name, Tone.INK), (entry.note, Tone.MUTED)):
        whole = drawable(text)
        if marks and aside + ASIDE + width_of(whole, SIZE) <= room:
            marks.append(Text(aside + ASIDE, down - SIZE * (LEADING - 1), whole, SIZE, tone))
            continue
        for line in wrapped(text, SIZE, width=room):
            marks.append(Text(ASIDE if marks else 0, down + SIZE, line, SIZE, tone))
            aside = width_of(line, SIZE) + (ASIDE if down else 0)
            down += SIZE * LEADING
    marks.append(Text(width, SIZE, drawable(entry.place), SIZE, right=True))
    marks.append(Link(0, 0, width, down, entry.page))
    return _Line(tuple(marks), down)


def _moved(mark: Mark, x: float, y: float) -> Mark:
    if isinstance(mark, Wire):
        return Wire(tuple((x + one, y + two) for one, two in mark.points), mark.tone)
    if isinstance(mark, Text):
        return Text(x + mark.x, y + mark.y, mark.text, mark.size, mark.tone, mark.right, mark.bold)
    if isinstance(mark, Link):
        return Link(x + mark.x, y + mark.y, mark.width, mark.height, mark.page)
    return mark
