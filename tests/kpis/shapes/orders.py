"""Order lists: platforms, own malls, tills."""

from __future__ import annotations

from decimal import Decimal

from tests.kpis.shapes.shape import Shape, col


def moment(row: int) -> str:
    return f"2024-06-{row % 28 + 1:02d} {row % 24:02d}:{row % 60:02d}:09"


def money(value: object) -> str:
    return f"{Decimal(str(value)):.2f}"


def gross(row: int) -> str:
    return money(200 + 3 * row)


def paid(row: int) -> str:
    return money(200 + 3 * row - (row % 4) * 10)


def refund(row: int) -> str:
    return money(paid(row) if row % 11 == 5 else 0)


def unpaid(row: int) -> bool:
    return row % 20 == 7


def phone(row: int) -> str:
    return f"138{row:08d}"


TMALL_STATES = ("交易成功", "卖家已发货，等待买家确认")
TMALL = Shape(
    "tmall",
    "orders",
    (
        col("订单编号", "order_id", lambda row: f"3391{row:014d}\t"),
        col("买家会员名", "", lambda row: f"t_{row}"),
        col("买家支付宝账号", "", phone),
        col("买家应付货款", "", gross),
        col("买家应付邮费", "", "0.00"),
        col("买家支付积分", "", 0),
        col("总金额", "gross_amount discount_amount", gross),
        col("返点积分", "", 0),
        col("买家实际支付金额", "net_amount discount_amount", lambda row: "0.00" if unpaid(row) else paid(row)),
        col("订单状态", "status", lambda row: "等待买家付款" if unpaid(row) else TMALL_STATES[row % 2]),
        col("买家留言", "", ""),
        col("收货人姓名", "", "王**"),
        col("收货地址", "", "上海 上海市 静安区 南京西路100号"),
        col("联系手机", "", phone),
        col("订单创建时间", "", moment),
        col("订单付款时间", "paid_at", lambda row: "" if unpaid(row) else moment(row)),
        col("宝贝标题", "", "跑步鞋 轻量"),
        col("宝贝种类", "", 1),
        col("物流单号", "", lambda row: f"No:SF{row:010d}"),
        col("物流公司", "", "顺丰速运"),
        col("宝贝总数量", "item_count", lambda row: row % 3 + 1),
        col("店铺Id", "", "0"),
        col("店铺名称", "", "示例旗舰店"),
        col("订单关闭原因", "", "订单未关闭"),
        col("卖家服务费", "", "0"),
        col("退款金额", "refund_amount net_amount", lambda row: refund(row) if row % 11 == 5 else "无退款申请"),
    ),
    constants={"channel": "public_platform", "platform": "tmall"},
    good=57,
    first={"gross_amount": Decimal(200), "net_amount": Decimal(200), "item_count": 1, "platform": "tmall"},
    titles=("订单报表", "导出时间：2024-07-01 10:00:00"),
    preset="tmall-orders",
)

TAOBAO_ITEMS = Shape(
    "taobao-items",
    "order_lines",
    (
        col("子订单编号", "", lambda row: f"3391{row:014d}"),
        col("主订单编号", "order_id line_no", lambda row: f"3391{row // 2:014d}"),
        col("商品标题", "", "跑步鞋"),
        col("商品价格", "", "399.00"),
        col("购买数量", "qty", lambda row: row % 3 + 1),
        col("外部系统编号", "sku_id", lambda row: f"SKU-{row % 9}"),
        col("商品属性", "", "颜色:黑"),
        col("订单状态", "", "交易成功"),
        col("买家应付货款", "", paid),
        col("买家实际支付金额", "net_amount", paid),
        col("退款状态", "", "没有申请退款"),
        col("退款金额", "net_amount", refund),
        col("订单创建时间", "", moment),
        col("订单付款时间", "", moment),
    ),
    first={"line_no": 1, "net_amount": Decimal(200)},
    preset="taobao-order-items",
)

