"""Personal data of customers: dropped when nobody uses it, refused when it is mapped, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pytest

from kpis.datasets.checks.checking import Checked
from kpis.datasets.checks.privacy import CUSTOMER_TABLES, OWN_TABLES, personal_columns
from kpis.datasets.checks.problems import Severity
from kpis.datasets.meaning.mapping import propose_mapping
from kpis.engine.specs import TableSpec

Check = Callable[..., Checked]
HEAD = "customer_id,created_at,tag_count,linked_systems,consent_marketing"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐"


def customers(header: str, cells: list[str]) -> str:
    rows = (f"c{number},2024-06-01,1,1,是,{cell}" for number, cell in enumerate(cells))
    return "\n".join([f"{HEAD},{header}", *rows]) + "\n"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("收货人", ["甲", "乙"]),
        ("客户手机号码", ["1", "2"]),
        ("Shipping address", ["x", "y"]),
        ("买家留言", ["好", "快"]),
        ("扩展1", ["13800138000", "15912345678", "138****8000"]),
        ("扩展2", ["11010519491231002X", "440524188001010014", "11010519491231002X"]),
        ("扩展3", ["a@b.cn", "b@c.com", "d@e.org"]),
        ("扩展4", ["上海市静安区南京西路100号", "广东省深圳市南山区科技路1号", "北京市海淀区中关村大街27号"]),
        ("扩展5", [f"{name}小明" for name in SURNAMES]),
    ],
)
def test_personal_columns_are_dropped_with_the_reason(check: Check, header: str, cells: list[str]) -> None:
    checked = check(customers(header, cells), table="customers")
    told = [(problem.code, problem.column, problem.severity) for problem in checked.problems]
    assert told == [("personal_data", header, Severity.WARNING)]
    assert header not in checked.raw_rows.column_names
    assert checked.rows.num_rows == len(cells)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("订单数", ["13800138000123", "15912345678123", "13800138000124"]),
        ("外部单号", ["110105194912310020", "440524188001010011", "110105194912310021"]),
        ("等级名", ["金卡会员", "白金会员", "黄金会员"] * 10),
        ("城市", ["上海", "高雄", "马鞍山"]),
    ],
)
def test_what_only_resembles_personal_data_is_left_alone(check: Check, header: str, cells: list[str]) -> None:
    assert not check(customers(header, cells), table="customers").problems


def test_a_mapped_phone_number_refuses_the_file(check: Check) -> None:
    rows = "\n".join(f"1380013800{number},2024-06-01,1,1,是" for number in range(5))
    checked = check(f"{HEAD}\n{rows}\n", table="customers")
    assert [(problem.code, problem.column, problem.severity) for problem in checked.problems] == [
        ("personal_data", "customer_id", Severity.ERROR)
    ]
    assert checked.rows.num_rows == 0


def test_employees_may_have_names(check: Check, tables: Mapping[str, TableSpec]) -> None:
    text = "工号,姓名,unit_id,fill_mode,fte,hired_on\n" + "".join(
        f"E{number},{name}小明,S1,正式,1,2024-03-01\n" for number, name in enumerate(SURNAMES)
    )
    raw_columns = text.splitlines()[0].split(",")
    mapping = propose_mapping(raw_columns, tables=tables, hint_table="employees").choose("姓名", "display_name")
    checked = check(text, table="employees", mapping=mapping)
    assert not checked.problems
    assert checked.rows.column("display_name")[0].as_py() == "王小明"


PERSON = {
    "phones": ("13800138000", "15912345678", "138****8000"),
    "ids": ("11010519491231002X", "440524188001010014", "11010519491231002X"),
    "emails": ("a@b.cn", "b@c.com", "d@e.org"),
    "addresses": ("上海市静安区南京西路100号", "广东省深圳市南山区科技路1号", "北京市海淀区中关村大街27号"),
    "names": tuple(f"{name}小明" for name in SURNAMES),
    "texts": ("你好在吗", "我想买这个", "什么时候发货"),
}
REFUSED_HEADERS = {
    "phones": (
        "客户手机",
        "会员手机号",
        "收货人电话",
        "收件人手机号码",
        "买家联系电话",
        "Customer phone",
        "receiver_mobile",
    ),
    "ids": ("客户身份证号", "会员证件号码", "身份证", "Customer ID card", "Passport No"),
    "emails": ("客户邮箱", "会员电子邮箱", "Customer email", "buyer_email"),
    "addresses": ("收货地址", "客户详细地址", "会员住址", "Shipping address", "receiver_address"),
    "names": ("客户姓名", "会员昵称", "收货人姓名", "顾客昵称", "买家会员名", "Customer name", "receiver_name"),
    "texts": ("客户留言", "会员评论内容", "客户聊天记录", "买家备注", "Customer message", "buyer message"),
}
CONTACT_NUMBERS = [
    f"1{prefix}{number:08d}" for number, prefix in enumerate((38, 59, 86, 77, 31, 52, 98, 45, 66, 70) * 3)
]


def found(header: str, cells: Sequence[str], *, table: str) -> str | None:
    rows = pa.table({header: list(cells), "_line": range(len(cells))})
    kind = personal_columns(rows, columns=(header,), table=table).get(header)
    return kind.en if kind else None


@pytest.mark.parametrize("kind", REFUSED_HEADERS)
def test_a_header_that_names_customer_data_is_refused_in_every_table(
    kind: str, tables: Mapping[str, TableSpec]
) -> None:
    told = {
        (table, header, cells): found(header, cells, table=table)
        for table in tables
        for header in REFUSED_HEADERS[kind]
        for cells in (PERSON[kind], ())
    }
    assert len(told) == 25 * len(REFUSED_HEADERS[kind]) * 2
    assert [case for case, name in told.items() if name is None] == []


def test_customer_data_under_a_header_that_says_nothing_is_refused_by_its_cells(
    tables: Mapping[str, TableSpec],
) -> None:
    for table in tables:
        about_customers = table in CUSTOMER_TABLES
        assert found("扩展1", PERSON["ids"], table=table) == "identity card numbers"
        assert (found("扩展1", PERSON["phones"], table=table) is not None) == (table not in OWN_TABLES)
        for kind in ("emails", "addresses", "names"):
            assert (found("扩展1", PERSON[kind], table=table) is not None) == about_customers


def test_no_column_of_the_catalogue_is_taken_for_personal_data(tables: Mapping[str, TableSpec]) -> None:
    wrong = [
        (table.id, header)
        for table in tables.values()
        for column in table.columns
        for header in (column.name, column.names.zh, column.names.en, *column.aliases)
        if header and found(header, [column.example] * 30, table=table.id)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("订单编号", [f"138{number:08d}" for number in range(40)]),
        ("order_id", [f"1390000{number:04d}" for number in range(40)]),
        ("SKU编码", [f"159{number:08d}" for number in range(40)]),
        ("流水号", [f"18600{number:06d}" for number in range(5)]),
        ("商品条码", [f"69{number:011d}" for number in range(40)]),
        ("订单号", [f"3301022024060{number:05d}" for number in range(40)]),
        ("外部单号", [f"110105194912{number % 28 + 1:02d}00{number % 10}5" for number in range(40)]),
        ("导购姓名", PERSON["names"]),
        ("跟进员工", PERSON["names"]),
        ("主播", PERSON["names"]),
        ("门店电话", [f"021-6888{number:04d}" for number in range(10)]),
        ("店长手机", list(PERSON["phones"])),
        ("门店地址", list(PERSON["addresses"])),
        ("门店名", [f"{name}家桥店" for name in SURNAMES]),
        ("区域", [f"{name}山区" for name in SURNAMES]),
        ("手机端访客数", ["1200", "980", "1,034"]),
        ("mobile", ["120", "98", "1,034"]),
        ("用户数", ["12000", "980", "1034"]),
        ("会员等级", ["金卡", "银卡", "黄金"] * 20),
        ("商家备注", ["加急", "送礼", "包装"]),
        ("unionid", [f"oX1{number:025d}" for number in range(10)]),
        ("customer_id", [f"c_{number:032x}" for number in range(10)]),
    ],
)
def test_what_looks_alike_stays(header: str, cells: list[str], tables: Mapping[str, TableSpec]) -> None:
    assert [table for table in tables if found(header, cells, table=table)] == []


def test_phone_numbers_are_found_where_ids_belong() -> None:
    assert found("order_id", CONTACT_NUMBERS, table="orders") == "phone numbers"
    assert found("会员编号", [f"1380000{number:04d}" for number in range(5)], table="orders") == "phone numbers"
