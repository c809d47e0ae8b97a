"""Mappings that are known beforehand: the presets of `presets/*.yaml`, recognised by the headers of an export.

A header may be written `a|b`: either of the two. A field has one source or several, best first: the first whose columns
are all there is used. A source with `ask` is only proposed, unless its cells are ids or names we know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kpis.datasets.files.raw import Guess
from kpis.datasets.meaning.evidence import Evidence
from kpis.datasets.meaning.headers import NAMELESS, full_header, header_unit, normal_header
from kpis.datasets.meaning.mapping import ColumnMapping, ColumnMatch, Confidence
from kpis.datasets.meaning.matching import match_columns
from kpis.datasets.meaning.sources import FirstOf, Source, SumBy
from kpis.datasets.meaning.words import header_factor, reserved_headers
from kpis.engine.specs import TableSpec
from omnichannel.core.text import Bilingual

Now = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class PresetTable:
    """What a known export says about one table: per field its sources, best first; `asked` fields need a person."""

    table: str
    fields: Mapping[str, tuple[Source, ...]]
    asked: frozenset[tuple[str, str]]
    mapping: ColumnMapping

    def fed(self, now: Now) -> dict[str, Source]:
        """Return field -> the first of its sources whose columns the file has, under the file's own names."""
        found = {
            name: next((moved for one in sources if (moved := one.renamed(now)) is not None), None)
            for name, sources in self.fields.items()
        }
        return {name: source for name, source in found.items() if source is not None}


@dataclass(frozen=True, slots=True)
class Preset:
    """One known export: the headers that give it away, how to read it, and what it says about each table it feeds."""

    id: str
    names: Bilingual
    headers: tuple[str, ...]
    guess: Guess
    tables: tuple[PresetTable, ...]
    system: str = ""
    unused: frozenset[str] = field(default=frozenset())

    @property
    def mappings(self) -> tuple[ColumnMapping, ...]:
        """Return the mappings as they are written down, for a file that has every column."""
        return tuple(one.mapping for one in self.tables)

    def fits(self, columns: Sequence[str]) -> bool:
        """Return whether a file has all the headers that give this export away."""
        there = {normal_header(column) for column in columns}
        return bool(self.headers) and all(
            any(normal_header(header) in there for header in either.split("|")) for either in self.headers
        )

    def mappings_for(
        self, columns: Sequence[str], *, tables: Mapping[str, TableSpec], evidence: Evidence | None = None
    ) -> tuple[ColumnMapping, ...]:
        """Return a mapping for each table, with the columns this file has; columns of its own are matched by name."""
        return tuple(
            _for_file(self, one, columns, table=tables[one.table], evidence=evidence or Evidence())
            for one in self.tables
        )


def _for_file(
    preset: Preset, given: PresetTable, columns: Sequence[str], *, table: TableSpec, evidence: Evidence
) -> ColumnMapping:
    exact = {full_header(column): column for column in reversed(columns)}
    loose = {normal_header(column): column for column in reversed(columns)}

    def now(column: str) -> str | None:
        return column if column in columns else exact.get(full_header(column), loose.get(normal_header(column)))

    fields = {name: _in_unit(source, table=table, name=name) for name, source in given.fed(now).items()}
    asked = {
        name: source.column
        for name, source in fields.items()
        if (name, normal_header(source.column)) in given.asked
        and not evidence.settles(source.column, table.column(name))
    }
    asked |= {name: source.columns[0] for name, source in fields.items() if source.scale == ""}
    asked |= {
        name: source.column
        for name, source in fields.items()
        if source.column
        and not header_unit(source.column)
        and evidence.off_scale(source.column, table.column(name), source.scale)
    }
    fields = {name: source for name, source in fields.items() if name not in asked}
    matches = _matches(columns, table, fields=fields, asked=asked, unused=preset.unused, evidence=evidence)
    alone = {match.field: match.column for match in matches if match.field and match.confidence is Confidence.SURE}
    own = {name: _plain(column, name, table=table) for name, column in alone.items() if name not in fields}
    mapping = given.mapping
    return replace(
        mapping,
        matches=matches,
        fields={**fields, **own},
        ignore={name: texts for column, texts in mapping.ignore.items() if (name := now(column)) is not None},
        first_of=FirstOf(*(now(name) or name for name in (mapping.first_of.key, mapping.first_of.by)))
        if mapping.first_of
        else None,
        sum_by=_sum_by(mapping.sum_by, now),
    )


def _sum_by(given: SumBy | None, now: Now) -> SumBy | None:
    if given is None:
        return None
    void = {name: texts for column, texts in given.void.items() if (name := now(column)) is not None}
    return SumBy(now(given.key) or given.key, tuple(filter(None, map(now, given.columns))), void)


def _plain(column: str, name: str, *, table: TableSpec) -> Source:
    return Source(column=column, scale=str(header_factor(column, column=table.column(name), table=table) or 1))


