"""The print font: how wide a text is, where it breaks, and which characters it cannot draw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pylopdf_fonts_zh_cn import sans_path

UNKNOWN = "□"
LEADING = 1.38  # distance of two baselines over the size
# Chinese breaks anywhere, but not before what closes; Latin words, ids and numbers stay whole where they fit.
PIECES = re.compile(r"\s+|[A-Za-z0-9\u00c0-\u024f'’_./@#&-]+|.", re.DOTALL)
CLOSING = frozenset("，。、；：！？）》」』】”’…·,.;:!?)")


def font_file() -> Path:
    """Return the file of the font: Noto Sans SC (SIL Open Font License) out of its wheel."""
    return sans_path()


class _Widths(dict[str, float]):
    """Widths of characters in parts of the size; what the font lacks is as wide as a box."""

    def __missing__(self, _one: str) -> float:
        return 1.0


@cache
def _widths() -> _Widths:
    """Return the width of each character the font has."""
    # heavy: only who prints needs it
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # mypy wants stubs of its own for it

    with TTFont(font_file(), lazy=True) as font:
        per_em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
        return _Widths((chr(code), metrics[glyph][0] / per_em) for code, glyph in font.getBestCmap().items())


@cache
def _known() -> frozenset[str]:
    """Return the characters the font has."""
    return frozenset(_widths())


def drawable(text: str) -> str:
    """Return the text with what the font cannot draw as a box, and control characters as spaces."""
    known = _known()
    if known.issuperset(text):
        return text
    return "".join(one if one in known else " " if one.isspace() else UNKNOWN for one in text)


def undrawable(text: str) -> set[str]:
    """Return the characters that the font cannot draw."""
    return {one for one in set(text) - _known() if not one.isspace()}


def width_of(text: str, size: float) -> float:
    """Return the width of a drawable text in points."""
    return size * sum(map(_widths().__getitem__, text))


def wrapped(text: str, size: float, *, width: float) -> tuple[str, ...]:
    """Break a text into lines no wider than `width`; nothing of it is cut, however narrow the place is."""
    whole = drawable(text)
    plain = " ".join(whole.split())
    if plain == whole.strip() and width_of(plain, size) <= width:
        return (plain,) if plain else ()
    lines, line = [], ""
    for piece in _pieces(whole, size, width=width):
        if line and width_of((line + piece).rstrip(), size) > width and piece not in CLOSING:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def wrapped_parts(text: str, size: float, *, width: float, between: str = " · ") -> tuple[str, ...]:
    """Break a text of parts into lines: between two parts, and inside one only where it is too wide by itself."""
    lines: list[str] = []
    for part in filter(None, text.split(between)):
        joined = f"{lines[-1]}{between}{part}" if lines else part
        if lines and width_of(drawable(joined), size) <= width:
            lines[-1] = drawable(joined)
        else:
            lines += wrapped(part, size, width=width)
    return tuple(lines)


def _pieces(text: str, size: float, *, width: float) -> Iterator[str]:
    for found in PIECES.finditer(text):
        piece = found.group()
        if width_of(piece, size) > width:
            yield from piece
        else:
            yield " " if piece.isspace() else piece
