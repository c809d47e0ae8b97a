"""Numbers as pictures, drawn on the server: tile, score bar, sparkline, heat cell, meter, progress; chart frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from omnichannel.core.numerals import rounded
from omnichannel.templatetags.numbers import Figure, as_decimal, plain_value

register = template.Library()

Point = Decimal | int | None
ZERO = Decimal(0)
PAD = Decimal(3)
SHADES = 8


@register.inclusion_tag("components/tile.html")
def tile(
    label: str,
    value: Figure,
    unit: str = "",
    target: Figure = None,
    status: str = "",
    trend: Sequence[Point] | None = None,
    url: str = "",
    freshness: str = "",
    reason: str = "",
    change: Figure = None,
) -> dict[str, object]:
    """One figure with its target, status word, trend and how fresh it is. `change` is percent against last period."""
    return {
        "label": label,
        "value": value,
        "unit": unit,
        "target": as_decimal(target),
        "status": status,
        "trend": trend,
        "url": url,
        "freshness": freshness,
        "reason": reason,
        "change": as_decimal(change),
    }


@register.inclusion_tag("components/score_bar.html")
def score_bar(segments: Sequence[Mapping[str, object]], total: Figure = None, maximum: int = 100) -> dict[str, object]:
    """Weighted points side by side; the parts are the displayed points, so they add up to the total as displayed."""
    drawn: list[dict[str, object]] = []
    at = added = ZERO
    for number, segment in enumerate(segments):
        points = _points(segment)
        width = points * 1000 / maximum
        place = {"x": _text(at), "size": _text(max(width - 2, ZERO)), "points": points, "shade": number % SHADES}
        drawn.append({**segment, **place, "is_known": segment.get("points") is not None})
        at, added = at + width, added + points
    return {"segments": drawn, "total": added if total is None else as_decimal(total), "maximum": maximum}


def _points(segment: Mapping[str, object]) -> Decimal:
    """Read the points as displayed, so that what is drawn is what is added."""
    points = segment.get("points")
    if not isinstance(points, Decimal | int | str):
        return ZERO
    return rounded(Decimal(points), 2)


@register.simple_tag
def sparkline(
    points: Sequence[Point], label: str = "", width: int = 96, height: int = 24, target: Point = None
) -> SafeString:
    """Draw a trend as a line that breaks where there is no value; the last value carries a dot."""
    known = [Decimal(point) for point in points if point is not None]
    if not known:
        return SafeString("")
    scale = _Scale(
        known if target is None else [*known, Decimal(target)], count=len(points), width=width, height=height
    )
    path = scale.path(points)
    last = max(index for index, point in enumerate(points) if point is not None)
    words = label or gettext("Trend: from %(first)s to %(last)s") % {
        "first": plain_value(known[0]),
        "last": plain_value(known[-1]),
    }
    goal = (
        ""
        if target is None
        else format_html('<path class="spark__target" d="M0 {0}H{1}"/>', scale.y(Decimal(target)), width)
    )
    return format_html(
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">{3}'
        '<path class="spark__line" d="{4}"/><circle class="spark__last" cx="{5}" cy="{6}" r="2"/></svg>',
        width,
        height,
        escape(words),
        goal,
        path,
        scale.x(last),
        scale.y(known[-1]),
    )


class _Scale:
    """Maps indexes and values to SVG coordinates; a flat line runs through the middle."""

    def __init__(self, values: Sequence[Decimal], *, count: int, width: int, height: int) -> None:
        self.low, self.high = min(values), max(values)
        self.step = (Decimal(width) - 2 * PAD) / max(count - 1, 1)
        self.height = Decimal(height)

    def x(self, index: int) -> str:
        return _text(PAD + self.step * index)

    def y(self, value: Decimal) -> str:
        span = self.high - self.low
        part = (value - self.low) / span if span else Decimal("0.5")
        return _text(self.height - PAD - part * (self.height - 2 * PAD))

    def path(self, points: Sequence[Point]) -> str:
        """Move after each gap, draw otherwise."""
        moves = []
        for index, point in enumerate(points):
            if point is not None:
                pen = "L" if index and points[index - 1] is not None else "M"
                moves.append(f"{pen}{self.x(index)} {self.y(Decimal(point))}")
        return "".join(moves)


def _text(value: Decimal) -> str:
    return f"{value:.1f}"


@register.simple_tag
def heat_cell(level: int | str, label: str, value: object = "", url: str = "") -> SafeString:
    """A table cell of a heat map: level 0-5, `none` (not expected) or `missing`; the label says it in words."""
    inner = format_html('<a href="{}">{}</a>', url, value or "·") if url else value
    return format_html(
        '<td class="heat heat--{}" title="{}">{}<span class="visually-hidden">{}</span></td>',
        level,
        label,
        inner,
        label,
    )


@register.simple_tag
def meter(value: Figure, maximum: int = 100, label: str = "", status: str = "") -> SafeString:
    """A thin bar for a part of a whole."""
    number = as_decimal(value)
    if number is None:
        return SafeString("")
    width = min(max(number / maximum * 100, ZERO), Decimal(100))
    return format_html(
        '<svg class="meter{}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="meter__track" width="100" height="6" rx="1"/>'
        '<rect class="meter__fill" width="{}" height="6" rx="1"/></svg>',
        f" meter--{status.replace('_', '-')}" if status else "",
        label.strip() or f"{plain_value(number)} / {maximum}",
        _text(width),
    )


@register.inclusion_tag("components/progress.html")
def progress(
    done: int, total: int | None, label: str = "", rate: str = "", left: str = "", state: str = "running"
) -> dict[str, object]:
    """How far a job is: done of total, rate and time left; without a total the bar only says that it runs."""
    return {"done": done, "total": total, "label": label, "rate": rate, "left": left, "state": state}


@register.inclusion_tag("components/chart.html")
def chart(
    id: str,
    figure: object = None,
    url: str = "",
    title: str = "",
    table: Mapping[str, object] | None = None,
    height: str = "m",
    note: str = "",
) -> dict[str, object]:
    """A chart and its table. The figure is plotly JSON computed on the server, passed inline or answered by `url`."""
    return {
        "id": id,
        "figure_id": f"{id}-figure",
        "figure": figure,
        "url": url,
        "title": title,
        "table": table,
        "height": height,
        "note": note,
    }
