"""What is printed and how: the branch with its people, the paper, and the words on it in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PaperPerson:
    """A person of a unit, or a vacant seat. `note` is what stands beside the name; `sort` puts it in the index."""

    external_id: str
    name: str
    note: str = ""
    is_head: bool = False
    is_vacant: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class PaperUnit:
    """A unit with what its card says. `hidden` tells of what is below it and not printed; empty when all is."""

    external_id: str
    name: str
    note: str = ""
    counts: str = ""
    is_leading: bool = False
    is_virtual: bool = False
    sort: str = ""
    team: tuple[PaperPerson, ...] = ()
    children: tuple[str, ...] = ()
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class PaperChart:
    """A branch: its units by id, each reached from `roots`. A workspace may have several roots."""

    units: Mapping[str, PaperUnit]
    roots: tuple[str, ...]

    def walk(self) -> Iterator[PaperUnit]:
        """Yield the units, each before those below it."""
        waiting = list(reversed(self.roots))
        while waiting:
            unit = self.units[waiting.pop()]
            yield unit
            waiting += reversed(unit.children)

    @property
    def people(self) -> int:
        """Return how many people stand on it; vacant seats are none."""
        return sum(not one.is_vacant for unit in self.units.values() for one in unit.team)


class PaperSize(StrEnum):
    """The paper: two sizes that are paged by branch, and one sheet as large as it takes."""

    A4 = "a4"
    A3 = "a3"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class PaperFormat:
    """A landscape page in points. `columns` is how many cards stand side by side."""

    width: float
    height: float
    columns: int


FORMATS: Mapping[PaperSize, PaperFormat] = {
    PaperSize.A4: PaperFormat(842, 595, 4),
    PaperSize.A3: PaperFormat(1191, 842, 6),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What is said around the chart, ready in one language. `{page}`, `{of}` and the like are filled in here."""

    title: str
    stamp: str
    printed: str
    page: str = "{page} / {of}"
    see: str = "→ p. {page}"
    above: str = "↑ p. {page}"
    continued_from: str = "continued from p. {page}"
    continued_on: str = "continued on p. {page}"
    continued: str = "continued"
    continued_beside: str = "continued in the next column"
    vacant: str = "vacant"
    head: str = "head"
    leading: str = "leading unit"
    virtual: str = "virtual team"
    index: str = "Index"
    people: str = "People"
    units: str = "Units"
    missing: str = "Not in the print font: {characters}"
    empty: str = "There is no unit on this day."
