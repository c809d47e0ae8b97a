"""The coverage map and the advice to split or merge as documents: for REST clients and for files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from orgstages.queries.splitting import Subject, UnitAdvice, split_advice
from orgstages.splitting import Advice
from roles.queries.coverage_map import MapCell, MapRow, coverage_of, judged_units
from roles.queries.org_chart import UnitTree
from roles.queries.people import holders

Document = dict[str, Any]
COVER_HEADER = (
    "as_of", "unit", "unit_name", "level", "stage", "subtype", "judged_unit", "role", "expected", "state", "people",
    "dedicated", "fte", "overloaded", "vacant_since", "unit_fte", "unit_fte_outsourced", "outsourced_share",
)  # fmt: skip
ADVICE_HEADER = (
    "as_of", "unit", "unit_name", "period", "pair", "first_role", "second_role", "advice", "state_zh", "state_en",
    "reasons_zh", "reasons_en", "unknown_en", "rule_split_zh", "rule_split_en", "rule_merge_zh", "rule_merge_en",
)  # fmt: skip


def cover_document(row: MapRow) -> Document:
    """Return a unit with its cells; decimals as they are."""
    return {
        "unit_external_id": row.unit.external_id,
        "unit_name": row.unit.name,
        "level": row.unit.level.value,
        "stage": row.adopted.stage.value,
        "subtype": row.adopted.subtype.value,
        "judged_unit_external_id": row.judged.external_id,
        "fte": row.time.total,
        "fte_seconded": row.time.seconded,
        "fte_outsourced": row.time.outsourced,
        "outsourced_share": row.time.outsourced_share,
        "cells": [_cell(each) for each in row.cells],
    }


def _cell(cell: MapCell) -> Document:
    return {
        "role": str(cell.role),
        "expected": str(cell.expected) if cell.expected else None,
        "state": str(cell.state) if cell.state else None,
        "people": cell.cover.people,
        "dedicated": cell.cover.dedicated,
        "fte": cell.cover.fte,
        "overloaded": cell.overloaded,
        "vacant_since": cell.vacant_since,
    }


def cover_rows(units: Sequence[str], *, tree: UnitTree) -> list[Sequence[object]]:
    """Return one line per unit and role, under a header."""
    rows: list[Sequence[object]] = [COVER_HEADER]
    for found in (cover_document(row) for row in coverage_of(units, tree=tree)):
        head = [tree.as_of, *(found[name] for name in ("unit_external_id", "unit_name", "level", "stage", "subtype"))]
        tail = [found[name] for name in ("fte", "fte_outsourced", "outsourced_share")]
        names = ("role", "expected", "state", "people", "dedicated", "fte", "overloaded", "vacant_since")
        judged = found["judged_unit_external_id"]
        rows += [[*head, judged, *(cell[name] for name in names), *tail] for cell in found["cells"]]
    return rows


def advice_of_units(tree: UnitTree, *, within: str | None, unit: str = "") -> tuple[UnitAdvice, ...]:
    """Return the advice for the units judged by themselves that the reader may see, or for one of them."""
    inside = tree.subtree(within) if within is not None else frozenset(tree.nodes)
    asked = [each for each in judged_units(tree) if each in inside and unit in ("", each)]
    rows = coverage_of(asked, tree=tree)
    held = holders(as_of=tree.as_of, tree=tree)
    subjects = []
    for row in rows:
        below = tree.subtree(row.unit.external_id)
        here = tuple(holding for holding in held if holding.unit_external_id in below)
        subjects.append(Subject(row.unit, row.adopted, here))
    return split_advice(subjects, as_of=tree.as_of, tree=tree, within=within)


def advice_documents(found: Iterable[UnitAdvice], *, people_too: bool) -> list[Document]:
    """Return one document per unit and pair; who holds both roles only for readers who may see people."""
    return [_advice(each, advice, people_too=people_too) for each in found for advice in each.advice]


def _advice(each: UnitAdvice, advice: Advice, *, people_too: bool) -> Document:
    first, second = advice.split.roles
    return {
        "unit_external_id": each.unit.external_id,
        "unit_name": each.unit.name,
        "stage": each.figures.stage.value,
        "period": str(each.period) if each.period else None,
        "figures": {figure.value: number for figure, number in sorted(each.figures.numbers.items())},
        "pair": advice.split.id,
        "roles": [first.value, second.value],
        "advice": advice.advice.value if advice.advice else None,
        "state": advice.state.as_json(),
        "reasons": [reason.as_json() for reason in advice.reasons],
        "unknown": [reason.as_json() for reason in advice.unknown],
        "split_when": advice.split.split_when.as_json(),
        "merge_when": advice.split.merge_when.as_json(),
        "people_external_ids": list(advice.people) if people_too else None,
    }


def advice_rows(found: Iterable[UnitAdvice], *, tree: UnitTree) -> list[Sequence[object]]:
    """Return one line per unit and pair, under a header."""
    rows: list[Sequence[object]] = [ADVICE_HEADER]
    for each in advice_documents(found, people_too=False):
        head = [tree.as_of, each["unit_external_id"], each["unit_name"], each["period"], each["pair"], *each["roles"]]
        told = [each["advice"], each["state"]["zh"], each["state"]["en"]]
        told += ["; ".join(reason[language] for reason in each["reasons"]) for language in ("zh", "en")]
        told.append("; ".join(reason["en"] for reason in each["unknown"]))
        rules = [each[name][language] for name in ("split_when", "merge_when") for language in ("zh", "en")]
        rows.append([*head, *told, *rules])
    return rows
