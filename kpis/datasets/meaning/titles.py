"""The unit that a title row states for the money below it (`单位：万元`): it becomes part of those headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from kpis.datasets.checks.values import BLANKS, number
from kpis.datasets.meaning.headers import BRACKETS, header_unit, normal_header
from kpis.library import load_library

# Units that change what a number means; a foreign currency is no unit of ours, so its columns are asked about.
UNITS = "百万元|十万元|万元|千元|亿元|万|亿|千|分|美元|港元|港币|欧元|日元|英镑|usd|hkd|eur|jpy|gbp"
STATED = re.compile(rf"(?:单位|币种)\s*[:(]?\s*(?:人民币|rmb|cny)?\s*({UNITS})(?=$|[\s)\]】、,;/|])")
BRACKETED = frozenset(UNITS.split("|")) - {"分", "万", "亿", "千"}
MONEY_WORDS = re.compile(
    "额|价|费|款|成本|收入|消耗|实付|实收|应付|应收|利润|毛利|预算|营收|gmv|目标|挑战|保底|底线|达成|^(value|floor|stretch)$"
)


def with_title_unit(
    cells: Sequence[str], *, titles: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]
) -> list[str]:
    """Return the headers, the unit of the titles behind those of money. As a header it outlives the title row.

    A column is one of money when its header sounds like it and most of its cells in `rows` are numbers.
    """
    unit = title_unit(titles)
    if not unit:
        return list(cells)
    return [f"{cell}({unit})" if _is_money(cell, place, rows) else cell for place, cell in enumerate(cells)]


def title_unit(titles: Sequence[Sequence[str]]) -> str:
    """Return the unit of money that title rows state, when it is not the plain yuan; else an empty text."""
    for text in (unicodedata.normalize("NFKC", cell).casefold().strip() for row in titles for cell in row):
        if found := STATED.search(text):
            return found[1]
        if said := next((unit for one in BRACKETS.findall(text) if (unit := "".join(one).strip()) in BRACKETED), ""):
            return said
    return ""


def _is_money(header: str, place: int, rows: Sequence[Sequence[str]]) -> bool:
    if header_unit(header) or not (normal_header(header) in _money_headers() or MONEY_WORDS.search(header.casefold())):
        return False
    texts = [row[place] for row in rows if place < len(row) and row[place].strip(BLANKS)]
    return 2 * sum(number(text)[0] is not None for text in texts) > len(texts)


@cache
def _money_headers() -> frozenset[str]:
    columns = [column for table in load_library().tables.values() for column in table.columns]
    money = [column for column in columns if column.unit.startswith("CNY")]
    return frozenset(
        normal_header(name)
        for column in money
        for name in (column.name, column.names.zh, column.names.en, *column.aliases)
    )
