"""Exports that are neither order lists nor media: WeCom, people, stock, finance, training."""

from __future__ import annotations

from decimal import Decimal

from tests.kpis.shapes.orders import moment, phone
from tests.kpis.shapes.shape import Shape, col

UNITS = {"org_units.unit_id": {"静安店": "S0101", "徐汇店": "S0102", "浦东店": "S0103"}}
SHOPS = ("静安店", "徐汇店", "浦东店")


def day(row: int) -> str:
    return f"2024-06-{row % 28 + 1:02d}"


def person(row: int) -> str:
    return f"E1{row:03d}"


WECOM_API = Shape(
    "wecom-api",
    "service_daily",
    (
        col("stat_date", "date", day),
        col("userid", "employee_id", person),
        col("chat_cnt", "chats", lambda row: row % 20),
        col("message_cnt", "messages", lambda row: row * 3),
        col("reply_percentage", "replied_share", "95.50"),
        col("avg_reply_time", "avg_first_reply_min", "6"),
        col("negative_feedback_cnt", "removed_contacts", 1),
        col("new_apply_cnt", "", 4),
        col("new_contact_cnt", "new_contacts", 3),
    ),
    first={"replied_share": Decimal("0.955")},
    preset="wecom-statistics",
)

WECOM_CONSOLE = Shape(
    "wecom-console",
    "service_daily",
    (
        col("日期", "date", lambda row: f"2024/6/{row % 28 + 1}"),
        col("成员姓名", "", "李雷"),
        col("账号", "employee_id", person),
        col("部门", "", "静安店"),
        col("发起申请数", "", 3),
        col("新增客户数", "new_contacts", 3),
        col("聊天总数", "chats", lambda row: row % 20),
        col("发送消息数", "messages", lambda row: row * 3),
        col("已回复聊天占比", "replied_share", "95.50%"),
        col("平均首次回复时长（分钟）", "avg_first_reply_min", "6.5"),
        col("删除/拉黑成员的客户数", "removed_contacts", 0),
    ),
    first={"replied_share": Decimal("0.955"), "avg_first_reply_min": Decimal("6.5")},
    titles=("客户联系统计", "统计时间：2024-06-01 至 2024-06-28"),
    preset="wecom-statistics-console",
)

