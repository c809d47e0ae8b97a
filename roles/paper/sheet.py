"""A chart on one sheet, as large as it takes: each branch below its unit, stores and other leaves stacked in columns.

How tall a stack and how wide a branch may grow is tried in steps; what comes closest to a landscape page wins.
A grid of letters and numbers along the edges stands in for page numbers: the index names the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil

from roles.paper.cards import PAD, card_of
from roles.paper.frame import BOTTOM, MARGIN, TOP, frame_marks
from roles.paper.index import index_pages
from roles.paper.marks import Mark, Page, Text, Tone, Wire
from roles.paper.pages import Printed, index_entries, not_drawn
from roles.paper.specs import FORMATS, PaperChart, PaperSize, Words
from roles.paper.spread import Spot, spots_of
from roles.paper.wide import wide_marks, widened

CARD, FIELD = 172.0, 240.0
STACKS = (300.0, 500.0, 800.0, 1300.0, 2000.0, 3200.0, 5000.0)
WIDEST = (1000.0, 1700.0, 2800.0, 4500.0, 7000.0, 11000.0, 14000.0)
LANDSCAPE = 1.414
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Layout:
    """The cards with their places on a sheet, and how large it is without its edges."""

    spots: Mapping[str, Spot]
    places: Mapping[str, tuple[float, float]]
    width: float
    height: float


def one_sheet(chart: PaperChart, *, words: Words, with_index: bool = True) -> Printed:
    """Lay a chart out on a single sheet; the index follows on pages of A4."""
    layout = _best(chart, words=words)
    small = FORMATS[PaperSize.A4]
    width = max(layout.width + 2 * MARGIN + 2 * PAD, small.width)
    height = max(layout.height + TOP + BOTTOM + 4 * PAD, small.height)
    left, top = (width - layout.width) / 2, TOP + 3 * PAD
    marks: list[Mark] = [*_grid(width, height), *_drawn(chart, layout, left=left, top=top)]
    if not chart.units:
        marks.append(Text(width / 3, height / 2, words.empty, 12, Tone.MUTED))
    drawn, sizes = [marks], [(width, height)]
    if with_index and chart.units:
        found = _fields(chart, layout, left=left, top=top)
        people, units = index_entries(chart.walk(), places=found, seats={})
        more = index_pages(
            ((words.people, people), (words.units, units)), width=small.width, height=small.height, title=words.index
        )
        drawn, sizes = (
            [*drawn, *(page.marks() for page in more)],
            [*sizes, *((small.width, small.height) for _page in more)],
        )
    missing = not_drawn(chart, words=words)
    pages = tuple(
        Page(wide, tall, (*each, *frame_marks(
            width=wide, height=tall, words=words, page=number, of=len(drawn), missing=missing,
        )))
        for number, (each, (wide, tall)) in enumerate(zip(drawn, sizes, strict=True), start=1)
    )  # fmt: skip
    return Printed(pages, 1, chart.people)


def _best(chart: PaperChart, *, words: Words) -> Layout:
    cards = {key: card_of(unit, width=CARD, words=words) for key, unit in chart.units.items()}
    order = [unit.external_id for unit in chart.walk()]
    wide = {stack: {key: widened(card, tallest=stack) for key, card in cards.items()} for stack in STACKS}
    tried = (
        spots_of(chart, wide[stack], order=order, stack=stack, widest=widest)
        for stack, widest in product(STACKS, WIDEST)
        if stack < widest * 2
    )
    spots = min(tried, key=lambda each: _poor(each, chart.roots))
    width, height = _size(spots, chart.roots)
    return Layout(spots, _places(spots, chart.roots), width, height)


def _size(spots: Mapping[str, Spot], roots: Sequence[str]) -> tuple[float, float]:
    width = sum(spots[root].width for root in roots) + CARD / 4 * max(len(roots) - 1, 0)
    return width, max((spots[root].height for root in roots), default=0)


def _poor(spots: Mapping[str, Spot], roots: Sequence[str]) -> float:
    """Return the width of the landscape page that would hold it: the smaller, the better the sheet is used."""
    width, height = _size(spots, roots)
    return max(width, height * LANDSCAPE)


def _places(spots: Mapping[str, Spot], roots: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return the top left corner of each branch."""
    found: dict[str, tuple[float, float]] = {}
    x = 0.0
    waiting: list[tuple[str, float, float]] = []
    for root in roots:
        waiting.append((root, x, 0.0))
        x += spots[root].width + CARD / 4
    while waiting:
        key, left, top = waiting.pop()
        found[key] = (left, top)
        waiting += [(one.key, left + one.x, top + one.y) for one in spots[key].below]
    return found


def _drawn(chart: PaperChart, layout: Layout, *, left: float, top: float) -> Iterator[Mark]:
    places = {key: (left + x, top + y) for key, (x, y) in layout.places.items()}
    for key, (x, y) in places.items():
        for points in layout.spots[key].wires:
            yield Wire(tuple((x + one, y + two) for one, two in points))
    for unit in chart.walk():
        spot, (x, y) = layout.spots[unit.external_id], places[unit.external_id]
        yield from wide_marks(spot.card, x=x + spot.card_x, y=y)


def _fields(chart: PaperChart, layout: Layout, *, left: float, top: float) -> dict[str, tuple[str, int]]:
    """Return for each unit the field of the grid in which its card begins."""
    found = {}
    for key in chart.units:
        x, y = layout.places[key]
        across, down = int((left + x + layout.spots[key].card_x) // FIELD), int((top + y) // FIELD)
        found[key] = (f"{_letter(across)}{down + 1}", 1)
    return found


def _letter(number: int) -> str:
    """Return A to Z, then AA and on."""
    more, last = divmod(number, len(LETTERS))
    return (_letter(more - 1) if more else "") + LETTERS[last]


def _grid(width: float, height: float) -> Iterator[Mark]:
    for across in range(ceil(width / FIELD)):
        x = min(across * FIELD + FIELD / 2, width - 10)
        yield Text(x, 12, _letter(across), 7, Tone.MUTED)
        yield Text(x, height - 6, _letter(across), 7, Tone.MUTED)
    for down in range(ceil(height / FIELD)):
        y = min(down * FIELD + FIELD / 2, height - 10)
        yield Text(8, y, str(down + 1), 7, Tone.MUTED)
        yield Text(width - 8, y, str(down + 1), 7, Tone.MUTED, right=True)
