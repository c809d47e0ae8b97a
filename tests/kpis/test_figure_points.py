"""Charts of points: names stand where no edge of the picture cuts them off."""

from __future__ import annotations

from decimal import Decimal

from kpis.figure_points import Bubble, turning


def test_names_of_the_outer_points_run_inward() -> None:
    points = [Bubble(str(place), Decimal(place), Decimal(1), None) for place in (-9, 0, 12)]
    points.append(Bubble("unknown", None, None, None))
    chart = turning(points, axis="role", names=("x", "y"), words=["", "", "", ""])
    (trace,) = chart.figure["data"]
    assert trace["textposition"] == ["top right", "top center", "top left", "top center"]
    assert turning([], axis="role", names=("x", "y"), words=[]).figure["data"][0]["textposition"] == []
