"""Where a canonical field takes its value from: a column, a constant, a template, a difference of columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Keep one row per `key`: the one with the smallest `by` (both columns of the file), then the first line."""

    key: str
    by: str


@dataclass(frozen=True, slots=True)
class Source:
    """Exactly one of the four is set. `scale` multiplies a number; `subtract` is the first column minus the rest."""

    column: str = ""
    scale: str = "1"
    constant: str | None = None
    template: str = ""
    subtract: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the file this reads."""
        if self.template:
            return tuple(name for name in PLACE.findall(self.template) if name != "_line")
        return self.subtract or ((self.column,) if self.column else ())

    @property
    def label(self) -> str:
        """Return what a problem names as its column."""
        return self.column or " - ".join(self.subtract) or self.template

    def to_json(self) -> dict[str, Any]:
        """Return the one form that is set."""
        if self.constant is not None:
            return {"constant": self.constant}
        if self.template:
            return {"template": self.template}
        if self.subtract:
            return {"subtract": list(self.subtract)}
        return {"column": self.column} | ({"scale": self.scale} if self.scale != "1" else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str) -> Source:
        """Read a form; a bare text is a column name. ValueError when none of the forms is there."""
        if isinstance(data, str):
            return cls(column=data)
        if "constant" in data:
            return cls(constant=str(data["constant"]))
        if "template" in data:
            return cls(template=str(data["template"]))
        if "subtract" in data:
            return cls(subtract=tuple(str(name) for name in data["subtract"]))
        if "column" in data:
            return cls(column=str(data["column"]), scale=str(data.get("scale", "1")))
        raise ValueError(f"a source is a column, constant, template or subtract, not {sorted(data)}")

    def texts(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return the text of every row for a column, constant or template."""
        if self.constant is not None:
            return pa.chunked_array([pa.repeat(pa.scalar(self.constant), rows.num_rows)], pa.string())
        if not self.template:
            return rows.column(self.column)
        pieces: list[Any] = []
        for place, piece in enumerate(PLACE.split(self.template)):
            pieces.append(pc.cast(rows.column(piece), pa.string()) if place % 2 else piece)
        joined = pc.binary_join_element_wise(*pieces, "")
        return joined if isinstance(joined, pa.ChunkedArray) else pa.chunked_array([joined])


def missing_columns(sources: Sequence[Source], *, columns: Sequence[str]) -> tuple[str, ...]:
    """Return columns that sources name and the file does not have."""
    wanted = (name for source in sources for name in source.columns)
    return tuple(dict.fromkeys(name for name in wanted if name not in columns))
