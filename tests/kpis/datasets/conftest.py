"""Fixtures of the data door: the library's tables, and files written for one test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kpis.datasets.checks.checking import Checked, check_table
from kpis.datasets.checks.checkpass import Allowed
from kpis.datasets.checks.references import Known
from kpis.datasets.files.raw import Guess, RawTable
from kpis.datasets.files.reading import read_table
from kpis.datasets.meaning.mapping import ColumnMapping, known_headers, propose_mapping
from kpis.datasets.pipeline import catalogue_ids
from kpis.engine.specs import TableSpec
from kpis.library import load_library

Read = Callable[..., RawTable]
Check = Callable[..., Checked]


@pytest.fixture(scope="session")
def tables() -> Mapping[str, TableSpec]:
    """The canonical tables."""
    return load_library().tables


@pytest.fixture
def read(tmp_path: Path, tables: Mapping[str, TableSpec]) -> Read:
    """Write bytes (or text as UTF-8) to a file and read it."""

    def write_and_read(content: bytes | str, *, name: str = "file.csv", guess: Guess | None = None) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, filename=name, guess=guess, headers=known_headers(tables))

    return write_and_read


@pytest.fixture
def check(read: Read, tables: Mapping[str, TableSpec]) -> Check:
    """Read a file and check it as a table under the proposed (or the given) mapping."""

    def read_and_check(
        content: bytes | str,
        *,
        table: str,
        mapping: ColumnMapping | None = None,
        known: Known | None = None,
        allowed: Allowed | None = None,
    ) -> Checked:
        raw = read(content)
        mapping = mapping or propose_mapping(raw.columns, tables=tables, hint_table=table)
        ids = allowed if allowed is not None else catalogue_ids(load_library())
        return check_table(raw, mapping=mapping, table=tables[table], known=known, allowed=ids)

    return read_and_check
