"""What a report is made of: paragraphs, tables and tiles, all of them finished texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from roles.paper.marks import Tone


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table; `right` aligns it at the end of its column."""

    text: str
    tone: Tone = Tone.INK
    bold: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text under its own heading, or under none."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading; `widths` are parts of the page's width. Without rows `empty` says why."""

    title: str
    note: str
    widths: tuple[float, ...]
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class PaperTile:
    """A figure with its name, a line below it, and its months as a line."""

    label: str
    value: str
    note: str = ""
    tone: Tone = Tone.INK
    trend: Sequence[Decimal | None] = ()


@dataclass(frozen=True, slots=True)
class Tiles:
    """Figures side by side, so many in a row."""

    title: str
    note: str
    tiles: tuple[PaperTile, ...]
    columns: int = 4
    empty: str = ""


Block = Paragraph | Table | Tiles


@dataclass(frozen=True, slots=True)
class Report:
    """A report: what stands on every page, and its blocks in order. `numbered` has {page} and {of}."""

    title: str
    stamp: str
    printed: str
    numbered: str
    blocks: tuple[Block, ...]
