"""A report as A4 pages: blocks below each other, tables that go on with their head on the next page, nothing cut."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from roles.paper.lettering import LEADING, drawable, width_of, wrapped
from roles.paper.marks import Box, Mark, Page, Text, Tone, Wire
from roles.paper.report_blocks import Cell, PaperTile, Paragraph, Report, Table, Tiles

WIDTH, HEIGHT, MARGIN, BOTTOM = 595.28, 841.89, 30.0, 36.0
INNER = WIDTH - 2 * MARGIN
TITLE, HEADING, BODY, SMALL = 15.0, 10.0, 7.5, 6.5
GAP, PAD = 7.0, 3.0
ROW_PAD = 2.0  # above and below the lines of a row
TILE_HEIGHT, LOW_TILE = 43.0, 30.0
TREND_WIDTH, TREND_HEIGHT, FIGURE = 46.0, 13.0, 11.5


def pages_of(report: Report) -> list[Page]:
    """Lay the report out."""
    sheet = _Sheet(report)
    for block in report.blocks:
        if isinstance(block, Paragraph):
            sheet.paragraph(block)
        elif isinstance(block, Table):
            sheet.table(block)
        else:
            sheet.tile_rows(block)
    return sheet.pages()


class _Sheet:
    """The page being filled, and those that are full."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.full: list[list[Mark]] = []
        self.marks: list[Mark] = []
        self.y = MARGIN
        self._head()

    def pages(self) -> list[Page]:
        """Return all pages with their numbers."""
        drawn = [*self.full, self.marks]
        return [Page(WIDTH, HEIGHT, (*marks, *self._foot(place, len(drawn)))) for place, marks in enumerate(drawn, 1)]

    def paragraph(self, block: Paragraph) -> None:
        """Write running text."""
        self._heading(block.title, "", needs=BODY * LEADING)
        for line in wrapped(block.text, BODY + 1, width=INNER):
            self._room((BODY + 1) * LEADING)
            self.y += (BODY + 1) * LEADING
            self.marks.append(Text(MARGIN, self.y, line, BODY + 1))
        self.y += GAP

    def table(self, block: Table) -> None:
        """Write a table; its head stands on every page it goes on to."""
        widths = [part * INNER for part in block.widths]
        rows = [_lines(row, widths) for row in block.rows]
        if not rows:
            self._empty(block.title, block.empty)
            return
        self._heading(block.title, block.note, needs=_height(rows[0]) + _height(_lines(block.head, widths)))
        self._row(block.head, widths, is_head=True)
        for row, lines in zip(block.rows, rows, strict=True):
            if self._room(_height(lines)):
                self._row(block.head, widths, is_head=True)
            self._row(row, widths)
        self.y += GAP

    def tile_rows(self, block: Tiles) -> None:
        """Draw figures side by side."""
        if not block.tiles:
            self._empty(block.title, block.empty)
            return
        high = any(tile.note or tile.trend for tile in block.tiles)
        height = TILE_HEIGHT if high else LOW_TILE
        self._heading(block.title, block.note, needs=height)
        width = (INNER - (block.columns - 1) * PAD * 2) / block.columns
        for start in range(0, len(block.tiles), block.columns):
            self._room(height)
            for place, tile in enumerate(block.tiles[start : start + block.columns]):
                self.marks += _tile(tile, MARGIN + place * (width + PAD * 2), self.y, width, height)
            self.y += height + PAD * 2
        self.y += GAP - PAD

    def _head(self) -> None:
        self.y = MARGIN + TITLE
        for line in wrapped(self.report.title, TITLE, width=INNER):
            self.marks.append(Text(MARGIN, self.y, line, TITLE, bold=True))
            self.y += TITLE * 1.2
        for line in wrapped(self.report.stamp, BODY, width=INNER):
            self.marks.append(Text(MARGIN, self.y - 3, line, BODY, Tone.MUTED))
            self.y += BODY * LEADING
        self.y += GAP / 2

    def _foot(self, page: int, of: int) -> list[Mark]:
        line, y = HEIGHT - BOTTOM + 8, HEIGHT - BOTTOM + 19
        numbered = drawable(self.report.numbered.format(page=page, of=of))
        return [
            Wire(((MARGIN, line), (WIDTH - MARGIN, line))),
            Text(MARGIN, y, drawable(self.report.printed), SMALL, Tone.MUTED),
            Text(WIDTH - MARGIN, y, numbered, SMALL, Tone.MUTED, right=True),
        ]

    def _heading(self, title: str, note: str, *, needs: float) -> None:
        if not title:
            return
        self._room(HEADING * LEADING + 4 + needs)
        self.y += HEADING
        self.marks.append(Text(MARGIN, self.y, drawable(title), HEADING, Tone.ACCENT, bold=True))
        if note:
            after = MARGIN + width_of(drawable(title), HEADING) + 8
            lines = wrapped(note, SMALL, width=WIDTH - MARGIN - after)
            self.marks += [
                Text(after, self.y + place * SMALL * LEADING, line, SMALL, Tone.MUTED)
                for place, line in enumerate(lines)
            ]
            self.y += max(0, len(lines) - 1) * SMALL * LEADING
        self.y += 5

    def _empty(self, title: str, why: str) -> None:
        """Say beside the heading why nothing stands below it."""
        self._heading(title, why, needs=0)
        self.y += GAP

    def _row(self, row: Sequence[Cell], widths: Sequence[float], *, is_head: bool = False) -> None:
        lines, x = _lines(row, widths), MARGIN
        height = _height(lines)
        if is_head:
            self.marks.append(Box(MARGIN, self.y, INNER, height, fill=Tone.FILL, edge=None))
        for cell, text, width in zip(row, lines, widths, strict=True):
            for place, line in enumerate(text, 1):
                at = x + width - PAD if cell.right else x + PAD
                y = self.y + ROW_PAD + place * BODY * LEADING - 2.4
                self.marks.append(
                    Text(at, y, line, BODY, Tone.MUTED if is_head else cell.tone, cell.right, cell.bold or is_head)
                )
            x += width
        self.y += height
        self.marks.append(Wire(((MARGIN, self.y), (WIDTH - MARGIN, self.y))))

    def _room(self, height: float) -> bool:
        """Begin a new page where the rest of this one does not hold so much; tell whether that was needed."""
        if self.y + height <= HEIGHT - BOTTOM:
            return False
        self.full.append(self.marks)
        self.marks = []
        self._head()
        return True


