"""A roadmap as a picture: months across, a bar up to each milestone, what is done, what is late, and today. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from omnichannel.core.periods import shift_months

WIDTH, EDGE = 960, 12
HEAD, ROW = 34, 46
LEAST_DAYS = 56
MOST_TICKS = 12
GAP = 13
WORDS_WIDTH = 170  # what the words beside a mark need
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True, slots=True)
class Bar:
    """What is drawn of one milestone: where it begins (None: a mark alone), is planned, was planned first, is done."""

    begins_on: date | None
    planned_on: date
    first_planned_on: date
    done_on: date | None
    state: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar in the picture's units. `words_left` has the words end at `words_x`, where the right edge is near."""

    bar: Bar
    y: int
    left: float
    width: float
    mark: float
    first: float | None
    done: float | None
    words_x: float
    words_left: bool

    @property
    def end(self) -> float:
        """Return where it was done, else where it is planned."""
        return self.mark if self.done is None else self.done


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture: its size, the months' lines, today where it lies inside, and the bars."""

    width: int
    height: int
    ticks: tuple[tuple[float, str], ...]
    today: float | None
    bars: tuple[DrawnBar, ...]


def draw(bars: Sequence[Bar], *, start: date, today: date) -> Drawing:
    """Lay the milestones out over the days from the start to the last of them."""
    days = [day for bar in bars for day in (bar.planned_on, bar.first_planned_on, bar.done_on) if day is not None]
    first = min([start, *days])
    last = max([first + timedelta(days=LEAST_DAYS), *days])
    scale = (WIDTH - 2 * EDGE) / (last - first).days

    def at(day: date) -> float:
        return round(EDGE + (day - first).days * scale, 1)

    drawn = tuple(_bar(bar, HEAD + place * ROW, at) for place, bar in enumerate(bars))
    inside = first <= today <= last
    return Drawing(WIDTH, HEAD + len(bars) * ROW + EDGE, _ticks(first, last, at), at(today) if inside else None, drawn)


def _bar(bar: Bar, y: int, at: Callable[[date], float]) -> DrawnBar:
    mark = at(bar.planned_on)
    left = at(bar.begins_on) if bar.begins_on is not None and bar.begins_on < bar.planned_on else mark
    first = at(bar.first_planned_on) if bar.first_planned_on != bar.planned_on else None
    done = at(bar.done_on) if bar.done_on is not None else None
    ends = [each for each in (mark, first, done) if each is not None]
    is_left = max(ends) > WIDTH - WORDS_WIDTH
    words = min([left, *ends]) - GAP if is_left and min([left, *ends]) > WORDS_WIDTH else mark - GAP
    return DrawnBar(
        bar=bar,
        y=y,
        left=left,
        width=round(mark - left, 1),
        mark=mark,
        first=first,
        done=done,
        words_x=round(words if is_left else max(ends) + GAP, 1),
        words_left=is_left,
    )


def _ticks(first: date, last: date, at: Callable[[date], float]) -> tuple[tuple[float, str], ...]:
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((each for each in MONTH_STEPS if months / each <= MOST_TICKS), MONTH_STEPS[-1])
    found, month = [], shift_months(first.replace(day=1), 1)
    while month <= last:
        if (month.month - 1) % min(step, 12) == 0:
            found.append((at(month), f"{month:%Y-%m}"))
        month = shift_months(month, 1)
    return tuple(found)
