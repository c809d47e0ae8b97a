"""Words of common exports (`data/words.yaml`): enum values, doubtful headers, units in headers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kpis.datasets.headers import normal_header
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.library import library_extras


@cache
def _words() -> Mapping[str, Any]:
    path = Path(__file__).with_name("data") / "words.yaml"
    words: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
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


@cache
def enum_words(values: tuple[str, ...]) -> Mapping[str, str]:
    """Return normal word -> value for one enum; the values themselves win over words."""
    words: dict[str, str] = {}
    for value in values:
        for word in _labels().get(value, ()):
            words.setdefault(normal_value(str(word)), value)
    return {**words, **{normal_value(value): value for value in values}}


def is_doubtful(table: str, column: str, header: str) -> bool:
    """Return whether a header that matches this column is known to mean other things as well."""
    normal, doubtful = normal_header(header), _words()["doubtful"]
    listed = [*doubtful.get(f"{table}.{column}", ()), *doubtful.get(f"*.{column}", ())]
    return normal in {normal_header(word) for word in listed}


def reserved_headers() -> frozenset[str]:
    """Return the normal headers of the columns that the problem file adds."""
    return frozenset(normal_header(word) for word in _words()["reserved"])


def unit_factor(unit: str, *, column: ColumnSpec, table: TableSpec) -> Decimal | None:
    """Return what the cells are multiplied by for a unit in a header's brackets; None when it is not known."""
    kind = "counted"
    if column.type not in (ColumnType.DECIMAL, ColumnType.INTEGER):
        return Decimal(1)
    if column.unit.startswith("CNY"):
        kind = "money"
    elif column.unit in ("0..1", "minutes", "hours"):
        kind = {"0..1": "share"}.get(column.unit, column.unit)
    factor = _words()["units"][kind].get(unit)
    if factor is None and unit in {column.name, column.unit.casefold(), table.id}:
        return Decimal(1)
    return Decimal(factor) if factor is not None else None
