"""Personal data of customers: dropped when nobody uses it, refused when it is mapped, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from kpis.datasets.checking import Checked
from kpis.datasets.mapping import propose_mapping
from kpis.datasets.problems import Severity
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
