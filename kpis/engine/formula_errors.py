"""What is wrong with a formula, and where: for people in English, for an edge that translates as code and facts."""

from __future__ import annotations

from collections.abc import Mapping

_MESSAGES = {
    "empty": "The formula is empty.",
    "too_long": "The formula has {length} characters; at most {limit} are allowed.",
    "too_deep": "The formula is nested more than {limit} levels deep.",
    "too_many": "The formula has more than {limit} operands.",
    "unexpected_character": "{found!r} has no meaning in a formula.",
    "expected_operand": "Expected a number or a measure but found {found!r}.",
    "expected_symbol": "Expected {symbol!r} but found {found!r}.",
    "expected_column": "Expected a column but found {found!r}.",
    "expected_value": "Expected a value but found {found!r}.",
    "trailing": "The formula should end before {found!r}.",
    "unknown_measure": "There is no measure {name!r}.",
    "unknown_column": "Measure {measure!r} cannot be filtered by {name!r}.",
    "unknown_value": "{name!r} is no value of {column!r}.",
    "unknown_window": "There is no window {name!r}; the windows are prev, yoy, r12m and open.",
    "window_needs_stock": "@open reads a stock at the start of the period; {measure!r} is no stock.",
    "unknown_function": "There is no function {name!r}; the functions are min, max and abs.",
    "argument_count": "{name} takes {expected} argument(s) but got {count}.",
    "duplicate_filter": "The filter on {name!r} is given twice.",
}


class FormulaError(ValueError):
    """A formula that cannot be read. `position` counts characters from 0 and `length` those it is about.

    `code` and `params` let an edge translate; `suggestion` is what could stand there instead.
    """

    def __init__(
        self, position: int, code: str, params: Mapping[str, object], suggestion: str = "", *, length: int = 1
    ) -> None:
        self.position = position
        self.length = length
        self.code = code
        self.params = dict(params)
        self.suggestion = suggestion
        self.message = _MESSAGES[code].format(**self.params)
        hint = f" Did you mean {suggestion!r}?" if suggestion else ""
        super().__init__(f"{self.message}{hint} (position {position + 1})")
