"""Header rows: finding them under title rows, comparing their words, and giving every column a unique name."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from kpis.datasets.checks.problems import Problem, make_problem, printable

SEARCHED_ROWS = 20
NUMBER = re.compile(r"[¥￥$]?[-+]?[\d,]*\.?\d+%?")
BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】")
NAMELESS = re.compile(r"#\d+( \(\d+\))?")
NOISE = re.compile(r"[\s_\-*:·./\\'\"#]+")


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: its 0-based place among the rows looked at, or None when there is none."""

    index: int | None
    cells: tuple[str, ...]


def normal_header(text: str) -> str:
    """Return the form in which headers are compared: NFKC, no case, no blanks, underscores or bracketed units."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = NOISE.sub("", BRACKETS.sub("", folded))
    return bare or NOISE.sub("", folded)


def full_header(text: str) -> str:
    """Return the normal header with what its brackets say: where two headers must be the very same."""
    return NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


def fingerprint(columns: Iterable[str], *, left_out: Container[str] = frozenset()) -> str:
    """Return what files of one kind share: the digest of their headers with units, in whatever order.

    Nameless columns do not count, nor do the normal headers of `left_out` (those that a problem file adds).
    """
    named = (column for column in columns if not NAMELESS.fullmatch(column))
    headers = {full_header(column) for column in named if normal_header(column) not in left_out}
    return hashlib.sha256("\n".join(sorted(headers)).encode()).hexdigest()


def header_unit(text: str) -> str:
    """Return what stands in the last brackets of a header (`金额(万元)` gives `万元`), else an empty text."""
    found = BRACKETS.findall(unicodedata.normalize("NFKC", text).casefold())
    return "".join(found[-1]).strip() if found else ""


def find_header(rows: Sequence[Sequence[str]], *, known: Iterable[str]) -> Header:
    """Return the header among the first rows: the most known headers win, else the first full row of words."""
    known = frozenset(known)
    looked = [[cell.strip() for cell in row] for row in rows[:SEARCHED_ROWS]]
    scores = [len({normal_header(cell) for cell in row if cell} & known) for row in looked]
    best = max(scores, default=0)
    if best >= 2 or (best == 1 and max(map(_filled, looked), default=0) <= 2):
        index = scores.index(best)
        return Header(index, tuple(looked[index]))
    usual = _usual_width(looked)
    for index, row in enumerate(looked):
        words = sum(bool(cell) and not NUMBER.fullmatch(cell) for cell in row)
        if usual and _filled(row) >= 0.8 * usual and words >= 0.6 * _filled(row):
            return Header(index, tuple(row))
    for index, row in enumerate(looked):
        if _filled(row):
            return Header(index, tuple(row))
    return Header(None, ())


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how many cells most rows fill (of several such numbers the largest): titles fill fewer."""
    counts = Counter(filled for filled in map(_filled, rows) if filled)
    return max(counts, key=lambda filled: (counts[filled], filled), default=0)


def unique_names(cells: Sequence[str], *, sheet: str, line: int) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Return one unique name per column (blank: `#3`, repeated: `name (2)`) and a warning for each repeated one."""
    names: list[str] = []
    taken, problems = {"_line"}, []
    for number, cell in enumerate(cells, start=1):
        wanted = " ".join(printable(cell).split()) or f"#{number}"
        name, again = wanted, 1
        while name in taken:
            again += 1
            name = f"{wanted} ({again})"
        if again > 1 and wanted != "_line":
            problems.append(make_problem("duplicate_header", sheet=sheet, line=line, column=name, value=wanted))
        taken.add(name)
        names.append(name)
    return tuple(names), tuple(problems)
