"""A person's corrections of a file as steps: parsed, folded into the mapping, applied to the cells as they stream by.

A step is plain JSON; the kinds and their keys are in KINDS. Later steps win; taking the last one away undoes it.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.dateorder import DATE_ORDERS
from kpis.datasets.files.raw import LINE, RaggedLine
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.meaning.sources import Source
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from omnichannel.core.issues import Issue

# Every kind of step with its keys. `skip` names lines or (for more lines than can be listed) a code and its column.
KINDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "cell": (("line", "column", "value"),),
    "skip": (("lines",), ("code", "column")),
    "value": (("field", "from", "to"),),
    "date_order": (("field", "order"),),
    "scale": (("field", "factor"),),
    "constant": (("field", "value"),),
    "blank": (("field", "values"),),
    "derive": (("field",),),
    "unmap": (("field",),),
    "keep": (("which",),),
    "pad": ((),),
}
MOST_STEPS, MOST_LINES, LONGEST = 10_000, 100_000, 10_000
# The fields that checking can work out from others when no column feeds them.
DERIVED = frozenset({"orders.net_amount"})
DATES = (ColumnType.DATE, ColumnType.DATETIME)
NUMBERS = (ColumnType.DECIMAL, ColumnType.INTEGER)


class StepsInvalid(ValueError):
    """Steps that cannot be taken. `issues` names every one by its place, such as `steps.3.column`."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(f"{issue.path}: {issue.message}" for issue in issues))


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is done to the rows of a file. Line numbers are those of the file; columns those of its header.

    `left_out`: (code, column as the problem names it) whose rows are left out. `keep`: which of the rows with one key
    stays, `first` or `last` (empty: the later ones are errors). `pad`: lines too short get empty cells, and empty
    cells too many are dropped.
    """

    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    skip: frozenset[int] = frozenset()
    left_out: frozenset[tuple[str, str]] = frozenset()
    keep: str = ""
    pad: bool = False

    def __bool__(self) -> bool:
        return bool(self.cells or self.skip or self.left_out or self.keep or self.pad)

    def apply(self, batch: pa.Table) -> pa.Table:
        """Return the batch with its cells corrected and its skipped lines gone. The order of lines stays."""
        if self.skip:
            gone = pc.is_in(batch.column(LINE), value_set=pa.array(sorted(self.skip), pa.int64()))
            batch = batch.filter(pc.invert(gone)) if pc.any(gone).as_py() else batch
        for column, edits in self._by_column().items():
            place = batch.schema.get_field_index(column)
            if place < 0:
                continue
            at = pc.index_in(batch.column(LINE), value_set=pa.array(list(edits), pa.int64()))
            if at.null_count == len(at):
                continue
            old = batch.column(column)
            new = pc.cast(pa.array(list(edits.values()), pa.string()), old.type).take(at)
            batch = batch.set_column(place, batch.schema.field(place), pc.if_else(pc.is_valid(at), new, old))
        return batch

    def touches(self, line: int, column: str) -> bool:
        """Tell whether this very cell was corrected: what reading said about the old one no longer holds."""
        return column in self.cells.get(line, ())

    def mend(
        self, ragged: Sequence[RaggedLine], *, columns: Sequence[str], delimiter: str
    ) -> tuple[pa.Table, frozenset[int]]:
        """Return the ragged lines that became rows (LINE last), and the lines no longer to be reported.

        A line is a row once a cell of it was corrected, or by `pad` when no cell with text is too many.
        """
        rows: list[tuple[int, list[str]]] = []
        settled = set(self.skip)
        for one in ragged:
            cells = ragged_cells(one.text, delimiter=delimiter)
            edits = self.cells.get(one.line, {})
            fits = self.pad and not any(cell.strip() for cell in cells[len(columns) :])
            if one.line in self.skip or not (edits or fits):
                continue
            padded = [*cells, *[""] * len(columns)]
            rows.append((one.line, [edits.get(name, cell) for name, cell in zip(columns, padded, strict=False)]))
            settled.add(one.line)
        arrays = [pa.array([cells[place] for _, cells in rows], pa.string()) for place in range(len(columns))]
        lines = pa.array([line for line, _ in rows], pa.int64())
        return pa.Table.from_arrays([*arrays, lines], names=[*columns, LINE]), frozenset(settled)

    def _by_column(self) -> Mapping[str, dict[int, str]]:
        turned: dict[str, dict[int, str]] = defaultdict(dict)
        for line, edits in self.cells.items():
            for column, value in edits.items():
                turned[column][line] = value
        return turned


def ragged_cells(text: str, *, delimiter: str) -> list[str]:
    """Return the cells of a line that does not fit the header, from the left."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter if len(delimiter) == 1 else "\t"), [])
    except csv.Error:
        return []


