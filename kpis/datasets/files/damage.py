"""Ids that Excel has ruined before they were saved as text: all of a column's long numbers end in zeros."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa

from kpis.datasets.checks.findings import Findings

# Excel keeps fifteen digits and puts zeros for the rest; that many ids do not end so by themselves.
ROUNDED = re.compile(r"[1-9][0-9]{14}0+")
LONG = re.compile(r"[0-9]{16,}")
FEWEST = 5


def note_damaged(findings: Findings, rows: pa.Table, *, columns: Iterable[str]) -> None:
    """Report, as a fault of the whole file, columns of text whose long numbers all lost their last digits."""
    for column in columns:
        texts = {text.strip() for text in rows.column(column).to_pylist() if text}
        long = [text for text in texts if LONG.fullmatch(text)]
        if len(long) >= FEWEST and all(map(ROUNDED.fullmatch, long)):
            findings.about_file("damaged_number", column=column, value=max(long))
