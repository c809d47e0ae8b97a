"""The form of a plan: which fields each of its parts has, and what was typed laid into the plan's document. Pure.

A field is named by its place in the document, as faults are: `units/0/drivers/stores/base`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from omnichannel.core.periods import Grain, period_or_none
from talent.headcount.budgeting import CONTINGENCY, ENTERED_TYPES
from talent.headcount.plan import RateSource

LINE = ("base", "growth", "months")
SPACES = re.compile(r"[\s,，]")
MONTHS = re.compile(r"[;；\n]")
Document = dict[str, Any]
Typed = Mapping[str, str]


def general_fields(roles: Iterable[str]) -> list[str]:
    """Return the fields of the part that concerns all units: the span, the contingency, norms and rates."""
    fields = ["start", "months", "contingency_percent"]
    for role in roles:
        fields += [f"norms/{role}/{name}" for name in ("driver", "units_per_fte", "minimum")]
        fields.append(f"rates/{role}/monthly")
    return fields


def unit_fields(index: int, *, roles: Sequence[str], drivers: Iterable[str]) -> list[str]:
    """Return the fields of one unit."""
    at = f"units/{index}"
    fields = [f"{at}/drivers/{driver}/{name}" for driver in drivers for name in LINE]
    for role in roles:
        fields += [f"{at}/levels/{role}", f"{at}/outsourced/{role}/fte", f"{at}/outsourced/{role}/invoice"]
    return fields + [f"{at}/costs/{kind}/{name}" for kind in (*ENTERED_TYPES, CONTINGENCY) for name in LINE]


def shown(document: Document, field: str) -> str:
    """Return what a field shows of a document; empty where there is nothing."""
    node: Any = document
    for name in field.split("/"):
        node = node[int(name)] if isinstance(node, list) else (node or {}).get(name)
    if isinstance(node, dict):
        return "; ".join(f"{month}: {value}" for month, value in node.items())
    if field.endswith("/growth") and node == "0":
        return ""
    return "" if node is None else str(node)


def laid_in(document: Document, typed: Typed, fields: Sequence[str]) -> Document:
    """Return the document with the fields as they were typed; what the form does not have stays."""
    found = deepcopy(document)
    for field in fields:
        if field in typed:
            _put(found, field.split("/"), typed[field])
    for role, rate in found["rates"].items():
        before = document["rates"].get(role, {})
        if rate.get("monthly") != before.get("monthly"):
            rate["source"], rate["people"] = RateSource.ENTERED.value, 0
    for unit in found["units"]:
        unit["outsourced"] = {
            role: each for role, each in unit["outsourced"].items() if each.get("fte") or each.get("invoice")
        }
        _drop_months(unit, found)
        for part in ("drivers", "costs"):
            unit[part] = {key: line for key, line in unit[part].items() if _says_something(line)}
    return found


def _says_something(line: Document) -> bool:
    return bool(line.get("base") or line.get("months") or line.get("growth") not in (None, "", "0"))


def _put(document: Document, place: Sequence[str], text: str) -> None:
    *way, last = place
    node: Any = document
    for name in way:
        node = node[int(name)] if isinstance(node, list) else node.setdefault(name, {})
    node[last] = _value(place, text.strip())


def _value(place: Sequence[str], text: str) -> Any:
    last = place[-1]
    if len(place) == 1 and last == "months":
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else text
    if last == "months":
        return dict(_month(chunk) for chunk in MONTHS.split(text) if chunk.strip())
    if last in ("driver", "start") or "levels" in place:
        return text
    return SPACES.sub("", text) or (None if last != "growth" else "0")


def _month(chunk: str) -> tuple[str, str]:
    """Split `2027-01: 300`; what is no such pair is kept as its own key, where reading finds the fault."""
    month, colon, value = chunk.replace("：", ":").replace("=", ":").partition(":")
    return month.strip(), SPACES.sub("", value) if colon else chunk.strip()


def _drop_months(unit: Document, document: Document) -> None:
    """Leave out months that a shorter span no longer holds; what is no month at all stays, to be named as a fault."""
    start, count = period_or_none(str(document["start"])), document["months"]
    if start is None or start.grain is not Grain.MONTH or not isinstance(count, int):
        return
    inside = {str(start.previous(-step)) for step in range(min(count, 99))}
    for lines in (unit["drivers"], unit["costs"]):
        for line in lines.values():
            months = line.get("months") or {}
            line["months"] = {
                month: value for month, value in months.items() if month in inside or period_or_none(month) is None
            }
