"""Words of a file: what is one of ours is sure, what could be several things is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from kpis.datasets.meaning.matching import Confidence
from kpis.datasets.meaning.proposal import propose
from kpis.datasets.meaning.wordvalues import ValueLine, propose_values
from kpis.datasets.pipeline import inspect_file
from kpis.engine.specs import TableSpec

Tables = Mapping[str, TableSpec]
UNITS = "org_units.unit_id"


def told(lines: list[ValueLine]) -> dict[str, tuple[str | None, str, str]]:
    return {line.word: (line.value, line.confidence.value, line.reason) for line in lines}


def test_words_of_an_enum_are_sure_near_or_unknown(tables: Tables) -> None:
    texts = Counter({"completed": 9, "交易成功": 5, "订单已完成了": 2, "Z9": 1, "": 4, "-": 1})
    lines = propose_values(texts, tables["orders"].column("status"), header="订单状态")
    assert told(lines) == {
        "交易成功": ("completed", "sure", "label"),
        "订单已完成了": ("completed", "unsure", "near"),
        "Z9": (None, "unsure", "unknown"),
    }
    assert (lines[0].count, lines[0].column, lines[0].field) == (5, "订单状态", "status")
    assert [ValueLine.from_json(line.to_json()) for line in lines] == lines


def test_a_name_is_sure_only_when_one_thing_has_it(tables: Tables) -> None:
    column = tables["orders"].column("unit_id")
    names = {UNITS: {"静安店": "S1", "徐汇店": ["S2", "S3"], "浦东店": "S4"}}
    texts = Counter({"静安店": 3, " 静安店": 1, "徐汇店": 2, "静安": 1, "S4": 7, "火星店": 1})
    lines = told(propose_values(texts, column, names=names))
    assert lines["静安店"] == ("S1", "sure", "name")
    assert lines["徐汇店"] == (None, "unsure", "several")
    assert lines["静安"] == (None, "unsure", "near")
    assert lines["火星店"][:2] == (None, "unsure")
    assert "S4" not in lines


def test_an_id_is_an_id_even_if_something_else_is_called_so(tables: Tables) -> None:
    column = tables["orders"].column("unit_id")
    assert not propose_values(Counter({"S1": 1}), column, names={UNITS: {"S1": "S2"}}, known={UNITS: ["S1", "S2"]})


def test_without_anything_known_ids_stand_as_they_are(tables: Tables) -> None:
    assert not propose_values(Counter({"静安店": 1}), tables["orders"].column("unit_id"))


def test_words_already_given_stay_given(tables: Tables) -> None:
    given = {"Z9": "paid", "Z8": ""}
    lines = propose_values(Counter({"Z9": 1, "Z8": 1}), tables["orders"].column("status"), given=given)
    assert told(lines) == {"Z9": ("paid", "sure", "chosen"), "Z8": (None, "sure", "chosen")}


def test_sure_names_go_into_the_mapping_and_unpaid_rows_are_left_out(tables: Tables) -> None:
    rows = pa.table(
        {"订单编号": ["1", "2", "3"], "门店": ["静安店", "S2", ""], "订单状态": ["已完成", "待付款", "神秘"]}
    )
    names = {UNITS: {"静安店": "S1", "徐汇店": "S2"}}
    proposal = propose(rows.column_names, rows=rows, tables=tables, table="orders", names=names)
    assert proposal.mapping.values == {"unit_id": {"静安店": "S1"}}
    assert proposal.mapping.ignore == {"订单状态": ("待付款",)}
    asked = [line.word for line in proposal.values if line.confidence is Confidence.UNSURE]
    assert asked == ["神秘"]


def test_looking_at_a_file_tells_its_words(tmp_path: Path) -> None:
    path = tmp_path / "订单.csv"
    path.write_text("订单编号,订单状态\n1,交易成功\n2,神秘\n", encoding="utf-8")
    seen = inspect_file(path=str(path), filename=path.name)
    assert [(line["word"], line["value"], line["count"]) for line in seen["values"]] == [
        ("交易成功", "completed", 1),
        ("神秘", None, 1),
    ]
