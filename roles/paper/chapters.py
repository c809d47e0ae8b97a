"""One branch over as many pages as it takes: its head across the page, its team and the units below it in columns.

A unit below whose own branch is taller than a column gets a chapter of its own and stands here as a card that names the
page. A team that needs more than the rest of a column goes on in the next one, and says so on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from roles.paper.blocks import GAP, Block, block_of
from roles.paper.cards import PAD, Row, card_of, person_row, rows_height, rows_marks
from roles.paper.frame import BOTTOM, MARGIN, TOP
from roles.paper.lettering import LEADING, drawable, wrapped
from roles.paper.marks import Box, Link, Mark, Text, Tone, Wire
from roles.paper.specs import PaperChart, PaperFormat, PaperUnit, Words

BETWEEN, TRUNK, DROP = 14.0, 10.0, 12.0
NAME, NOTE, SIGN = 12.0, 7.5, 6.5
FEWEST = 3  # persons of a team that a column must have room for
TRIES = 7  # halvings of the height until the columns of a page are about even


@dataclass(frozen=True, slots=True)
class Team:
    """Part of the chapter's own team. `before` and `after` say whether more of it stands elsewhere, and on which page.

    The page is counted from the first one of the chapter, from 0; None: in a column of the same page.
    """

    people: tuple[str, ...]
    rows: tuple[Row, ...]
    before: int | None = None
    after: int | None = None
    has_before: bool = False
    has_after: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A block or a part of the team with its place; `leads_to` is the unit whose chapter it points at."""

    x: float
    y: float
    what: Block | Team
    leads_to: str = ""


@dataclass(slots=True)
class Sheet:
    """A page while it is filled: what stands where, and how far down the trunk of each column reaches."""

    placed: list[Placed] = field(default_factory=list)
    trunks: dict[float, float] = field(default_factory=dict)


