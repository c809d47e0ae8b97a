"""Where a canonical field takes its value from: a column, a constant, a template, a sum or difference of columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.dateorder import DATE_ORDERS, year_first
from kpis.datasets.checks.values import BLANKS, EMPTY
from omnichannel.core.text import Bilingual

PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Keep one row per `key`: the one with the smallest `by` (both columns of the file), then the first line."""

    key: str
    by: str


@dataclass(frozen=True, slots=True)
class SumBy:
    """Rows with one `key` are one row: these columns are summed, the rest is that of the first row.

    `void`: column -> texts that take a row out of its group (a part of an order that was cancelled), unless all are.
    """

    key: str
    columns: tuple[str, ...] = ()
    void: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data."""
        void = {column: list(texts) for column, texts in self.void.items()}
        return {"key": self.key, "columns": list(self.columns), **({"void": void} if void else {})}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SumBy:
        """Read the JSON form. KeyError when there is no key."""
        void = {str(column): tuple(map(str, texts)) for column, texts in (data.get("void") or {}).items()}
        return cls(str(data["key"]), tuple(map(str, data.get("columns", ()))), void)

    def renamed(self, now: Callable[[str], str | None]) -> SumBy:
        """Return the same under today's column names; columns that are gone keep their old name."""
        void = {now(column) or column: texts for column, texts in self.void.items()}
        return SumBy(now(self.key) or self.key, tuple(now(column) or column for column in self.columns), void)


