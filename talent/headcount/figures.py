"""Charts of budgets as plotly JSON: here, and only here, money becomes numbers for drawing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

Amounts = Sequence[Decimal | None]
# one colour a cost type on every page (Okabe-Ito, then its darker and greyer kin)
COLOURS = {
    "infrastructure": "#0072B2", "labour": "#E69F00", "technology": "#009E73", "content": "#CC79A7",
    "campaign": "#56B4E9", "ad_media": "#D55E00", "training": "#F0E442", "logistics": "#7A5195", "other": "#8C8C8C",
    "contingency": "#444444",
}  # fmt: skip
BUDGET, ACTUAL = "#9aa1a5", "#0072B2"
CATEGORY = {"type": "category"}


def stacked(months: Sequence[str], lines: Mapping[str, Amounts], *, names: Mapping[str, str]) -> dict[str, Any]:
    """Stack the cost types over the months; a type that costs nothing in any of them is left out of the legend too."""
    data = [
        {
            "type": "bar",
            "name": names[kind],
            "x": list(months),
            "y": [_drawn(value) for value in values],
            "marker": {"color": COLOURS[kind]},
            "hovertemplate": f"%{{x}}<br>{names[kind]} ¥%{{y:,.0f}}<extra></extra>",
        }
        for kind, values in lines.items()
        if any(values)
    ]
    axis = {"title": {"text": "¥"}, "rangemode": "tozero"}
    layout = {"barmode": "stack", "yaxis": axis, "xaxis": CATEGORY, "showlegend": True}
    return {"data": data, "layout": layout}


def two_lines(
    months: Sequence[str], budget: Amounts, actual: Amounts, *, names: tuple[str, str], missing: str
) -> dict[str, Any]:
    """Draw what was planned and what was spent, added up; `missing` stands in the gaps of the plan."""
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": list(months),
            "y": [_drawn(value) for value in values],
            "connectgaps": False,
            "line": {"color": colour, "width": 2},
            "hovertemplate": f"%{{x}}<br>{name} ¥%{{y:,.0f}}<extra></extra>",
        }
        for name, values, colour in ((names[0], budget, BUDGET), (names[1], actual, ACTUAL))
    ]
    layout = {
        "yaxis": {"title": {"text": "¥"}, "rangemode": "tozero"},
        "xaxis": CATEGORY,
        "showlegend": True,
        "annotations": [
            {"x": months[place], "y": 0.04, "yref": "paper", "text": missing, "showarrow": False}
            for place in _middles(budget)
        ],
    }
    return {"data": data, "layout": layout}


def _middles(amounts: Amounts) -> list[int]:
    """Return the middle place of every run of unknown amounts."""
    known = [-1, *(place for place, amount in enumerate(amounts) if amount is not None), len(amounts)]
    return [(before + after) // 2 for before, after in pairwise(known) if after - before > 1]


def _drawn(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
