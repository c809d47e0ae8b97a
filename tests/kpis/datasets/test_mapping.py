"""Mapping: what is sure is used, what is doubtful is asked, what a person chose survives as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pytest

from kpis.datasets.meaning.evidence import Evidence
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence, propose_mapping, table_hint
from kpis.datasets.meaning.presets import load_presets, match_preset
from kpis.datasets.meaning.saved import apply_saved, file_fingerprint
from kpis.datasets.meaning.sources import Source
from kpis.engine.specs import TableSpec
from kpis.library import library_extras

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
    mapping = propose_mapping(["order_id", "原行号", "修改建议", "problem_code"], tables=tables, hint_table="orders")
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
        Source(add=("a", "b"), subtract=("c",), scale="0.01"),
        Source(column="a", default="0"),
        Source(column="a", order="dmy"),
        Source(ordinal="a"),
    ):
        assert Source.from_json(source.to_json()) == source
    with pytest.raises(ValueError, match="a source is"):
        Source.from_json({"what": "ever"})


def test_presets_name_real_tables_fields_values_and_systems(tables: Tables) -> None:
    systems = set(library_extras().systems)
    for preset in load_presets().values():
        assert preset.system in systems or preset.id == "cdnow"
        for one in preset.tables:
            table = tables[one.table]
            assert set(one.fields) <= {column.name for column in table.columns if not column.computed}
            for name, words in one.mapping.values.items():
                allowed = table.column(name).enum
                assert not allowed or set(words.values()) <= set(allowed), (preset.id, name)


def test_a_preset_is_recognised_by_all_of_its_headers_only() -> None:
    presets = load_presets()
    found = match_preset(["customer_id", "date", "number_of_cds", "dollar_value"], presets=presets)
    assert found is not None
    assert found.id == "cdnow"
    assert match_preset(["customer_id"], presets=presets) is None


def test_no_header_row_gives_away_two_presets_alike() -> None:
    presets = load_presets()
    for preset in presets.values():
        columns = [either.split("|")[0] for either in preset.headers]
        found = match_preset(columns, presets=presets)
        assert found is not None
        assert found.id == preset.id


TMALL = ["订单编号", "总金额", "买家实际支付金额", "订单付款时间", "订单状态", "宝贝总数量"]


def test_a_preset_uses_what_is_there_and_matches_further_columns_by_name(tables: Tables) -> None:
    preset = load_presets()["tmall-orders"]
    (mapping,) = preset.mappings_for([*TMALL, "活动编号", "门店", "随便"], tables=tables)
    assert mapping.fields["discount_amount"] == Source(subtract=("总金额", "买家实际支付金额"))
    assert mapping.fields["campaign_id"] == Source(column="活动编号")
    assert not mapping.fields.keys() & {"refund_amount", "net_amount", "unit_id"}
    assert mapping.unresolved == ("门店",)
    assert mapping.ignore["订单付款时间"] == ("",)


def test_a_unit_in_the_header_wins_over_the_preset_and_mixed_units_are_asked(tables: Tables) -> None:
    console = load_presets()["tencent-ads"]
    columns = ["日期", "推广计划ID", "曝光次数", "点击次数", "花费(分)", "目标转化量"]
    (mapping,) = console.mappings_for(columns, tables=tables)
    assert mapping.fields["cost"] == Source(column="花费(分)", scale="0.01")
    (mapping,) = console.mappings_for([*columns[:4], "花费(美元)", "目标转化量"], tables=tables)
    assert mapping.unresolved == ("花费(美元)",)
    preset = load_presets()["tmall-orders"]
    (mapping,) = preset.mappings_for([*TMALL[:2], "买家实际支付金额(万元)", *TMALL[3:]], tables=tables)
    assert "discount_amount" not in mapping.fields


def test_brackets_of_a_field_s_own_name_are_no_unit(tables: Tables) -> None:
    mapping = propose_mapping(
        ["实际费用（不含媒体投放）", "活动编号(必填)", "开始日期(yyyy-mm-dd)"], tables=tables, hint_table="campaigns"
    )
    assert set(mapping.fields) == {"actual_cost", "campaign_id", "start_on"}
    mapping = propose_mapping(["订单总额(含运费)", "订单编号(子订单)"], tables=tables, hint_table="orders")
    assert not mapping.fields


def test_cells_lower_a_header_and_settle_a_doubt(tables: Tables) -> None:
    columns = ["订单编号", "优惠金额", "门店"]
    cells = {"订单编号": ["a", "b"], "优惠金额": ["满减", "无"], "门店": ["静安店", "S2"]}
    bare = propose_mapping(columns, tables=tables, hint_table="orders", evidence=Evidence(cells))
    assert set(bare.fields) == {"order_id"}
    known = Evidence(cells, {"org_units.unit_id": ["S1", "S2"]}, {"org_units.unit_id": {"静安店": "S1"}})
    settled = propose_mapping(columns, tables=tables, hint_table="orders", evidence=known)
    assert set(settled.fields) == {"order_id", "unit_id"}
    twice = Evidence(cells, {"org_units.unit_id": ["S1", "S2"]}, {"org_units.unit_id": {"静安店": ["S1", "S2"]}})
    assert set(propose_mapping(columns, tables=tables, hint_table="orders", evidence=twice).fields) == {"order_id"}


def money_rows(*, refunds: bool) -> Evidence:
    rows = range(40)
    refund = [f"{(row % 4) * 5 if refunds else 0}" for row in rows]
    cells = {
        "总金额": [f"{100 + row}" for row in rows],
        "优惠": [f"{row % 3}.5" for row in rows],
        "退款": refund,
        "实付金额": [f"{100 + row - row % 3 - 0.5}" for row in rows],
    }
    return Evidence(cells)


def test_amounts_that_add_up_tell_paid_from_net(tables: Tables) -> None:
    columns = ["总金额", "优惠", "退款", "实付金额"]
    proved = propose_mapping(columns, tables=tables, hint_table="orders", evidence=money_rows(refunds=True))
    assert proved.fields["net_amount"] == Source(subtract=("实付金额", "退款"))
    assert {match.reason for match in proved.matches} == {"amounts"}
    # Without a refund in sight 实付 may be before or after refunds: nobody can know.
    assert not propose_mapping(columns, tables=tables, hint_table="orders", evidence=money_rows(refunds=False)).fields


def test_choosing_a_column_keeps_its_unit_and_leaving_it_out_ends_what_it_feeds(tables: Tables) -> None:
    mapping = propose_mapping(["总金额(万元)", "实付金额"], tables=tables, hint_table="orders")
    assert mapping.choose("总金额(万元)", "gross_amount").fields["gross_amount"].scale == "10000"
    preset = load_presets()["tmall-orders"]
    (mapping,) = preset.mappings_for([*TMALL, "退款金额"], tables=tables)
    left = mapping.choose("买家实际支付金额", None)
    assert not left.fields.keys() & {"net_amount", "discount_amount"}


def test_a_mapping_with_all_its_parts_survives_json(tables: Tables) -> None:
    (mapping,) = load_presets()["jd-orders"].mappings_for(
        ["订单号", "订购数量", "京东价", "订单金额", "应付金额", "付款确认时间", "订单状态"], tables=tables
    )
    assert mapping.sum_by is not None
    assert mapping.ignore
    assert ColumnMapping.from_json(mapping.to_json()) == mapping


def test_sources_are_told_in_words() -> None:
    net = Source(subtract=("实付", "退款")).describe()
    assert (net.zh, net.en) == ("“实付” 减 “退款”", "“实付” minus “退款”")
    gross = Source(add=("货款", "运费"), scale="0.01").describe()
    assert (gross.zh, gross.en) == ("（“货款” 加 “运费”） × 0.01", "(“货款” plus “运费”) × 0.01")
    assert Source(column="退款", default="0").describe().zh == "“退款”，空白按 0"
    assert Source(constant="tmall").describe().en == "always tmall"


def test_empty_cells_take_the_default_of_a_source() -> None:
    rows = pa.table({"退款": ["5", None, "", " - ", "无"]})
    assert Source(column="退款", default="0").texts(rows).to_pylist() == ["5", "0", "0", "0", "0"]


def test_a_fingerprint_knows_columns_by_header_and_unit_in_any_order() -> None:
    assert file_fingerprint(["订单编号", "金额(元)"]) == file_fingerprint(["金额（元）", " 订单编号", "原行号", "#3"])
    assert file_fingerprint(["金额(元)"]) != file_fingerprint(["金额(万元)"])
    assert file_fingerprint(["a"]) != file_fingerprint(["a", "b"])


def test_a_saved_mapping_is_put_on_the_next_file_and_new_columns_are_asked(tables: Tables) -> None:
    first = propose_mapping(["订单编号", "实付金额", "退款金额"], tables=tables, hint_table="orders")
    kept = first.choose("实付金额", "net_amount").with_values("status", {"好": "completed"}).to_json()
    again = apply_saved(kept, ["退款金额", "＊订单编号", "实付金额", "活动编号"], tables=tables)
    assert again.fields["order_id"] == Source(column="＊订单编号")
    assert again.fields["net_amount"] == Source(column="实付金额")
    assert again.values == {"status": {"好": "completed"}}
    assert {match.column: match.reason for match in again.matches}["实付金额"] == "saved"
    assert again.unresolved == ("活动编号",)
    fewer = apply_saved(kept, ["订单编号", "实付金额"], tables=tables)
    assert set(fewer.fields) == {"order_id", "net_amount"}
