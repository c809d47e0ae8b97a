"""Thirty-odd labelled exports: nearly every column is mapped at once, not one wrongly with confidence, all load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpis.datasets.files.reading import read_table
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence, known_headers
from kpis.datasets.meaning.presets import preset_headers
from kpis.datasets.meaning.proposal import Proposal, propose
from kpis.datasets.meaning.sources import Source
from kpis.datasets.pipeline import load_file
from kpis.library import load_library
from tests.kpis.shapes import media, orders, others
from tests.kpis.shapes.shape import EXTRA, Column, Shape, csv_file, xlsx_file
from tests.kpis.shapes.traps import TRAPS, Trap

SHAPES = (*orders.SHAPES, *others.SHAPES, *media.SHAPES)
TABLES = load_library().tables
Write = Callable[[Shape, tuple[Column, ...]], tuple[str, bytes]]
FILES: Mapping[str, Write] = {
    "gb18030": lambda shape, extra: ("export.csv", csv_file(shape, encoding="gb18030", extra=extra)),
    "utf-8": lambda shape, extra: ("export.csv", csv_file(shape, encoding="utf-8-sig", extra=extra)),
    "xlsx": lambda shape, extra: ("export.xlsx", xlsx_file(shape, extra=extra)),
}


@dataclass(frozen=True, slots=True)
class Marks:
    """How one proposal did against the labels."""

    labelled: int
    at_once: int
    asked: tuple[str, ...]
    wrong: tuple[str, ...]


def proposed(shape: Shape, *, form: str, folder: Path, extra: tuple[Column, ...] = ()) -> tuple[Path, Proposal]:
    """Write the shape's file, read it and propose what it is."""
    name, content = FILES[form](shape, extra)
    path = folder / name
    path.write_bytes(content)
    raw = read_table(path, filename=name, headers=known_headers(TABLES) | preset_headers())
    rows = raw.in_memory().rows
    return path, propose(raw.columns, rows=rows, tables=TABLES, names=shape.names)


def marks(shape: Shape, proposal: Proposal) -> Marks:
    """Compare what is sure with the labels: columns, constants and the table."""
    mapping = proposal.mapping
    fed: dict[str, set[str]] = {}
    for name, source in mapping.fields.items():
        for column in source.columns:
            fed.setdefault(column, set()).add(name)
    labels = {column.header: set(column.fields) for column in shape.columns}
    wrong = [f"{column}: {fed[column]}" for column in fed if not fed[column] <= labels.get(column, set())]
    wrong += [
        f"{match.column}: {match.field}"
        for match in mapping.matches
        if match.confidence is Confidence.SURE and match.field and match.field not in labels.get(match.column, set())
    ]
    wrong += [
        f"{name} = {source.constant}"
        for name, source in mapping.fields.items()
        if source.constant is not None and shape.constants.get(name) != source.constant
    ]
    if mapping.table_confidence is Confidence.SURE and mapping.table != shape.table:
        wrong.append(f"table {mapping.table}")
    labelled = [column for column, names in labels.items() if names]
    at_once = [column for column in labelled if fed.get(column) == labels[column]]
    asked = [column for column in labelled if column not in at_once]
    return Marks(len(labelled), len(at_once), tuple(asked), tuple(dict.fromkeys(wrong)))


