"""Mappings that were saved: the fingerprint they are found by, and putting one on a file with the same columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kpis.datasets.meaning.evidence import Evidence
from kpis.datasets.meaning.headers import fingerprint, full_header
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.meaning.matching import ColumnMatch, Confidence, match_columns
from kpis.datasets.meaning.sources import FirstOf
from kpis.datasets.meaning.words import reserved_headers
from kpis.engine.specs import TableSpec

Now = Callable[[str], str | None]


def file_fingerprint(columns: Iterable[str]) -> str:
    """Return the fingerprint under which a mapping is saved; what a problem file adds changes nothing."""
    return fingerprint(columns, left_out=reserved_headers())


def apply_saved(
    saved: Mapping[str, Any], columns: Sequence[str], *, tables: Mapping[str, TableSpec] | None = None
) -> ColumnMapping:
    """Return a saved mapping for a file with (nearly) the same columns. ValueError or KeyError when it is not one.

    Columns are found again by header and unit. Fields whose columns are gone are not fed; a new column is asked about
    when `tables` are given and its header names a field that nothing feeds, else left out.
    """
    mapping = ColumnMapping.from_json(saved)
    there = {full_header(column): column for column in reversed(columns)}

    def now(column: str) -> str | None:
        return column if column in columns else there.get(full_header(column))

    moved = {name: source.renamed(now) for name, source in mapping.fields.items()}
    mapping = replace(
        mapping,
        table_confidence=Confidence.SURE,
        fields={name: source for name, source in moved.items() if source is not None},
        ignore={name: texts for column, texts in mapping.ignore.items() if (name := now(column)) is not None},
        first_of=_first_of(mapping.first_of, now),
        sum_by=mapping.sum_by.renamed(now) if mapping.sum_by else None,
    )
    return replace(mapping, matches=_matches(mapping, columns, now=now, tables=tables or {}))


def _first_of(given: FirstOf | None, now: Now) -> FirstOf | None:
    return FirstOf(now(given.key) or given.key, now(given.by) or given.by) if given else None


def _matches(
    mapping: ColumnMapping, columns: Sequence[str], *, now: Now, tables: Mapping[str, TableSpec]
) -> tuple[ColumnMatch, ...]:
    old = {now(match.column): match for match in mapping.matches}
    fed = {column for source in mapping.fields.values() for column in source.columns}
    table = tables.get(mapping.table or "")
    fresh = match_columns(columns, table, evidence=Evidence()) if table else (None,) * len(columns)
    matches = []
    for column, new in zip(columns, fresh, strict=True):
        match = ColumnMatch(column, None, Confidence.NONE, reason="none")
        if column in old and column in fed and old[column].field in (None, *mapping.fields):
            reason = "saved" if old[column].field else "derived"
            match = replace(old[column], column=column, confidence=Confidence.SURE, reason=reason)
        elif column not in old and new is not None and new.field is not None and new.field not in mapping.fields:
            match = replace(new, confidence=Confidence.UNSURE)
        matches.append(match)
    return tuple(matches)
