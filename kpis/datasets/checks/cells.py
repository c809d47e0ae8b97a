"""One batch of raw rows into typed rows and their faults: cells, and rules between the cells of a row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.columns import Reader, arrow_type, convert
from kpis.datasets.checks.findings import Findings, Params
from kpis.datasets.checks.keys import Mask
from kpis.datasets.checks.problems import Severity, severity_of
from kpis.datasets.checks.rules import check_amounts, check_future, check_order, net_of
from kpis.datasets.checks.shaping import Shape
from kpis.datasets.files.raw import LINE, CellFlag
from kpis.datasets.meaning.sources import Source
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec

NET_PARTS = frozenset({"gross_amount", "discount_amount", "refund_amount"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What every batch of one check needs."""

    table: TableSpec
    fields: Mapping[str, Source]
    readers: Mapping[str, Reader]
    flags: tuple[CellFlag, ...] = ()
    shape: Shape = field(default_factory=lambda: Shape({}))

    @property
    def labels(self) -> dict[str, str]:
        """Return field -> the column a person sees in the file (the field itself for constants)."""
        return {name: source.label or name for name, source in self.fields.items()}

    @property
    def used(self) -> list[str]:
        """Return the columns of the file that are read."""
        return list(dict.fromkeys(column for source in self.fields.values() for column in source.columns))

    @property
    def text_columns(self) -> list[str]:
        """Return the columns of the file that feed ids and other texts, by themselves or as parts of them."""
        texts = (ColumnType.STRING, ColumnType.TEXT)
        return [
            column
            for name, source in self.fields.items()
            if (source.column or source.template) and self.table.column(name).type in texts
            for column in source.columns
        ]

    @property
    def derives_net(self) -> bool:
        """Return whether the net amount of orders is worked out from its parts."""
        return self.table.id == "orders" and "net_amount" not in self.fields and self.fields.keys() >= NET_PARTS


@dataclass(frozen=True, slots=True)
class _Fault:
    """One code for the rows at `where`; the rest is what Findings.add takes."""

    code: str
    column: str
    where: pa.Array
    texts: pa.Array | None
    params: Params | Mapping[str, object] | None


@dataclass(slots=True)
class Faults:
    """The faults of one batch, held until it is known which rows a person leaves out. Adds as Findings does."""

    lines: pa.Array
    found: list[_Fault] = field(default_factory=list)

    def add(
        self,
        code: str,
        *,
        column: str,
        mask: pa.BooleanArray,
        texts: pa.Array | pa.ChunkedArray | None = None,
        params: Params | Mapping[str, object] | None = None,
    ) -> None:
        """Take one code for every row of a mask."""
        if pc.any(mask).as_py():
            where = pc.indices_nonzero(pc.fill_null(mask, False))
            self.found.append(_Fault(code, column, where, texts, params))

    def settle(self, findings: Findings) -> tuple[Mask | None, Mask | None]:
        """Report what is not left out. Return which rows are bad and which are left out (None: not one)."""
        left = self._rows([fault for fault in self.found if (fault.code, fault.column) in findings.left_out])
        for fault in self.found:
            mask = self._mask(fault)
            if left is not None and (fault.code, fault.column) not in findings.left_out:
                mask &= ~left
            findings.add(
                fault.code,
                column=fault.column,
                mask=pa.array(mask),
                lines=self.lines,
                texts=fault.texts,
                params=fault.params,
            )
        bad = self._rows([fault for fault in self.found if severity_of(fault.code) is Severity.ERROR])
        return bad, left

    def _mask(self, fault: _Fault) -> Mask:
        mask = np.zeros(len(self.lines), dtype=bool)
        mask[fault.where.to_numpy()] = True
        return mask

    def _rows(self, faults: list[_Fault]) -> Mask | None:
        return np.logical_or.reduce([self._mask(fault) for fault in faults]) if faults else None


@dataclass(frozen=True, slots=True)
class Typed:
    """The typed rows of a batch, and per field the cells that say something nobody can read (None: not one)."""

    values: pa.Table
    unread: Mapping[str, pa.BooleanArray]
    faults: Faults


