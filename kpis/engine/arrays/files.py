"""Files of what is kept between computations: whole or not there, told apart by names, and not too many of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from zlib import crc32

import pyarrow as pa

from kpis.engine.compiling import VERSIONS
from kpis.engine.relations import digest_of

MOST_BYTES = 1 << 28  # of a folder; what was used longest ago goes first
KEPT = ("grids-", "past-")  # how the names of the files begin
_SUM = 8  # hexadecimal digits


@cache
def engine_text() -> str:
    """Return what tells this engine from others: its own text, and what it runs on."""
    folder = Path(__file__).parents[1]
    return VERSIONS + digest_of(b"".join(file.read_bytes() for file in sorted(folder.rglob("*.py"))))


def put_file(file: Path, chunks: Sequence[bytes | pa.Buffer]) -> None:
    """Write a file under its name at once: whoever reads finds all of it or nothing. OSError where it cannot be."""
    file.parent.mkdir(parents=True, exist_ok=True)
    checked = 0
    for chunk in chunks:
        checked = crc32(chunk, checked)
    with NamedTemporaryFile(dir=file.parent, prefix=f"{file.name}.", delete=False) as draft:
        try:
            draft.write(f"{checked:0{_SUM}x}".encode())
            draft.writelines(chunks)
            draft.flush()
            Path(draft.name).replace(file)
        except OSError:
            Path(draft.name).unlink(missing_ok=True)
            raise


def taken_file(file: Path) -> pa.Buffer:
    """Read it back, and note that it was used. OSError where there is none, ValueError where it is not as written."""
    whole = pa.py_buffer(file.read_bytes())
    data = whole.slice(min(_SUM, whole.size))
    if whole.slice(0, min(_SUM, whole.size)).to_pybytes() != f"{crc32(data):0{_SUM}x}".encode():
        raise ValueError(f"{file.name} is not as it was written")
    with suppress(OSError):
        os.utime(file)
    return data


def trim(folder: Path) -> None:
    """Remove what was used longest ago, where there is too much."""
    with suppress(OSError):
        found = [(file.stat(), file) for name in KEPT for file in folder.glob(f"{name}*")]
        total = sum(stat.st_size for stat, _ in found)
        for stat, file in sorted(found, key=lambda each: each[0].st_mtime):
            if total <= MOST_BYTES:
                break
            file.unlink(missing_ok=True)
            total -= stat.st_size
