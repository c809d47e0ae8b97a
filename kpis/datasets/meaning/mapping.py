"""Which table a file is and which column feeds which field, with stated confidence. Unsure means ask, never guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from kpis.datasets.meaning.amounts import Proof, prove, with_proof
from kpis.datasets.meaning.evidence import Evidence
from kpis.datasets.meaning.headers import normal_header
from kpis.datasets.meaning.matching import ColumnMatch, Confidence, match_columns, names
from kpis.datasets.meaning.sources import FirstOf, Source, SumBy
from kpis.datasets.meaning.words import header_factor
from kpis.engine.specs import TableSpec
from kpis.library import load_library

__all__ = [
    "ColumnMapping",
    "ColumnMatch",
    "Confidence",
    "clear_fit",
    "doubted",
    "key_repeats",
    "known_headers",
    "propose_mapping",
    "table_hint",
]
# How much better the best table must fit than the next one, when all or nearly all of its required fields are there;
# and the fit below which nothing is proposed.
CLEAR_LEAD, NEARLY, NEARLY_LEAD = 0.4, 0.75, 1.0
LEAST_FIT = 1.0


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`matches` is what a page shows; `fields` (canonical field -> source) is what loading uses.

    `values`: field -> word of the file -> value. `ignore`: column of the file -> texts whose rows are none of this
    table's and are left out without a problem (an empty text stands for empty cells). `sum_by`: rows of one key are
    one row; of these columns the sum counts, of the others the first row.
    """

    table: str | None
    table_confidence: Confidence
    table_candidates: tuple[str, ...] = ()
    matches: tuple[ColumnMatch, ...] = ()
    fields: Mapping[str, Source] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    first_of: FirstOf | None = None
    ignore: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sum_by: SumBy | None = None

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Return the columns a person should decide about."""
        return tuple(match.column for match in self.matches if match.confidence is Confidence.UNSURE)

    @property
    def derived(self) -> dict[str, Source]:
        """Return the fields that no single column feeds as it stands: constants, sums, differences, templates."""
        return {name: source for name, source in self.fields.items() if not source.column}

    def choose(self, column: str, chosen: str | None) -> ColumnMapping:
        """Return the mapping with this column feeding `chosen` (None: left out); another column of it is released.

        A unit in the column's header counts. Left out, the column also feeds no sum, difference or template any more.
        """
        drops = (
            (lambda source: column in source.columns) if chosen is None else (lambda source: source.column == column)
        )
        kept = {name: source for name, source in self.fields.items() if name != chosen and not drops(source)}
        fields = kept if chosen is None else {**kept, chosen: _plain_source(column, chosen, table=self.table)}
        matches = []
        for match in self.matches:
            if match.column == column:
                match = ColumnMatch(column, chosen, Confidence.SURE, match.candidates, "chosen")
            elif chosen is not None and match.field == chosen:
                match = replace(match, field=None, confidence=Confidence.NONE, reason="none")
            matches.append(match)
        return replace(self, matches=tuple(matches), fields=fields)

    def with_values(self, name: str, words: Mapping[str, str]) -> ColumnMapping:
        """Return the mapping with these words of the file standing for these values of the field."""
        return replace(self, values={**self.values, name: {**self.values.get(name, {}), **words}})

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
            "ignore": {column: list(texts) for column, texts in self.ignore.items()},
            "sum_by": self.sum_by.to_json() if self.sum_by else None,
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
            ignore={column: tuple(map(str, texts)) for column, texts in (data.get("ignore") or {}).items()},
            sum_by=SumBy.from_json(data["sum_by"]) if data.get("sum_by") else None,
        )


def _plain_source(column: str, name: str, *, table: str | None) -> Source:
    spec = load_library().tables.get(table or "")
    if spec is None or name not in {one.name for one in spec.columns}:
        return Source(column=column)
    return Source(column=column, scale=str(header_factor(column, column=spec.column(name), table=spec) or 1))


def known_headers(tables: Mapping[str, TableSpec]) -> frozenset[str]:
    """Return every normal header that some table knows."""
    return frozenset().union(*(names(column) for table in tables.values() for column in table.columns))


def table_hint(filename: str, *, tables: Mapping[str, TableSpec]) -> str | None:
    """Return the table a file is named after (`orders.csv`, `orders_2024-06.xlsx`, `订单.csv`), else None."""
    stem = normal_header(PurePath(filename).stem.rstrip("0123456789-_. "))
    for table in tables.values():
        if stem in {normal_header(name) for name in (table.id, table.names.zh, table.names.en) if name}:
            return table.id
    return None


def propose_mapping(
    columns: Sequence[str],
    *,
    tables: Mapping[str, TableSpec],
    hint_table: str | None = None,
    evidence: Evidence | None = None,
) -> ColumnMapping:
    """Propose the table and the fields. `fields` holds only what is sure; computed columns are never fed."""
    evidence = evidence or Evidence()
    ranked = sorted(tables.values(), key=lambda table: _score(columns, table), reverse=True)
    if hint_table in tables:
        chosen, confidence = tables[str(hint_table)], Confidence.SURE
        if _score(columns, chosen) == 0:
            confidence = Confidence.UNSURE
    else:
        chosen = ranked[0]
        confidence = Confidence.UNSURE if _score(columns, chosen) >= LEAST_FIT else Confidence.NONE
        if clear_fit(columns, tables=tables) and not key_repeats(columns, chosen, evidence=evidence):
            confidence = Confidence.SURE
    known = confidence is not Confidence.NONE
    matches = match_columns(columns, chosen, evidence=evidence) if known else _unmatched(columns)
    proof = prove(matches, table=chosen, evidence=evidence) if known else None
    matches = with_proof(matches, proof) if proof else matches
    mapping = ColumnMapping(
        table=chosen.id if known else None,
        table_confidence=confidence,
        table_candidates=tuple(table.id for table in ranked[:5] if _score(columns, table) > 0),
        matches=matches,
        fields=_sure_fields(matches, table=chosen, proof=proof),
    )
    return doubted(mapping) if confidence is Confidence.UNSURE else mapping


def doubted(mapping: ColumnMapping) -> ColumnMapping:
    """Return the mapping with its table to be asked. What a column is depends on it: nothing else is sure either."""
    matches = tuple(
        replace(match, confidence=Confidence.UNSURE, reason="table") if match.confidence is Confidence.SURE else match
        for match in mapping.matches
    )
    return replace(mapping, table_confidence=Confidence.UNSURE, matches=matches, fields={})


def _sure_fields(matches: Sequence[ColumnMatch], *, table: TableSpec, proof: Proof | None) -> dict[str, Source]:
    sure = {match.field: match.column for match in matches if match.field and match.confidence is Confidence.SURE}
    fields = {name: _plain_source(column, name, table=table.id) for name, column in sure.items()}
    return {**fields, **proof.sources} if proof else fields


def _score(columns: Sequence[str], table: TableSpec) -> float:
    """Return how well a table fits: found key and required fields over all of them, then the share of columns used."""
    headers = {normal_header(column) for column in columns}
    found = [column for column in table.columns if names(column) & headers]
    if not found:
        return 0.0
    needed = [column for column in table.columns if not column.nullable and not column.computed]
    keys = sum(column.name in table.key for column in found) / len(table.key)
    required = sum(column in found for column in needed) / len(needed)
    return keys + required + len(found) / max(len(headers), 1)


def _found(columns: Sequence[str], table: TableSpec) -> tuple[bool, float]:
    """Return whether the key's columns are there (those that may be empty aside), and the share of required fields."""
    headers = {normal_header(column) for column in columns}
    needed = [column for column in table.columns if not column.nullable and not column.computed]
    there = [column.name for column in needed if names(column) & headers]
    return all(column.name in there for column in needed if column.name in table.key), len(there) / len(needed)


def clear_fit(columns: Sequence[str], *, tables: Mapping[str, TableSpec]) -> str | None:
    """Return the table that fits far better than any other, if one does, its key and (nearly) all it requires there."""
    best, second = sorted(tables.values(), key=lambda table: _score(columns, table), reverse=True)[:2]
    lead = _score(columns, best) - _score(columns, second)
    keyed, share = _found(columns, best)
    clear = (share == 1 and lead >= CLEAR_LEAD) or (share >= NEARLY and lead >= NEARLY_LEAD)
    return best.id if keyed and clear else None


def _unmatched(columns: Sequence[str]) -> tuple[ColumnMatch, ...]:
    return tuple(ColumnMatch(column, None, Confidence.NONE, reason="none") for column in columns)


def key_repeats(columns: Sequence[str], table: TableSpec, *, evidence: Evidence) -> bool:
    """Return whether the cells of the key's columns often repeat: then the rows are parts of what the table holds."""
    keys = [
        next((name for name in columns if normal_header(name) in names(table.column(key))), "") for key in table.key
    ]
    return evidence.repeats(list(filter(None, keys)))
