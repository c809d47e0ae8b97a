"""Pay bands as a table that people paste or upload: its headers in both languages, commas or tabs. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

HEADERS: Mapping[str, tuple[str, ...]] = {
    "role": ("role", "role_id", "岗位", "角色"),
    "level": ("level", "职级", "级别"),
    "city": ("city", "城市"),
    "low": ("low", "min", "下限", "最低"),
    "middle": ("middle", "mid", "median", "中位", "中位值", "中间值"),
    "high": ("high", "max", "上限", "最高"),
    "since": ("since", "from", "生效日期", "起始日", "起"),
    "source": ("source", "来源"),
    "note": ("note", "remark", "备注", "说明"),
}
COLUMNS = tuple(HEADERS)
REQUIRED = ("role", "level", "low", "middle", "high", "since")


class UnreadableTable(ValueError):
    """A table without the header it needs; `missing` and `unknown` name columns."""

    def __init__(self, *, missing: Sequence[str] = (), unknown: Sequence[str] = ()) -> None:
        self.missing, self.unknown = tuple(missing), tuple(unknown)
        super().__init__(", ".join([*self.missing, *self.unknown]))


def decoded(content: bytes) -> str:
    """Return a file's text: UTF-8, with or without a mark, else GB 18030, as Excel in China saves it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def read_table(text: str) -> list[dict[str, str]]:
    """Return the rows under a header, by our column names; empty lines are left out. UnreadableTable otherwise."""
    words = {alias: name for name, aliases in HEADERS.items() for alias in aliases}
    lines = text.lstrip("\ufeff").strip("\r\n")
    head = lines.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head else (";" if ";" in head and "," not in head else ",")
    rows = list(csv.reader(io.StringIO(lines), delimiter=delimiter))
    titles = [cell.strip().casefold() for cell in rows[0]] if rows else []
    unknown = [title for title in titles if title and title not in words]
    names = [words.get(title, "") for title in titles]
    missing = [name for name in REQUIRED if name not in names]
    if missing or unknown:
        raise UnreadableTable(missing=missing, unknown=unknown)
    return [
        {name: _plain(cell) for name, cell in zip(names, cells, strict=False) if name}
        for cells in rows[1:]
        if any(cell.strip() for cell in cells)
    ]


def _plain(cell: str) -> str:
    """Take off the sign by which our own files keep a text from being a formula."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {"=", "+", "-", "@"} else text
