"""What the panorama's pictures are drawn with, and a sheet that breaks texts into lines as it takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roles.paper.lettering import wrapped

LINE = 1.4  # distance of two baselines over the size
# Screens draw with their own fonts, a little wider than the one that measures.
SLACK = 0.94
SIZES: Mapping[str, float] = {"title": 16, "name": 14, "strong": 12.5, "text": 12, "note": 11, "number": 11}
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `kind` says how it looks."""

    x: float
    y: float
    width: float
    height: float
    kind: str

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Words:
    """Lines of text; `y` is the first baseline."""

    x: float
    y: float
    lines: tuple[str, ...]
    kind: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way along points, its tip at the last one. `number` stands in a circle at `mark`."""

    points: tuple[Point, ...]
    kind: str
    title: str = ""
    number: str = ""
    mark: Point = (0, 0)


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that lead to a page; `link` is the key the writer finds its URL by."""

    marks: tuple[Box | Words, ...]
    link: str


Mark = Box | Words | Arrow | Group


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture: its size, what it is called, what it tells in words, and its marks from back to front."""

    width: float
    height: float
    title: str
    description: str
    marks: tuple[Mark, ...]


@dataclass(slots=True)
class Sheet:
    """Marks as they come; texts tell how far down they reach."""

    marks: list[Mark] = field(default_factory=list)

    def put(self, *marks: Mark) -> None:
        """Add marks in front of what is there."""
        self.marks += marks

    def write(self, text: str, x: float, y: float, *, width: float, kind: str = "text", anchor: str = "start") -> float:
        """Write a text from the top `y` on, in lines of the width, and return where it ends."""
        lines = lines_of(text, width=width, kind=kind)
        self.put(Words(x, y + SIZES[kind], lines, kind, anchor))
        return y + height_of(lines, kind)


def lines_of(text: str, *, width: float, kind: str = "text") -> tuple[str, ...]:
    """Break a text into lines of the width."""
    return wrapped(text, SIZES[kind], width=width * SLACK)


def height_of(lines: tuple[str, ...], kind: str = "text") -> float:
    """Return how high the lines stand."""
    return len(lines) * SIZES[kind] * LINE
