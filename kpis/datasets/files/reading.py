"""Any upload into a RawTable. The bytes decide what a file is, not its name; nothing here raises for bad content."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

from kpis.datasets.checks.problems import make_problem
from kpis.datasets.files.archive import Protected, inspect_archive
from kpis.datasets.files.compound import MAGIC as OLE
from kpis.datasets.files.compound import Broken, Foreign, inspect_compound
from kpis.datasets.files.csvfile import read_csv
from kpis.datasets.files.encodings import ENCODINGS, as_utf8, detect_encoding
from kpis.datasets.files.jsonfile import SUFFIXES as JSON_SUFFIXES
from kpis.datasets.files.jsonfile import read_json
from kpis.datasets.files.raw import Guess, RawTable, empty_rows
from kpis.datasets.files.totals import without_totals
from kpis.datasets.files.webtable import BrokenPage, as_csv, declared_encoding
from kpis.datasets.files.workbook import read_workbook
from kpis.datasets.limits import TooLarge

BLANKS = " \t\r\n"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
PAGE = ("<html", "<!doctype html", "<table", "<head", "<body", "<meta", "<style", "<div", "<!--")
# No text has these in numbers; a NUL here and there is a fault of a cell and told as such.
CONTROLS = bytes({*range(1, 9), *range(14, 26), *range(28, 32), 127})
MOST_CONTROLS = 0.03
SHORTEST_BINARY = 64
# Documents under a borrowed name, by their first bytes. XML is read where it is a page.
FOREIGN = {
    "<?xml": "XML",
    "mime-version:": "MHTML",
    "%pdf": "PDF",
    "{\\rtf": "RTF",
    "rar!": "RAR",
    "7z\xbc\xaf": "7Z",
    "\x1f\x8b": "GZIP",
    "\x89png": "PNG",
    "\xff\xd8\xff": "JPEG",
    "par1": "Parquet",
}


def read_table(
    path: Path,
    *,
    filename: str,
    guess: Guess | None = None,
    headers: frozenset[str] = frozenset(),
    work: Path | None = None,
) -> RawTable:
    """Read a file as text cells. `headers` are the known normal headers, which point at the header row.

    With a folder to `work` in (it must outlive the table) delimited text comes as a stream, else in memory.
    """
    guess = guess or Guess()
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return _refused("empty_file")
    try:
        if head.startswith((*ZIP, OLE)):
            raw = _read_binary(path, zipped=head.startswith(ZIP), guess=guess, headers=headers)
            return without_totals(raw)
        start = _start(head)
        if start.startswith(("[", "{")) and filename.lower().endswith(JSON_SUFFIXES):
            return read_json(path, filename=filename)
        page = start.startswith(PAGE) or (start.startswith("<?xml") and "<html" in start)
        foreign = next((name for magic, name in FOREIGN.items() if start.startswith(magic)), None)
        if foreign and not page:
            return _refused("unsupported_file", detail=foreign)
        if _is_binary(path):
            return _refused("unreadable_file", detail=filename)
        reader = _read_page if page else read_csv
        if work is not None:
            return without_totals(reader(path, guess=guess, headers=headers, work=work))
        with tempfile.TemporaryDirectory(prefix="read-") as own:
            return without_totals(reader(path, guess=guess, headers=headers, work=Path(own))).in_memory()
    except TooLarge as error:
        return _refused("too_large", detail=str(error))
    except MemoryError:
        return _refused("too_large", detail=filename)


def _is_binary(path: Path) -> bool:
    """Return whether the bytes are text in no encoding: control characters throughout and nothing proves UTF-16."""
    with path.open("rb") as file:
        head = file.read(4096)
    if len(head) < SHORTEST_BINARY or len(head.translate(None, CONTROLS)) >= len(head) * (1 - MOST_CONTROLS):
        return False
    found = detect_encoding(path)
    return not (found.sure or found.plausible)


def _start(head: bytes) -> str:
    """Return how the file begins, in small letters; text in UTF-16 as well."""
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(name, errors="replace").lstrip(BLANKS).lower()
    return head.decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip(BLANKS).lower()


def _read_page(path: Path, *, guess: Guess, headers: frozenset[str], work: Path) -> RawTable:
    """Read the table of a web page. Its encoding is what the bytes prove, else what the page says it is."""
    with path.open("rb") as file:
        said = declared_encoding(file.read(4096))
    found = detect_encoding(path)
    encoding = guess.encoding if guess.encoding in ENCODINGS else None
    encoding = encoding or (said if said in ENCODINGS and not found.sure else found.name) or found.name
    try:
        table = as_csv(as_utf8(path, encoding=encoding, target=work / "page.html"), work=work)
    except BrokenPage as error:
        return _refused("unreadable_file", detail=f"HTML: {error}")
    raw = read_csv(table, guess=replace(guess, encoding="utf-8", delimiter=","), headers=headers, work=work)
    return replace(raw, encoding=encoding, encoding_sure=found.sure or said == encoding, delimiter="", kind="page")


def _read_binary(path: Path, *, zipped: bool, guess: Guess, headers: frozenset[str]) -> RawTable:
    try:
        contents = inspect_archive(path) if zipped else inspect_compound(path)
        if not contents.workbook:
            return _refused("unsupported_file", detail=contents.kind)
        return read_workbook(path, guess=guess, headers=headers, contents=contents)
    except (TooLarge, MemoryError):
        raise
    except Protected:
        return _refused("password_protected")
    except Foreign as error:
        return _refused("unsupported_file", detail=str(error))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, Broken, OSError) as error:
        return _refused("unreadable_file", detail=str(error)[:200] or type(error).__name__)
    except BaseException as error:
        # The parser is native code: its panics arrive as BaseException, and no upload may end the process.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        if type(error).__name__ == "PasswordError" or "password" in str(error).lower():
            return _refused("password_protected")
        return _refused("unreadable_file", detail=str(error)[:200] or type(error).__name__)


def _refused(code: str, **params: str) -> RawTable:
    return RawTable((), empty_rows(), problems=(make_problem(code, **params),))  # type: ignore[arg-type]
