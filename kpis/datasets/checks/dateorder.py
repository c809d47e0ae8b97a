"""Dates written with the year last (31/12/2024) or short (24/5/3), put year first in the order a person named."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

DATE_ORDERS = ("dmy", "mdy", "ymd")
_SEP, _TIME = r"\s*[-/.]\s*", r"((?:[\sT].*)?)"
# Pairs of day and month that exist; what matches none of them stays as it is and is reported as written.
_PAIRS = (
    ("(0?[1-9]|1[0-9]|2[0-9])", "(0?[1-9]|1[0-2])"),
    ("(30)", "(0?[13-9]|1[0-2])"),
    ("(31)", "(0?[13578]|1[02])"),
)


def year_first(texts: pa.ChunkedArray, *, order: str) -> pa.ChunkedArray:
    """Return the texts with every date of this order as year-month-day; two digits of a year are of this century."""
    plain = pc.utf8_trim_whitespace(pc.utf8_normalize(texts, "NFKC"))
    for pattern, rewritten in _rules(order):
        fits = pc.match_substring_regex(plain, pattern)
        if pc.any(fits).as_py():
            texts = pc.if_else(fits, pc.replace_substring_regex(plain, pattern, rewritten), texts)
    return texts


def _rules(order: str) -> list[tuple[str, str]]:
    rules = []
    for day, month in _PAIRS:
        if order == "ymd":
            rules.append((f"^([0-9]{{2}}){_SEP}{month}{_SEP}{day}{_TIME}$", r"20\1-\2-\3\4"))
            continue
        first, second = (day, month) if order == "dmy" else (month, day)
        back = r"\3-\2-\1\4" if order == "dmy" else r"\3-\1-\2\4"
        rules.append((f"^{first}{_SEP}{second}{_SEP}([0-9]{{4}}){_TIME}$", back))
        rules.append((f"^{first}{_SEP}{second}{_SEP}([0-9]{{2}}){_TIME}$", f"20{back}"))
    return rules
