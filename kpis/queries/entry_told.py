"""Everything that is said about a KPI's entry: what is wrong, what it counts in a sentence, which columns it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpis.engine.specs import ColumnSpec, TableSpec
from kpis.library.entry import CheckedEntry, check_entry
from kpis.library.own import with_kpi
from kpis.queries.definitions import library_at
from kpis.queries.entry_words import ToldProblem, told
from kpis.queries.formulas import counted, readable
from kpis.queries.own_definitions import surroundings_of
from kpis.queries.usage import columns_read
from omnichannel.core.text import Bilingual


@dataclass(frozen=True, slots=True)
class Needed:
    """A table that is read, and the columns of it."""

    table: TableSpec
    columns: tuple[ColumnSpec, ...]

    @property
    def column_names(self) -> tuple[Bilingual, ...]:
        """Return what the columns are called."""
        return tuple(column.names for column in self.columns)


@dataclass(frozen=True, slots=True)
class EntryTold:
    """An entry checked. Sentence, formula in words and what it reads are there once it can be computed."""

    checked: CheckedEntry
    problems: tuple[ToldProblem, ...]
    sentence: Bilingual | None = None
    formula: Bilingual | None = None
    needed: tuple[Needed, ...] = ()


def tell_entry(node: Mapping[str, Any], *, key: str) -> EntryTold:
    """Check an entry of a KPI (`key`), or of one that is new, and say all there is to say about it."""
    checked = check_entry(node, surroundings_of(key))
    problems = tuple(told(each, str(node.get(each.field, ""))) for each in checked.problems)
    if checked.spec is None:
        return EntryTold(checked, problems)
    library, kpi = with_kpi(library_at(), checked.spec), checked.spec.id
    read: dict[str, dict[str, None]] = {}
    for table, column in columns_read(checked.spec, library, values_only=False):
        read.setdefault(table, {})[column] = None
    return EntryTold(
        checked,
        problems,
        sentence=counted(kpi, library=library),
        formula=readable(kpi, library=library),
        needed=tuple(_needed(library.tables[table], columns) for table, columns in read.items()),
    )


def _needed(table: TableSpec, names: Mapping[str, None]) -> Needed:
    return Needed(table, tuple(column for column in table.columns if column.name in names))
