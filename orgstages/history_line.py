"""The line of a unit's recorded verdicts as a picture: one lane per stage, a point per day. Pure.

The line belongs to the unit and goes on when the unit moves; a move is marked where it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from roles.catalogue import StageKey

WIDTH, LANE, TOP, LEFT, RIGHT = 640, 48, 14, 12, 24
STAGES = tuple(reversed(StageKey))


@dataclass(frozen=True, slots=True)
class Point:
    """A verdict on a day; without `stage` there was not enough data. `is_live` marks the one judged now."""

    day: date
    stage: StageKey | None
    partner: StageKey | None
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A point as drawn; `r` is 0 for a day without a verdict. `partner_y` is the second lane of a hybrid."""

    x: int
    y: int
    partner_y: int | None
    point: Point


@dataclass(frozen=True, slots=True)
class Line:
    """The picture: lanes top down, dots in time order from `left` on, the steps between them, and marks of moves.

    The name of a lane has its place above it, however long it is.
    """

    left: int
    width: int
    height: int
    lanes: tuple[tuple[int, StageKey], ...]
    dots: tuple[Dot, ...]
    path: str
    moves: tuple[tuple[int, date, str], ...]
    first: date
    last: date


def line_of(points: Sequence[Point], *, moves: Mapping[date, str]) -> Line | None:
    """Lay the points out; None for fewer than two days, which make no line."""
    ordered = sorted(points, key=lambda point: point.day)
    if len({point.day for point in ordered}) < 2:
        return None
    first, last = ordered[0].day, ordered[-1].day
    height = TOP + LANE * len(STAGES) + TOP

    def x_of(day: date) -> int:
        part = Decimal((day - first).days) / Decimal((last - first).days)
        return LEFT + int(part * (WIDTH - LEFT - RIGHT))

    dots = tuple(
        Dot(
            x_of(point.day),
            _y(point.stage) if point.stage else height - TOP // 2,
            _y(point.partner) if point.partner else None,
            point,
        )
        for point in ordered
    )
    return Line(
        LEFT,
        WIDTH,
        height,
        tuple((_y(stage), stage) for stage in STAGES),
        dots,
        _steps(dots),
        tuple((x_of(day), day, text) for day, text in sorted(moves.items()) if first <= day <= last),
        first,
        last,
    )


def _steps(dots: Sequence[Dot]) -> str:
    """Draw a stage as lasting until the next verdict; days without a verdict break the line."""
    drawn: list[str] = []
    before: Dot | None = None
    for dot in dots:
        if dot.point.stage is None:
            before = None
            continue
        drawn.append(f"M{dot.x} {dot.y}" if before is None else f"H{dot.x}V{dot.y}")
        before = dot
    return "".join(drawn)


def _y(stage: StageKey) -> int:
    return TOP + LANE * STAGES.index(stage) + LANE // 2
