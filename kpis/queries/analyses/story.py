"""What an analysis tells, ready for a page, the index and the API alike: finding, tiles, pictures, tables, rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpis.figures import Chart
from kpis.library import load_library
from kpis.library.analyses import analysis_texts
from kpis.library.extras import library_extras
from kpis.queries.analyses.board import Board
from omnichannel.core.numerals import show

_PLACE = re.compile(r"%\((\w+)\)s")
FEWEST = 5  # a smaller group of people is not told, nor what it spent
Amount = Decimal | int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. `few`: a group too small to be told. A text has no unit."""

    value: Decimal | int | str | None
    unit: str = ""
    reason: str = ""
    few: bool = False
    status: str = ""
    places: int | None = None

    @property
    def is_signed(self) -> bool:
        """Tell a difference, which shows its direction."""
        return self.unit == "points"

    @property
    def is_text(self) -> bool:
        """Tell a word from a number."""
        return isinstance(self.value, str)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `keep` ones stand in front on a phone, `wide` ones are left out there.

    `key` names it for the API.
    """

    key: str
    label: str
    keep: bool = False
    numeric: bool = True
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table; `mark` is a word that sets it apart, `total` the sum of the others."""

    label: str
    cells: tuple[Cell, ...]
    mark: str = ""
    tone: str = ""
    url: str = ""
    total: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its heading."""

    key: str
    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart under the question it answers. `words` say the same for those who cannot see it."""

    key: str
    title: str
    chart: Chart
    height: str = "m"
    words: str = ""


@dataclass(frozen=True, slots=True)
class TileFact:
    """One figure on top; with `kpi` it leads to its explanation."""

    label: str
    value: Amount
    unit: str = ""
    kpi: str = ""
    target: Amount = None
    change: Amount = None
    reason: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """An analysis as told: the finding first. `tone`: good, warn, bad or empty."""

    finding: str
    tone: str = ""
    tiles: tuple[TileFact, ...] = ()
    pictures: tuple[Picture, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def picture(self) -> Picture | None:
        """The one picture of the index."""
        return self.pictures[0] if self.pictures else None


def question_of(name: str) -> str:
    """Return what an analysis asks."""
    return analysis_texts()[name].question.in_language(get_language())


def rules_of(name: str, **facts: object) -> tuple[str, ...]:
    """Return by which rules an analysis answers, with the facts put in."""
    rules = (rule.in_language(get_language()) for rule in analysis_texts()[name].rules)
    return tuple(_PLACE.sub(lambda match: str(facts[match[1]]), rule) for rule in rules)


def note_of(name: str, table: str) -> str:
    """Return the note under a table."""
    return analysis_texts()[name].notes[table].in_language(get_language())


def lacking(tables: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence that names the tables without which an analysis had to do, if any."""
    if not tables:
        return ()
    names = [load_library().tables[table].names.in_language(get_language()) for table in tables]
    return (_("Not loaded, so not counted: %(tables)s.") % {"tables": _(", ").join(names)},)


def say(value: Amount, unit: str = "", places: int | None = None, *, signed: bool = False) -> str:
    """Write a number as the page would, for a sentence."""
    if value is None:
        return _("no data")
    return str(show(Decimal(value), unit, language=get_language() or "en", places=places, signed=signed))


def is_few(people: int) -> bool:
    """Tell a group that is too small to be told; nobody at all is no group."""
    return 0 < people < FEWEST


def crowd(people: int | None, *, reason: str = "") -> Cell:
    """Return a number of people; a small group stays untold."""
    if people is None:
        return Cell(None, reason=reason)
    return Cell(people, "count", few=is_few(people))


def of_crowd(people: int, value: Amount, unit: str, *, reason: str = "") -> Cell:
    """Return what a group did; of a small one nothing is told."""
    return Cell(value, unit, few=is_few(people), reason=reason)


def headcount(people: int) -> str:
    """Write a number of people for a picture."""
    return f"<{FEWEST}" if is_few(people) else str(people)


def drawn_people(people: int) -> int:
    """Return a number of people for a picture's data: that of a small group is not in there either."""
    return 2 if is_few(people) else people


def label_of(word: str, *, empty: str = "") -> str:
    """Return a value of the catalogue's lists in the reader's language; one it does not know as it is."""
    known = library_extras().enum_labels.get(word)
    return known.in_language(get_language()) if known else word or empty


def kpi_name(board: Board, kpi: str) -> str:
    """Return a KPI's name in the reader's language."""
    spec = board.spec(kpi)
    return spec.names.in_language(get_language()) if spec else kpi


def kpi_tile(board: Board, kpi: str, *, status: str = "") -> TileFact:
    """Return a stored figure as a tile, with its target and its change in percent where that says something."""
    spec, value = board.spec(kpi), board.value(kpi)
    before = board.earlier(kpi)
    known = spec is not None and spec.unit in ("CNY", "count") and before
    change = (value.value - before) * 100 / abs(before) if known and before and value.value is not None else None
    return TileFact(
        label=kpi_name(board, kpi),
        value=value.value,
        unit=spec.unit if spec else "",
        kpi=kpi,
        target=board.targets.get(kpi),
        change=change,
        reason=value.reason.value if value.reason else "",
        status=status,
    )


def kpi_tiles(board: Board, kpis: Iterable[str]) -> tuple[TileFact, ...]:
    """Return several stored figures as tiles."""
    return tuple(kpi_tile(board, kpi) for kpi in kpis)


def kpi_cell(board: Board, kpi: str, *, places: int | None = None) -> Cell:
    """Return a stored figure as a cell."""
    found, spec = board.value(kpi), board.spec(kpi)
    return Cell(found.value, spec.unit if spec else "", reason=found.reason or "", places=places)


def one_to(ratio: Decimal | None) -> str:
    """Write a return over cost as 1:N; nothing without one."""
    return "" if ratio is None else f"1:{say(ratio, 'ratio')}"
