"""A file as read: every cell as text, with its line, before anyone has said what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pyarrow as pa

from kpis.datasets.problems import Problem

LINE = "_line"


@dataclass(frozen=True, slots=True)
class Guess:
    """What a person said about the file; None leaves it to us. `header_line` 0: no header, `columns` names them."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_line: int | None = None
    columns: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object] | None) -> Guess:
        """Read the JSON form; unknown keys are ignored."""
        data = data or {}
        text = {key: str(data[key]) for key in ("encoding", "delimiter", "sheet") if data.get(key)}
        line, columns = data.get("header_line"), data.get("columns")
        return cls(
            encoding=text.get("encoding"),
            delimiter=text.get("delimiter"),
            sheet=text.get("sheet"),
            header_line=int(str(line)) if line is not None else None,
            columns=tuple(str(name) for name in columns) if isinstance(columns, list | tuple) else None,
        )

    def to_json(self) -> dict[str, object]:
        """Return plain JSON data that `from_json` reads."""
        return {**asdict(self), "columns": list(self.columns) if self.columns is not None else None}


@dataclass(frozen=True, slots=True)
class CellFlag:
    """A cell whose text cannot be trusted (formula error, digits lost in Excel). It matters only if it is used."""

    line: int
    column: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class RaggedLine:
    """A line with too few or too many cells; kept out of the rows, shown in the problem file."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table of text. `rows` has the columns of `columns` (unique names) and `_line`; problems are the file's own.

    `ragged` holds the first lines that did not fit the header, `ragged_count` how many there were.
    """

    columns: tuple[str, ...]
    rows: pa.Table
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_line: int = 1
    encoding: str = ""
    encoding_sure: bool = True
    delimiter: str = ""
    kind: str = "csv"
    epoch_1904: bool = False
    problems: tuple[Problem, ...] = ()
    flags: tuple[CellFlag, ...] = field(default=())
    ragged: tuple[RaggedLine, ...] = ()
    ragged_count: int = 0


def empty_rows(columns: tuple[str, ...] = ()) -> pa.Table:
    """Return a table of no rows with these text columns and `_line`."""
    fields = [pa.field(name, pa.string()) for name in columns]
    return pa.schema([*fields, pa.field(LINE, pa.int64())]).empty_table()
