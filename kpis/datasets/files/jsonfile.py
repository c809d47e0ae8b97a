"""Rows that a system sends: a JSON array, `{"rows": [...]}` or one JSON object a line, as a RawTable of text.

Numbers keep every digit they were written with. Row n of the batch has line n, whatever the blank lines between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from kpis.datasets.checks.problems import Problem, make_problem, printable
from kpis.datasets.files.raw import LINE, RaggedLine, RawTable, empty_rows
from kpis.datasets.limits import LIMITS, TooLarge
from kpis.datasets.meaning.headers import unique_names

SUFFIXES = (".json", ".ndjson", ".jsonl")
LINE_SUFFIXES = (".ndjson", ".jsonl")
MOST_EXPONENT = 30  # beyond it a number is left as written, and no column takes it
SHOWN = 1000


class NotJson(ValueError):
    """The body as a whole is no batch of rows; the text says why in English, the code of the problem is `not_json`."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """A line that is no JSON."""

    text: str
    reason: str


class _Row(dict[str, Any]):
    """One object; `repeated` names the keys that it gives twice."""

    repeated: tuple[str, ...] = ()


@dataclass(slots=True)
class _Columns:
    """What the rows give, column by column."""

    cells: dict[str, list[str | None]] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    strays: list[RaggedLine] = field(default_factory=list)

    def take(self, line: int, given: object) -> None:
        """Add a row, or say why it is none."""
        if not isinstance(given, _Row) or not given:
            text = given.text if isinstance(given, _Broken) else json.dumps(given, ensure_ascii=False)
            reason = given.reason if isinstance(given, _Broken) else ""
            code = "not_json" if reason else "no_fields" if given == {} else "not_object"
            self.problems.append(make_problem(code, line=line, value=_sound(text), detail=reason))
            self.strays.append(RaggedLine(line, _sound(text)[:SHOWN]))
            return
        self.lines.append(line)
        for key in given.repeated:
            self.problems.append(make_problem("repeated_key", line=line, column=_name(key)))
        for key, value in given.items():
            name = _name(key)
            column = self.cells.get(name)
            if column is None:
                column = self.cells[name] = []
                if len(self.cells) > LIMITS.columns:
                    raise TooLarge(f"{LIMITS.columns} columns")
            if len(column) == len(self.lines):  # two keys that differ only in what cannot be stored
                self.problems.append(make_problem("repeated_key", line=line, column=name))
                continue
            column.extend([None] * (len(self.lines) - 1 - len(column)))
            column.append(self._text(line, name, value))

    def _text(self, line: int, column: str, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return _sound(value)
        text = _sound(json.dumps(value, ensure_ascii=False))
        self.problems.append(make_problem("nested_value", line=line, column=column, value=text))
        return text[:SHOWN]


def read_json(path: Path, *, filename: str) -> RawTable:
    """Read a file that holds rows as JSON; NotJson and unreadable text become the problem of the whole file."""
    try:
        return json_table(path.read_bytes(), lines=filename.lower().endswith(LINE_SUFFIXES))
    except NotJson as error:
        return RawTable((), empty_rows(), kind="json", problems=(make_problem("not_json", detail=str(error)),))


def json_table(body: bytes, *, lines: bool) -> RawTable:
    """Return the rows of a body: with `lines` one object a line, else one document. NotJson when it is neither.

    A row with a fault stays in the table with its problem; what is no object at all is kept apart as a stray line.
    """
    found = _Columns()
    for line, given in enumerate(_given(body, lines=lines), start=1):
        if line > LIMITS.rows:
            raise TooLarge(f"{LIMITS.rows} rows")
        found.take(line, given)
    keys = tuple(found.cells)
    names, problems = unique_names(keys, sheet="", line=1)
    many = len(found.lines)
    arrays = [pa.array([*cells, *[None] * (many - len(cells))], pa.string()) for cells in found.cells.values()]
    rows = pa.Table.from_arrays([*arrays, pa.array(found.lines, pa.int64())], names=[*names, LINE])
    return RawTable(
        names,
        rows,
        encoding="utf-8",
        kind="json",
        problems=(*problems, *found.problems),
        ragged=tuple(found.strays),
        ragged_count=len(found.strays),
    )


def column_names(body: bytes) -> tuple[tuple[str, ...], int]:
    """Return the columns and the number of rows of one object a line, without holding the rows."""
    keys: dict[str, None] = {}
    many = 0
    for given in _given(body, lines=True):
        many += 1
        if isinstance(given, _Row):
            keys.update(dict.fromkeys(map(_name, given)))
    return unique_names(tuple(keys), sheet="", line=1)[0], many


def _given(body: bytes, *, lines: bool) -> Iterator[object]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 at byte {error.start}") from None
    if lines:
        yield from (_line(one) for one in text.split("\n") if one.strip(" \t\r"))
        return
    try:
        document = _loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(_reason(error)) from None
    rows = document.get("rows") if isinstance(document, _Row) else document
    if not isinstance(rows, list):
        raise NotJson("an array of objects is wanted, or an object with such an array as `rows`")
    yield from rows


def _line(text: str) -> object:
    try:
        return _loads(text)
    except (ValueError, RecursionError) as error:
        return _Broken(text.strip(), _reason(error))


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _loads(text: str) -> object:
    return json.loads(text, object_pairs_hook=_row, parse_int=str, parse_float=_plain, parse_constant=_no_constant)


def _row(pairs: Sequence[tuple[str, Any]]) -> _Row:
    row = _Row(pairs)
    if len(row) != len(pairs):
        seen: set[str] = set()
        row.repeated = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return row


def _plain(text: str) -> str:
    """Write a number out of its exponent form: in a file that form means lost digits, in JSON it does not."""
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    small = isinstance(exponent, int) and abs(exponent) <= MOST_EXPONENT
    return format(number, "f") if small and "e" in text.lower() else text


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _name(key: str) -> str:
    """Return a key as a column can be called."""
    return printable(_sound(key))


def _sound(text: str) -> str:
    """Return text that can be stored: half a character pair, which JSON can write, becomes the sign of a lost one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
