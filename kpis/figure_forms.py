"""Further forms of charts: heat maps, flows, pyramids, bars beside each other. Pure, like `kpis.figures`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kpis.figures import FLAT, GREY, PALETTE, STATUS_COLOURS, Bar, Chart, Number, Series, by_name, drawn, point_table

COLD, WARM = "#E8F1F7", "#0072B2"


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: `value` colours it (None leaves it blank), `text` stands in it."""

    value: Number
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A flow from one node to another, by their places."""

    source: int
    target: int
    amount: int
    text: str


def bars_with_ticks(bars: Sequence[Bar], ticks: Series, *, axis: str, value_name: str, unit: str) -> Chart:
    """Lay one bar per step, coloured by status, with its threshold as a tick; the first step stands on top."""
    names = [bar.name for bar in bars]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": value_name,
            "y": names,
            "x": [drawn(bar.value) for bar in bars],
            "marker": {"color": [STATUS_COLOURS.get(bar.status, PALETTE[0]) for bar in bars]},
            "hovertemplate": f"%{{y}}<br>%{{x:,.1f}} {unit}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": ticks.name,
            "y": names,
            "x": [drawn(value) for value in ticks.values],
            "marker": {"symbol": "line-ns-open", "size": 22, "color": GREY, "line": {"width": 3}},
            "hovertemplate": f"%{{y}}<br>{ticks.name} %{{x:,.1f}} {unit}<extra></extra>",
        },
    ]
    layout = {
        **FLAT,
        "showlegend": True,
        "xaxis": {"rangemode": "tozero", "title": {"text": unit}},
        "yaxis": {**by_name(), "autorange": "reversed"},
    }
    table = point_table(axis, names, [Series(value_name, [bar.value for bar in bars]), ticks])
    return Chart({"data": data, "layout": layout}, table)


def beside(
    points: Sequence[str], series: Sequence[Series], *, axis: str, unit: str, places: int = 1, lying: bool = False
) -> Chart:
    """Stand (or lay) the series beside each other at every point, from zero; long names want lying bars."""
    name, size = ("y", "x") if lying else ("x", "y")
    data = [
        {
            "type": "bar",
            "orientation": "h" if lying else "v",
            "name": each.name,
            name: list(points),
            size: [drawn(value) for value in each.values],
            "marker": {"color": PALETTE[index % len(PALETTE)]},
            "hovertemplate": f"%{{{name}}}<br>{each.name} %{{{size}:,.{places}f}} {unit}<extra></extra>",
        }
        for index, each in enumerate(series)
    ]
    names: dict[str, Any] = {
        **by_name(),
        "automargin": True,
        **({"autorange": "reversed", "dtick": 1} if lying else {}),
    }
    amounts = {"rangemode": "tozero", "title": {"text": unit}}
    layout = {
        "barmode": "group",
        "hovermode": "closest",
        "showlegend": len(series) > 1,
        "xaxis": amounts if lying else names,
        "yaxis": names if lying else amounts,
    }
    return Chart({"data": data, "layout": layout}, point_table(axis, points, series))


def heat_map(
    columns: Sequence[str],
    rows: Sequence[str],
    cells: Sequence[Sequence[HeatCell]],
    *,
    axis: str,
    names: tuple[str, str],
) -> Chart:
    """Colour a grid; the first row stands on top. `axis` heads the table, `names` title the two axes."""
    figure = {
        "data": [
            {
                "type": "heatmap",
                "x": list(columns),
                "y": list(rows),
                "z": [[drawn(cell.value) for cell in line] for line in cells],
                "text": [[cell.text for cell in line] for line in cells],
                "texttemplate": "%{text}",
                "hovertemplate": "%{y} · %{x}<br>%{text}<extra></extra>",
                "colorscale": [[0, COLD], [1, WARM]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hoverongaps": False,
            }
        ],
        "layout": {
            **FLAT,
            "xaxis": {**by_name(), "title": {"text": names[0]}, "side": "top", "dtick": 1, "showgrid": False},
            "yaxis": {**by_name(), "title": {"text": names[1]}, "autorange": "reversed", "dtick": 1, "showgrid": False},
        },
    }
    table = {
        "head": [axis, *columns],
        "rows": [[row, *(cell.text or None for cell in line)] for row, line in zip(rows, cells, strict=True)],
    }
    return Chart(figure, table)


@dataclass(frozen=True, slots=True)
class Node:
    """A stop of flows: its name and colour, and the size that places it; `later` ones stand on the right."""

    name: str
    colour: str
    size: int
    later: bool


def flows(nodes: Sequence[Node], links: Sequence[Link], *, heads: tuple[str, str], table: dict[str, Any]) -> Chart:
    """Draw flows from the nodes on the left to those on the right, each side in the order given under its head."""
    places = _places([node for node in nodes if not node.later]) + _places([node for node in nodes if node.later])
    above = {"y": 1, "yref": "paper", "yanchor": "bottom", "xref": "paper", "showarrow": False}
    figure = {
        "data": [
            {
                "type": "sankey",
                "arrangement": "snap",
                "node": {
                    "label": [node.name for node in nodes],
                    "color": [node.colour for node in nodes],
                    "x": [0.999 if node.later else 0.001 for node in nodes],
                    "y": places,
                    "pad": 14,
                    "thickness": 14,
                    "hovertemplate": "%{label}<extra></extra>",
                },
                "link": {
                    "source": [link.source for link in links],
                    "target": [link.target for link in links],
                    "value": [link.amount for link in links],
                    "customdata": [link.text for link in links],
                    "color": "rgba(154,160,166,0.35)",
                    "hovertemplate": "%{customdata}<extra></extra>",
                },
            }
        ],
        "layout": {
            "margin": {"l": 8, "r": 8, "t": 28, "b": 20},
            "annotations": [
                {**above, "x": 0, "xanchor": "left", "text": heads[0]},
                {**above, "x": 1, "xanchor": "right", "text": heads[1]},
            ],
        },
    }
    return Chart(figure, table)


def _places(nodes: Sequence[Node]) -> list[float]:
    """Return the middle of each node from the top down, 0 to 1, with room between them."""
    room = 0.03
    whole = sum(node.size for node in nodes) or 1
    free = 1 - room * (len(nodes) - 1)
    found, top = [], 0.0
    for node in nodes:
        height = node.size / whole * free
        found.append(min(max(top + height / 2, 0.001), 0.999))
        top += height + room
    return found


def pyramid(levels: Sequence[str], actual: Series, ideal: Series, *, axis: str, unit: str) -> Chart:
    """Lay centred bars, the first level on top; the ideal stands behind as an outline."""
    traces = []
    for series, marker, width in (
        (ideal, {"color": "rgba(0,0,0,0)", "line": {"color": GREY, "width": 2}}, 0.9),
        (actual, {"color": PALETTE[2]}, 0.55),
    ):
        values = [drawn(value) for value in series.values]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": series.name,
                "y": list(levels),
                "x": values,
                "base": [None if value is None else -value / 2 for value in values],
                "width": width,
                "marker": marker,
                "text": ["" if value is None else f"{value:,.1f} {unit}" for value in values]
                if series is actual
                else "",
                "textposition": "inside",
                "insidetextanchor": "middle",
                "hovertemplate": f"%{{y}}<br>{series.name} %{{x:,.1f}} {unit}<extra></extra>",
            }
        )
    layout = {
        "barmode": "overlay",
        "hovermode": "closest",
        "showlegend": True,
        "xaxis": {"visible": False, "zeroline": False},
        "yaxis": {**by_name(), "autorange": "reversed"},
    }
    return Chart({"data": traces, "layout": layout}, point_table(axis, levels, [actual, ideal]))
