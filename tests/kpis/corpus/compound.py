"""Files of the old Office: compound files (OLE2) and BIFF8 workbooks in them, as small as readers accept them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

SECTOR = 512
FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
ERRORS = {"#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#NUM!": 0x24, "#N/A": 0x2A}
DATE_FORMAT = 1  # the second cell format of every workbook made here: built-in format 14, a date

Cell = str | int | float | bool | None


class Date(float):
    """A day number that the sheet formats as a date."""


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file of these streams. Streams are padded to 4,096 bytes: there is no mini stream."""
    padded = [content + bytes(max(4096 - len(content), -len(content) % SECTOR)) for content in streams.values()]
    counts = [len(content) // SECTOR for content in padded]
    names = ["Root Entry", *streams]
    directory_sectors = -(-len(names) // 4)
    fat_sectors = 1
    while (fat_sectors + directory_sectors + sum(counts)) > fat_sectors * SECTOR // 4:
        fat_sectors += 1
    fat = [FAT_SECTOR] * fat_sectors
    starts = []
    for count in (directory_sectors, *counts):
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + count), END]
    fat += [FREE] * (fat_sectors * SECTOR // 4 - len(fat))
    entries = b""
    for place, name in enumerate(names):
        root = place == 0
        text = name.encode("utf-16-le")
        right = place + 1 if 0 < place < len(names) - 1 else FREE
        entries += text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2, 5 if root else 2, 1)
        entries += struct.pack("<III", FREE, right, 1 if root and streams else FREE) + bytes(36)
        entries += struct.pack("<IQ", END if root else starts[place], 0 if root else len(padded[place - 1]))
    blank = bytes(64) + struct.pack("<HBBIII", 0, 0, 0, FREE, FREE, FREE) + bytes(48)
    entries += blank * (directory_sectors * 4 - len(names))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, starts[0], 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", *range(fat_sectors), *[FREE] * (109 - fat_sectors))
    return header + struct.pack(f"<{len(fat)}I", *fat) + entries + b"".join(padded)


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(row: int, column: int, value: Cell) -> bytes:
    place = struct.pack("<HHH", row, column, DATE_FORMAT if isinstance(value, Date) else 0)
    if isinstance(value, str) and value in ERRORS:
        return _record(0x0205, place + bytes([ERRORS[value], 1]))
    if isinstance(value, str):
        return _record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    if isinstance(value, bool):
        return _record(0x0205, place + bytes([value, 0]))
    return _record(0x0203, place + struct.pack("<d", float(value or 0)))


def _sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    cells = b"".join(
        _cell(row, column, value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
        if value is not None
    )
    width = max(map(len, rows), default=0)
    size = struct.pack("<IIHHH", 0, len(rows), 0, width, 0)
    return (
        _record(0x0809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + _record(0x0200, size) + cells + _record(0x0A)
    )


def xls(sheets: Mapping[str, Sequence[Sequence[Cell]]], *, epoch_1904: bool = False, encrypted: bool = False) -> bytes:
    """Return a BIFF8 workbook. `encrypted`: it says that its records are, as a file with a password does."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    start = _record(0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    if encrypted:
        start += _record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    start += _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", epoch_1904))
    start += b"".join(_record(0x00E0, struct.pack("<HHH", 0, form, 0) + bytes(14)) for form in (0, 14))
    names = [name.encode("utf-16-le") for name in sheets]
    offset = len(start) + sum(4 + 8 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        start += _record(0x0085, struct.pack("<IHBB", offset, 0, len(name) // 2, 1) + name)
        offset += len(body)
    return compound_file({"Workbook": start + _record(0x0A) + b"".join(bodies)})