JD = Shape(
    "jd",
    "orders",
    (
        col("订单号", "order_id", lambda row: f"2891{row // 2:08d}"),
        col("商品ID", "", lambda row: f"1000{row}"),
        col("商品名称", "", "跑步鞋"),
        col("订购数量", "item_count", lambda row: row % 2 + 1),
        col("支付方式", "", "在线支付"),
        col("下单时间", "", moment),
        col("京东价", "", "399.00"),
        col("订单金额", "gross_amount discount_amount", lambda row: gross(row // 2)),
        col("结算金额", "", lambda row: paid(row // 2)),
        col("余额支付", "", "0.00"),
        col("应付金额", "net_amount discount_amount", lambda row: paid(row // 2)),
        col("订单状态", "status", lambda row: ("完成", "等待确认收货")[row // 2 % 2]),
        col("下单帐号", "", lambda row: f"jd_{row}"),
        col("客户姓名", "", "李**"),
        col("客户地址", "", "北京市海淀区中关村大街27号"),
        col("付款确认时间", "paid_at", lambda row: moment(row // 2)),
        col("订单完成时间", "", moment),
    ),
    constants={"channel": "public_platform", "platform": "jd"},
    answers={"refund_amount": "0"},
    good=30,
    first={"item_count": 3, "gross_amount": Decimal(200)},
    preset="jd-orders",
)

DOUYIN = Shape(
    "douyin",
    "orders",
    (
        col("主订单编号", "order_id", lambda row: f"6927{row // 2:014d}"),
        col("子订单编号", "", lambda row: f"6928{row:014d}"),
        col("选购商品", "", "跑步鞋"),
        col("商品规格", "", "黑 42"),
        col("商品数量", "item_count", 1),
        col("商品ID", "", lambda row: f"35{row}"),
        col("商家编码", "", lambda row: f"SKU-{row % 9}"),
        col("商品单价", "", "399.00"),
        col("订单应付金额", "gross_amount net_amount", "100.00"),
        col("运费", "", "0.00"),
        col("平台优惠", "discount_amount gross_amount", "5.00"),
        col("商家优惠", "discount_amount gross_amount", "3.00"),
        col("达人优惠", "discount_amount gross_amount", "0.00"),
        col("收件人", "", "张**"),
        col("收件人手机号", "", phone),
        col("订单提交时间", "", moment),
        col("支付完成时间", "paid_at", lambda row: moment(row // 2)),
        col("订单状态", "status", lambda row: ("已完成", "已发货")[row // 2 % 2]),
        col("退款金额", "refund_amount net_amount", "0"),
        col("达人昵称", "", "小张"),
        col("流量体裁", "", "直播"),
    ),
    constants={"platform": "douyin"},
    answers={"channel": "livestream"},
    good=30,
    first={"item_count": 2, "gross_amount": Decimal(216), "discount_amount": Decimal(16), "net_amount": Decimal(200)},
    preset="douyin-orders",
)

YOUZAN = Shape(
    "youzan",
    "orders",
    (
        col("订单号", "order_id", lambda row: f"E2024060{row:014d}"),
        col("外部订单号", "", ""),
        col("订单类型", "", "普通订单"),
        col("订单状态", "status", lambda row: "待付款" if unpaid(row) else ("交易完成", "待发货", "交易关闭")[row % 3]),
        col("订单创建时间", "", moment),
        col("买家付款时间", "paid_at", lambda row: "" if unpaid(row) else moment(row)),
        col("商品种类数", "", 1),
        col("商品金额合计", "gross_amount discount_amount", gross),
        col("运费", "gross_amount discount_amount", "8.00"),
        col("店铺优惠合计", "", "0.00"),
        col("订单实付金额", "net_amount discount_amount", paid),
        col("订单已退款金额", "refund_amount net_amount", lambda row: "" if row % 3 else "0.00"),
        col("商品总件数", "item_count", lambda row: row % 3 + 1),
        col("收货人/提货人", "", "王小明"),
        col("详细收货地址/提货地址", "", "上海市静安区南京西路100号"),
        col("归属店铺", "", "上海静安店"),
        col("归属门店编号", "unit_id", lambda row: f"S01{row % 9:02d}"),
        col("销售员姓名", "", "李雷"),
        col("销售员工号", "employee_id", lambda row: f"E1{row % 9:03d}"),
    ),
    constants={"channel": "private_mall", "platform": "youzan"},
    good=57,
    first={"gross_amount": Decimal(208), "discount_amount": Decimal(8), "net_amount": Decimal(200)},
    preset="youzan-orders",
)

WEIMOB = Shape(
    "weimob",
    "orders",
    (
        col("订单编号", "order_id", lambda row: f"7100{row:010d}"),
        col("订单状态", "status", lambda row: ("已完成", "待发货", "已取消")[row % 3]),
        col("下单时间", "", moment),
        col("支付时间", "paid_at", moment),
        col("商品总数量", "item_count", lambda row: row % 3 + 1),
        col("商品总金额", "gross_amount discount_amount", gross),
        col("运费金额", "gross_amount discount_amount", "0.00"),
        col("优惠总金额", "", lambda row: money(row % 4 * 10)),
        col("实付金额", "net_amount discount_amount", paid),
        col("退款金额", "refund_amount net_amount", refund),
        col("支付方式", "", "微信支付"),
        col("客户昵称", "", "小明"),
        col("客户手机号", "", phone),
        col("导购工号", "employee_id", lambda row: f"E1{row % 9:03d}"),
        col("导购姓名", "", "韩梅梅"),
        col("下单门店", "", "静安店"),
        col("下单门店编号", "unit_id", lambda row: f"S01{row % 9:02d}"),
    ),
    constants={"channel": "private_mall", "platform": "weimob"},
    preset="weimob-orders",
)

RECEIPTS = Shape(
    "pos-receipts",
    "orders",
    (
        col("门店编码", "unit_id order_id", lambda row: f"S01{row % 3:02d}"),
        col("门店名称", "", "静安店"),
        col("小票号", "order_id", lambda row: f"{row:08d}"),
        col("收银时间", "paid_at", moment),
        col("收银员", "", "王芳"),
        col("导购工号", "employee_id", lambda row: f"E1{row % 9:03d}"),
        col("件数", "item_count", lambda row: row % 3 + 1),
        col("应收金额", "gross_amount discount_amount", gross),
        col("实收金额", "net_amount discount_amount", paid),
        col("退货金额", "refund_amount net_amount", refund),
        col("支付方式", "", "支付宝"),
        col("会员OneID", "customer_id", lambda row: "" if row % 3 else f"c_{row}"),
    ),
    constants={"channel": "store", "status": "completed"},
    first={"order_id": "S0100-00000000", "net_amount": Decimal(200)},
    titles=("销售小票汇总表",),
    preset="pos-receipts",
)

RECEIPT_LINES = Shape(
    "pos-lines",
    "order_lines",
    (
        col("门店编码", "order_id", lambda row: f"S01{row // 2 % 3:02d}"),
        col("小票号", "order_id", lambda row: f"{row // 2:08d}"),
        col("行号", "line_no", lambda row: row % 2 + 1),
        col("商品编码", "sku_id", lambda row: f"SKU-{row % 9}"),
        col("商品名称", "", "跑步鞋"),
        col("吊牌价", "", "399.00"),
        col("销售数量", "qty", lambda row: row % 3 + 1),
        col("折扣金额", "", "10.00"),
        col("实收金额", "net_amount", paid),
    ),
    first={"order_id": "S0100-00000000"},
    preset="pos-lines",
)

ENGLISH_MALL = Shape(
    "english-mall",
    "orders",
    (
        col("Order No.", "order_id", lambda row: f"W{row:06d}"),
        col("Member ID", "customer_id", lambda row: f"c_{row % 30}"),
        col("Sales channel", "channel", lambda row: ("Retail store", "Own mall")[row % 2]),
        col("Store code", "unit_id", lambda row: f"S01{row % 9:02d}"),
        col("Guide ID", "employee_id", lambda row: f"E1{row % 9:03d}"),
        col("Payment time", "paid_at", moment),
        col("Order status", "status", lambda row: ("Completed", "Shipped")[row % 2]),
        col("Gross amount", "gross_amount", gross),
        col("Discount amount", "discount_amount", lambda row: money(row % 4 * 10)),
        col("Refund amount", "refund_amount", refund),
        col("Net sales", "net_amount", lambda row: money(Decimal(paid(row)) - Decimal(refund(row)))),
        col("COGS", "goods_cost", "120.00"),
        col("Number of items", "item_count", lambda row: row % 3 + 1),
    ),
)

# 实付 is before refunds here: only the rows say so.
OWN_MALL = Shape(
    "own-mall",
    "orders",
    (
        col("订单号", "order_id", lambda row: f"M{row:08d}"),
        col("会员编号", "customer_id", lambda row: f"c_{row % 30}"),
        col("渠道", "channel", lambda row: ("小程序", "门店")[row % 2]),
        col("门店", "unit_id", lambda row: ("静安店", "徐汇店", "浦东店")[row % 3]),
        col("导购工号", "employee_id", lambda row: f"E1{row % 9:03d}"),
        col("下单时间", "", moment),
        col("付款时间", "paid_at", moment),
        col("发货时间", "", moment),
        col("状态", "status", lambda row: ("已完成", "待发货", "已关闭")[row % 3]),
        col("订单总金额", "gross_amount", gross),
        col("优惠金额", "discount_amount", lambda row: money(row % 4 * 10)),
        col("实付金额", "net_amount", paid),
        col("退款金额", "refund_amount net_amount", refund),
        col("商品件数", "item_count", lambda row: row % 3 + 1),
    ),
    names={"org_units.unit_id": {"静安店": "S0101", "徐汇店": "S0102", "浦东店": "S0103"}},
    first={"unit_id": "S0101", "net_amount": Decimal(200)},
)

SHAPES = (
    TMALL,
    TAOBAO_ITEMS,
    JD,
    DOUYIN,
    YOUZAN,
    WEIMOB,
    RECEIPTS,
    RECEIPT_LINES,
    ENGLISH_MALL,
    OWN_MALL,
)
