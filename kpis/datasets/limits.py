"""How much one file may be: bounds that keep a reader alive whatever it is given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows and columns of a table, cells and inflated bytes of a workbook, problems kept word for word.

    `members`: data files of one ZIP. `inflation`: how many times larger its files may be than itself.
    """

    rows: int = 10_000_000
    columns: int = 1_000
    cells: int = 60_000_000
    problems: int = 10_000
    archive_entries: int = 5_000
    entry_bytes: int = 1 << 30
    archive_bytes: int = 3 << 29
    members: int = 200
    inflation: int = 300


LIMITS = Limits()


class TooLarge(Exception):
    """A file beyond a limit; the text says which. Becomes the problem `too_large`."""
