"""Files made to harm their reader: bombs, lies, circles. `python -m tests.kpis.corpus.hostile DIR` reads them all.

Each goes through the limited child. What came of them is printed as JSON, with the largest memory and longest time.
"""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from kpis.datasets.checks.problems import to_json
from kpis.datasets.child import end_zygotes, run_limited
from tests.kpis.corpus.cases import BASE, HEAD, Case, sheet_of, text_of
from tests.kpis.corpus.compound import xls
from tests.kpis.corpus.running import came_of, request
from tests.kpis.corpus.workbooks import TYPED_ROWS, ods, surgery

# Beyond what its libraries take, which is some 150 MB: the whole child stays under 512 MB.
MEMORY_MB, SECONDS = 320, 30
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _book() -> bytes:
    return sheet_of(TYPED_ROWS)


def _with(part: str, content: bytes) -> bytes:
    return surgery(_book(), {part: content})


def _sheet(rows: str, *, before: str = "") -> bytes:
    return _with(
        SHEET, f'<?xml version="1.0"?>{before}<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>'.encode()
    )


def _large(part: str, head: bytes, block: bytes, times: int, tail: bytes) -> bytes:
    """Return a workbook with a part of many equal blocks, written without ever being whole."""
    out = io.BytesIO(surgery(_book(), {part: None}))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open(part, "w") as stream:
        stream.write(head)
        for _ in range(times):
            stream.write(block)
        stream.write(tail)
    return out.getvalue()


def string_bomb() -> bytes:
    """One shared string of 400 MB in a few hundred KB."""
    head = f'<?xml version="1.0"?><sst {NAMESPACE} count="1" uniqueCount="1"><si><t>'.encode()
    return _large(STRINGS, head, b"A" * (1 << 20), 400, b"</t></si></sst>")


def many_strings() -> bytes:
    """Ten million shared strings of one character."""
    head = f'<?xml version="1.0"?><sst {NAMESPACE}>'.encode()
    return _large(STRINGS, head, b"<si><t>a</t></si>" * 10_000, 1_000, b"</sst>")


def blank_bomb() -> bytes:
    """A sheet of 20 million cells without content."""
    head = f'<?xml version="1.0"?><worksheet {NAMESPACE}><sheetData>'.encode()
    row = b"<row>" + b'<c s="1"/>' * 1_000 + b"</row>"
    return _large(SHEET, head, row * 20, 1_000, b"</sheetData></worksheet>")


def endless_entry() -> bytes:
    """A picture of 2 GB of zeros."""
    return _large("xl/media/image1.png", b"", bytes(1 << 20), 2_000, b"")


def billion_laughs() -> bytes:
    """Entities that grow tenfold nine times over."""
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{names}]>'
    strings = f'<?xml version="1.0"?>{doctype}<sst {NAMESPACE}><si><t>&l9;</t></si></sst>'
    return _with(STRINGS, strings.encode())


def outside_entity() -> bytes:
    """An entity that names a file of the server."""
    doctype = '<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return _sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row>', before=doctype)


def many_entries(count: int) -> bytes:
    """A workbook with entries without content."""
    out = io.BytesIO(_book())
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"x/{number}"), b"")
    return out.getvalue()


def lying_sizes() -> bytes:
    """A sheet that says it inflates to ten bytes and inflates to 60 MB."""
    content = bytearray(_large(SHEET, b"<worksheet>", b" " * (1 << 20), 60, b"</worksheet>"))
    at = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


def overlapping_entries() -> bytes:
    """A central directory in which every entry is the same bytes."""
    content = bytearray(_large("xl/a.xml", b"", bytes(1 << 20), 50, b""))
    end = content.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", content, end + 16)[0]
    last = content.rfind(b"PK\x01\x02", 0, end)
    entries = bytes(content[start:end]) + bytes(content[last:end]) * 5_000
    count = struct.unpack_from("<H", content, end + 10)[0] + 5_000
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(entries), start, 0)
    return bytes(content[:start]) + entries + tail


def circling_compound() -> bytes:
    """An XLS whose sectors follow each other in a circle."""
    content = bytearray(xls({"s": [HEAD, *BASE] * 300}))
    content[512:1024] = struct.pack("<128I", 0xFFFFFFFD, *(2 for _ in range(127)))
    return bytes(content)


def vast_xls() -> bytes:
    """An XLS that says it has four billion rows."""
    return xls({"s": [HEAD, *BASE]}).replace(struct.pack("<II", 0, 4), struct.pack("<II", 0, 0xFFFFFFFF), 1)


