"""The words of a file and what each stands for: values of a list, units, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.meaning.wordvalues import ValueLine as ProposedLine
from kpis.engine.specs import ColumnSpec, TableSpec
from kpis.models import Upload
from kpis.queries.organisation import organisation_names
from kpis.queries.upload_words import value_name

ORGANISATION = ("org_units.unit_id", "employees.employee_id")


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One word of the file: how often it was met, what it is taken for and how sure that is.

    `index` is its place among all the words looked at. An unsure word has no value: its candidates are only offered.
    """

    index: int
    word: str
    count: int
    value: str
    confidence: str
    candidates: tuple[tuple[str, str], ...]

    @property
    def offered(self) -> str:
        """Return the names of the values an unsure word may stand for; empty when there is none, or it is decided."""
        return "" if self.confidence == "sure" else " / ".join(name for _value, name in self.candidates)


@dataclass(frozen=True, slots=True)
class ValueField:
    """A field whose words stand for values. `options` are all there are when it is a closed list, else empty."""

    field: ColumnSpec
    column: str
    lines: tuple[ValueLine, ...]
    options: tuple[tuple[str, str], ...]

    @property
    def asked(self) -> int:
        """Return how many words nobody has said a value for."""
        return sum(line.confidence != "sure" for line in self.lines)


def value_fields(upload: Upload, mapping: ColumnMapping | None, *, table: TableSpec | None) -> tuple[ValueField, ...]:
    """Return the fields with words to be matched, in the order of the table; the words to be decided come first."""
    if mapping is None or table is None:
        return ()
    proposed: dict[str, list[tuple[int, ProposedLine]]] = {}
    for index, data in enumerate(upload.inspected.get("values") or ()):
        line = ProposedLine.from_json(data)
        proposed.setdefault(line.field, []).append((index, line))
    fields = [column for column in table.columns if column.name in proposed and _feeds(column, mapping, proposed)]
    names = _names_of_ids() if any(column.ref in ORGANISATION for column in fields) else {}
    return tuple(_field(column, proposed[column.name], mapping=mapping, names=names) for column in fields)


def _feeds(column: ColumnSpec, mapping: ColumnMapping, proposed: Mapping[str, list[tuple[int, ProposedLine]]]) -> bool:
    """Tell whether the field is still fed by the column whose words were looked at."""
    source = mapping.fields.get(column.name)
    return source is not None and proposed[column.name][0][1].column in source.columns


def _names_of_ids() -> dict[str, str]:
    return {external_id: name for pairs in organisation_names().values() for name, external_id in pairs}


def _field(
    column: ColumnSpec,
    lines: list[tuple[int, ProposedLine]],
    *,
    mapping: ColumnMapping,
    names: Mapping[str, str],
) -> ValueField:
    told = mapping.values.get(column.name, {})
    found = []
    for index, line in lines:
        sure = line.word in told or line.confidence is Confidence.SURE
        found.append(
            ValueLine(
                index=index,
                word=line.word,
                count=line.count,
                value=told.get(line.word, (line.value or "") if sure else ""),
                confidence="sure" if sure else "unsure",
                candidates=tuple((one, value_name(one, name=names.get(one, ""))) for one in line.candidates),
            )
        )
    found.sort(key=lambda line: line.confidence == "sure")
    options = tuple((value, value_name(value)) for value in column.enum)
    return ValueField(column, mapping.fields[column.name].label, tuple(found), options)