def _lines(row: Sequence[Cell], widths: Sequence[float]) -> list[tuple[str, ...]]:
    return [wrapped(cell.text, BODY, width=width - 2 * PAD) for cell, width in zip(row, widths, strict=True)]


def _height(lines: Sequence[Sequence[str]]) -> float:
    return max(1, *(len(each) for each in lines)) * BODY * LEADING + 2 * ROW_PAD


def _tile(tile: PaperTile, x: float, y: float, width: float, height: float) -> list[Mark]:
    """Draw a figure in its box: name, number, note, and the months as a line at the right."""
    left = x + PAD * 2
    marks: list[Mark] = [Box(x, y, width, height, edge=Tone.WIRE)]
    names = wrapped(tile.label, SMALL, width=width - 4 * PAD)[:2]
    marks += [Text(left, y + 9 + place * SMALL * 1.25, line, SMALL, Tone.MUTED) for place, line in enumerate(names)]
    marks.append(
        Text(left, y + (31 if height == TILE_HEIGHT else 24), drawable(tile.value), FIGURE, tile.tone, bold=True)
    )
    note = wrapped(tile.note, SMALL, width=width - 4 * PAD)
    marks += [Text(left, y + 41, line, SMALL, Tone.MUTED) for line in note[:1]]
    marks += _trend(tile.trend, x + width - TREND_WIDTH - PAD * 2, y + 20)
    return marks


def _trend(points: Sequence[Decimal | None], x: float, y: float) -> list[Mark]:
    """Draw the months as lines that break where there is no figure."""
    known = [float(point) for point in points if point is not None]
    if len(known) < 2:
        return []
    low, high = min(known), max(known)
    step, scale = TREND_WIDTH / (len(points) - 1), TREND_HEIGHT / ((high - low) or 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, point in enumerate(points):
        if point is None:
            runs.append([])
        else:
            runs[-1].append((x + place * step, y + TREND_HEIGHT - (float(point) - low) * scale))
    return [Wire(tuple(run), Tone.ACCENT) for run in runs if len(run) > 1]
