"""Whole columns of text judged by their bytes: what is plainly written needs no look at each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Sizes = np.ndarray[tuple[int], np.dtype[np.int32]]


def _table(signs: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    table = np.zeros(256, dtype=bool)
    table[list(signs.encode())] = True
    return table


DIGITS = "0123456789"
NUMBER_SIGNS = _table(DIGITS + ".-")
INTEGER_SIGNS = _table(DIGITS + "-")
MOMENT_SIGNS = _table(DIGITS + "-: T")
# Bytes that stand in a text without any question: visible ASCII, and every byte of a longer character but the three
# that blanks, marks of direction, zero-width signs and the sign of damage begin with.
_SAFE = np.zeros(256, dtype=bool)
_SAFE[0x21:0x7F] = True
_SAFE[0x80:] = True
_SAFE[[0xC2, 0xE2, 0xE3, 0xEF]] = False
_SAFE[[ord("+")]] = False
# A text that begins with one of these may be a formula, an error, or a word for nothing.
_ODD_STARTS = _table("#'=-nN\\")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of text and its bytes: `data` holds the cells one after another, `sizes` their lengths in bytes."""

    texts: pa.StringArray
    data: Bytes
    starts: Sizes
    sizes: Sizes

    @classmethod
    def of(cls, texts: pa.StringArray) -> Column | None:
        """Return the bytes of a column without nulls; None for one that has any or is empty."""
        if texts.null_count or not len(texts):
            return None
        _, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
        content = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
        return cls(texts, content[ends[0] : ends[-1]], ends[:-1] - ends[0], np.diff(ends))

    def only(self, signs: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
        """Return whether no other byte is there."""
        return bool(signs[self.data].all())

    def filled(self) -> pa.StringArray:
        """Return the texts with null for empty cells."""
        empty = self.sizes == 0
        return self.texts if not empty.any() else pc.if_else(pa.array(~empty), self.texts, pa.scalar(None, pa.string()))


def plain_texts(column: Column, *, limit: int) -> pa.StringArray | None:
    """Return the texts themselves when none of them needs a second look, else None."""
    if not column.only(_SAFE) or (len(column.sizes) and column.sizes.max() > limit):
        return None
    filled = column.sizes > 0
    if _ODD_STARTS[column.data[column.starts[filled]]].any() and not _harmless(column, filled):
        return None
    return column.filled()


def _harmless(column: Column, filled: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
    """Tell whether the texts with a doubtful start are only longer words that begin with `n`, or a minus sign."""
    starts, sizes = column.starts[filled], column.sizes[filled]
    first = column.data[starts]
    doubtful = _ODD_STARTS[first]
    long = sizes[doubtful] > 4
    return bool(long.all()) and not np.isin(first[doubtful], list(b"#'=\\")).any()


def plain_numbers(column: Column, *, kind: pa.DataType) -> pa.Array | None:
    """Return the numbers of a column written with digits, points and minus signs alone, else None."""
    signs = INTEGER_SIGNS if pa.types.is_integer(kind) else NUMBER_SIGNS
    if not column.only(signs) or (pa.types.is_integer(kind) and column.sizes.max() > 15):
        return None
    return _cast(column, kind)


def plain_moments(column: Column, *, kind: pa.DataType, first: int, last: int) -> pa.Array | None:
    """Return the times of a column written as 2024-06-01 or 2024-06-01 10:00(:00), of these years only, else None."""
    sizes = column.sizes
    if not np.isin(sizes, (0, 10, 16, 19)).all() or not column.only(MOMENT_SIGNS):
        return None
    moments = _cast(column, pa.timestamp("us"))
    if moments is None or moments.null_count == len(moments):
        return moments if moments is None else pc.cast(moments, kind)
    ends = pc.min_max(moments)
    if ends["min"].as_py().year < first or ends["max"].as_py().year > last:
        return None
    return moments if kind == moments.type else pc.cast(moments, kind, safe=False)


def _cast(column: Column, kind: pa.DataType) -> pa.Array | None:
    try:
        return pc.cast(column.filled(), kind)
    except pa.ArrowInvalid:
        return None
