"""Seeds faults into clean rows and keeps the label: which (line, column, code) each of them is, and its correction."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Row = dict[str, str]
Found = tuple[int | None, str, str]


@dataclass(frozen=True)
class Kind:
    """One kind of fault of a row: the cells it changes, and the (field, code) pairs it has to be reported as."""

    name: str
    change: Callable[[Row], Row] | Row
    found: tuple[tuple[str, str], ...]

    def cells(self, row: Row) -> Row:
        return self.change(row) if callable(self.change) else self.change


def cell(name: str, column: str, text: str, code: str) -> Kind:
    """One cell with another text."""
    return Kind(name, {column: text}, ((column, code),))


@dataclass
class Seeded:
    """A file in the making. `right`: line -> the cells that put it right by header, or None where the line is to go."""

    headers: Mapping[str, str]
    lines: list[list[str]] = field(default_factory=list)
    expected: list[Found] = field(default_factory=list)
    right: dict[int, dict[str, str] | None] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    next_line: int = 2

    def add(self, cells: Sequence[str]) -> int:
        """Append a row; return the line it starts in."""
        line = self.next_line
        self.lines.append(list(cells))
        self.next_line += 1 + sum(text.count("\n") for text in cells)
        return line

    def content(self) -> bytes:
        return csv_bytes([list(self.headers.values()), *self.lines])


def csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def seed_file(
    rows: Sequence[Row],
    *,
    headers: Mapping[str, str],
    kinds: Sequence[Kind],
    key: str,
    each: int,
    rng: random.Random,
    other: str = "",
) -> Seeded:
    """Return the rows with every kind of fault `each` times, repeated keys and misfit lines among them.

    `other` is a field in which the second of two rows with one key differs.
    """
    seeded = Seeded(headers)
    wanted = [kind for kind in kinds for _ in range(each)]
    structural = [name for name in STRUCTURAL for _ in range(each)] if other else []
    places = rng.sample(range(len(rows)), len(wanted) + len(structural))
    by_place: dict[int, Kind | str] = dict(zip(places, [*wanted, *structural], strict=True))
    for place, row in enumerate(rows):
        fault = by_place.get(place)
        if fault is None:
            seeded.add(list(row.values()))
        elif isinstance(fault, Kind):
            seeded.kinds.add(fault.name)
            _seed(seeded, row, fault)
        else:
            seeded.kinds.add(fault)
            STRUCTURAL[fault](seeded, row, kinds=kinds, key=key, other=other, rng=rng)
    return seeded


def _seed(seeded: Seeded, row: Row, kind: Kind) -> int:
    changed = kind.cells(row)
    line = seeded.add(list((row | changed).values()))
    seeded.expected += [(line, seeded.headers[name], code) for name, code in kind.found]
    seeded.right[line] = {seeded.headers[name]: row[name] for name in changed}
    return line


def _again(seeded: Seeded, row: Row, *, key: str, code: str) -> None:
    line = seeded.add(list(row.values()))
    seeded.expected.append((line, seeded.headers[key], code))
    seeded.right[line] = None


def _repeated(seeded: Seeded, row: Row, *, key: str, **_: object) -> None:
    seeded.add(list(row.values()))
    _again(seeded, row, key=key, code="duplicate_row")


def _same_key(seeded: Seeded, row: Row, *, key: str, other: str, **_: object) -> None:
    seeded.add(list(row.values()))
    _again(seeded, row | {other: row[other] + "1"}, key=key, code="duplicate_key")


def _same_key_thrice(seeded: Seeded, row: Row, *, key: str, other: str, **_: object) -> None:
    seeded.add(list(row.values()))
    _again(seeded, row | {other: row[other] + "1"}, key=key, code="duplicate_key")
    _again(seeded, row, key=key, code="duplicate_row")


def _same_key_as_a_faulty_row(
    seeded: Seeded, row: Row, *, kinds: Sequence[Kind], key: str, other: str, rng: random.Random
) -> None:
    """The first of the two has a fault of its own, which must not hide that the second repeats its key."""
    _seed(
        seeded, row, rng.choice([kind for kind in kinds if key not in kind.cells(row) and other not in kind.cells(row)])
    )
    _again(seeded, row | {other: row[other] + "1"}, key=key, code="duplicate_key")


def _faulty_row_with_a_key_again(
    seeded: Seeded, row: Row, *, kinds: Sequence[Kind], key: str, other: str, rng: random.Random
) -> None:
    """The second of the two has a fault of its own: both are told."""
    seeded.add(list(row.values()))
    errors = [kind for kind in kinds if key not in kind.cells(row) and other not in kind.cells(row)]
    line = _seed(seeded, row | {other: row[other] + "1"}, rng.choice(errors))
    seeded.expected.append((line, seeded.headers[key], "duplicate_key"))
    seeded.right[line] = None


def _two_in_one_row(
    seeded: Seeded, row: Row, *, kinds: Sequence[Kind], key: str, rng: random.Random, **_: object
) -> None:
    # The report of a net amount hangs on the other cells, so it is told by itself only.
    single = [
        one for one in kinds if len(one.cells(row)) == 1 and "net_mismatch" not in {code for _, code in one.found}
    ]
    first = rng.choice(single)
    taken = set(first.cells(row))
    second = rng.choice([kind for kind in single if not taken & set(kind.cells(row))])
    both = Kind("", first.cells(row) | second.cells(row), first.found + second.found)
    _seed(seeded, row, both)


def _too_short(seeded: Seeded, row: Row, **_: object) -> None:
    _misfit(seeded, row, list(row.values())[:-3])


def _too_long(seeded: Seeded, row: Row, **_: object) -> None:
    cells = list(row.values())
    _misfit(seeded, row, [*cells[:3], "多出一格", *cells[3:]])


def _misfit(seeded: Seeded, row: Row, cells: Sequence[str]) -> None:
    line = seeded.add(cells)
    seeded.expected.append((line, "", "ragged_row"))
    seeded.right[line] = {seeded.headers[name]: text for name, text in row.items()}


STRUCTURAL: Mapping[str, Callable[..., None]] = {
    "row repeated exactly": _repeated,
    "key repeated with other content": _same_key,
    "key three times": _same_key_thrice,
    "key of a faulty row repeated": _same_key_as_a_faulty_row,
    "key repeated by a faulty row": _faulty_row_with_a_key_again,
    "two faults in one row": _two_in_one_row,
    "line too short": _too_short,
    "line too long": _too_long,
}