def _in_unit(source: Source, *, table: TableSpec, name: str) -> Source:
    """Return the source in the unit its header names: 花费(分) is cents whatever the preset thinks of 花费.

    A unit nobody knows leaves the scale empty: then a person is asked.
    """
    read = (source.column,) if source.column else tuple(column for _, column in source.terms)
    if not any(map(header_unit, read)):
        return source
    factors = {header_factor(column, column=table.column(name), table=table) for column in read}
    factor = factors.pop() if len(factors) == 1 else None
    return replace(source, scale="" if factor is None else str(factor))


def _matches(
    columns: Sequence[str],
    table: TableSpec,
    *,
    fields: Mapping[str, Source],
    asked: Mapping[str, str],
    unused: frozenset[str],
    evidence: Evidence,
) -> tuple[ColumnMatch, ...]:
    feeds = _feeds(fields)
    asks = {column: name for name, column in asked.items()}
    free = [column for column in columns if column not in feeds and column not in asks]
    free = [column for column in free if normal_header(column) not in unused]
    by_name = {match.column: match for match in match_columns(free, table, evidence=evidence)}
    matches = []
    for column in columns:
        match = by_name.get(column, ColumnMatch(column, None, Confidence.NONE, reason="unused"))
        if column in feeds:
            shown, all_fed = feeds[column]
            match = ColumnMatch(column, shown, Confidence.SURE, all_fed, "preset" if shown else "derived")
        elif column in asks:
            match = ColumnMatch(column, asks[column], Confidence.UNSURE, (asks[column],), "doubtful")
        elif match.field in fields or match.field in asked:
            match = replace(match, field=None, confidence=Confidence.NONE, reason="none")
        matches.append(match)
    return tuple(matches)


def _feeds(fields: Mapping[str, Source]) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """Return column -> the field it is shown with, and every field it feeds. No two columns show one field."""
    shown: dict[str, str] = {}
    claims = [(source.column, name) for name, source in fields.items() if source.column]
    claims += [(source.columns[0], name) for name, source in fields.items() if source.columns and not source.column]
    for column, name in claims:
        if name not in shown.values():
            shown.setdefault(column, name)
    fed: dict[str, tuple[str, ...]] = {}
    for name, source in fields.items():
        for column in source.columns:
            fed[column] = (*fed.get(column, ()), name)
    return {column: (shown.get(column), names) for column, names in fed.items()}


def mapping_from_entry(entry: Mapping[str, Any]) -> ColumnMapping:
    """Return the mapping of one `{table, fields, values, first_of}` entry. ValueError when it is not one."""
    return _table(entry).mapping


def _table(entry: Mapping[str, Any]) -> PresetTable:
    if not isinstance(entry.get("table"), str) or not isinstance(entry.get("fields"), Mapping):
        raise ValueError("a mapping needs a table and its fields")
    given = {name: sources if isinstance(sources, list) else [sources] for name, sources in entry["fields"].items()}
    fields = {name: tuple(map(Source.from_json, sources)) for name, sources in given.items()}
    asked = frozenset(
        (name, normal_header(str(one["column"])))
        for name, sources in given.items()
        for one in sources
        if isinstance(one, Mapping) and one.get("ask")
    )
    first = {name: sources[0] for name, sources in fields.items() if sources}
    plain = ColumnMapping.from_json({"table": entry["table"], **{key: entry.get(key) for key in KEPT}})
    matches = tuple(
        ColumnMatch(source.column, name, Confidence.SURE, (name,), "preset")
        for name, source in first.items()
        if source.column
    )
    values = {name: {str(word): str(to) for word, to in words.items()} for name, words in plain.values.items()}
    mapping = replace(plain, table_candidates=(entry["table"],), matches=matches, fields=first, values=values)
    return PresetTable(entry["table"], fields, asked, mapping)


KEPT = ("values", "first_of", "ignore", "sum_by")


@cache
def load_presets() -> Mapping[str, Preset]:
    """Return every preset by id."""
    presets = {}
    for path in sorted((Path(__file__).parents[1] / "presets").glob("*.yaml")):
        for data in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            presets[data["id"]] = Preset(
                data["id"],
                Bilingual(**data["names"]),
                tuple(map(str, data.get("headers", ()))),
                Guess.from_json(data),
                tuple(map(_table, data["tables"])),
                data.get("system", ""),
                frozenset(normal_header(str(name)) for name in data.get("unused", ())),
            )
    return presets


@cache
def preset_headers() -> frozenset[str]:
    """Return every normal header that some known export has: they tell a header row too."""
    presets = load_presets().values()
    own = {normal_header(name) for preset in presets for either in preset.headers for name in either.split("|")}
    read = {normal_header(name) for preset in presets for one in preset.mappings for name in _read(one)}
    return frozenset(own | read).union(*(preset.unused for preset in presets))


def _read(mapping: ColumnMapping) -> set[str]:
    return {column for source in mapping.fields.values() for column in source.columns}


def match_preset(columns: Sequence[str], *, presets: Mapping[str, Preset]) -> Preset | None:
    """Return the preset whose headers the file has; the one with the most headers when several fit."""
    named = [column for column in columns if not NAMELESS.fullmatch(column)]
    known = [column for column in named if normal_header(column) not in reserved_headers()]
    fitting = [preset for preset in presets.values() if preset.fits(known)]
    return max(fitting, key=lambda preset: len(preset.headers), default=None)