def repeated_ods() -> bytes:
    """One row that an ODS says stands there a million times, with cells repeated a thousand times."""
    tail = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="1000" '
        'xmlns:o="x" office:value-type="string"><text:p>boom</text:p></table:table-cell></table:table-row>'
    )
    return ods([HEAD, *TYPED_ROWS], tail=tail)


def deep_html() -> bytes:
    """Tables in tables, and cells that span a million columns and rows."""
    return b"<table><tr><td colspan=99999999 rowspan=99999999>x" * 60 + b"</table>" * 60


def wide_html() -> bytes:
    """Rows of 900 spanned columns each, a hundred thousand times."""
    return b"<table>" + b"<tr><td colspan=900 rowspan=900>x</td></tr>" * 100_000 + b"</table>"


def unclosed_tag() -> bytes:
    """A page whose tag never ends."""
    return b"<table><tr><td " + b"a=1 " * 3_000_000


def _row(number: int, cell: str) -> str:
    return f'<row r="{number}"><c r="{cell}"><v>1</v></c></row>'


def hostile_cases() -> Iterator[Case]:
    """Yield every file with what must come of it."""
    for name, make in (
        ("a string of 400 MB", string_bomb),
        ("ten million strings", many_strings),
        ("two GB of zeros", endless_entry),
        ("far cell", partial(_sheet, f'{_row(1, "A1")}{_row(1_048_576, "XFD1048576")}')),
        ("far cell in a near row", partial(_sheet, _row(1, "XFD1048576"))),
        ("cell far beyond any sheet", partial(_sheet, _row(4_000_000_000, "ZZZZZZ4000000000"))),
        ("cell with an endless name", partial(_sheet, _row(1, "D" * 50 + "3"))),
        ("200,000 entries", partial(many_entries, 200_000)),
        ("5,001 entries", partial(many_entries, 5_001)),
        ("entries over each other", overlapping_entries),
        ("html spans", deep_html),
        ("html spans down", wide_html),
        ("html tag never closed", unclosed_tag),
    ):  # fmt: skip
        yield _hostile(name, make, "too_large")
    yield _hostile(
        "a cell of 10 MB", lambda: text_of().encode() + b'A4,"' + b"x" * 10_000_000 + b'"\n', "cell_too_long"
    )
    yield _hostile("20,000 columns", lambda: b",".join(b"c%d" % n for n in range(20_000)) + b"\n", "too_many_columns")
    yield _hostile("twenty million blank cells", blank_bomb, "empty_file")
    yield _hostile("xml a million deep", lambda: _sheet("<a>" * 1_000_000), "empty_file")
    for name, make in (
        ("entities that grow", billion_laughs),
        ("entity of a file", outside_entity),
        ("ods of a million rows in one", repeated_ods),
        ("sizes that lie", lying_sizes),
        ("xls in a circle", circling_compound),
        ("xls that says it is vast", vast_xls),
        ("central directory cut", lambda: _book()[:-10]),
        ("cut in the middle", lambda: _book()[: len(_book()) // 2]),
        ("xls of noise", lambda: xls({"s": BASE})[:512] + bytes(range(256)) * 200),
    ):
        yield _hostile(name, make, "unreadable_file")


def _hostile(name: str, make: object, code: str) -> Case:
    return Case(name, make, (), frozenset({(None, "", code)}), filename="orders.xlsx", hostile=True)  # type: ignore[arg-type]


def read(case: Case, folder: Path) -> dict[str, object]:
    """Read one file in the limited child and say what came of it."""
    arguments = request(case, folder)
    started = time.monotonic()
    outcome = run_limited(
        "kpis.datasets.pipeline:load_file", arguments, memory_mb=MEMORY_MB, seconds=SECONDS, work_dir=folder / "work"
    )
    seconds = time.monotonic() - started
    result = outcome.result or {"parts": [], "problems": [to_json(problem) for problem in outcome.problems]}
    rows, problems = came_of(result, folder)
    (folder / "upload").unlink()
    return {"name": case.name, "rows": len(rows), "problems": sorted(map(list, problems), key=str), "seconds": seconds}


def main(folder: Path) -> None:
    """Read all of them, two at a time, and print what came of it."""
    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(lambda one: read(one[1], folder / str(one[0])), enumerate(hostile_cases())))
    end_zygotes()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sys.stdout.write(json.dumps({"files": came, "peak_mb": peak / 1024}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
