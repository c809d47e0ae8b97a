"""Looks into a compound file (OLE2, the container of XLS) before a parser does: what it is, and its formula errors."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kpis.datasets.files.archive import Contents, Protected
from kpis.datasets.limits import LIMITS

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
END, ENTRY = 0xFFFFFFFA, 128
# Records of BIFF8: the start of a part and the extent it says it has, the sheets by name, the epoch, encryption, and
# what can be an error.
BOF, EXTENT, SHEET, EPOCH, FILEPASS, ERROR_OR_BOOLEAN, FORMULA = 0x0809, 0x0200, 0x85, 0x22, 0x2F, 0x0205, 0x06
MOST_ROWS, MOST_COLUMNS = 65_536, 256
ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
ENCRYPTED = frozenset({"EncryptedPackage", "EncryptionInfo"})
# The main stream of other documents that travel in this container.
OTHER = {"WordDocument": "DOC", "PowerPoint Document": "PPT", "VisioDocument": "VSD", "__properties_version1.0": "MSG"}


class Broken(Exception):
    """The file says it is a compound file but does not hold together."""


class Foreign(Exception):
    """A document of another kind; the text names it."""


@dataclass(frozen=True, slots=True)
class _Stream:
    start: int
    size: int


class _Reader:
    """The sectors of a file and the chains they form."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        head = file.read(512)
        shift, mini_shift = struct.unpack_from("<HH", head, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise Broken("sector size")
        self.sector = 1 << shift
        self.file.seek(0, 2)
        self.sectors = -(-self.file.tell() // self.sector)
        (self.directory,) = struct.unpack_from("<I", head, 48)
        self.cutoff, mini = struct.unpack_from("<II", head, 56)
        more, count = struct.unpack_from("<II", head, 68)
        self.fat = self._allocation(head, more=more, count=count)
        self.mini_fat = _numbers(b"".join(self._chain(mini)))

    def _read(self, number: int) -> bytes:
        self.file.seek((number + 1) * self.sector)
        return self.file.read(self.sector)

    def _allocation(self, head: bytes, *, more: int, count: int) -> tuple[int, ...]:
        places = [number for number in _numbers(head[76:512]) if number < END]
        for _ in range(min(count, self.sectors)):
            if more >= END:
                break
            numbers = _numbers(self._read(more))
            places += [number for number in numbers[:-1] if number < END]
            more = numbers[-1] if numbers else END
        return _numbers(b"".join(self._read(number) for number in places[: self.sectors]))

    def _chain(self, start: int) -> Iterator[bytes]:
        """Yield the sectors of a chain; one longer than the file runs in a circle."""
        for _ in range(self.sectors + 1):
            if start >= END:
                return
            if start >= len(self.fat):
                raise Broken("chain")
            yield self._read(start)
            start = self.fat[start]
        raise Broken("circle")

    def streams(self) -> dict[str, _Stream]:
        """Return the streams by name; the root entry, which holds the small ones, comes under an empty name."""
        found: dict[str, _Stream] = {}
        for sector in self._chain(self.directory):
            for at in range(0, len(sector) - ENTRY + 1, ENTRY):
                length, kind = struct.unpack_from("<HB", sector, at + 64)
                start, size = struct.unpack_from("<II", sector, at + 116)
                name = sector[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", errors="replace")
                if kind in (2, 5):
                    found.setdefault("" if kind == 5 else name, _Stream(start, size))
        return found

    def content(self, stream: _Stream, root: _Stream) -> bytes:
        """Return the bytes of a stream, from the sectors of its own or from the shared small ones."""
        if stream.size >= self.cutoff:
            return b"".join(self._chain(stream.start))[: stream.size]
        small, parts, start = b"".join(self._chain(root.start)), [], stream.start
        for _ in range(len(self.mini_fat)):
            if start >= len(self.mini_fat):
                break
            parts.append(small[start * 64 : start * 64 + 64])
            start = self.mini_fat[start]
        return b"".join(parts)[: stream.size]


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def inspect_compound(path: Path) -> Contents:
    """Return what an XLS holds. Raise Protected, Foreign (another document) or Broken."""
    try:
        with path.open("rb") as file:
            reader = _Reader(file)
            streams = reader.streams()
            if streams.keys() & ENCRYPTED:
                raise Protected
            name = next((name for name in ("Workbook", "Book") if name in streams), None)
            if name is None:
                raise Foreign(next((kind for main, kind in OTHER.items() if main in streams), "OLE"))
            return _look(reader.content(streams[name], streams.get("", _Stream(END, 0))))
    except struct.error as error:
        raise Broken(str(error)) from error


def _look(book: bytes) -> Contents:
    """Walk over the records once: cells with errors by sheet, which the parser hands over as empty."""
    sheets: dict[int, str] = {}
    contents = Contents(workbook=True)
    errors: dict[str, dict[tuple[int, int], str]] = {}
    here: dict[tuple[int, int], str] = {}
    at, found, end = 0, 0, len(book) - 4
    while at <= end:
        kind, size = struct.unpack_from("<HH", book, at)
        body = at + 4
        if kind == BOF and at in sheets:
            here = errors.setdefault(sheets[at], {})
        elif kind == FILEPASS:
            raise Protected
        elif kind == EXTENT and size >= 12:
            _check_extent(*struct.unpack_from("<IIHH", book, body))
        elif kind == EPOCH and size >= 2:
            contents.epoch_1904 = book[body] == 1
        elif kind == SHEET and size >= 8:
            sheets[struct.unpack_from("<I", book, body)[0]] = _sheet_name(book[body + 6 : body + size])
        elif kind in (ERROR_OR_BOOLEAN, FORMULA) and found < LIMITS.problems:
            error = _error(book, body, kind=kind, size=size)
            if error is not None:
                row, column = struct.unpack_from("<HH", book, body)
                here[row + 1, column] = error
                found += 1
        at = body + size
    contents.errors = {name: cells for name, cells in errors.items() if cells}
    return contents


def _check_extent(top: int, bottom: int, left: int, right: int) -> None:
    """Refuse an extent no sheet can have: the parser takes memory for it before it sees a cell."""
    if not (top <= bottom <= MOST_ROWS and left <= right <= MOST_COLUMNS):
        raise Broken("extent")


def _error(book: bytes, body: int, *, kind: int, size: int) -> str | None:
    if kind == ERROR_OR_BOOLEAN:
        return ERRORS.get(book[body + 6]) if size >= 8 and book[body + 7] == 1 else None
    # A formula's result that is not a number ends in FFFF; its first byte 2 says that it is an error.
    if size < 14 or book[body + 12 : body + 14] != b"\xff\xff" or book[body + 6] != 2:
        return None
    return ERRORS.get(book[body + 8])


def _sheet_name(body: bytes) -> str:
    """Return the name of a sheet: its length, whether its characters are wide, the characters."""
    length, wide = body[0], body[1] & 1 if len(body) > 1 else 0
    return body[2 : 2 + length * 2].decode("utf-16-le", "replace") if wide else body[2 : 2 + length].decode("latin-1")