def test_columns_map_at_once_and_none_is_wrong_with_confidence(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    found = {
        (shape.id, form, len(extra)): marks(shape, proposed(shape, form=form, folder=tmp_path, extra=extra)[1])
        for shape in SHAPES
        for form in FILES
        for extra in ((), EXTRA)
    }
    wrong = {key: mark.wrong for key, mark in found.items() if mark.wrong}
    labelled, at_once = (sum(getattr(mark, name) for mark in found.values()) for name in ("labelled", "at_once"))
    asked = {key[0]: mark.asked for key, mark in found.items() if mark.asked}
    counts = f"{len(SHAPES)} shapes, {len(found)} files, {labelled} columns, {at_once} at once"
    said = f"{counts}, {len(wrong)} wrong; {asked}"
    record_property("mapping", said)
    print(said)
    assert len(SHAPES) >= 20
    assert not wrong, wrong
    assert at_once >= 0.95 * labelled, said


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_a_known_export_is_recognised_whatever_the_file_is_called(shape: Shape, tmp_path: Path) -> None:
    proposal = proposed(shape, form="utf-8", folder=tmp_path)[1]
    assert (proposal.preset.id if proposal.preset else None) == shape.preset
    if shape.preset:
        assert (proposal.mapping.table, proposal.mapping.table_confidence) == (shape.table, Confidence.SURE)


@pytest.mark.parametrize("named", [True, False], ids=["named", "nameless"])
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.id)
def test_a_file_made_to_be_misread_is_asked_about(trap: Trap, named: bool) -> None:
    cells = {column.header: [str(column.cell(row)) for row in range(40)] for column in trap.columns}
    filename = trap.filename if named else "导出.csv"
    mapping = propose(list(cells), rows=pa.table(cells), tables=TABLES, filename=filename, names=trap.names).mapping
    allowed = {column.header: column.fields for column in trap.columns}
    wrong = [
        (name, source.columns)
        for name, source in mapping.fields.items()
        for column in source.columns
        if name not in allowed[column]
    ]
    sure = [match for match in mapping.matches if match.confidence is Confidence.SURE and match.field]
    assert not wrong
    assert not [match for match in sure if match.field not in allowed[match.column]]
    if mapping.table_confidence is Confidence.SURE:
        assert mapping.table in trap.tables


def constant(mapping: ColumnMapping, name: str, value: str) -> ColumnMapping:
    """Return the mapping with one value for the whole field, as a person says it; no column feeds it any more."""
    matches = tuple(
        replace(match, field=None, confidence=Confidence.NONE, reason="none") if match.field == name else match
        for match in mapping.matches
    )
    return replace(mapping, matches=matches, fields={**mapping.fields, name: Source(constant=value)})


def answered(shape: Shape, proposal: Proposal) -> ColumnMapping:
    """Return the proposal with what only a person can say."""
    mapping = proposal.mapping
    if mapping.table != shape.table:
        mapping = propose(
            [match.column for match in mapping.matches],
            rows=pa.table({match.column: pa.array([], pa.string()) for match in mapping.matches}),
            tables=TABLES,
            table=shape.table,
            names=shape.names,
        ).mapping
    for column in mapping.unresolved:
        label = next(one for one in shape.columns if one.header == column).fields
        mapping = mapping.choose(column, next(iter(label), None))
    for name, value in shape.answers.items():
        if name != "table":
            mapping = constant(mapping, name, str(value))
    for name, words in shape.words.items():
        mapping = mapping.with_values(name, words)
    return mapping


@pytest.mark.parametrize("form", ["gb18030", "xlsx"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.id)
def test_every_shape_loads_clean(shape: Shape, form: str, tmp_path: Path) -> None:
    path, proposal = proposed(shape, form=form, folder=tmp_path)
    mapping = answered(shape, proposal)
    outcome = load_file(
        path=str(path), filename=path.name, out_dir=str(tmp_path / "out"), upload_seq=1, mapping=mapping.to_json()
    )
    errors = [problem for problem in outcome["problems"] if problem["severity"] == "error"]
    assert not errors, errors[:3]
    assert (outcome["counts"]["good"], outcome["counts"]["errors"]) == (shape.good, 0)
    rows = [row for part in outcome["parts"] for row in pq.read_table(tmp_path / "out" / part["path"]).to_pylist()]
    first = min(rows, key=lambda row: row["_line"])
    assert {name: first[name] for name in shape.first} == dict(shape.first)
    if shape.table == "orders":
        assert all(
            row["net_amount"] == row["gross_amount"] - row["discount_amount"] - row["refund_amount"] for row in rows
        )
