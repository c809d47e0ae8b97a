"""Files made to be misread: for each column the only fields it may feed without a question (none: it must not)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from tests.kpis.shapes.orders import gross, moment, money, paid, refund
from tests.kpis.shapes.others import UNITS, day, person
from tests.kpis.shapes.shape import Column, col


@dataclass(frozen=True, slots=True)
class Trap:
    """A header row with cells. `tables`: the tables it may be taken for without a question."""

    id: str
    columns: tuple[Column, ...]
    filename: str = "导出.csv"
    tables: frozenset[str] = frozenset()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def trap(
    name: str,
    *columns: Column,
    file: str = "导出.csv",
    tables: str = "",
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> Trap:
    return Trap(name, columns, file, frozenset(tables.split()), names or {})


def order(row: int) -> str:
    return f"M{row:08d}"


ORDER = col("订单号", "order_id", order)


class OrderFile(TypedDict):
    """What makes a trap an order file by name."""

    file: str
    tables: str


IN_ORDERS: OrderFile = {"file": "订单.csv", "tables": "orders"}
TRAPS = (
    trap(
        "four moments",
        ORDER,
        col("下单时间", "", moment),
        col("付款时间", "paid_at", moment),
        col("发货时间", "", moment),
        col("完成时间", "", moment),
        **IN_ORDERS,
    ),
    trap("two payments", ORDER, col("付款时间", "", moment), col("尾款付款时间", "", moment), **IN_ORDERS),
    trap("money that does not add up", ORDER, col("总金额", "", gross), col("应付金额", "", "99.00"),
         col("实付金额", "", "88.00"), col("优惠金额", "discount_amount", "7.00"), col("运费", "", "3.00"),
         col("退款金额", "refund_amount", "0"), **IN_ORDERS),
    trap("kinds of discount", ORDER, col("优惠金额", "", "7.00"), col("平台优惠", "", "3.00"),
         col("店铺优惠券", "", "2.00"), **IN_ORDERS),
    trap("discount as a rate", ORDER, col("折扣", "", "0.9"), col("优惠", "", "9折"), **IN_ORDERS),
    trap("refund as a word", ORDER, col("退款", "", lambda row: "是" if row % 2 else "否"), **IN_ORDERS),
    trap("states", ORDER, col("状态", "", lambda row: ("已完成", "待发货")[row % 2]),
         col("退款状态", "", "无"), col("发货状态", "", "已发货"), **IN_ORDERS),
    trap("a state that is none", ORDER, col("状态", "", lambda row: ("A", "B")[row % 2]), **IN_ORDERS),
    trap("abbreviations", col("id", "", order), col("dt", "", moment), col("amt", "", gross), col("qty", "", 1),
         col("cust", "", "c1"), col("disc", "", "1"), col("ref", "", "0"), col("st", "", "1"), file="orders.csv"),
    trap("one word each", col("编号", "", order), col("数量", "", 1), col("金额", "", gross), col("时间", "", moment),
         col("名称", "", "鞋"), **IN_ORDERS),
    trap("English one word", ORDER, col("Cost", "", "5"), col("Fee", "", "1"), col("Total", "", gross),
         col("Price", "", "9"), col("Date", "", moment), col("Discount", "", "0.9"), col("Items", "", "2"),
         **IN_ORDERS),
    trap("plain words that are our names too", ORDER, col("status", "", "open"), col("channel", "", "web"),
         col("Buyer", "", "x"), col("Ship to", "", "y"), col("Qty", "", "1"), **IN_ORDERS),
    trap("foreign money", ORDER, col("订单总额(美元)", "", gross), col("优惠金额(港币)", "", "1"),
         col("退款金额(k)", "", "0"), **IN_ORDERS),
    trap("qualified", ORDER, col("订单总额(含运费)", "", gross), col("成交净额(不含税)", "", gross),
         col("订单编号(子订单)", "", order), **IN_ORDERS),
    trap("two shops", ORDER, col("门店", "", lambda row: ("静安店", "徐汇店")[row % 2]), col("发货门店", "", "浦东店"),
         names=UNITS, **IN_ORDERS),
    trap("shops nobody knows", ORDER, col("门店", "", "静安店"), col("导购", "", "李雷"), **IN_ORDERS),
    trap("cashier and guide", ORDER, col("工号", "", person), col("收银员工号", "", person), **IN_ORDERS),
    trap("two order numbers", col("订单编号", "", order), col("订单ID", "", order), col("付款时间", "paid_at", moment),
         **IN_ORDERS),
    trap("lines called orders", col("订单号", "", lambda row: order(row // 3)), col("商品编码", "", "SKU-1"),
         col("数量", "", 1), col("付款时间", "", moment), col("实付金额", "", paid), file="订单.csv"),
    trap("every line with its whole order", col("订单号", "", lambda row: order(row // 3)), col("渠道", "", "门店"),
         col("支付时间", "", moment), col("订单状态", "", "已完成"), col("订单总额", "", gross),
         col("优惠金额", "", "0"), col("退款金额", "", refund), col("成交净额", "", paid), col("商品件数", "", 1)),
    trap("refund slips", col("退款编号", "", order), col("订单编号", "order_id", order), col("退款金额", "", refund),
         col("申请时间", "", moment), col("退款状态", "", "成功")),
    trap("API money", col("date", "date", day), col("campaign_id", "campaign_id", person),
         col("impression", "impressions", 100), col("click", "clicks", 3), col("cost", "", 12_345), tables="ad_spend"),
    trap("API money of another", col("date", "date", day), col("adgroup_id", "campaign_id", person),
         col("impression", "impressions", 100), col("click", "clicks", 3), col("cost", "", 12_345), tables="ad_spend"),
    trap("cash and gift money", col("日期", "date", day), col("计划ID", "campaign_id", person), col("花费", "", "9.5"),
         col("现金花费", "", "8"), col("赠款花费", "", "1.5"), col("曝光量", "impressions", 9), file="广告投放日报.csv",
         tables="ad_spend"),
    trap("kinds of stock", col("日期", "date", day), col("商品编码", "sku_id", "S1"), col("库存数量", "", 5),
         col("可用库存", "", 4), col("在途库存", "", 9), col("库存金额", "", "500"), file="库存快照.csv",
         tables="inventory"),
    trap("share without a percent sign", col("日期", "date", day), col("工号", "employee_id", person),
         col("回复率", "", lambda row: f"{90 + row % 9}.5"), col("首响时长（秒）", "", 30), file="导购服务日报.csv",
         tables="service_daily"),
    trap("minutes or seconds", col("日期", "date", day), col("工号", "employee_id", person),
         col("平均首响时长", "", 320), file="导购服务日报.csv", tables="service_daily"),
    trap("names where ids belong", col("工号", "employee_id", person), col("姓名", "display_name", "李雷"),
         col("部门", "", "电商部"), col("直属上级", "", "韩梅梅"), col("入职日期", "hired_on", day),
         col("转正日期", "", day), file="员工.csv", tables="employees"),
    trap("a grade for a mark", col("工号", "employee_id", person), col("成绩", "", "优"), col("课程", "", "陈列"),
         file="培训记录.csv", tables="training_records"),
    trap("two costs of a product", col("SKU编码", "sku_id", "S1"), col("成本价", "", "9"), col("采购价", "", "8"),
         col("吊牌价", "", "20"), col("零售价", "", "18"), file="商品.csv", tables="products"),
    trap("people and times", col("日期", "date", day), col("访客数", "visitors", 5), col("访问次数", "visits", 9),
         col("浏览量", "", 20), col("老访客数", "", 2), file="访问.csv", tables="visits"),
    trap("dates where an id belongs", ORDER, col("会员编号", "", moment), col("活动编号", "", "12.50"), **IN_ORDERS),
    trap("text where money belongs", ORDER, col("优惠金额", "", "满减"), col("退款金额", "", "见备注"), **IN_ORDERS),
    trap("months side by side", col("费用科目", "cost_type", "人力成本"), col("1月", "", "5"), col("2月", "", "6"),
         col("预算金额", "", "9"), col("实际金额", "", "8"), file="费用与预算.csv", tables="costs"),
    trap("Tmall in other units", col("订单编号", "order_id", order), col("总金额(万元)", "gross_amount", "0.02"),
         col("买家实际支付金额", "net_amount", paid), col("订单付款时间", "paid_at", moment),
         col("退款金额", "refund_amount net_amount", refund), tables="orders"),
    trap("money out of a proof", ORDER, col("订单总金额", "", gross), col("优惠金额", "discount_amount", "0"),
         col("实付金额", "", gross), col("退款金额", "refund_amount", money(0)), **IN_ORDERS),
)  # fmt: skip
