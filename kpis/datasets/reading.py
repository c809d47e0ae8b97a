"""Any upload into a RawTable. The bytes decide what a file is, not its name; nothing here raises for bad content."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from kpis.datasets.archive import Contents, inspect_archive
from kpis.datasets.csvfile import read_csv
from kpis.datasets.limits import TooLarge
from kpis.datasets.problems import make_problem
from kpis.datasets.raw import Guess, RawTable, empty_rows
from kpis.datasets.workbook import read_workbook

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
# Exports that are web pages or documents under a borrowed name, by their first bytes.
FOREIGN = {
    b"<html": "HTML",
    b"<!doctype": "HTML",
    b"<table": "HTML",
    b"<?xml": "XML",
    b"%pdf": "PDF",
    b"{\\rtf": "RTF",
    b"rar!": "RAR",
    b"7z\xbc\xaf": "7Z",
    b"\x1f\x8b": "GZIP",
    b"\x89png": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"par1": "Parquet",
}


def read_table(
    path: Path, *, filename: str, guess: Guess | None = None, headers: frozenset[str] = frozenset()
) -> RawTable:
    """Read a file as text cells. `headers` are the known normal headers, which point at the header row."""
    guess = guess or Guess()
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return _refused("empty_file")
    try:
        if head.startswith((ZIP, OLE)):
            return _read_binary(path, zipped=head.startswith(ZIP), guess=guess, headers=headers)
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        for magic, name in FOREIGN.items():
            if start.startswith(magic):
                return _refused("unsupported_file", detail=name)
        with tempfile.TemporaryDirectory(prefix="read-") as work:
            return read_csv(path, guess=guess, headers=headers, work=Path(work))
    except TooLarge as error:
        return _refused("too_large", detail=str(error))
    except MemoryError:
        return _refused("too_large", detail=filename)


def _read_binary(path: Path, *, zipped: bool, guess: Guess, headers: frozenset[str]) -> RawTable:
    contents = Contents(workbook=True)
    try:
        if zipped:
            contents = inspect_archive(path)
        if not contents.workbook:
            return _refused("unsupported_file", detail="ZIP")
        return read_workbook(path, guess=guess, headers=headers, contents=contents)
    except (TooLarge, MemoryError):
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        return _refused("unreadable_file", detail=str(error)[:200])
    except BaseException as error:
        # The parser is native code: its panics arrive as BaseException, and no upload may end the process.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        if type(error).__name__ == "PasswordError" or "password" in str(error).lower():
            return _refused("password_protected")
        return _refused("unreadable_file", detail=str(error)[:200] or type(error).__name__)


def _refused(code: str, **params: str) -> RawTable:
    return RawTable((), empty_rows(), problems=(make_problem(code, **params),))  # type: ignore[arg-type]
