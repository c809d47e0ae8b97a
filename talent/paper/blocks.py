"""What a document is made of: a closed grammar of headings, paragraphs, lists and tables, with bold as the one accent.

Everything is in normal form: texts without line breaks or double spaces, bold that begins and ends with a letter or
digit, no two lists of one kind in a row. So a text that is written and read again is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

# What XML, and so DOCX, cannot hold, and marks that change the direction of text.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\ud800-\udfff\ufeff\ufffe\uffff]"
)
HIGHEST, LOWEST = 3, 4  # headings inside a section; 1 is the document's, 2 the section's


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one weight."""

    text: str
    bold: bool = False


Inline = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    runs: Inline
    level: int = HIGHEST


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    runs: Inline


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, numbered or not."""

    kind: ClassVar[str] = "bullets"
    items: tuple[Inline, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `right` tells which columns hold numbers. Each row has as many cells as the head."""

    kind: ClassVar[str] = "table"
    head: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]
    right: tuple[bool, ...]

    @property
    def head_cells(self) -> tuple[tuple[Inline, bool], ...]:
        """Return the cells of the head, each with whether its column holds numbers."""
        return tuple(zip(self.head, self.right, strict=True))

    @property
    def row_cells(self) -> tuple[tuple[tuple[Inline, bool], ...], ...]:
        """Return the rows in the same way."""
        return tuple(tuple(zip(row, self.right, strict=True)) for row in self.rows)


Block = Heading | Paragraph | Bullets | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section of a document."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: its title, the facts of its title block, its sections."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands around a document on every page. `numbered` has {page} and {of}."""

    company: str
    stamp: str
    numbered: str
    language: str

    @property
    def is_chinese(self) -> bool:
        """Tell in which language the document is."""
        return self.language.startswith("zh")


def plain(text: str) -> str:
    """Return a text in normal form: one line, single spaces, nothing that cannot be printed."""
    return " ".join(UNPRINTABLE.sub("", text).split())


def words(text: str, *, bold: bool = False) -> Inline:
    """Return one text as a paragraph or a cell holds it."""
    return inline([Run(text, bold)])


def inline(runs: Iterable[Run]) -> Inline:
    """Return runs in normal form: pieces of one weight joined, bold from letter to letter, no spaces at the ends."""
    pieces = [
        piece for run in runs for piece in _tight(Run(re.sub(r"\s+", " ", UNPRINTABLE.sub("", run.text)), run.bold))
    ]
    joined: list[Run] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].bold == piece.bold:
            joined[-1] = Run(re.sub(" +", " ", joined[-1].text + piece.text), piece.bold)
        elif joined and joined[-1].text.endswith(" ") and piece.text.startswith(" "):
            joined.append(Run(piece.text.lstrip(" "), piece.bold))
        else:
            joined.append(piece)
    if joined:
        joined[0] = Run(joined[0].text.lstrip(" "), joined[0].bold)
        joined[-1] = Run(joined[-1].text.rstrip(" "), joined[-1].bold)
    return tuple(run for run in joined if run.text)


def _tight(run: Run) -> list[Run]:
    """Move what is no letter or digit out of both ends of a bold run."""
    if not run.bold:
        return [run]
    letters = [place for place, one in enumerate(run.text) if one.isalnum()]
    if not letters:
        return [Run(run.text)]
    first, last = letters[0], letters[-1] + 1
    return [Run(run.text[:first]), Run(run.text[first:last], True), Run(run.text[last:])]


def text_of(runs: Inline) -> str:
    """Return the text without its weights."""
    return "".join(run.text for run in runs)


def table(head: Iterable[str], rows: Iterable[Iterable[str]], *, right: Iterable[int] = ()) -> Table:
    """Return a table of plain texts; `right` are the places of the columns with numbers, counted from 0."""
    titles, numbers = [words(each) for each in head], set(right)
    width = len(titles)
    cells = tuple(tuple(words(cell) for cell in row) for row in rows)
    return Table(tuple(titles), cells, tuple(place in numbers for place in range(width)))


def bullets(items: Iterable[str], *, numbered: bool = False) -> Bullets:
    """Return a list of plain texts."""
    return Bullets(tuple(words(item) for item in items), numbered)


def heading(text: str) -> Heading:
    """Return a heading of plain text."""
    return Heading(words(text))


def paragraph(text: str) -> Paragraph:
    """Return a paragraph of plain text."""
    return Paragraph(words(text))


def normal(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks in normal form: nothing empty, neighbouring lists of one kind as one."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            if block.runs:
                found.append(block)
        elif isinstance(block, Table):
            found.append(block)
        elif items := tuple(item for item in block.items if item):
            last = found[-1] if found else None
            if isinstance(last, Bullets) and last.numbered == block.numbered:
                found[-1] = Bullets((*last.items, *items), block.numbered)
            else:
                found.append(Bullets(items, block.numbered))
    return tuple(found)
