"""Rules over the canonical tables: keys, scopes, references, headers, enums."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

from kpis.engine.specs import ColumnType, Library, TableSpec
from omnichannel.core.issues import Issue


def table_columns_are_sound(library: Library) -> list[Issue]:
    """Keys and scopes name columns; a column is named once; an enum column has values and no other column has."""
    issues = []
    for table in library.tables.values():
        names = [column.name for column in table.columns]
        issues += [
            Issue(f"tables.{table.id}", f"there must be exactly one column {wanted!r}")
            for wanted in (*names, *table.row_key, *table.scopes.values())
            if names.count(wanted) != 1
        ]
        issues += [
            Issue(f"tables.{table.id}.{column.name}", "an enum column needs values, any other column none")
            for column in table.columns
            if (column.type is ColumnType.ENUM) != bool(column.enum)
        ]
    return issues


def headers_are_unambiguous(library: Library) -> list[Issue]:
    """Within a table no header (id, name or alias, folded) may mean two columns, and every column has aliases."""
    issues = []
    for table in library.tables.values():
        issues += [
            Issue(f"tables.{table.id}", f"the header {header!r} may mean {' or '.join(sorted(columns))}")
            for header, columns in _headers(table).items()
            if len(columns) > 1
        ]
        issues += [
            Issue(f"tables.{table.id}.{column.name}.aliases", "the column has no aliases")
            for column in table.columns
            if not column.aliases
        ]
    return issues


def examples_are_legal(library: Library) -> list[Issue]:
    """The example of an enum column is one of its values; an id has no remark beside it."""
    return [
        Issue(f"tables.{table.id}.{column.name}.example", f"{column.example!r} is no legal value")
        for table in library.tables.values()
        for column in table.columns
        if (column.enum and column.example and column.example not in column.enum)
        or (column.name.endswith("_id") and " " in column.example)
    ]


def references_reach_keys(library: Library) -> list[Issue]:
    """A column's `ref` names the key column of a table; `after` names tables."""
    issues = []
    for table in library.tables.values():
        for column in table.columns:
            target, _, name = column.ref.partition(".")
            if column.ref and (target not in library.tables or library.tables[target].key != (name,)):
                issues.append(Issue(f"tables.{table.id}.{column.name}.ref", f"{column.ref!r} is no key of a table"))
        issues += [
            Issue(f"tables.{table.id}.after", f"there is no table {name!r}")
            for name in table.after
            if name not in library.tables
        ]
    return issues


def reached_table(library: Library, table: str, text: str) -> TableSpec | None:
    """Return the table that holds `column` (the table itself) or `other.column` (one it refers to), if any."""
    other, _, name = text.rpartition(".")
    if table not in library.tables:
        return None
    own = library.tables[table]
    if other and not any(column.ref.partition(".")[0] == other for column in own.columns):
        return None
    target = library.tables.get(other) if other else own
    return target if target and any(column.name == name for column in target.columns) else None


def _headers(table: TableSpec) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for column in table.columns:
        for header in (column.name, column.names.zh, column.names.en, *column.aliases):
            found[_folded(header)].add(column.name)
    return found


def _folded(header: str) -> str:
    text = re.sub(r"\(.*?\)", "", unicodedata.normalize("NFKC", header).casefold())
    return re.sub(r"[\s_\-.]", "", text)