@dataclass(frozen=True, slots=True)
class Source:
    """One of five forms: a column, a constant, a template, a sum or difference, or the place within a group.

    `scale` multiplies a number. `order` says how a column writes its dates when the year does not come first: dmy, mdy
    or (short years) ymd. `default` stands for the empty cells of a column. `subtract` alone is its first column minus
    the rest; with `add` it is the sum of those minus all of these. `ordinal` counts the rows of a group: 1, 2, 3 for
    the rows whose column has one value.
    """

    column: str = ""
    scale: str = "1"
    constant: str | None = None
    template: str = ""
    subtract: tuple[str, ...] = ()
    order: str = ""
    add: tuple[str, ...] = ()
    default: str | None = None
    ordinal: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the file this reads."""
        if self.template:
            return tuple(name for name in PLACE.findall(self.template) if name != "_line")
        if self.add or self.subtract:
            return self.add + self.subtract
        return tuple(filter(None, (self.column or self.ordinal,)))

    @property
    def terms(self) -> tuple[tuple[int, str], ...]:
        """Return the signed columns of a sum or difference. The first is needed; another that is empty counts as 0."""
        if self.add:
            return (*((1, name) for name in self.add), *((-1, name) for name in self.subtract))
        return tuple((1 if place == 0 else -1, name) for place, name in enumerate(self.subtract))

    @property
    def label(self) -> str:
        """Return what a problem names as its column."""
        sums = "".join(f"{' + ' if sign > 0 else ' - '}{name}" for sign, name in self.terms)
        return self.column or sums.removeprefix(" + ") or self.template or self.ordinal

    def describe(self) -> Bilingual:
        """Return the source in words, for a page."""
        if self.constant is not None:
            return Bilingual(f"固定为 {self.constant}", f"always {self.constant}")
        if self.ordinal:
            return Bilingual(f"同一“{self.ordinal}”内的行序号", f"the place of the row within its “{self.ordinal}”")
        if self.template:
            shown = self.template.replace("{_line}", "{#}")
            return Bilingual(f"由各列拼成：{shown}", f"put together as {shown}")
        zh, en = f"“{self.column}”", f"“{self.column}”"
        if self.terms:
            zh = "".join(f"{' 加 ' if sign > 0 else ' 减 '}“{name}”" for sign, name in self.terms)[3:]
            en = "".join(f"{' plus ' if sign > 0 else ' minus '}“{name}”" for sign, name in self.terms)[6:]
            if self.scale != "1":
                zh, en = f"（{zh}）", f"({en})"
        if self.scale != "1":
            zh, en = f"{zh} × {self.scale}", f"{en} × {self.scale}"
        if self.default is not None:
            zh, en = f"{zh}，空白按 {self.default}", f"{en}, empty cells as {self.default}"
        return Bilingual(zh, en)

    def renamed(self, now: Callable[[str], str | None]) -> Source | None:
        """Return the same source under today's column names, or None when one of its columns is gone."""
        found = {name: now(name) for name in self.columns}
        if None in found.values():
            return None
        moved = {name: str(new) for name, new in found.items()}
        return replace(
            self,
            column=moved.get(self.column, self.column),
            ordinal=moved.get(self.ordinal, self.ordinal),
            add=tuple(moved[name] for name in self.add),
            subtract=tuple(moved[name] for name in self.subtract),
            template=PLACE.sub(lambda place: f"{{{moved.get(place[1], place[1])}}}", self.template),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the one form that is set."""
        if self.constant is not None:
            return {"constant": self.constant}
        if self.template:
            return {"template": self.template}
        if self.ordinal:
            return {"ordinal": self.ordinal}
        scaled: dict[str, Any] = {"scale": self.scale} if self.scale != "1" else {}
        if self.terms:
            named = {"add": list(self.add), "subtract": list(self.subtract)}
            return {name: columns for name, columns in named.items() if columns} | scaled
        if self.order:
            scaled["order"] = self.order
        return {"column": self.column} | scaled | ({} if self.default is None else {"default": self.default})

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str) -> Source:
        """Read a form; a bare text is a column name. ValueError when none of the forms is there."""
        if isinstance(data, str):
            return cls(column=data)
        if "constant" in data:
            return cls(constant=str(data["constant"]))
        if "template" in data or "ordinal" in data:
            return cls(template=str(data.get("template", "")), ordinal=str(data.get("ordinal", "")))
        scale = str(data.get("scale", "1"))
        if "subtract" in data or "add" in data:
            add, subtract = (tuple(map(str, data.get(name, ()))) for name in ("add", "subtract"))
            return cls(add=add, subtract=subtract, scale=scale)
        if "column" not in data:
            raise ValueError(f"a source is a column, constant, template, add, subtract or ordinal, not {sorted(data)}")
        order = str(data.get("order", ""))
        if order and order not in DATE_ORDERS:
            raise ValueError(f"dates are in one of the orders {', '.join(DATE_ORDERS)}, not {order}")
        default = data.get("default")
        return cls(
            column=str(data["column"]), scale=scale, order=order, default=None if default is None else str(default)
        )

    def texts(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return the text of every row for a column, constant or template; the other forms need more than the row."""
        if self.constant is not None:
            return pa.chunked_array([pa.repeat(pa.scalar(self.constant), rows.num_rows)], pa.string())
        if not self.template:
            texts = rows.column(self.column)
            texts = year_first(texts, order=self.order) if self.order else texts
            return texts if self.default is None else _filled(texts, self.default)
        pieces: list[Any] = []
        for place, piece in enumerate(PLACE.split(self.template)):
            pieces.append(pc.cast(rows.column(piece), pa.string()) if place % 2 else piece)
        joined = pc.binary_join_element_wise(*pieces, "")
        return joined if isinstance(joined, pa.ChunkedArray) else pa.chunked_array([joined])


def _filled(texts: pa.ChunkedArray, default: str) -> pa.ChunkedArray:
    """Put the default where a cell is empty or only says that it is (`-`, `无`)."""
    bare = pc.utf8_lower(pc.utf8_trim(texts, BLANKS))
    empty = pc.fill_null(pc.is_in(bare, value_set=pa.array(["", *sorted(EMPTY)])), True)
    return pc.if_else(pc.or_kleene(empty, pc.is_null(bare)), default, texts)


def missing_columns(sources: Sequence[Source], *, columns: Sequence[str]) -> tuple[str, ...]:
    """Return columns that sources name and the file does not have."""
    wanted = (name for source in sources for name in source.columns)
    return tuple(dict.fromkeys(name for name in wanted if name not in columns))
