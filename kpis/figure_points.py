"""Charts of points: bubbles by two numbers and a size, changes against changes. Pure, like `kpis.figures`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.figures import FLAT, PALETTE, Chart, Number, Series, drawn, point_table

NAMED = 7  # points that carry their name; the others say it when pointed at


@dataclass(frozen=True, slots=True)
class Bubble:
    """A point with a size; `text` names it."""

    text: str
    x: Number
    y: Number
    size: Number


def bubbles(points: Sequence[Bubble], *, axis: str, names: tuple[str, str, str]) -> Chart:
    """Place bubbles by two numbers; the area is the third. `names` title x, y and size."""
    known = [point for point in points if point.x is not None and point.y is not None]
    largest = max((Decimal(point.size or 0) for point in known), default=Decimal(0)) or Decimal(1)
    figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": names[2],
                "x": [drawn(point.x) for point in known],
                "y": [drawn(point.y) for point in known],
                "text": _named(known, [Decimal(point.size or 0) for point in known]),
                "customdata": [point.text for point in known],
                "textposition": "top center",
                "cliponaxis": False,
                "marker": {
                    "size": [drawn(Decimal(point.size or 0)) for point in known],
                    "sizemode": "area",
                    "sizeref": float(largest) / 900,
                    "sizemin": 5,
                    "color": PALETTE[0],
                    "opacity": 0.75,
                },
                "hovertemplate": f"%{{customdata}}<br>{names[0]} %{{x:,.2f}}<br>{names[1]} %{{y:,.2f}}<extra></extra>",
            }
        ],
        "layout": {
            **FLAT,
            "xaxis": {"title": {"text": names[0]}, "rangemode": "tozero"},
            "yaxis": {"title": {"text": names[1]}, "rangemode": "tozero"},
        },
    }
    columns = [
        Series(names[0], [point.x for point in points]),
        Series(names[1], [point.y for point in points]),
        Series(names[2], [point.size for point in points]),
    ]
    return Chart(figure, point_table(axis, [point.text for point in points], columns))


def turning(points: Sequence[Bubble], *, axis: str, names: tuple[str, str], words: Sequence[str]) -> Chart:
    """Place points in four quarters around zero: what changed against what changed. `words` follow a point's name."""
    figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": names[1],
                "x": [drawn(point.x) for point in points],
                "y": [drawn(point.y) for point in points],
                "text": _named(points, [_far(point) for point in points]),
                "customdata": [f"{point.text}<br>{said}" for point, said in zip(points, words, strict=True)],
                "textposition": _inward(points),
                "cliponaxis": False,
                "marker": {"size": 11, "color": PALETTE[0]},
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        ],
        "layout": {
            **FLAT,
            "xaxis": {"title": {"text": names[0]}, "zeroline": True},
            "yaxis": {"title": {"text": names[1]}, "zeroline": True},
        },
    }
    columns = [Series(names[0], [point.x for point in points]), Series(names[1], [point.y for point in points])]
    return Chart(figure, point_table(axis, [point.text for point in points], columns))


def _inward(points: Sequence[Bubble]) -> list[str]:
    """Return where each point's name stands: those of the outer thirds run inward, so that no edge cuts them off."""
    places = [Decimal(point.x or 0) for point in points]
    low, high = min(places, default=Decimal(0)), max(places, default=Decimal(0))
    third = (high - low) / 3
    return [
        "top center" if low + third <= place <= high - third else "top right" if place < low + third else "top left"
        for place in places
    ]


def _far(point: Bubble) -> Decimal:
    return abs(Decimal(point.x or 0)) + abs(Decimal(point.y or 0))


def _named(points: Sequence[Bubble], weights: Sequence[Decimal]) -> list[str]:
    """Return the names of the points that weigh most; those of the others would lie upon each other."""
    first = sorted(weights, reverse=True)[:NAMED]
    return [point.text if weight in first else "" for point, weight in zip(points, weights, strict=True)]
