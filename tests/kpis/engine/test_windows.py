"""Which dates a window covers."""

from __future__ import annotations

from datetime import date

import pytest

from kpis.engine.windows import periods_inside, span_of
from omnichannel.core.periods import parse_period


@pytest.mark.parametrize(
    ("period", "window", "start", "end", "before"),
    [
        ("2024-03", "", "2024-03-01", "2024-04-01", "2024-02-01"),
        ("2024-03", "prev", "2024-02-01", "2024-03-01", "2024-01-01"),
        ("2024-02", "yoy", "2023-02-01", "2023-03-01", "2023-01-01"),
        ("2024-03", "r12m", "2023-04-01", "2024-04-01", "2022-04-01"),
        ("2024-03", "open", "2024-02-01", "2024-03-01", "2024-01-01"),
        ("2024-Q1", "prev", "2023-10-01", "2024-01-01", "2023-07-01"),
        ("2024-W01", "", "2024-01-01", "2024-01-08", "2023-12-25"),
        ("2024-W10", "yoy", "2023-03-06", "2023-03-13", "2023-02-27"),
        ("2024", "yoy", "2023-01-01", "2024-01-01", "2022-01-01"),
    ],
)
def test_windows_cover_the_dates_they_are_named_for(
    period: str, window: str, start: str, end: str, before: str
) -> None:
    span = span_of(parse_period(period), window)
    assert [str(span.start), str(span.end), str(span.before)] == [start, end, before]


def test_months_add_up_to_a_quarter_but_a_quarter_is_not_part_of_a_month() -> None:
    cells = ["2024-04", "2024-05", "2024-06", "2024-07", "2024-Q2", "2024", "nonsense"]
    quarter = span_of(parse_period("2024-Q2"), "")
    month = span_of(parse_period("2024-05"), "")
    assert periods_inside(cells, quarter) == ["2024-04", "2024-05", "2024-06", "2024-Q2"]
    assert periods_inside(cells, month) == ["2024-05"]


def test_a_longer_review_holds_for_the_month_inside_it() -> None:
    month = span_of(parse_period("2024-05"), "")
    assert periods_inside(["2024-Q1", "2024-Q2", "2024"], month, or_around=True) == ["2024", "2024-Q2"]


def test_the_last_day_is_inside() -> None:
    assert span_of(parse_period("2024-02"), "").last_day == date(2024, 2, 29)
