"""CSV that people open in a spreadsheet: marked as UTF-8, and no text in it is a formula. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMERIC = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?%?")
DASHES = frozenset({"-", "--"})


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; numbers and dashes stay. Reading takes the sign off."""
    harmless = not text.startswith(FORMULA) or NUMERIC.fullmatch(text) or text in DASHES
    return text if harmless else f"'{text}"


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV that spreadsheets open: marked as UTF-8, and no text in it is a formula."""
    out = io.StringIO()
    out.write("\ufeff")  # Excel reads UTF-8 by it
    csv.writer(out).writerows([safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()
