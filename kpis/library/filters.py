"""The filters of measures as they are written in the data files: `status in paid|completed`, `cost > 0` ..."""

from __future__ import annotations

import re

from kpis.engine.specs import Filter, FilterOp

_FILTER = re.compile(r"(?P<column>\w+(?:\.\w+)?) (?P<op>in|=|>=|<=|>|is_not_null)(?: (?P<values>\S+))?")


def parse_filter(text: str) -> Filter:
    """Return the typed filter. Raise ValueError when the text is not `column op [value|value]`."""
    match = _FILTER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a filter: write `column in a|b`, `column = a` or `column is_not_null`")
    operator = FilterOp(match["op"])
    values = tuple((match["values"] or "").split("|")) if match["values"] else ()
    if (operator is FilterOp.IS_NOT_NULL) == bool(values) or "" in values:
        raise ValueError(f"{text!r} is not a filter: {operator} has the wrong number of values")
    if operator is not FilterOp.IN and len(values) > 1:
        raise ValueError(f"{text!r} is not a filter: only `in` takes several values")
    return Filter(match["column"], operator, values)
