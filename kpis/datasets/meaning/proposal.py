"""What a file is taken for: a known export or the best table, its columns, its words. For looking and loading alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from kpis.datasets.meaning.evidence import Evidence, KnownIds, Names, gather
from kpis.datasets.meaning.headers import normal_header
from kpis.datasets.meaning.mapping import ColumnMapping, clear_fit, doubted, key_repeats, propose_mapping, table_hint
from kpis.datasets.meaning.matching import Confidence
from kpis.datasets.meaning.presets import Preset, load_presets, match_preset
from kpis.datasets.meaning.words import normal_value, unpaid_words
from kpis.datasets.meaning.wordvalues import ValueLine, value_lines, with_sure_values
from kpis.engine.specs import TableSpec

CURRENCY = frozenset(map(normal_header, ("币种", "货币", "币别", "结算币种", "订单币种", "currency", "currency code")))
YUAN = frozenset(map(normal_value, ("CNY", "RMB", "CNH", "人民币", "人民币元", "元", "¥", "￥")))


@dataclass(frozen=True, slots=True)
class Proposal:
    """`mapping` is what would be used; `mappings` those of the known export, one for each table it feeds."""

    mapping: ColumnMapping
    values: tuple[ValueLine, ...] = ()
    preset: Preset | None = None
    mappings: tuple[ColumnMapping, ...] = ()


def propose(
    columns: Sequence[str],
    *,
    rows: pa.Table,
    tables: Mapping[str, TableSpec],
    filename: str = "",
    table: str | None = None,
    known: KnownIds | None = None,
    names: Names | None = None,
) -> Proposal:
    """Propose what a file is. `rows`: all of them or a sample. `table`: what a person said; a file name only hints.

    `known`: `table.column` -> ids that exist; `names`: `table.column` -> name -> id (or ids, when several are so
    called). Both settle doubts and map words; without them ids are taken as they stand.
    """
    evidence = gather(rows, known=known, names=names)
    preset = match_preset(columns, presets=load_presets())
    mappings = preset.mappings_for(columns, tables=tables, evidence=evidence) if preset else ()
    fitting = [mapping for mapping in mappings if table is None or mapping.table == table]
    mapping = fitting[0] if len(fitting) == 1 else _by_names(columns, tables, evidence, filename=filename, table=table)
    mapping = _without_foreign_money(_without_unpaid(mapping, evidence), evidence, columns=columns, tables=tables)
    lines: list[ValueLine] = []
    if mapping.table is not None:
        lines = value_lines(rows, mapping, table=tables[mapping.table], names=names, known=known)
        mapping = with_sure_values(mapping, lines)
    return Proposal(mapping, tuple(lines), preset, mappings)


def _by_names(
    columns: Sequence[str],
    tables: Mapping[str, TableSpec],
    evidence: Evidence,
    *,
    filename: str,
    table: str | None,
) -> ColumnMapping:
    """Propose by the names of columns; a file name is not believed when the rows or columns are another table's."""
    if table in tables:
        return propose_mapping(columns, tables=tables, hint_table=table, evidence=evidence)
    hint = table_hint(filename, tables=tables)
    mapping = propose_mapping(columns, tables=tables, hint_table=hint, evidence=evidence)
    if hint is None or mapping.table is None:
        return mapping
    other = clear_fit(columns, tables=tables) not in (None, hint)
    return doubted(mapping) if other or key_repeats(columns, tables[hint], evidence=evidence) else mapping


def _without_unpaid(mapping: ColumnMapping, evidence: Evidence) -> ColumnMapping:
    """Leave out rows whose status says they are none of the table's; words that the mapping gives a value stay."""
    ignore = dict(mapping.ignore)
    for name, source in mapping.fields.items():
        words = set(map(normal_value, unpaid_words(mapping.table or "", name)))
        if not source.column or not words:
            continue
        said = mapping.values.get(name, {})
        met = [text for text in evidence.texts(source.column) if normal_value(text) in words and text not in said]
        there = ignore.get(source.column, ())
        ignore[source.column] = (*there, *(text for text in met if text not in there))
    return replace(mapping, ignore={column: texts for column, texts in ignore.items() if texts})


def _without_foreign_money(
    mapping: ColumnMapping, evidence: Evidence, *, columns: Sequence[str], tables: Mapping[str, TableSpec]
) -> ColumnMapping:
    """Ask about every amount of a file in which a column of currencies names another than the yuan."""
    told = [column for column in columns if normal_header(column) in CURRENCY]
    words = {normal_value(text) for column in told for text in evidence.texts(column)}
    if mapping.table is None or words <= YUAN:
        return mapping
    spec = tables[mapping.table]
    money = {column.name for column in spec.columns if column.unit.startswith("CNY")}
    read = {column for name in money & mapping.fields.keys() for column in mapping.fields[name].columns}
    return replace(
        mapping,
        fields={name: source for name, source in mapping.fields.items() if name not in money},
        matches=tuple(
            replace(match, confidence=Confidence.UNSURE, reason="unit")
            if match.column in read and match.confidence is Confidence.SURE
            else match
            for match in mapping.matches
        ),
    )
