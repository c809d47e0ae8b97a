"""A chart as pages: chapters by branch in the order of the tree, cross-references, and the alphabetical index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import overload

from roles.paper.blocks import Block
from roles.paper.chapters import Chapter
from roles.paper.frame import frame_marks
from roles.paper.index import Entry, index_pages
from roles.paper.lettering import undrawable
from roles.paper.marks import Mark, Page, Text, Tone
from roles.paper.specs import PaperChart, PaperFormat, PaperUnit, Words


@dataclass(frozen=True, slots=True)
class Printed:
    """The pages; the first `chart_pages` hold the chart, the others the index. `people` stand on the chart."""

    pages: Sequence[Page]
    chart_pages: int
    people: int


@dataclass(frozen=True, slots=True)
class Drawn(Sequence[Page]):
    """Pages that have been laid out; each is drawn when it is looked at, not before."""

    drawers: Sequence[Callable[[], Page]]

    def __len__(self) -> int:
        return len(self.drawers)

    @overload
    def __getitem__(self, place: int) -> Page: ...
    @overload
    def __getitem__(self, place: slice) -> Drawn: ...
    def __getitem__(self, place: int | slice) -> Page | Drawn:
        return Drawn(self.drawers[place]) if isinstance(place, slice) else self.drawers[place]()


def paged(chart: PaperChart, *, form: PaperFormat, words: Words, with_index: bool = True) -> Printed:
    """Lay a chart out over pages of one size."""
    chapters = _chapters(chart, form=form, words=words)
    first, above = _numbered(chapters)
    drawn: list[Callable[[], list[Mark]]] = [
        partial(chapter.marks, number, first=first[key], pages=first, above=above.get(key))
        for key, chapter in chapters.items()
        for number in range(len(chapter.sheets))
    ] or [lambda: [Text(form.width / 3, form.height / 2, words.empty, 12, Tone.MUTED)]]
    count = len(drawn)
    if with_index and chapters:
        sections = _sections(chart, places=_places(chapters, first), words=words)
        index = index_pages(sections, width=form.width, height=form.height, title=words.index)
        drawn += [page.marks for page in index]
    missing = not_drawn(chart, words=words)

    def page(number: int) -> Page:
        frame = frame_marks(
            width=form.width, height=form.height, words=words, page=number, of=len(drawn), missing=missing
        )
        return Page(form.width, form.height, (*drawn[number - 1](), *frame))

    return Printed(Drawn([partial(page, number) for number in range(1, len(drawn) + 1)]), count, chart.people)


def not_drawn(chart: PaperChart, *, words: Words) -> str:
    """Return the sentence that names the characters the print font lacks; empty when it has all."""
    found = undrawable(words.title) | undrawable(words.stamp)
    for unit in chart.units.values():
        for text in (unit.name, unit.note, *(text for one in unit.team for text in (one.name, one.note))):
            found |= undrawable(text)
    named = " ".join(f"U+{ord(one):X}" for one in sorted(found)[:8])
    return words.missing.format(characters=named + (" …" if len(found) > 8 else "")) if found else ""


def index_entries(
    units: Iterator[PaperUnit], *, places: dict[str, tuple[str, int]], seats: dict[tuple[str, str], tuple[str, int]]
) -> tuple[list[Entry], list[Entry]]:
    """Return the people and the units of the index. `seats` tells the place of (unit, person) where it is another."""
    people, named = [], []
    for unit in units:
        named.append(Entry(unit.sort, unit.name, unit.external_id, *places[unit.external_id]))
        for one in unit.team:
            if not one.is_vacant:
                place = seats.get((unit.external_id, one.external_id), places[unit.external_id])
                people.append(Entry(one.sort, one.name, one.external_id, *place))
    return people, named


def _sections(
    chart: PaperChart, *, places: tuple[dict[str, int], dict[tuple[str, str], int]], words: Words
) -> Sequence[tuple[str, Sequence[Entry]]]:
    units, seats = places
    people, named = index_entries(
        chart.walk(),
        places={key: (str(page), page) for key, page in units.items()},
        seats={key: (str(page), page) for key, page in seats.items()},
    )
    return ((words.people, people), (words.units, named))


def _chapters(chart: PaperChart, *, form: PaperFormat, words: Words) -> dict[str, Chapter]:
    """Lay out each branch that needs pages of its own, in the order of the tree."""
    found: dict[str, Chapter] = {}
    waiting = list(reversed(chart.roots))
    while waiting:
        key = waiting.pop()
        chapter = found[key] = Chapter(chart, chart.units[key], form, words)
        chapter.lay()
        waiting += reversed(chapter.chapters_after)
    return found


def _numbered(chapters: dict[str, Chapter]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the first page of each chapter, and the page on which the unit of a chapter is pointed at."""
    first: dict[str, int] = {}
    page = 1
    for key, chapter in chapters.items():
        first[key] = page
        page += len(chapter.sheets)
    above = {
        placed.leads_to: first[key] + number
        for key, chapter in chapters.items()
        for number, sheet in enumerate(chapter.sheets)
        for placed in sheet.placed
        if placed.leads_to
    }
    return first, above


def _places(chapters: dict[str, Chapter], first: dict[str, int]) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the page of each unit, and of the people of a team that goes over several pages."""
    units, people = dict(first), {}
    for key, chapter in chapters.items():
        for number, sheet in enumerate(chapter.sheets):
            for placed in sheet.placed:
                page = first[key] + number
                if not isinstance(placed.what, Block):
                    people.update({(key, one): page for one in placed.what.people})
                elif not placed.leads_to:
                    units.update({card.unit.external_id: page for card, _depth in placed.what.cards})
    return units, people
