"""Which table a file is and which column feeds which field, with stated confidence. Unsure means ask, never guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from kpis.datasets.headers import header_unit, normal_header
from kpis.datasets.sources import FirstOf, Source
from kpis.datasets.words import is_doubtful, reserved_headers, unit_factor
from kpis.engine.specs import ColumnSpec, TableSpec


class Confidence(StrEnum):
    """`sure` is used as it stands, `unsure` is asked, `none` is left out unless a person chooses."""

    SURE = "sure"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """What one column of the file is taken for. `reason`: canonical, alias, doubtful, unit, repeated, chosen, none."""

    column: str
    field: str | None
    confidence: Confidence
    candidates: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`matches` is what a page shows; `fields` (canonical field -> source) is what loading uses."""

    table: str | None
    table_confidence: Confidence
    table_candidates: tuple[str, ...] = ()
    matches: tuple[ColumnMatch, ...] = ()
    fields: Mapping[str, Source] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    first_of: FirstOf | None = None

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Return the columns a person should decide about."""
        return tuple(match.column for match in self.matches if match.confidence is Confidence.UNSURE)

    def choose(self, column: str, chosen: str | None) -> ColumnMapping:
        """Return the mapping with this column feeding `chosen` (None: left out); another column of it is released."""
        fields = {name: source for name, source in self.fields.items() if source.column != column and name != chosen}
        if chosen is not None:
            fields[chosen] = Source(column=column)
        matches = []
        for match in self.matches:
            if match.column == column:
                match = ColumnMatch(column, chosen, Confidence.SURE, match.candidates, "chosen")
            elif chosen is not None and match.field == chosen:
                match = replace(match, field=None, confidence=Confidence.NONE, reason="none")
            matches.append(match)
        return replace(self, matches=tuple(matches), fields=fields)

    def choose_table(self, table: str, *, tables: Mapping[str, TableSpec]) -> ColumnMapping:
        """Return a fresh proposal for the columns under the table a person named."""
        columns = tuple(match.column for match in self.matches)
        return replace(propose_mapping(columns, tables=tables, hint_table=table), table_confidence=Confidence.SURE)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "table": self.table,
            "table_confidence": self.table_confidence.value,
            "table_candidates": list(self.table_candidates),
            "matches": [
                {
                    "column": match.column,
                    "field": match.field,
                    "confidence": match.confidence.value,
                    "candidates": list(match.candidates),
                    "reason": match.reason,
                }
                for match in self.matches
            ],
            "fields": {name: source.to_json() for name, source in self.fields.items()},
            "values": {name: dict(words) for name, words in self.values.items()},
            "first_of": {"key": self.first_of.key, "by": self.first_of.by} if self.first_of else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnMapping:
        """Rebuild a mapping; ValueError or KeyError when the data is not one."""
        return cls(
            table=data.get("table"),
            table_confidence=Confidence(data.get("table_confidence", "sure")),
            table_candidates=tuple(data.get("table_candidates", ())),
            matches=tuple(
                ColumnMatch(
                    match["column"],
                    match.get("field"),
                    Confidence(match["confidence"]),
                    tuple(match.get("candidates", ())),
                    match.get("reason", ""),
                )
                for match in data.get("matches", ())
            ),
            fields={name: Source.from_json(source) for name, source in data.get("fields", {}).items()},
            values={name: dict(words) for name, words in (data.get("values") or {}).items()},
            first_of=FirstOf(**data["first_of"]) if data.get("first_of") else None,
        )


def _names(column: ColumnSpec) -> frozenset[str]:
    return frozenset(
        normal_header(name) for name in (column.name, column.names.zh, column.names.en, *column.aliases) if name
    )


def known_headers(tables: Mapping[str, TableSpec]) -> frozenset[str]:
    """Return every normal header that some table knows."""
    return frozenset().union(*(_names(column) for table in tables.values() for column in table.columns))


def table_hint(filename: str, *, tables: Mapping[str, TableSpec]) -> str | None:
    """Return the table a file is named after (`orders.csv`, `orders_2024-06.xlsx`, `订单.csv`), else None."""
    stem = normal_header(PurePath(filename).stem.rstrip("0123456789-_. "))
    for table in tables.values():
        if stem in {normal_header(name) for name in (table.id, table.names.zh, table.names.en) if name}:
            return table.id
    return None


def propose_mapping(
    columns: Sequence[str], *, tables: Mapping[str, TableSpec], hint_table: str | None = None
) -> ColumnMapping:
    """Propose the table and the fields. `fields` holds only what is sure; computed columns are never fed."""
    ranked = sorted(tables.values(), key=lambda table: _score(columns, table), reverse=True)
    if hint_table in tables:
        chosen, confidence = tables[str(hint_table)], Confidence.SURE
        if _score(columns, chosen) == 0:
            confidence = Confidence.UNSURE
    else:
        chosen = ranked[0]
        confidence = _table_confidence(columns, ranked)
    matches = _matches(columns, chosen) if confidence is not Confidence.NONE else _unmatched(columns)
    sure = {match.field: match.column for match in matches if match.field and match.confidence is Confidence.SURE}
    fields = {}
    for name, column in sure.items():
        unit = header_unit(column)
        factor = unit_factor(unit, column=chosen.column(name), table=chosen) if unit else None
        fields[name] = Source(column=column, scale=str(factor or 1))
    return ColumnMapping(
        table=chosen.id if confidence is not Confidence.NONE else None,
        table_confidence=confidence,
        table_candidates=tuple(table.id for table in ranked[:5] if _score(columns, table) > 0),
        matches=matches,
        fields=fields,
    )


def _score(columns: Sequence[str], table: TableSpec) -> float:
    """Return how well a table fits: found key and required fields over all of them, then the share of columns used."""
    headers = {normal_header(column) for column in columns}
    found = [column for column in table.columns if _names(column) & headers]
    if not found:
        return 0.0
    needed = [column for column in table.columns if not column.nullable and not column.computed]
    keys = sum(column.name in table.key for column in found) / len(table.key)
    required = sum(column in found for column in needed) / len(needed)
    return keys + required + len(found) / max(len(headers), 1)


def _table_confidence(columns: Sequence[str], ranked: Sequence[TableSpec]) -> Confidence:
    best, second = (_score(columns, table) for table in ranked[:2])
    headers = {normal_header(column) for column in columns}
    table = ranked[0]
    needed = [column for column in table.columns if not column.nullable and not column.computed]
    complete = all(_names(column) & headers for column in needed)
    if complete and best - second >= 0.4:
        return Confidence.SURE
    return Confidence.UNSURE if best >= 1.0 else Confidence.NONE


def _unmatched(columns: Sequence[str]) -> tuple[ColumnMatch, ...]:
    return tuple(ColumnMatch(column, None, Confidence.NONE, reason="none") for column in columns)


def _matches(columns: Sequence[str], table: TableSpec) -> tuple[ColumnMatch, ...]:
    exact = {column for column in columns if _canonical(column, table)}
    taken = {_canonical(column, table) for column in exact}
    first = [_match(column, table, taken=frozenset(taken - {_canonical(column, table)})) for column in columns]
    return tuple(_repeated(match, first) for match in first)


def _canonical(header: str, table: TableSpec) -> str | None:
    fed = (column.name for column in table.columns if not column.computed)
    return next((name for name in fed if name == header.strip()), None)


def _match(header: str, table: TableSpec, *, taken: frozenset[str | None]) -> ColumnMatch:
    normal = normal_header(header)
    if normal in reserved_headers():
        return ColumnMatch(header, None, Confidence.NONE, reason="reserved")
    if name := _canonical(header, table):
        return ColumnMatch(header, name, Confidence.SURE, (name,), "canonical")
    candidates = tuple(
        column.name
        for column in table.columns
        if not column.computed and column.name not in taken and normal in _names(column)
    )
    if not candidates:
        return ColumnMatch(header, None, Confidence.NONE, _near(normal, table, taken=taken), "none")
    name = candidates[0]
    if len(candidates) > 1 or is_doubtful(table.id, name, header):
        return ColumnMatch(header, name, Confidence.UNSURE, candidates, "doubtful")
    unit = header_unit(header)
    if unit and unit_factor(unit, column=table.column(name), table=table) is None:
        return ColumnMatch(header, name, Confidence.UNSURE, candidates, "unit")
    return ColumnMatch(header, name, Confidence.SURE, candidates, "alias")


def _near(normal: str, table: TableSpec, *, taken: frozenset[str | None]) -> tuple[str, ...]:
    """Return fields whose names contain the header or are contained in it: offered, never taken."""
    if len(normal) < 2:
        return ()
    return tuple(
        column.name
        for column in table.columns
        if not column.computed
        and column.name not in taken
        and any(len(name) >= 2 and (name in normal or normal in name) for name in _names(column))
    )[:5]


def _repeated(match: ColumnMatch, others: Sequence[ColumnMatch]) -> ColumnMatch:
    """Two columns that claim one field are both asked about, unless one carries the canonical name."""
    rivals = [other for other in others if other.field and other.field == match.field]
    if len(rivals) > 1 and match.reason != "canonical":
        return replace(match, confidence=Confidence.UNSURE, reason="repeated")
    return match