def parse_steps(
    data: object, *, table: TableSpec | None = None, columns: Sequence[str] | None = None
) -> tuple[dict[str, Any], ...]:
    """Return the steps in their plain form. StepsInvalid names everything wrong with them at once.

    With a `table` its fields and their kinds are checked, with `columns` the columns that cells name.
    """
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        raise StepsInvalid([Issue("steps", "steps are a list")])
    if len(data) > MOST_STEPS:
        raise StepsInvalid([Issue("steps", f"at most {MOST_STEPS} steps")])
    issues: list[Issue] = []
    steps = []
    for place, given in enumerate(data):
        step, found = _plain_step(given)
        found = found or _misfits(step, table=table, columns=columns)
        issues += [Issue(".".join(filter(None, ("steps", str(place), key))), words) for key, words in found]
        steps.append(step)
    if issues:
        raise StepsInvalid(issues)
    return tuple(steps)


Found = list[tuple[str, str]]


def _plain_step(given: object) -> tuple[dict[str, Any], Found]:
    """Return the step with only its own keys, and what is wrong with their types."""
    if not isinstance(given, Mapping):
        return {}, [("", "a step is an object")]
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return {}, [("kind", f"one of {', '.join(KINDS)}")]
    keys = next((keys for keys in KINDS[kind] if set(keys) <= set(given)), None)
    if keys is None:
        return {}, [("", f"{kind} needs {' or '.join(', '.join(keys) for keys in KINDS[kind])}")]
    step: dict[str, Any] = {"kind": kind} | {key: given[key] for key in keys}
    return step, [(key, words) for key in keys if (words := _wrong(kind, key, given[key]))]


def _wrong(kind: str, key: str, value: object) -> str:
    """Return what is wrong with one value of a step, empty when nothing is."""
    rule, words = RULES.get(f"{kind}.{key}", RULES.get(key, (_is_text, f"a text of at most {LONGEST} characters")))
    return "" if rule(value) else words


def _is_text(value: object) -> bool:
    """Return whether it is a text that can be stored: NUL and halves of surrogate pairs cannot."""
    if not isinstance(value, str) or len(value) > LONGEST or "\x00" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _is_line(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**40


def _is_list_of(rule: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list | tuple) and 0 < len(value) <= MOST_LINES and all(map(rule, value))


def _is_factor(value: object) -> bool:
    try:
        factor = Decimal(value) if isinstance(value, str) and len(value) <= 20 else Decimal(0)
    except InvalidOperation:
        return False
    return factor.is_finite() and Decimal("1e-8") <= abs(factor) <= Decimal("1e8")


RULES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "line": (_is_line, "the number of a line"),
    "lines": (_is_list_of(_is_line), f"a list of 1 to {MOST_LINES} line numbers"),
    "values": (_is_list_of(_is_text), "a list of texts"),
    "order": (lambda value: value in DATE_ORDERS, f"one of {', '.join(DATE_ORDERS)}"),
    "factor": (_is_factor, "a decimal number as text, such as 0.01"),
    "which": (lambda value: value in ("first", "last"), "first or last"),
}


