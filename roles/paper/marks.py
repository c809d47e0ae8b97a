"""What a page is made of: boxes, lines, texts and links, in points from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """A colour by what it means; the values print well on paper."""

    INK = "#191d1f"
    MUTED = "#596267"
    ACCENT = "#0b5f63"
    EDGE = "#84898c"
    WIRE = "#a9aeb0"
    FILL = "#eef2f1"
    LEAD = "#d6e8e6"
    PAPER = "#ffffff"
    GOOD = "#00664b"
    WARN = "#934700"
    BAD = "#ab2b10"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `dashed` marks what is virtual or vacant."""

    x: float
    y: float
    width: float
    height: float
    fill: Tone | None = None
    edge: Tone | None = Tone.EDGE
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    tone: Tone = Tone.WIRE


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline. `right` makes `x` its end. `bold` thickens the strokes."""

    x: float
    y: float
    text: str
    size: float
    tone: Tone = Tone.INK
    right: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A place that leads to another page, counted from 1."""

    x: float
    y: float
    width: float
    height: float
    page: int


Mark = Box | Wire | Text | Link


@dataclass(frozen=True, slots=True)
class Page:
    """A page in points, with its marks in the order in which they are drawn."""

    width: float
    height: float
    marks: tuple[Mark, ...]
