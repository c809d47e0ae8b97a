"""A folder of files into an ordered plan: file name = table, or what `mapping.yaml` beside the files says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kpis.datasets.files.raw import Guess
from kpis.datasets.meaning.mapping import ColumnMapping, table_hint
from kpis.datasets.meaning.presets import load_presets, mapping_from_entry
from kpis.engine.specs import TableSpec

SUFFIXES = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"})
MAPPING_FILE = "mapping.yaml"


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One load: a file into one table. Without a mapping the columns are mapped when the file has been read."""

    path: Path
    filename: str
    table: str
    guess: Guess
    mapping: ColumnMapping | None


def load_order(tables: Mapping[str, TableSpec]) -> tuple[str, ...]:
    """Return the tables so that those another one refers to come before it."""
    placed: list[str] = []

    def place(name: str) -> None:
        if name in placed or name in waiting:
            return
        waiting.add(name)
        for parent in tables[name].parents:
            if parent in tables and parent != name:
                place(parent)
        placed.append(name)

    waiting: set[str] = set()
    for name in tables:
        place(name)
    return tuple(placed)


def plan_folder(folder: Path, *, tables: Mapping[str, TableSpec]) -> tuple[FilePlan, ...]:
    """Return the loads of a folder, parents first. ValueError names a file or entry that makes no sense.

    `mapping.yaml`: file name -> `{preset: id}` or `{table, fields, delimiter, columns, header_line, encoding, sheet}`,
    or a list of such entries when one file feeds several tables.
    """
    entries = _entries(folder)
    plans = [plan for name, given in entries.items() for plan in _given(folder / name, given, tables=tables)]
    for path in sorted(folder.iterdir()):
        if path.name in entries or path.name == MAPPING_FILE or path.suffix.lower() not in SUFFIXES:
            continue
        table = table_hint(path.name, tables=tables)
        if table is None:
            raise ValueError(f"{path.name}: the file is not named after a table and {MAPPING_FILE} does not list it")
        plans.append(FilePlan(path, path.name, table, Guess(), None))
    order = {name: place for place, name in enumerate(load_order(tables))}
    return tuple(sorted(plans, key=lambda plan: order[plan.table]))


def _entries(folder: Path) -> Mapping[str, Any]:
    path = folder / MAPPING_FILE
    if not path.exists():
        return {}
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(entries, Mapping):
        raise ValueError(f"{MAPPING_FILE}: expected file names with their entries")
    for name in entries:
        if Path(str(name)).name != name or not (folder / name).is_file():
            raise ValueError(f"{MAPPING_FILE}: there is no file {name!r} in the folder")
    return entries


def _given(path: Path, given: object, *, tables: Mapping[str, TableSpec]) -> Iterator[FilePlan]:
    listed: Sequence[Any] = given if isinstance(given, list) else [given]
    for entry in listed:
        if not isinstance(entry, Mapping):
            raise ValueError(f"{MAPPING_FILE}: {path.name}: expected table and fields, or a preset")
        guess, mappings = _read_entry(path.name, entry)
        for mapping in mappings:
            if mapping.table not in tables:
                raise ValueError(f"{MAPPING_FILE}: {path.name}: there is no table {mapping.table!r}")
            yield FilePlan(path, path.name, str(mapping.table), guess, mapping)


def _read_entry(name: str, entry: Mapping[str, Any]) -> tuple[Guess, tuple[ColumnMapping, ...]]:
    if "preset" in entry:
        preset = load_presets().get(str(entry["preset"]))
        if preset is None:
            raise ValueError(f"{MAPPING_FILE}: {name}: there is no preset {entry['preset']!r}")
        return preset.guess, preset.mappings
    try:
        return Guess.from_json(entry), (mapping_from_entry(entry),)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{MAPPING_FILE}: {name}: {error}") from error
