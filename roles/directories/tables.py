"""Rows of text out of CSV files and workbooks: encodings, delimiters, numbers that stand for ids. Pure."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineWorkbook

from roles.directories.faults import DirectoryFault

MOST_BYTES = 20 * 1024**2
MOST_UNPACKED = 200 * 1024**2
MOST_ROWS = 200_000
ZIP = b"PK\x03\x04"
Rows = list[list[str]]


def sheets_of(content: bytes, *, name: str) -> Iterator[Rows]:
    """Yield the rows of each sheet; a CSV file is one sheet."""
    if len(content) > MOST_BYTES:
        raise DirectoryFault("file", number="too_large", said=name)
    if content.startswith(ZIP):
        yield from _workbook(content, name=name)
    else:
        yield _delimited(decoded(content, name=name), name=name)


def decoded(content: bytes, *, name: str) -> str:
    """Return the text: by its mark, as UTF-8, else as GB18030, in which Chinese systems write."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    encodings = [encoding for mark, encoding in marks if content.startswith(mark)] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DirectoryFault("file", number="encoding", said=name)


def _delimited(text: str, *, name: str) -> Rows:
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(",\t;", key=head.count)
    rows: Rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([cell.strip() for cell in row])
            if len(rows) > MOST_ROWS:
                raise DirectoryFault("file", number="too_large", said=name)
    except csv.Error:
        raise DirectoryFault("file", number="damaged", said=name) from None
    return rows


def _workbook(content: bytes, *, name: str) -> Iterator[Rows]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise DirectoryFault("file", number="too_large", said=name)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
            if len(rows) > MOST_ROWS:
                raise DirectoryFault("file", number="too_large", said=name)
            yield [[_text(cell) for cell in row] for row in rows]
    except DirectoryFault:
        raise
    except Exception:
        # calamine names no common class of its errors
        raise DirectoryFault("file", number="damaged", said=name) from None


def _text(cell: Any) -> str:
    """Write a cell as text: ids that a workbook keeps as numbers come without `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()
