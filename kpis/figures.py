"""Charts as plotly JSON, computed on the server. Pure: here, and only here, decimals become numbers for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Number = Decimal | int | None
# Colours of the page's own palette by entity, so that a channel looks the same on every chart.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
STATUS_COLOURS = {
    "met": "#009E73",
    "near": "#E69F00",
    "low": "#D98324",
    "missed": "#D55E00",
    "no_data": "#B5B5B5",
}
GREY = "#9AA0A6"
FLAT = {"showlegend": False, "hovermode": "closest"}


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of numbers, one per point of the chart's axis."""

    name: str
    values: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with the status that colours it."""

    name: str
    value: Number
    status: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the chart tag wants: the figure, and the same numbers as a table."""

    figure: dict[str, Any]
    table: dict[str, Any]


def stacked_bars(points: Sequence[str], series: Sequence[Series], *, axis: str, unit: str) -> Chart:
    """Stack the series over the points: parts of a whole over time."""
    data = [
        {
            "type": "bar",
            "name": each.name,
            "x": list(points),
            "y": [drawn(value) for value in each.values],
            "marker": {"color": PALETTE[index % len(PALETTE)]},
            "hovertemplate": f"%{{x}}<br>{each.name} %{{y:,.0f}} {unit}<extra></extra>",
        }
        for index, each in enumerate(series)
    ]
    layout = {"barmode": "stack", "yaxis": {"title": {"text": unit}, "rangemode": "tozero"}, "xaxis": by_name()}
    return Chart({"data": data, "layout": layout}, point_table(axis, points, series))


def trend(points: Sequence[str], line: Series, *, axis: str, unit: str, target: Series | None = None) -> Chart:
    """Draw a line over the points that breaks where there is no value; the target stands as ticks."""
    data = [_line(points, line, colour=PALETTE[0], told=f"%{{y:,.2f}} {unit}")]
    shown = [line]
    if target is not None and any(value is not None for value in target.values):
        data.append(_ticks(points, target, unit))
        shown.append(target)
    layout = {**FLAT, "showlegend": len(shown) > 1, "yaxis": {"title": {"text": unit}}, "xaxis": by_name()}
    return Chart({"data": data, "layout": layout}, point_table(axis, points, shown))


def trends(points: Sequence[str], lines: Sequence[Series], *, axis: str, unit: str) -> Chart:
    """Draw several lines over the points, each breaking where there is no value; the axis starts at zero."""
    data = [
        _line(points, line, colour=PALETTE[index % len(PALETTE)], told=f"{line.name} %{{y:,.2f}} {unit}")
        for index, line in enumerate(lines)
    ]
    layout = {"yaxis": {"title": {"text": unit}, "rangemode": "tozero"}, "xaxis": by_name()}
    return Chart({"data": data, "layout": layout}, point_table(axis, points, lines))


def _line(points: Sequence[str], line: Series, *, colour: str, told: str) -> dict[str, Any]:
    """Return the trace of a line that breaks where there is no value; `told` follows the point's name on hover."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": line.name,
        "x": list(points),
        "y": [drawn(value) for value in line.values],
        "connectgaps": False,
        "line": {"color": colour, "width": 2},
        "hovertemplate": f"%{{x}}<br>{told}<extra></extra>",
    }


def _lying(bars: Sequence[Bar], *, otherwise: str) -> dict[str, Any]:
    """Return the trace that bars lying one above the other share; `otherwise` colours those without a status."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": [bar.name for bar in bars],
        "x": [drawn(bar.value) for bar in bars],
        "marker": {"color": [STATUS_COLOURS.get(bar.status, otherwise) for bar in bars]},
    }


def attainment_bars(bars: Sequence[Bar], *, axis: str, value_name: str) -> Chart:
    """Lay one bar per KPI, coloured by status, with the target as a tick at 100 %; the first KPI stands on top."""
    figure = {
        "data": [
            {
                **_lying(bars, otherwise=GREY),
                "text": [_said(bar.value) for bar in bars],
                "textposition": "inside",
                "insidetextanchor": "start",
                "textangle": 0,
                "hovertemplate": "%{y}<br>%{x:.2f} %<extra></extra>",
            }
        ],
        "layout": {
            **FLAT,
            "xaxis": {"range": [0, 125], "title": {"text": "%"}, "dtick": 20},
            "yaxis": {"autorange": "reversed", "type": "category"},
            "shapes": [_line_at(100)],
        },
    }
    return Chart(figure, _bars_table(bars, axis=axis, value_name=value_name))


def ranked_bars(bars: Sequence[Bar], *, axis: str, value_name: str, unit: str = "") -> Chart:
    """Lay bars in the order given, best on top."""
    figure = {
        "data": [
            {
                **_lying(bars, otherwise=PALETTE[0]),
                "hovertemplate": "%{y}<br>%{x:,.2f} " + unit + "<extra></extra>",
            }
        ],
        "layout": {
            **FLAT,
            "xaxis": {"rangemode": "tozero", "title": {"text": unit}},
            "yaxis": {"autorange": "reversed", "type": "category"},
        },
    }
    return Chart(figure, _bars_table(bars, axis=axis, value_name=value_name))


def _ticks(points: Sequence[str], target: Series, unit: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": target.name,
        "x": list(points),
        "y": [drawn(value) for value in target.values],
        "marker": {"symbol": "line-ew-open", "size": 16, "color": GREY, "line": {"width": 2}},
        "hovertemplate": "%{x}<br>" + target.name + " %{y:,.2f} " + unit + "<extra></extra>",
    }


def _line_at(value: int) -> dict[str, Any]:
    ends = {"x0": value, "x1": value, "y0": 0, "y1": 1}
    return {"type": "line", "xref": "x", "yref": "paper", **ends, "line": {"color": GREY, "width": 2}}


def by_name() -> dict[str, Any]:
    """Return an axis whose places are names in the order given."""
    # months such as 2026-10 would else be read as dates and thinned out
    return {"type": "category"}


def drawn(value: Number) -> float | None:
    """Return a number for drawing only."""
    return None if value is None else float(value)


def _said(value: Number) -> str:
    return "" if value is None else f"{value:.1f}"


def point_table(axis: str, points: Sequence[str], series: Sequence[Series]) -> dict[str, Any]:
    """Return the table of a chart: a row per point, a column per series."""
    rows = [[point, *(plain(each.values[index]) for each in series)] for index, point in enumerate(points)]
    return {"head": [axis, *(each.name for each in series)], "rows": rows}


def _bars_table(bars: Sequence[Bar], *, axis: str, value_name: str) -> dict[str, Any]:
    return point_table(axis, [bar.name for bar in bars], [Series(value_name, [bar.value for bar in bars])])


def plain(value: Number) -> str | None:
    """Write a number in full with at most two decimals; None stays for the page to dash."""
    if value is None:
        return None
    text = f"{value:,.2f}"
    return text.removesuffix(".00")
