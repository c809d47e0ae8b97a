"""Frozen dataclasses of numbers, texts and dates as JSON and back; decimals travel as text and stay exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

D = TypeVar("D")


def as_json(value: object) -> Any:
    """Return a document as JSON data. TypeError for what no document holds, floats among it."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [as_json(each) for each in value]
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} does not belong in a document")


def from_json(kind: type[D], data: Mapping[str, Any]) -> D:
    """Read a document back. Fields that a later version added take their default."""
    owner: Any = kind
    hints = _hints(owner)
    found: D = kind(**{name: _read(hints[name], cell) for name, cell in data.items() if name in hints})
    return found


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, cell: Any) -> Any:
    if get_origin(kind) is UnionType:
        if cell is None:
            return None
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], each) for each in cell)
    if kind is Decimal:
        return Decimal(cell)
    if kind is date:
        return date.fromisoformat(cell)
    return from_json(kind, cell) if isinstance(kind, type) and is_dataclass(kind) else cell
