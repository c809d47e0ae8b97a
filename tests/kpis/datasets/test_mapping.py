"""Mapping: what is sure is used, what is doubtful is asked, what a person chose survives as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kpis.datasets.mapping import ColumnMapping, Confidence, propose_mapping, table_hint
from kpis.datasets.presets import load_presets, match_preset
from kpis.datasets.sources import Source
from kpis.engine.specs import TableSpec

Tables = Mapping[str, TableSpec]


def test_the_canonical_names_of_every_table_map_at_once(tables: Tables) -> None:
    for table in tables.values():
        names = [column.name for column in table.columns if not column.computed]
        mapping = propose_mapping(names, tables=tables)
        assert (mapping.table, mapping.table_confidence) == (table.id, Confidence.SURE)
        assert {name: source.column for name, source in mapping.fields.items()} == {name: name for name in names}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_names_in_either_language_map_to_their_own_field_or_are_asked(tables: Tables, language: str) -> None:
    for table in tables.values():
        headers = {getattr(column.names, language): column.name for column in table.columns if not column.computed}
        mapping = propose_mapping(list(headers), tables=tables, hint_table=table.id)
        for match in mapping.matches:
            assert match.confidence is not Confidence.NONE, (table.id, match)
            if match.confidence is Confidence.SURE:
                assert match.field == headers[match.column], (table.id, match)


@pytest.mark.parametrize(
    ("filename", "table"),
    [
        ("orders.csv", "orders"),
        ("orders_2024-06.xlsx", "orders"),
        ("订单.csv", "orders"),
        ("Order Lines.csv", "order_lines"),
        ("order_lines_01.csv", "order_lines"),
        ("导出.csv", None),
    ],
)
def test_a_file_name_hints_at_its_table(tables: Tables, filename: str, table: str | None) -> None:
    assert table_hint(filename, tables=tables) == table


def test_headers_are_compared_without_case_blanks_width_and_units(tables: Tables) -> None:
    mapping = propose_mapping(
        ["Order ID", "＊支付时间", "订单总额（元）", "PAID_AT2"], tables=tables, hint_table="orders"
    )
    assert [(match.field, match.confidence) for match in mapping.matches[:3]] == [
        ("order_id", Confidence.SURE),
        ("paid_at", Confidence.SURE),
        ("gross_amount", Confidence.SURE),
    ]
    assert mapping.matches[3].confidence is Confidence.NONE


def test_a_unit_in_the_header_scales_and_an_unknown_unit_is_asked(tables: Tables) -> None:
    mapping = propose_mapping(["订单总额(万元)", "优惠金额(分)", "退款金额(美元)"], tables=tables, hint_table="orders")
    assert mapping.fields["gross_amount"] == Source(column="订单总额(万元)", scale="10000")
    assert mapping.fields["discount_amount"].scale == "0.01"
    assert mapping.unresolved == ("退款金额(美元)",)


def test_what_means_several_things_is_asked(tables: Tables) -> None:
    mapping = propose_mapping(
        ["order_id", "实付金额", "门店", "付款时间", "支付时间"], tables=tables, hint_table="orders"
    )
    assert mapping.unresolved == ("实付金额", "门店", "付款时间", "支付时间")
    assert set(mapping.fields) == {"order_id"}


def test_the_canonical_name_wins_over_an_alias(tables: Tables) -> None:
    mapping = propose_mapping(["支付时间", "paid_at"], tables=tables, hint_table="orders")
    assert mapping.fields["paid_at"].column == "paid_at"
    assert mapping.matches[0].field is None


def test_a_file_that_could_be_nothing_has_no_table(tables: Tables) -> None:
    mapping = propose_mapping(["foo", "bar"], tables=tables)
    assert (mapping.table, mapping.table_confidence, mapping.fields) == (None, Confidence.NONE, {})


def test_a_table_that_lacks_required_fields_is_asked(tables: Tables) -> None:
    mapping = propose_mapping(["order_id", "net_amount"], tables=tables)
    assert mapping.table_confidence is Confidence.UNSURE
    assert "orders" in mapping.table_candidates


def test_computed_columns_are_never_fed(tables: Tables) -> None:
    mapping = propose_mapping(["contact_id", "is_first"], tables=tables, hint_table="contacts")
    assert set(mapping.fields) == {"contact_id"}


def test_columns_of_the_problem_file_mean_nothing(tables: Tables) -> None:
    mapping = propose_mapping(["order_id", "原行号", "建议", "problem_code"], tables=tables, hint_table="orders")
    assert set(mapping.fields) == {"order_id"}
    assert not mapping.unresolved


def test_a_choice_moves_a_field_and_a_mapping_survives_json(tables: Tables) -> None:
    mapping = propose_mapping(["order_id", "实付金额", "net"], tables=tables, hint_table="orders")
    chosen = mapping.choose("实付金额", "net_amount").choose("net", None)
    assert chosen.fields["net_amount"] == Source(column="实付金额")
    assert not chosen.unresolved
    assert ColumnMapping.from_json(chosen.to_json()) == chosen
    again = chosen.choose("net", "net_amount")
    assert again.fields["net_amount"] == Source(column="net")
    assert next(match for match in again.matches if match.column == "实付金额").field is None


def test_every_form_of_a_source_survives_json() -> None:
    for source in (
        Source(column="a", scale="100"),
        Source(constant="x"),
        Source(template="C{a}-{_line}"),
        Source(subtract=("a", "b")),
    ):
        assert Source.from_json(source.to_json()) == source
    with pytest.raises(ValueError, match="a source is"):
        Source.from_json({"what": "ever"})


def test_presets_name_real_tables_and_fields_and_are_recognised(tables: Tables) -> None:
    presets = load_presets()
    for preset in presets.values():
        for mapping in preset.mappings:
            table = tables[str(mapping.table)]
            required = {column.name for column in table.columns if not column.nullable and not column.computed}
            assert required <= set(mapping.fields) <= {column.name for column in table.columns}
    found = match_preset(["customer_id", "date", "number_of_cds", "dollar_value"], presets=presets)
    assert found is not None
    assert found.id == "cdnow"
    assert match_preset(["customer_id"], presets=presets) is None