WECOM_DEPARTMENTS = Shape(
    "wecom-departments",
    "org_units",
    (
        col("部门ID", "unit_id", lambda row: row + 1),
        col("部门名称", "name", lambda row: f"部门{row}"),
        col("上级部门ID", "parent_id", lambda row: "" if row == 0 else row // 4 + 1 if row // 4 + 1 != row + 1 else 1),
        col("部门负责人", "", "李雷"),
        col("次序值", "", lambda row: 100 - row),
    ),
    answers={"level": "department", "ownership": "na"},
    preset="wecom-departments",
)

WECOM_MEMBERS = Shape(
    "wecom-members",
    "employees",
    (
        col("姓名", "display_name", "李雷"),
        col("账号", "employee_id", person),
        col("别名", "", ""),
        col("职务", "", "导购"),
        col("部门", "unit_id", lambda row: SHOPS[row % 3]),
        col("性别", "", "男"),
        col("手机", "", phone),
        col("邮箱", "", lambda row: f"u{row}@example.com"),
        col("激活状态", "", "已激活"),
    ),
    answers={"fill_mode": "internal", "fte": "1", "hired_on": "2024-01-01"},
    names=UNITS,
    first={"unit_id": "S0101"},
    preset="wecom-members",
)

WECOM_CONTACTS = Shape(
    "wecom-contacts",
    "contacts",
    (
        col("外部联系人ID", "contact_id", lambda row: f"wm{row:06d}"),
        col("客户名称", "", "小红"),
        col("添加人", "", "李雷"),
        col("添加人账号", "employee_id", person),
        col("添加时间", "added_at", moment),
        col("来源", "source", lambda row: ("扫描二维码", "名片分享")[row % 2]),
        col("标签", "", "高价值"),
    ),
    constants={"kind": "wecom_friend"},
    words={"source": {"扫描二维码": "store", "名片分享": "referral"}},
    preset="wecom-contacts",
)

STOCK = Shape(
    "stock",
    "inventory",
    (
        col("快照日期", "date", "2024-06-30"),
        col("仓库编号", "unit_id", lambda row: f"S01{row % 3:02d}"),
        col("仓库名称", "", "静安店"),
        col("商品编码", "sku_id", lambda row: f"SKU-{row}"),
        col("商品名称", "", "跑步鞋"),
        col("库存数量", "qty_on_hand", lambda row: row),
        col("库存成本金额（元）", "cost_on_hand", lambda row: f"{row * 150}.00"),
        col("单位成本", "", "150.00"),
    ),
)

PRODUCTS = Shape(
    "erp-products",
    "products",
    (
        col("SKU编码", "sku_id", lambda row: f"SKU-{row}"),
        col("商品名称", "name", lambda row: f"跑步鞋 {row}"),
        col("品类", "category", "鞋"),
        col("吊牌价", "list_price", "399.00"),
        col("成本价", "unit_cost", "150.00"),
        col("颜色", "", "黑"),
        col("上市日期", "launched_on", "2024-04-01"),
    ),
    answers={"exclusive_to": "none"},
)

TRAINING = Shape(
    "training",
    "training_records",
    (
        col("工号", "employee_id", person),
        col("姓名", "", "李雷"),
        col("课程编号", "programme_id", "C-001"),
        col("课程名称", "", "企微获客"),
        col("开课日期", "started_on", "2024-05-10"),
        col("结业日期", "completed_on", lambda row: "" if row % 5 == 0 else "2024-05-20"),
        col("学时", "hours", 12),
        col("考试成绩", "exam_score", lambda row: "" if row % 5 == 0 else 60 + row % 40),
        col("是否通过", "passed", lambda row: "" if row % 5 == 0 else "是"),
        col("证书编号", "certificate_no", ""),
    ),
)

COSTS = Shape(
    "finance",
    "costs",
    (
        col("会计期间", "period", lambda row: f"2024年{row % 12 + 1}月"),
        col("费用科目", "cost_type", lambda row: ("人力成本", "广告费", "物流")[row // 12 % 3]),
        col("预算/实际", "version", lambda row: ("预算", "实际")[row // 36 % 2]),
        col("部门编码", "unit_id", "D10"),
        col("部门名称", "", "电商部"),
        col("费用金额（万元）", "amount", "8.60"),
    ),
    first={"amount": Decimal(86_000), "cost_type": "labour"},
    titles=("2024 年费用明细表",),
)

CDP = Shape(
    "cdp",
    "customers",
    (
        col("统一ID", "customer_id", lambda row: f"c_{row:05d}"),
        col("注册时间", "created_at", moment),
        col("获客渠道", "acquired_channel", lambda row: ("门店", "小程序")[row % 2]),
        col("推荐人编号", "referrer_customer_id", ""),
        col("入会日期", "member_since", day),
        col("会员等级", "member_tier", "金卡"),
        col("标签数量", "tag_count", lambda row: row % 9),
        col("打通系统数", "linked_systems", 2),
        col("是否同意营销", "consent_marketing", "是"),
        col("手机号", "", phone),
        col("最近消费时间", "", moment),
        col("累计消费金额", "", "1200.00"),
    ),
)

DINGTALK = Shape(
    "dingtalk",
    "employees",
    (
        col("员工UserID", "", lambda row: f"ding{row}"),
        col("工号", "employee_id", person),
        col("姓名", "display_name", "李雷"),
        col("手机号", "", phone),
        col("部门", "unit_id", lambda row: SHOPS[row % 3]),
        col("职位", "", "导购"),
        col("直属主管", "manager_id", lambda row: "韩梅梅" if row else ""),
        col("员工类型", "fill_mode", lambda row: ("全职", "劳务派遣")[row % 2]),
        col("入职时间", "hired_on", day),
        col("工作地点", "", "上海"),
    ),
    answers={"fte": "1"},
    names={**UNITS, "employees.employee_id": {"韩梅梅": "E1000"}},
    first={"unit_id": "S0101", "manager_id": None, "fill_mode": "internal"},
)

BEISEN = Shape(
    "beisen",
    "employees",
    (
        col("员工工号", "employee_id", person),
        col("员工姓名", "display_name", "李雷"),
        col("所属部门编号", "unit_id", "S0101"),
        col("所属部门名称", "", "静安店"),
        col("直线经理工号", "manager_id", lambda row: "" if row == 0 else "E1000"),
        col("用工形式", "fill_mode", lambda row: ("正式员工", "外包")[row % 2]),
        col("人力当量", "fte", "1.0"),
        col("入职日期", "hired_on", day),
        col("离职日期", "left_on", ""),
        col("证件号码", "", "x"),
    ),
)

FEISHU = Shape(
    "feishu",
    "employees",
    (
        col("姓名", "display_name", "李雷"),
        col("工号", "employee_id", person),
        col("用户 ID", "", lambda row: f"u{row}"),
        col("工作邮箱", "", lambda row: f"u{row}@example.com"),
        col("部门", "unit_id", lambda row: SHOPS[row % 3]),
        col("直属上级", "manager_id", lambda row: "韩梅梅" if row else ""),
        col("人员类型", "fill_mode", lambda row: ("正式", "外包")[row % 2]),
        col("入职日期", "hired_on", day),
    ),
    answers={"fte": "1"},
    names={**UNITS, "employees.employee_id": {"韩梅梅": "E1000"}},
)

SURVEY = Shape(
    "survey",
    "surveys",
    (
        col("答卷编号", "response_id", lambda row: f"R{row}"),
        col("提交日期", "date", day),
        col("问卷类型", "kind", "满意度"),
        col("评价对象", "subject", lambda row: ("会员服务", "培训")[row % 2]),
        col("评价分", "score", lambda row: row % 5 + 1),
        col("满分", "scale_max", 5),
        col("份数", "responses", 1),
        col("来源IP", "", "10.0.0.1"),
    ),
)

TARGETS = Shape(
    "targets",
    "targets",
    (
        col("目标周期", "period", "2024-Q2"),
        col("指标编码", "kpi_id", "new_private_users"),
        col("指标说明", "", "新增私域用户"),
        col("对象类型", "scope_kind", "组织"),
        col("对象编号", "scope_id", lambda row: f"S01{row:02d}"),
        col("保底目标", "floor", 300),
        col("考核目标", "value", 500),
        col("挑战目标", "stretch", 650),
    ),
)

SHAPES = (
    WECOM_API,
    WECOM_CONSOLE,
    WECOM_DEPARTMENTS,
    WECOM_MEMBERS,
    WECOM_CONTACTS,
    STOCK,
    PRODUCTS,
    TRAINING,
    COSTS,
    CDP,
    DINGTALK,
    BEISEN,
    FEISHU,
    SURVEY,
    TARGETS,
)
