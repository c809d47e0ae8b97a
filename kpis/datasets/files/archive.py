"""Looks into a zipped workbook before a parser does: sizes while inflating, extent of sheets, formula errors."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kpis.datasets.limits import LIMITS, Limits, TooLarge

CHUNK = 1 << 20
OVERLAP = 512
ROW = re.compile(rb"<row\b[^>]*?\br=[\"'](\d{1,9})[\"']")
# Three-letter columns start at 703; sheets that wide are beyond the column limit or nearly so.
FAR_COLUMN = re.compile(rb"\br=[\"']\$?([A-Za-z]{3,6})[A-Za-z]*\$?\d")
# A cell may name a row other than the one it stands in; below a million rows that harms nobody.
FAR_ROW = re.compile(rb"\br=[\"'][$A-Za-z]*0*(\d{7,9})\d*[\"']")
ERROR_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"[^>]*>'
    rb"(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?<v>([^<]{1,20})</v>"
)
EXCEL_ROWS = 1_048_576
SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
RELATION = re.compile(r"<Relationship\b[^>]*>")
ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


# XLSB hides its formula errors from us, so that a broken cell would read as an empty one: it is not read.
WORKBOOKS = frozenset({"xl/workbook.xml", "content.xml"})
KINDS = {
    "xl/workbook.xml": "XLSX",
    "content.xml": "ODS",
    "xl/workbook.bin": "XLSB",
    "word/document.xml": "DOCX",
    "ppt/presentation.xml": "PPTX",
}


class Protected(Exception):
    """A password is needed to read the file."""


@dataclass(slots=True)
class Contents:
    """What the archive holds: formula errors by sheet name as (row from 1, column from 0) -> text, and the 1904 epoch.

    `kind` names an archive that is no workbook we read.
    """

    workbook: bool = False
    kind: str = ""
    epoch_1904: bool = False
    errors: Mapping[str, Mapping[tuple[int, int], str]] = field(default_factory=dict)


def inspect_archive(path: Path, *, limits: Limits = LIMITS) -> Contents:
    """Inflate every entry once within the limits. Raise TooLarge, or BadZipFile and its kin for a broken archive."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > limits.archive_entries:
            raise TooLarge(f"{len(entries):,} entries")
        names = {entry.filename for entry in entries}
        _refuse_protected(archive, entries)
        contents = Contents(workbook=bool(names & WORKBOOKS), kind=_kind(names))
        errors: dict[str, dict[tuple[int, int], str]] = {}
        total = 0
        for entry in entries:
            found: dict[tuple[int, int], str] = {}
            total += _inflate(archive, entry, limits=limits, before=total, errors=found)
            if found:
                errors[entry.filename] = found
        if "xl/workbook.xml" in names:
            book = _small(archive, "xl/workbook.xml")
            contents.epoch_1904 = bool(re.search(r'date1904="(1|true)"', book))
            paths = _sheet_paths(book, _small(archive, "xl/_rels/workbook.xml.rels") if errors else "")
            contents.errors = {name: errors[part] for name, part in paths.items() if part in errors}
    return contents


def _kind(names: set[str]) -> str:
    """Return what an archive is by the part that only its kind has; a plain one is a ZIP."""
    return next((kind for part, kind in KINDS.items() if part in names), "ZIP")


def _refuse_protected(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise Protected
    # An ODS with a password is an open archive whose list of contents tells how its parts are encrypted.
    if "encryption-data" in _small(archive, "META-INF/manifest.xml"):
        raise Protected


def _inflate(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    *,
    limits: Limits,
    before: int,
    errors: dict[tuple[int, int], str],
) -> int:
    """Read one entry to its end, counting real bytes: the size an archive declares may be a lie."""
    sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
    size = rows = columns = 0
    tail = b""
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limits.entry_bytes or before + size > limits.archive_bytes:
                raise TooLarge(f"{entry.filename[:60]}: {size >> 20} MB+")
            if not sheet:
                continue
            text = tail + chunk
            tail = text[-OVERLAP:]
            rows = max(rows, max(map(int, ROW.findall(text)), default=0))
            rows = max(rows, max(map(int, FAR_ROW.findall(text)), default=0))
            columns = max(columns, max(map(_column_number, FAR_COLUMN.findall(text)), default=0))
            if rows > EXCEL_ROWS or rows * max(columns, 1) > limits.cells or columns > limits.columns:
                raise TooLarge(f"{rows:,} x {columns:,} cells")
            if b't="e"' in text and len(errors) < limits.problems:
                for letters, row, value in ERROR_CELL.findall(text):
                    errors[int(row), _column_number(letters) - 1] = html.unescape(value.decode("utf-8", "replace"))
    return size


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _small(archive: zipfile.ZipFile, name: str) -> str:
    try:
        with archive.open(name) as stream:
            return stream.read(CHUNK).decode("utf-8", errors="replace")
    except KeyError:
        return ""


def _sheet_paths(book: str, relations: str) -> dict[str, str]:
    targets = {}
    for tag in RELATION.findall(relations):
        values = dict(ATTRIBUTE.findall(tag))
        target = values.get("Target", "")
        targets[values.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    paths = {}
    for tag in SHEET.findall(book):
        values = dict(ATTRIBUTE.findall(tag))
        paths[html.unescape(values.get("name", ""))] = targets.get(values.get("r:id", ""), "")
    return paths
