"""Changed files: `python -m tests.kpis.corpus.fuzz DIR COUNT SEED` reads that many and ends with 1 at the first fault.

Nothing a file holds may raise, and rows that are read keep lines of their own. The file at fault stays in DIR.
"""

from __future__ import annotations

import io
import random
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from kpis.datasets.files.raw import LINE
from kpis.datasets.files.reading import read_table
from kpis.datasets.pipeline import load_file
from tests.kpis.corpus.every import CASES

LARGEST = 60_000
# Every so many files go the whole way, the others are read.
LOADED = 10
SPLICED = (
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\t",
    b"\0",
    b"<table>",
    b"PK\x03\x04",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"1E99",
    b"0",
)
NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"9999")


def main(folder: Path, *, count: int, seed: int) -> None:
    """Read changed files; what raises ends the process."""
    dice = random.Random(seed)
    seeds = [content for content in (case.make() for case in CASES) if len(content) < LARGEST]
    path = folder / "changed"
    for number in range(count):
        path.write_bytes(changed(dice.choice(seeds), dice=dice, others=seeds))
        raw = read_table(path, filename="orders.xlsx")
        lines = raw.rows.column(LINE).to_pylist()
        if not (raw.problems or lines) or lines != sorted(set(lines)):
            raise ValueError(f"file {number}: neither rows nor problems, or lines out of order")
        if number % LOADED == 0:
            out = str(folder / "out")
            load_file(
                path=str(path), filename="orders.csv", out_dir=out, upload_seq=1, table="orders", good_rows_only=True
            )
    sys.stdout.write(f"{count} changed files\n")


def changed(content: bytes, *, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """Flip, cut, repeat, move or splice some of the bytes; of a workbook often those inside one of its parts."""
    if content.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(content)) and dice.random() < 0.7:
        return _changed_part(content, dice=dice, others=others)
    file = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at, size = dice.randrange(len(file) + 1), dice.choice((1, 2, 4, 64, 512))
        match dice.randrange(6):
            case 0:
                file[at : at + size] = dice.randbytes(min(size, max(len(file) - at, 0)))
            case 1:
                del file[at : at + size]
            case 2:
                file[at:at] = file[at : at + size] * dice.choice((1, 3, 50))
            case 3:
                file[at : at + 4] = dice.choice(NUMBERS)
            case 4:
                other = dice.choice(others)
                begin = dice.randrange(len(other) + 1)
                file[at : at + size] = other[begin : begin + size]
            case 5:
                file[at:at] = dice.choice(SPLICED)
    return bytes(file)


def _changed_part(content: bytes, *, dice: random.Random, others: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        chosen = dice.choice(
            [name for name in names if "sheet" in name or "Strings" in name or "content" in name] or names
        )
        for name in names:
            part = source.read(name)
            target.writestr(name, changed(part, dice=dice, others=others) if name == chosen else part)
    return out.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]), count=int(sys.argv[2]), seed=int(sys.argv[3]))