@dataclass(slots=True)
class Chapter:
    """A branch being laid out. `sheets` are its pages; `chapters_after` the branches that get pages of their own.

    The head, the team's rows and the branches below are measured once; only their places are tried several times.
    """

    chart: PaperChart
    unit: PaperUnit
    form: PaperFormat
    words: Words
    sheets: list[Sheet] = field(default_factory=list)
    chapters_after: list[str] = field(default_factory=list)
    column: int = 0
    y: float = 0.0
    bottom: float = 0.0
    head: list[tuple[str, float, Tone, bool]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    branches: list[tuple[Block, str]] = field(default_factory=list)

    @property
    def column_width(self) -> float:
        """Return the width of a column with the trunk beside it."""
        count = self.form.columns
        return (self.form.width - 2 * MARGIN - BETWEEN * (count - 1)) / count

    @property
    def top(self) -> float:
        """Return where the columns begin: below the head of the chapter."""
        return TOP + self._head_height() + DROP

    @property
    def lowest(self) -> float:
        """Return where the columns of a page end at the latest."""
        return self.form.height - BOTTOM

    def lay(self) -> None:
        """Place the team and all that is below the unit; what fits on one page is spread over its columns."""
        width = self.column_width - TRUNK - 2 * PAD
        self.head = self._head_lines()
        self.rows = [person_row(one, width=width, words=self.words) for one in self.unit.team]
        self.branches = [self._branch(child) for child in self.unit.children]
        self._lay(self.lowest)
        low, high = self.top, self.lowest
        if len(self.sheets) > 1:
            return
        for _turn in range(TRIES):
            middle = (low + high) / 2
            self._lay(middle)
            low, high = (low, middle) if len(self.sheets) == 1 else (middle, high)
        self._lay(high)

    def _lay(self, bottom: float) -> None:
        self.sheets, self.chapters_after, self.bottom = [], [], bottom
        self._turn_page()
        self._place_team()
        for block, leads_to in self.branches:
            self._place_branch(block, leads_to)

    def _turn_page(self) -> None:
        self.sheets.append(Sheet())
        self.column, self.y = 0, self.top

    def _next_column(self) -> None:
        if self.column + 1 < self.form.columns:
            self.column, self.y = self.column + 1, self.top
        else:
            self._turn_page()

    def _left(self) -> float:
        return MARGIN + self.column * (self.column_width + BETWEEN)

    def _place(self, what: Block | Team, *, height: float, anchor: float, leads_to: str = "") -> None:
        sheet, left = self.sheets[-1], self._left()
        sheet.placed.append(Placed(left + TRUNK, self.y, what, leads_to))
        sheet.trunks[left] = self.y + anchor
        self.y += height + GAP

    def _branch(self, child: str) -> tuple[Block, str]:
        """Return what stands for a unit below: its branch, or a card that leads to its own chapter."""
        width, tallest = self.column_width - TRUNK, self.lowest - self.top
        block = block_of(self.chart, child, width=width, tallest=tallest, words=self.words)
        if block is not None:
            return block, ""
        # the page is known when all chapters are laid out; the longest number holds the place
        more = self.words.see.format(page=99_999)
        stub = card_of(self.chart.units[child], width=width, words=self.words, with_team=False, more=more)
        return Block(((stub, 0),)), child

    def _place_branch(self, block: Block, leads_to: str) -> None:
        if leads_to:
            self.chapters_after.append(leads_to)
        if self.y + block.height > self.bottom and self.y > self.top:
            self._next_column()
        self._place(block, height=block.height, anchor=block.cards[0][0].anchor, leads_to=leads_to)

    def _place_team(self) -> None:
        rows, sign = self.rows, SIGN * LEADING
        done, before, came_from = 0, False, None
        while done < len(rows):
            room = self.bottom - self.y - 2 * PAD - (sign if before else 0)
            fitting = _fitting(rows[done:], room)
            if fitting < len(rows) - done:
                fitting = _fitting(rows[done:], room - sign)
            if fitting < min(FEWEST, len(rows) - done) and self.y > self.top:
                self._next_column()
                continue
            # a row taller than a column is drawn all the same: nobody is lost
            fitting = max(fitting, 1)
            part, page = tuple(rows[done : done + fitting]), len(self.sheets) - 1
            people = tuple(one.external_id for one in self.unit.team[done : done + fitting])
            has_after = done + fitting < len(rows)
            on_next_page = has_after and self.column + 1 == self.form.columns
            team = Team(people, part, came_from, page + 1 if on_next_page else None, before, has_after)
            height = rows_height(part) + (sign if before else 0) + (sign if has_after else 0)
            self._place(team, height=height, anchor=PAD + NOTE / 2)
            done, before, came_from = done + fitting, has_after, page if on_next_page else None
            if has_after:
                self._next_column()

    def _head_lines(self) -> list[tuple[str, float, Tone, bool]]:
        unit, inner = self.unit, self.form.width - 2 * MARGIN - 2 * PAD
        said = [unit.note, unit.counts, unit.hidden]
        marks = [self.words.leading if unit.is_leading else "", self.words.virtual if unit.is_virtual else ""]
        note = " · ".join(filter(None, [*said, *marks]))
        lines = [(line, NAME, Tone.INK, True) for line in wrapped(unit.name, NAME, width=inner - 140)]
        return lines + [(line, NOTE, Tone.MUTED, False) for line in wrapped(note, NOTE, width=inner)]

    def _head_height(self) -> float:
        return sum(size * LEADING for _text, size, _tone, _bold in self.head) + 2 * PAD

    def marks(self, number: int, *, first: int, pages: dict[str, int], above: int | None) -> list[Mark]:
        """Draw page `number` of the chapter, whose first page is `first`; `above` is where the unit is pointed at."""
        sheet = self.sheets[number]
        marks: list[Mark] = [*self._head_marks(number, first=first, above=above)]
        under = TOP + self._head_height()
        for left, reach in sheet.trunks.items():
            marks.append(Wire(((left + 2, under), (left + 2, reach))))
        for placed in sheet.placed:
            if isinstance(placed.what, Team):
                marks.append(Wire(((placed.x - TRUNK + 2, placed.y + PAD + NOTE / 2),
                                   (placed.x, placed.y + PAD + NOTE / 2))))  # fmt: skip
                marks += self._team_marks(placed, placed.what, first=first)
            else:
                marks += self._block_marks(placed, placed.what, pages=pages)
        return marks

    def _head_marks(self, number: int, *, first: int, above: int | None) -> list[Mark]:
        width, y = self.form.width - 2 * MARGIN, TOP + PAD
        fill = Tone.LEAD if self.unit.is_leading else Tone.FILL
        marks: list[Mark] = [Box(MARGIN, TOP, width, self._head_height(), fill, dashed=self.unit.is_virtual)]
        for text, size, tone, bold in self.head:
            marks.append(Text(MARGIN + PAD, y + size, text, size, tone, bold=bold))
            y += size * LEADING
        signs = []
        if above is not None:
            signs.append((self.words.above.format(page=above), above))
        if number:
            signs.append((self.words.continued_from.format(page=first + number - 1), first + number - 1))
        if number + 1 < len(self.sheets):
            signs.append((self.words.continued_on.format(page=first + number + 1), first + number + 1))
        right = MARGIN + width - PAD
        for place, (text, page) in enumerate(signs):
            down = TOP + PAD + SIGN + place * SIGN * LEADING
            marks.append(Text(right, down, drawable(text), SIGN, Tone.ACCENT, right=True))
            marks.append(Link(right - 120, down - SIGN, 120, SIGN * LEADING, page))
        return marks

    def _block_marks(self, placed: Placed, block: Block, *, pages: dict[str, int]) -> list[Mark]:
        x, y = placed.x, placed.y
        first = block.cards[0][0]
        if placed.leads_to:
            page = pages[placed.leads_to]
            more = self.words.see.format(page=page)
            stub = card_of(first.unit, width=first.width, words=self.words, with_team=False, more=more)
            block = Block(((stub, 0),))
        wire = Wire(((x - TRUNK + 2, y + first.anchor), (x, y + first.anchor)))
        marks: list[Mark] = [wire, *block.marks(x, y)]
        if placed.leads_to:
            marks.append(Link(x, y, first.width, block.height, page))
        return marks

    def _team_marks(self, placed: Placed, team: Team, *, first: int) -> list[Mark]:
        x, y, width, sign = placed.x, placed.y, self.column_width - TRUNK, SIGN * LEADING
        height = rows_height(team.rows) + (sign if team.has_before else 0) + (sign if team.has_after else 0)
        marks: list[Mark] = [Box(x, y, width, height, Tone.PAPER, dashed=self.unit.is_virtual)]
        if team.has_before:
            come = team.before
            text = self.words.continued if come is None else self.words.continued_from.format(page=first + come)
            marks.append(Text(x + PAD, y + PAD + SIGN, drawable(text), SIGN, Tone.ACCENT))
            y += sign
        marks += rows_marks(team.rows, x=x + PAD, y=y + PAD)
        if team.has_after:
            on = team.after
            text = self.words.continued_beside if on is None else self.words.continued_on.format(page=first + on)
            marks.append(Text(x + PAD, placed.y + height - PAD, drawable(text), SIGN, Tone.ACCENT))
        return marks


def _fitting(rows: Sequence[Row], room: float) -> int:
    """Return how many rows from the first on fit into the height."""
    used = 0.0
    for count, row in enumerate(rows):
        used += row.height
        if used > room:
            return count
    return len(rows)