def _misfits(step: Mapping[str, Any], *, table: TableSpec | None, columns: Sequence[str] | None) -> Found:
    """Return what does not fit the table or the file."""
    kind = step["kind"]
    if kind == "cell" and columns is not None and step["column"] not in columns:
        return [("column", f"the file has no column {step['column']}")]
    if "field" not in step or table is None:
        return []
    column = next((one for one in table.columns if one.name == step["field"] and not one.computed), None)
    if column is None:
        return [("field", f"{table.id} has no field {step['field']}")]
    return _misfit_of_field(step, column=column, table=table)


def _misfit_of_field(step: Mapping[str, Any], *, column: ColumnSpec, table: TableSpec) -> Found:
    match step["kind"]:
        case "date_order" if column.type not in DATES:
            return [("field", f"{column.name} is not a date")]
        case "scale" if column.type not in NUMBERS:
            return [("field", f"{column.name} is not a number")]
        case "derive" if f"{table.id}.{column.name}" not in DERIVED:
            return [("field", f"{column.name} cannot be worked out from other fields")]
        case "value" if column.enum and step["to"] and step["to"] not in column.enum:
            return [("to", f"one of {', '.join(column.enum)}")]
    return []


def fold(mapping: ColumnMapping, steps: Sequence[Mapping[str, Any]]) -> tuple[ColumnMapping, Corrections]:
    """Return the mapping with the steps about fields in it, and the corrections about rows. StepsInvalid, see above.

    Steps about a field that nothing feeds change nothing: the mapping may have moved on since they were taken.
    """
    cells: dict[int, dict[str, str]] = defaultdict(dict)
    skip: set[int] = set()
    left_out: set[tuple[str, str]] = set()
    keep, pad = "", False
    for step in parse_steps(steps):
        match step["kind"]:
            case "cell":
                # A line somebody edits is wanted again.
                cells[step["line"]][step["column"]] = step["value"]
                skip.discard(step["line"])
            case "skip" if "lines" in step:
                skip |= set(step["lines"])
            case "skip":
                left_out.add((step["code"], step["column"]))
            case "keep":
                keep = step["which"]
            case "pad":
                pad = True
            case _:
                mapping = _with_field(mapping, step)
    return mapping, Corrections(dict(cells), frozenset(skip), frozenset(left_out), keep, pad)


def _with_field(mapping: ColumnMapping, step: Mapping[str, Any]) -> ColumnMapping:
    name = step["field"]
    source = mapping.fields.get(name)
    match step["kind"]:
        case "value" if not step["from"].strip():
            # The word for nothing: what the empty cells of a column stand for.
            if source is None or not source.column:
                return mapping
            return _fed_by(mapping, name, replace(source, default=step["to"] or None))
        case "value":
            return _with_words(mapping, name, {step["from"].strip(): step["to"]})
        case "blank":
            return _with_words(mapping, name, {text.strip(): "" for text in step["values"]})
        case "constant":
            return _fed_by(mapping, name, Source(constant=step["value"]))
        case "derive" | "unmap":
            return _fed_by(mapping, name, None)
        case "date_order" if source is not None:
            return _fed_by(mapping, name, replace(source, order=step["order"]))
        case "scale" if source is not None:
            factor = Decimal(source.scale) * Decimal(step["factor"])
            return _fed_by(mapping, name, replace(source, scale=f"{factor.normalize():f}"))
    return mapping


def _with_words(mapping: ColumnMapping, name: str, words: Mapping[str, str]) -> ColumnMapping:
    return replace(mapping, values={**mapping.values, name: {**mapping.values.get(name, {}), **words}})


def _fed_by(mapping: ColumnMapping, name: str, source: Source | None) -> ColumnMapping:
    """Return the mapping with the field fed by another source, the column that fed it released if it is not that."""
    fields = {field: given for field, given in mapping.fields.items() if field != name}
    if source is not None:
        fields[name] = source
    matches = tuple(
        replace(match, field=None, confidence=Confidence.NONE, reason="none")
        if match.field == name and (source is None or match.column not in source.columns)
        else match
        for match in mapping.matches
    )
    return replace(mapping, fields=fields, matches=matches)
