"""Words of common exports (`data/words.yaml`): enum values, doubtful headers, units in headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kpis.datasets.meaning.headers import full_header, header_unit, normal_header
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.library import library_extras

LATIN = re.compile("[a-z]+")
CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")


@cache
def _words() -> Mapping[str, Any]:
    path = Path(__file__).parents[1] / "data" / "words.yaml"
    words: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return words


def normal_value(text: str) -> str:
    """Return the form in which enum words are compared."""
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").replace("_", "").replace("-", "")


@cache
def _labels() -> Mapping[str, tuple[str, ...]]:
    """Return value -> the words for it: labels of the catalogue and words of exports."""
    labels, extra = library_extras().enum_labels, _words()["values"]
    return {
        value: (*((labels[value].zh, labels[value].en) if value in labels else ()), *extra.get(value, ()))
        for value in dict.fromkeys([*labels, *extra])
    }


def unpaid_words(table: str, column: str) -> tuple[str, ...]:
    """Return the words of a column that say: this row is none of the table's (an order nobody has paid)."""
    return tuple(map(str, _words()["not_rows"].get(f"{table}.{column}", ())))


@cache
def enum_words(values: tuple[str, ...]) -> Mapping[str, str]:
    """Return normal word -> value for one enum; the values themselves win over words."""
    words: dict[str, str] = {}
    for value in values:
        for word in _labels().get(value, ()):
            words.setdefault(normal_value(str(word)), value)
    return {**words, **{normal_value(value): value for value in values}}


@cache
def _listed(kind: str, table: str, column: str) -> frozenset[str]:
    listed = _words()[kind]
    return frozenset(map(normal_header, [*listed.get(f"{table}.{column}", ()), *listed.get(f"*.{column}", ())]))


def is_doubtful(table: str, column: str, header: str) -> bool:
    """Return whether a header that matches this column is known to mean other things as well."""
    return normal_header(header) in _listed("doubtful", table, column)


def is_rival(table: str, column: str, header: str) -> bool:
    """Return whether a header that no field claims sounds as if it could be this column too."""
    listed = _words()["rivals"]
    words = [*listed.get(f"{table}.{column}", ()), *listed.get(f"*.{column}", ())]
    return _says(header, words) and (column.endswith("_id") or not _says(header, _words()["not_amounts"]))


def _says(header: str, words: Sequence[str]) -> bool:
    """Tell whether a header holds one of the words: Chinese ones anywhere, others as whole words."""
    folded = unicodedata.normalize("NFKC", header)
    parts = set(LATIN.findall(CAMEL.sub(" ", folded).casefold()))
    whole = normal_header(header)
    return any(word in parts if word.isascii() else word in whole for word in words)


def reserved_headers() -> frozenset[str]:
    """Return the normal headers of the columns that the problem file adds."""
    return frozenset(normal_header(word) for word in _words()["reserved"])


def header_factor(header: str, *, column: ColumnSpec, table: TableSpec) -> Decimal | None:
    """Return what the cells are multiplied by for the brackets of a header; None when a person must say.

    Brackets that belong to the field's own name (`实际费用（不含媒体投放）`) or only say how to fill it in are no unit.
    Others may change what is meant (`订单总额(含运费)`, `订单编号(子订单)`).
    """
    unit = header_unit(header)
    if not unit or unit in _words()["plain_brackets"]:
        return Decimal(1)
    factor = _unit_factor(unit, column=column, table=table)
    if factor is None and full_header(header) in map(full_header, (column.names.zh, column.names.en, *column.aliases)):
        return Decimal(1)
    return factor


def _unit_factor(unit: str, *, column: ColumnSpec, table: TableSpec) -> Decimal | None:
    if unit in {column.name, column.unit.casefold(), table.id}:
        return Decimal(1)
    if column.type not in (ColumnType.DECIMAL, ColumnType.INTEGER):
        return None
    kind = "counted"
    if column.unit.startswith("CNY"):
        kind = "money"
    elif column.unit in ("0..1", "minutes", "hours"):
        kind = {"0..1": "share"}.get(column.unit, column.unit)
    factor = _words()["units"][kind].get(unit)
    return Decimal(factor) if factor is not None else None