def typed(rows: pa.Table, plan: Plan) -> Typed:
    """Convert one batch; its faults are found, not yet reported."""
    faults = Faults(rows.column(LINE).combine_chunks())
    unread: dict[str, pa.BooleanArray] = {}
    arrays = []
    for column in plan.table.columns:
        source = plan.fields.get(column.name)
        if source is None:
            arrays.append(pa.nulls(rows.num_rows, arrow_type(column)))
        else:
            arrays.append(_Cells(rows, column, source, plan, faults, unread).values())
    names = [*(column.name for column in plan.table.columns), LINE]
    values = pa.Table.from_arrays([*arrays, faults.lines], names=names)
    if plan.derives_net:
        place = values.schema.get_field_index("net_amount")
        values = values.set_column(place, "net_amount", net_of(values))
    told = {name: rows.column(source.column) for name, source in plan.fields.items() if source.column}
    check_amounts(faults, values=values, table=plan.table, labels=plan.labels, told=told)
    check_order(faults, values=values, table=plan.table, labels=plan.labels, told=told)
    check_future(faults, values=values, table=plan.table, labels=plan.labels, told=told)
    return Typed(values, unread, faults)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one field in one batch."""

    rows: pa.Table
    column: ColumnSpec
    source: Source
    plan: Plan
    faults: Faults
    unread: dict[str, pa.BooleanArray]

    def values(self) -> pa.Array:
        """Return the typed cells and note what is wrong with them."""
        if self.source.terms:
            return self._sum()
        if self.source.template:
            return self._joined()
        if self.source.ordinal:
            texts = self.plan.shape.places(self.source.ordinal, self.faults.lines)
        else:
            texts = self.source.texts(self.rows).combine_chunks()
        return self._converted(texts, label=self.source.label or self.column.name, needed=not self.column.nullable)

    def _joined(self) -> pa.Array:
        """Return the texts put together of several cells. One of them empty or damaged, there is no whole."""
        rows = self.rows
        whole = self.plan.readers[self.column.name]
        part = replace(whole, words=None, allowed=None)
        for name in dict.fromkeys(self.source.columns):
            texts = rows.column(name).combine_chunks()
            cells = self._converted(texts, label=name, needed=not self.column.nullable, reader=part)
            rows = rows.set_column(rows.schema.get_field_index(name), name, cells)
        joined = self.source.texts(rows).combine_chunks()
        return self._converted(joined, label=self.source.label, needed=False, reader=whole)

    def _converted(self, texts: pa.Array, *, label: str, needed: bool, reader: Reader | None = None) -> pa.Array:
        one = convert(texts, reader=reader or self.plan.readers[self.column.name])
        faulty = self._coded(one.codes, texts, label=label) if one.codes is not None else None
        flagged = self._flagged(texts, label=label)
        if flagged is not None:
            faulty = flagged if faulty is None else pc.or_(faulty, flagged)
        if faulty is not None:
            said = self.unread.get(self.column.name)
            self.unread[self.column.name] = faulty if said is None else pc.or_(said, faulty)
        if needed and one.values.null_count:
            empty = pc.is_null(one.values)
            empty = empty if faulty is None else pc.and_(empty, pc.invert(faulty))
            self.faults.add("required_empty", column=label, mask=empty, texts=texts)
        return one.values

    def _coded(self, codes: pa.StringArray, texts: pa.Array, *, label: str) -> pa.BooleanArray | None:
        """Note the codes of the cells; return which of them are errors."""
        faulty = None
        for code in codes.unique().drop_null().to_pylist():
            mask = pc.fill_null(pc.equal(codes, code), False)
            self.faults.add(code, column=label, mask=mask, texts=texts, params=lambda row: self._params(texts[row]))
            if severity_of(code) is Severity.ERROR:
                faulty = mask if faulty is None else pc.or_(faulty, mask)
        return faulty

    def _flagged(self, texts: pa.Array, *, label: str) -> pa.BooleanArray | None:
        """Note the cells whose digits Excel has lost; return which they are."""
        lines = [flag.line for flag in self.plan.flags if flag.column == label]
        if not lines or arrow_type(self.column) != pa.string():
            return None
        mask = pc.is_in(self.faults.lines, value_set=pa.array(lines, pa.int64()))
        self.faults.add("damaged_number", column=label, mask=mask, texts=texts)
        return mask

    def _sum(self) -> pa.Array:
        """Return the sum of the signed columns; the first is needed, an empty one of the others counts as nothing."""
        total: pa.Array | None = None
        for sign, name in self.source.terms:
            texts = self.rows.column(name).combine_chunks()
            one = self._converted(texts, label=name, needed=total is None and not self.column.nullable)
            if total is None:
                total = one if sign > 0 else pc.negate(one)
            else:
                other = pc.coalesce(one, pa.scalar(Decimal(0), one.type))
                total = pc.add(total, other) if sign > 0 else pc.subtract(total, other)
                total = pc.cast(total, arrow_type(self.column), safe=False)
        return total

    def _params(self, cell: pa.Scalar) -> dict[str, object]:
        text = str(cell.as_py())
        nearest = _nearest(text, self.plan.readers[self.column.name].allowed or ())
        return {
            "options": ", ".join(self.column.enum),
            "length": len(text),
            "limit": 200 if self.column.type is ColumnType.STRING else 10_000,
            "nearest_zh": f"，例如 {nearest}" if nearest else "",
            "nearest_en": f", for example {nearest}" if nearest else "",
        }


def _nearest(text: str, allowed: Collection[str]) -> str:
    return next(iter(get_close_matches(text, allowed, n=1)), "")
