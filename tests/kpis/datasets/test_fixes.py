"""Corrections as steps: refused in words when they are none, folded in order, applied to the cells, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from kpis.datasets.checks.checking import Checked, check_table
from kpis.datasets.checks.findings import MOST_VALUES, Findings
from kpis.datasets.files.raw import LINE, RaggedLine, RawTable
from kpis.datasets.limits import LIMITS
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.meaning.sources import Source
from kpis.datasets.repair.fixes import KINDS, Corrections, StepsInvalid, fold, parse_steps
from kpis.library import load_library

Read = Callable[..., RawTable]
ORDERS = load_library().tables["orders"]
HEADER = "order_id,channel,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,item_count,unit_id\n"
FIELDS = HEADER.strip().split(",")
MAPPING = ColumnMapping("orders", Confidence.SURE, fields={name: Source(column=name) for name in FIELDS})
GOOD = "A{},store,2024-06-0{},completed,10,1,0,9,1,S1\n"


def checked(raw: RawTable, *steps: dict[str, Any]) -> Checked:
    mapping, corrections = fold(MAPPING, steps)
    return check_table(raw, mapping=mapping, table=ORDERS, corrections=corrections)


def codes(one: Checked) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.code) for problem in one.problems]


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ({}, "steps"),
        ("cell", "steps"),
        ([3], "steps.0"),
        ([{"kind": "explode"}], "steps.0.kind"),
        ([{"kind": ["cell"]}], "steps.0.kind"),
        ([{"kind": "cell", "line": 2, "column": "a"}], "steps.0"),
        ([{"kind": "cell", "line": 0, "column": "a", "value": "x"}], "steps.0.line"),
        ([{"kind": "cell", "line": True, "column": "a", "value": "x"}], "steps.0.line"),
        ([{"kind": "cell", "line": 2, "column": "a", "value": 5}], "steps.0.value"),
        ([{"kind": "cell", "line": 2, "column": "a", "value": "x\x00"}], "steps.0.value"),
        ([{"kind": "cell", "line": 2, "column": "a", "value": "\ud800"}], "steps.0.value"),
        ([{"kind": "cell", "line": 2, "column": "nobody", "value": "x"}], "steps.0.column"),
        ([{"kind": "pad"}, {"kind": "skip", "lines": []}], "steps.1.lines"),
        ([{"kind": "skip", "lines": [2, "3"]}], "steps.0.lines"),
        ([{"kind": "skip", "code": "not_number"}], "steps.0"),
        ([{"kind": "value", "field": "status", "from": "x", "to": "shipped"}], "steps.0.to"),
        ([{"kind": "value", "field": "nobody", "from": "x", "to": "y"}], "steps.0.field"),
        ([{"kind": "date_order", "field": "status", "order": "dmy"}], "steps.0.field"),
        ([{"kind": "date_order", "field": "paid_at", "order": "ydm"}], "steps.0.order"),
        ([{"kind": "scale", "field": "status", "factor": "0.01"}], "steps.0.field"),
        ([{"kind": "scale", "field": "net_amount", "factor": "0"}], "steps.0.factor"),
        ([{"kind": "scale", "field": "net_amount", "factor": "1e99"}], "steps.0.factor"),
        ([{"kind": "scale", "field": "net_amount", "factor": "NaN"}], "steps.0.factor"),
        ([{"kind": "scale", "field": "net_amount", "factor": 0.01}], "steps.0.factor"),
        ([{"kind": "derive", "field": "gross_amount"}], "steps.0.field"),
        ([{"kind": "keep", "which": "both"}], "steps.0.which"),
    ],
)
def test_what_is_no_step_is_refused_with_its_place(steps: object, place: str) -> None:
    with pytest.raises(StepsInvalid) as refused:
        parse_steps(steps, table=ORDERS, columns=FIELDS)
    assert [issue.path for issue in refused.value.issues] == [place]
    assert all(issue.message for issue in refused.value.issues)


def test_everything_wrong_with_the_steps_is_told_at_once() -> None:
    with pytest.raises(StepsInvalid) as refused:
        parse_steps([{"kind": "no"}, {"kind": "pad"}, {"kind": "cell", "line": -1, "column": 1, "value": "x"}])
    assert [issue.path for issue in refused.value.issues] == ["steps.0.kind", "steps.2.line", "steps.2.column"]


def test_every_kind_of_step_is_taken_as_it_is_written_and_loses_what_is_not_its_own() -> None:
    samples: dict[str, Any] = {"line": 2, "column": "status", "value": "paid", "lines": [3], "field": "net_amount"}
    samples |= {"from": "x", "to": "y", "order": "dmy", "factor": "0.01", "values": ["-"], "which": "last", "code": "c"}
    for kind, forms in KINDS.items():
        for keys in forms:
            step = {"kind": kind} | {key: samples[key] for key in keys}
            assert parse_steps([step | {"surprise": 1}]) == (step,)


def test_cells_and_lines_are_corrected_by_the_number_of_the_line(read: Read) -> None:
    raw = read(HEADER + GOOD.format(1, 1) + GOOD.format(2, 2).replace("store", "moon") + GOOD.format(3, 3))
    one = checked(
        raw, {"kind": "cell", "line": 3, "column": "channel", "value": "门店"}, {"kind": "skip", "lines": [4]}
    )
    assert codes(one) == []
    assert one.rows.column("order_id").to_pylist() == ["A1", "A2"]
    assert one.raw_rows.column("channel").to_pylist() == ["store", "门店"]


def test_the_later_step_wins_and_the_last_one_can_be_taken_back(read: Read) -> None:
    raw = read(HEADER + GOOD.format(1, 1).replace("store", "moon"))
    steps: list[dict[str, Any]] = [
        {"kind": "skip", "lines": [2]},
        {"kind": "cell", "line": 2, "column": "channel", "value": "mars"},
        {"kind": "cell", "line": 2, "column": "channel", "value": "store"},
    ]
    assert checked(raw, *steps).rows.num_rows == 1
    assert codes(checked(raw, *steps[:2])) == [(2, "not_in_list")]
    assert checked(raw, *steps[:1]).rows.num_rows == 0
    assert codes(checked(raw)) == [(2, "not_in_list")]


def test_corrections_touch_only_the_batches_they_are_about_and_keep_types_and_order() -> None:
    lines = pa.array(range(2, 1002), pa.int64())
    batch = pa.table({"a": [str(n) for n in range(1000)], "b": [None] * 999 + ["z"], LINE: lines})
    batch = batch.set_column(1, "b", batch.column("b").cast(pa.string()))
    corrections = Corrections({500: {"a": "x", "b": "y"}, 9999: {"a": "no"}, 3: {"gone": "no"}}, frozenset({2, 1001}))
    after = corrections.apply(batch)
    assert after.schema == batch.schema
    assert after.column(LINE).to_pylist() == list(range(3, 1001))
    changed = [row for row, old in zip(after.to_pylist(), batch.slice(1).to_pylist(), strict=False) if row != old]
    assert changed == [{"a": "x", "b": "y", LINE: 500}]
    assert Corrections().apply(batch) is batch
    assert not Corrections()


def test_a_line_that_did_not_fit_becomes_a_row_when_it_is_mended(read: Read) -> None:
    short, long = "A2,store,2024-06-02,completed,10,1,0,9,1\n", "A3,store,2024-06-03,completed,10,1,0,9,1,S1,,\n"
    raw = read(HEADER + GOOD.format(1, 1) + short + long + "A4,store\n")
    assert codes(checked(raw)) == [(3, "ragged_row"), (4, "ragged_row"), (5, "ragged_row")]
    padded = checked(raw, {"kind": "pad"})
    assert (5, "required_empty") in codes(padded)
    assert sorted(padded.rows.column("order_id").to_pylist()) == ["A1", "A2", "A3"]
    edited = checked(
        raw, {"kind": "cell", "line": 3, "column": "unit_id", "value": "S9"}, {"kind": "skip", "lines": [4, 5]}
    )
    assert codes(edited) == []
    assert sorted(edited.rows.column("unit_id").to_pylist()) == ["S1", "S9"]


def test_padding_never_drops_a_cell_with_text() -> None:
    lines = (RaggedLine(2, "a,b,,"), RaggedLine(3, "a,b,c"), RaggedLine(4, "a"))
    rows, settled = Corrections(pad=True).mend(lines, columns=("x", "y"), delimiter=",")
    assert rows.to_pylist() == [{"x": "a", "y": "b", LINE: 2}, {"x": "a", "y": "", LINE: 4}]
    assert settled == {2, 4}


@pytest.mark.parametrize(("which", "expected"), [("first", "1"), ("last", "3")])
def test_of_rows_with_one_key_the_chosen_one_is_kept(which: str, expected: str, read: Read) -> None:
    rows = [GOOD.format(1, 1).replace(",9,1,", f",9,{count},") for count in (1, 2, 3)]
    one = checked(read(HEADER + "".join(rows) + GOOD.format(2, 2)), {"kind": "keep", "which": which})
    assert codes(one) == []
    assert [str(count) for count in one.rows.column("item_count").to_pylist()] == [expected, "1"]


def test_rows_with_one_problem_are_left_out_and_their_keys_are_free_again(read: Read) -> None:
    raw = read(HEADER + GOOD.format(1, 1).replace("store", "moon") + GOOD.format(1, 1) + GOOD.format(2, 2))
    assert codes(checked(raw)) == [(2, "not_in_list"), (3, "duplicate_key")]
    one = checked(raw, {"kind": "skip", "code": "not_in_list", "column": "channel"})
    assert codes(one) == []
    assert one.rows.column("order_id").to_pylist() == ["A1", "A2"]
    assert (one.counts.good, one.counts.bad) == (2, 0)


def test_words_units_orders_constants_and_empties_are_put_into_the_mapping(read: Read) -> None:
    row = "A1,线下,03/04/24,已付,1000,100,0,900,1,未知\n"
    one = checked(
        read(HEADER + row),
        {"kind": "value", "field": "channel", "from": " 线下 ", "to": "store"},
        {"kind": "date_order", "field": "paid_at", "order": "dmy"},
        {"kind": "constant", "field": "status", "value": "paid"},
        {"kind": "blank", "field": "unit_id", "values": ["未知"]},
        *({"kind": "scale", "field": name, "factor": "0.01"} for name in FIELDS if name.endswith("amount")),
    )
    assert codes(one) == []
    (found,) = one.rows.to_pylist()
    assert (found["channel"], str(found["paid_at"]), found["status"]) == ("store", "2024-04-03 00:00:00", "paid")
    assert (found["unit_id"], str(found["gross_amount"])) == (None, "10.0000")


def test_a_required_field_cannot_be_blanked(read: Read) -> None:
    raw = read(HEADER + GOOD.format(1, 1).replace("store", "?"))
    assert codes(checked(raw, {"kind": "blank", "field": "channel", "values": ["?"]})) == [(2, "required_empty")]


def test_a_folded_mapping_is_saved_and_read_again_without_loss() -> None:
    steps = [
        {"kind": "date_order", "field": "paid_at", "order": "mdy"},
        {"kind": "scale", "field": "net_amount", "factor": "100"},
        {"kind": "value", "field": "channel", "from": "", "to": "store"},
        {"kind": "value", "field": "status", "from": "已付", "to": "paid"},
    ]
    mapping, _ = fold(MAPPING, steps)
    again = ColumnMapping.from_json(mapping.to_json())
    assert (again.fields, again.values) == (mapping.fields, mapping.values)
    assert mapping.fields["net_amount"].scale == "100"


def test_a_step_about_a_field_that_nothing_feeds_changes_nothing() -> None:
    mapping, corrections = fold(MAPPING, [{"kind": "scale", "field": "goods_cost", "factor": "0.01"}])
    assert (mapping, bool(corrections)) == (MAPPING, False)


def test_groups_count_every_fault_and_their_texts_though_the_list_is_capped() -> None:
    findings = Findings("")
    many = LIMITS.problems + 500
    for start in range(0, many, 2_000):
        batch = range(start, min(start + 2_000, many))
        findings.add(
            "not_number",
            column="a",
            mask=pa.array([True] * len(batch)),
            lines=pa.array(batch, pa.int64()),
            texts=pa.array(["often" if n % 2 else f"v{n}" for n in batch]),
        )
    (group,) = findings.groups()
    assert (group.count, len(findings.problems)) == (many, LIMITS.problems)
    assert group.values[0] == ("often", many // 2)
    assert len(group.values) == MOST_VALUES
    assert {count for _, count in group.values[1:]} == {1}
