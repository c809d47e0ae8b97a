"""The sentences of facts, in both languages; numbers are put in by `facts.say`. Pure."""

from __future__ import annotations

from omnichannel.core.text import Bilingual

DEDICATED = Bilingual(
    "任目录岗位的 {people}共 {total} 全职当量，其中有岗位投入不低于 0.8 者占 {part} 当量，即 {value}。",
    "{people} in catalogue roles make {total} FTE; those giving a role 0.8 or more make {part} FTE: {value}.",
)
LEADING_FLAG = Bilingual(
    "牵头团队是{unit}，由组织架构标明", "The leading team is {unit}, marked so in the organisation"
)
LEADING_FTE = Bilingual(
    "牵头团队是{unit}：全域战略管理与用户运营的当量最多（{fte}）",
    "The leading team is {unit}: it has the most FTE on omnichannel strategy and user operations ({fte})",
)
IS_PROJECT_TEAM = Bilingual("，是项目组。", "; it is a project team.")
IS_VIRTUAL = Bilingual(
    "，没有自己的在编人员，全是借调、外包或外单位的人，属虚拟小组。",
    "; it has no staff of its own, only people lent, bought in or employed elsewhere: a virtual team.",
)
IS_INSIDE = Bilingual("，在{parent}之下。", "; it sits inside {parent}.")
IS_FIRST_LEVEL = Bilingual(
    "，直属{parent}，本身是一级部门。", "; it stands directly under {parent}: a first-level department."
)
IS_TOP = Bilingual("，上面没有别的组织，按一级部门算。", "; nothing stands above it: it counts as first-level.")
LEAD_REPORTS = Bilingual(
    "{unit}的牵头人向{manager_unit}（{level}）的上级汇报。",
    "The lead of {unit} reports to a manager in {manager_unit} ({level}).",
)
LEAD_ALONE = Bilingual("{unit}的牵头人在数据里没有直属上级。", "The lead of {unit} has no line manager in the data.")
ROLES_FILLED = Bilingual("12 类岗位中有 {value} 类有人在任。", "{value} of the 12 roles have a holder.")
ROLES_PER_PERSON = Bilingual(
    "{numerator} 条在任记录，{people}，平均每人 {value} 类。",
    "{numerator} open assignments of {people}: {value} roles each.",
)
OUTSOURCED = Bilingual(
    "员工共 {total} 全职当量，外包占 {part} 当量，即 {value}。",
    "{part} of {total} FTE of staff are outsourced: {value}.",
)
BUSINESS_UNITS = Bilingual("{unit}之内有 {value} 个事业部。", "Business units within {unit}: {value}.")
KPI_RATE = Bilingual(
    "{kpi}（{period}）：{numerator} / {denominator} = {value}。",
    "{kpi} ({period}): {numerator} / {denominator} = {value}.",
)
KPI_VALUE = Bilingual("{kpi}（{period}）：{value}。", "{kpi} ({period}): {value}.")
OF_COMPANY = Bilingual(
    "该指标不按组织单元计算，取全公司的数。", "This KPI is not measured per unit; the company's figure is used."
)
SHARED_KPIS = Bilingual(
    "{period} 有目标的口径下，{denominator} 个部门中 {numerator} 个的目标含共享指标，即 {value}。",
    "{numerator} of {denominator} departments have a shared KPI among their targets for {period}: {value}.",
)
DIRECT_STORES = Bilingual(
    "{stores} 家直营门店（{period}）门店净销售额 {numerator}，占全部净销售额 {denominator} 的 {value}。",
    "{stores} own stores ({period}) sold {numerator} of all net sales of {denominator}: {value}.",
)
WITH_OTHER_CHANNELS = Bilingual(
    "记在门店名下的本地生活、直播等订单也含在内。",
    "Orders of local-life, livestream and other channels booked on a store are included.",
)
TARGET_OF_COMPANY = Bilingual(
    "该单元没有自己的目标，取全公司的目标。", "The unit has no target of its own; the company's is used."
)
TARGET = Bilingual("{kpi}的目标（{period}）为 {value}。", "The target of {kpi} ({period}) is {value}.")
GROWTH = Bilingual(
    "{kpi} {period} 为 {now}，去年同期 {before}，同比 {value}。",
    "{kpi} was {now} in {period} and {before} a year earlier: {value}.",
)

NOTHING = Bilingual("", "")
MARKED = Bilingual("组织架构标明的牵头组织", "marked as leading in the organisation")
THE_LEAD = Bilingual("牵头人", "the lead")
THE_MANAGER = Bilingual("牵头人的直属上级", "the lead's line manager")
HOLDERS = Bilingual("（{count}在任）", "({count})")
IS_OUTSOURCED = Bilingual("外包", "outsourced")
COST_TYPES = {
    "content": Bilingual("内容", "content"),
    "campaign": Bilingual("活动", "campaigns"),
    "ad_media": Bilingual("广告媒体", "ad media"),
    "labour": Bilingual("人力（门店）", "labour (stores)"),
}

NO_HOLDERS = Bilingual("{unit}之内当日没有人任目录岗位。", "Nobody in {unit} holds a catalogue role on this day.")
NO_LEADERS = Bilingual(
    "{unit}之内没有人任全域战略管理或用户运营，也没有标明的牵头组织。",
    "Nobody in {unit} holds omnichannel strategy or user operations, and no unit is marked as leading.",
)
NO_TEAM = Bilingual(
    "牵头人员直接挂在{unit}（{level}），没有单独的团队可判断。",
    "The leading people stand in {unit} itself ({level}); there is no team of its own to judge.",
)
NO_LEAD = Bilingual(
    "{unit}当日没有人任全域战略管理或用户运营，看不出牵头人。",
    "Nobody in {unit} holds omnichannel strategy or user operations on this day, so the lead cannot be told.",
)
NO_STAFF = Bilingual("{unit}之内当日没有员工。", "{unit} has no staff on this day.")
NO_DEPARTMENTS = Bilingual("{unit}之内没有部门。", "{unit} holds no departments.")
NO_TARGETS = Bilingual("{period} 没有任何目标。", "There are no targets for {period}.")
NO_TARGET = Bilingual("{period} 没有设{kpi}的目标。", "No target of {kpi} is set for {period}.")
NO_PERIOD = Bilingual("截至当日还没有算过任何月份的指标值。", "No month has been computed by this day.")
NO_VALUE = Bilingual("{kpi}（{period}）没有值：{reason}。", "{kpi} ({period}) has no value: {reason}.")
NO_YEAR_EARLIER = Bilingual(
    "{kpi}在去年同期（{period}）没有值，算不出同比。", "{kpi} has no value a year earlier ({period}) to compare with."
)
NO_STORES = Bilingual("{unit}之内没有直营门店。", "{unit} holds no own stores.")
NO_COSTS = Bilingual(
    "到 {period} 为止的一年里，没有记在该组织名下的品牌费用或门店人力费用。",
    "No brand costs and no labour costs of stores are booked on the unit in the year to {period}.",
)
COSTS = Bilingual(
    "到 {period} 为止的一年：内容、活动与广告费用 {brand}，门店人力费用 {labour}。",
    "In the year to {period}: content, campaigns and ads {brand}, labour of stores {labour}.",
)
