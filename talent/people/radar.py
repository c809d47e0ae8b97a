"""The radar of a person's abilities as SVG geometry: rings of the scale, axes, and one polygon per side. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from roles.catalogue.competence import HIGHEST

WIDTH, HEIGHT = 460, 300
MIDDLE = (WIDTH / 2, HEIGHT / 2)
RADIUS = 96
LABEL_AT = RADIUS + 14
FEWEST_AXES = 3
LONG = 14  # characters: longer labels stand in two lines
LINE = 15


@dataclass(frozen=True, slots=True)
class Axis:
    """An ability's axis: its end, and the lines of its label, each with its height, and how they are anchored."""

    label: tuple[tuple[str, str], ...]
    x: str
    y: str
    label_x: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Radar:
    """Everything the picture holds; polygons are `points` of SVG, empty where there is nothing to draw."""

    axes: tuple[Axis, ...]
    rings: tuple[str, ...]
    needed: str
    rated: str
    own: str


def radar(
    labels: Sequence[str], *, needed: Sequence[int], rated: Sequence[int | None], own: Sequence[int | None]
) -> Radar | None:
    """Return the radar; None for fewer than three abilities, which make no area."""
    count = len(labels)
    if count < FEWEST_AXES:
        return None
    return Radar(
        axes=tuple(_axis(label, at, count) for at, label in enumerate(labels)),
        rings=tuple(_polygon([level] * count) for level in range(1, HIGHEST + 1)),
        needed=_polygon(list(needed)),
        rated=_polygon(rated),
        own=_polygon(own),
    )


def _polygon(levels: Sequence[int | None]) -> str:
    """Return the corners; an ability without a level draws none of the polygon, rather than a false zero."""
    if any(level is None for level in levels):
        return ""
    corners = [_point(at, len(levels), RADIUS * (level or 0) / HIGHEST) for at, level in enumerate(levels)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _axis(label: str, at: int, count: int) -> Axis:
    x, y = _point(at, count, RADIUS)
    label_x, label_y = _point(at, count, LABEL_AT)
    side = label_x - MIDDLE[0]
    anchor = "middle" if abs(side) < 1 else "start" if side > 0 else "end"
    words = _lines(label)
    first = label_y + 4 - (len(words) - 1) * LINE / 2
    told = tuple((line, f"{first + place * LINE:.1f}") for place, line in enumerate(words))
    return Axis(told, f"{x:.1f}", f"{y:.1f}", f"{label_x:.1f}", anchor)


def _lines(label: str) -> list[str]:
    """Cut a long label in two at the blank nearest to its middle."""
    blanks = [at for at, sign in enumerate(label) if sign == " "]
    if len(label) <= LONG or not blanks:
        return [label]
    cut = min(blanks, key=lambda at: abs(at - len(label) / 2))
    return [label[:cut], label[cut + 1 :]]


def _point(at: int, count: int, length: float) -> tuple[float, float]:
    angle = 2 * math.pi * at / count - math.pi / 2
    return MIDDLE[0] + length * math.cos(angle), MIDDLE[1] + length * math.sin(angle)
