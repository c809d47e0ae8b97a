"""A document as A4 pages: letterhead, title block, tables that go on with their head on the next page, page numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from roles.paper.lettering import CLOSING, LEADING, PIECES, drawable, width_of, wrapped
from roles.paper.marks import Box, Mark, Page, Text, Tone, Wire
from talent.paper.blocks import Block, Bullets, Heading, Inline, Letterhead, Paper, Paragraph, Run, Table
from talent.paper.columns import column_widths

WIDTH, HEIGHT, MARGIN, TOP, BOTTOM = 595.28, 841.89, 56.0, 70.0, 62.0
INNER = WIDTH - 2 * MARGIN
TITLE, HEADING, LOWER, BODY, SMALL = 20.0, 12.5, 10.5, 9.5, 7.5
GAP, PAD, INDENT = 7.0, 5.0, 15.0
LABEL = 0.16  # of the width: the labels of the title block
Line = tuple[Run, ...]


def pages_of(paper: Paper, head: Letterhead) -> list[Page]:
    """Lay the document out."""
    sheet = _Sheet(head)
    sheet.title(paper)
    for number, section in enumerate(paper.sections, 1):
        first = section.blocks[0] if section.blocks else None
        sheet.heading(f"{number}. {section.heading}", HEADING, follows=sheet.least(first))
        for block in section.blocks:
            sheet.block(block)
    return sheet.pages()


class _Sheet:
    """The page being filled, and those that are full."""

    def __init__(self, head: Letterhead) -> None:
        self.head = head
        self.full: list[list[Mark]] = []
        self.marks: list[Mark] = []
        self.y = TOP

    def pages(self) -> list[Page]:
        """Return all pages with their letterheads and numbers."""
        drawn = [*self.full, self.marks]
        return [Page(WIDTH, HEIGHT, (*self._frame(place, len(drawn)), *marks)) for place, marks in enumerate(drawn, 1)]

    def title(self, paper: Paper) -> None:
        """Write the title and its block of facts, two to a row."""
        for line in wrapped(paper.title, TITLE, width=INNER):
            self.y += TITLE * 1.25
            self.marks.append(Text(MARGIN, self.y, line, TITLE, bold=True))
        self.y += 12
        widths = (INNER * LABEL, INNER * (0.5 - LABEL)) * 2
        for start in range(0, len(paper.facts), 2):
            pair = paper.facts[start : start + 2]
            cells: list[Inline] = []
            for label, value in pair:
                cells += [(Run(label, True),), (Run(value),)]
            last = len(pair) == 1
            self._row(cells, (widths[0], INNER - widths[0]) if last else widths, shaded=(True, False) * len(pair))
        self.y += GAP

    def heading(self, text: str, size: float, *, follows: float) -> None:
        """Write a heading; it never stands alone at the end of a page."""
        self.y += GAP if size == HEADING else 2
        self._room(size * LEADING + 4 + follows)
        for line in wrapped(text, size, width=INNER):
            self.y += size * LEADING
            self.marks.append(Text(MARGIN, self.y, line, size, Tone.ACCENT, bold=True))
        self.y += 6

    def least(self, block: Block | None) -> float:
        """Return the height of the beginning of a block."""
        if isinstance(block, Table):
            widths = column_widths(block, INNER)
            return sum(_height(_cells(row, widths)) for row in (block.head, *block.rows[:1]))
        return BODY * LEADING * 2

    def block(self, block: Block) -> None:
        """Write one block."""
        if isinstance(block, Heading):
            self.heading("".join(run.text for run in block.runs), LOWER, follows=BODY * LEADING * 2)
        elif isinstance(block, Paragraph):
            self._lines(_wrapped(block.runs, INNER), x=MARGIN)
            self.y += 4
        elif isinstance(block, Bullets):
            for number, item in enumerate(block.items, 1):
                self._lines(
                    _wrapped(item, INNER - INDENT), x=MARGIN + INDENT, sign=f"{number}." if block.numbered else "•"
                )
                self.y += 1.5
            self.y += 3
        else:
            self._table(block)

    def _lines(self, lines: Sequence[Line], *, x: float, sign: str = "") -> None:
        for line in lines:
            self._room(BODY * LEADING)
            self.y += BODY * LEADING
            if sign:
                self.marks.append(Text(x - INDENT + 3, self.y, sign, BODY, Tone.MUTED))
                sign = ""
            self.marks += _drawn(line, x, self.y)

    def _table(self, block: Table) -> None:
        widths, head = column_widths(block, INNER), [tuple(Run(run.text, True) for run in cell) for cell in block.head]
        shaded = (True,) * len(head)
        self._room(self.least(block))
        self._row(head, widths, shaded=shaded, right=block.right)
        for row in block.rows:
            if self._room(_height(_cells(row, widths))):
                self._row(head, widths, shaded=shaded, right=block.right)
            self._row(row, widths, right=block.right)
        self.y += GAP

    def _row(
        self, row: Sequence[Inline], widths: Sequence[float], *, shaded: Sequence[bool] = (), right: Sequence[bool] = ()
    ) -> None:
        cells, x = _cells(row, widths), MARGIN
        height = _height(cells)
        for place, (lines, width) in enumerate(zip(cells, widths, strict=True)):
            fill = Tone.FILL if place < len(shaded) and shaded[place] else None
            self.marks.append(Box(x, self.y, width, height, fill=fill, edge=Tone.WIRE))
            for number, line in enumerate(lines, 1):
                y = self.y + PAD + number * BODY * LEADING - 3.2
                at_right = place < len(right) and right[place]
                self.marks += _drawn(line, x + width - PAD - _width(line) if at_right else x + PAD, y)
            x += width
        self.y += height

    def _frame(self, page: int, of: int) -> list[Mark]:
        above, below = TOP - 22, HEIGHT - BOTTOM + 20
        numbered = drawable(self.head.numbered.format(page=page, of=of))
        company = wrapped(self.head.company, SMALL + 1, width=INNER)
        stamp = wrapped(self.head.stamp, SMALL, width=INNER - width_of(numbered, SMALL) - 12)
        return [
            Text(MARGIN, above - 7, company[0] if company else "", SMALL + 1, Tone.MUTED),
            Wire(((MARGIN, above), (WIDTH - MARGIN, above))),
            Wire(((MARGIN, below), (WIDTH - MARGIN, below))),
            Text(MARGIN, below + 13, stamp[0] if stamp else "", SMALL, Tone.MUTED),
            Text(WIDTH - MARGIN, below + 13, numbered, SMALL, Tone.MUTED, right=True),
        ]

    def _room(self, height: float) -> bool:
        """Begin a new page where the rest of this one does not hold so much; tell whether that was needed."""
        if self.y + height <= HEIGHT - BOTTOM or not self.marks:
            return False
        self.full.append(self.marks)
        self.marks, self.y = [], TOP
        return True


def _cells(row: Sequence[Inline], widths: Sequence[float]) -> list[list[Line]]:
    return [_wrapped(cell, width - 2 * PAD) for cell, width in zip(row, widths, strict=True)]


def _height(cells: Sequence[Sequence[Line]]) -> float:
    return max(1, *(len(lines) for lines in cells)) * BODY * LEADING + 2 * PAD


def _wrapped(runs: Inline, width: float) -> list[Line]:
    """Break runs into lines no wider than `width`, each piece in its weight; nothing is cut."""
    lines: list[list[Run]] = [[]]
    taken = 0.0
    for piece in _pieces(runs, width):
        wide = width_of(piece.text, BODY)
        if taken and taken + width_of(piece.text.rstrip(), BODY) > width and piece.text not in CLOSING:
            lines.append([])
            taken = 0.0
        if taken or piece.text.strip():
            lines[-1].append(piece)
            taken += wide
    return [tuple(line) for line in lines if line]


def _pieces(runs: Inline, width: float) -> Iterator[Run]:
    for run in runs:
        for found in PIECES.finditer(re.sub(r"\s+", " ", drawable(run.text))):
            piece = found.group()
            if width_of(piece, BODY) > width:
                yield from (Run(one, run.bold) for one in piece)
            else:
                yield Run(piece, run.bold)


def _width(line: Line) -> float:
    return sum(width_of(run.text, BODY) for run in line)


def _drawn(line: Line, x: float, y: float) -> Iterator[Text]:
    """Yield the pieces of a line, neighbours of one weight as one text."""
    joined: list[Run] = []
    for run in line:
        if joined and joined[-1].bold == run.bold:
            joined[-1] = Run(joined[-1].text + run.text, run.bold)
        else:
            joined.append(run)
    for run in joined:
        yield Text(x, y, run.text, BODY, bold=run.bold)
        x += width_of(run.text, BODY)
