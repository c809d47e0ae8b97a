"""The sentences of a pattern, in both languages: what is expected, and why something is a gap."""

from __future__ import annotations

from omnichannel.core.text import Bilingual
from roles.catalogue import StageKey

LEADING_UNIT = Bilingual("牵头单位：{department}", "Leading unit: {department}")
NOBODY_LEADS = Bilingual(
    "没有单位被标为牵头，也没有人担任全域战略管理或用户运营",
    "No unit is marked as leading, and nobody holds omnichannel strategy or user operations",
)
PLACES = {
    StageKey.PROJECT: Bilingual("该形态由虚拟项目组牵头", "this form is led by a virtual project team"),
    StageKey.STRONG_DEPARTMENT: Bilingual(
        "该形态的牵头团队设在优势部门之内", "in this form the leading team sits inside the strong department"
    ),
    StageKey.FIRST_LEVEL: Bilingual("该形态由一级部门牵头", "in this form a first-level department leads"),
}
BUT = Bilingual("{found}；而{expected}", "{found}; but {expected}")
HOST = Bilingual("牵头团队所在部门：{department}", "Host of the leading team: {department}")
HOST_FOUND = Bilingual("{team}在{host}之内", "{team} is inside {host}")
HOST_WRONG = Bilingual("{team}不在{host}之内", "{team} is not inside {host}")
HOST_UNKNOWN = Bilingual("没有认出承担{department}的单位", "No unit was recognised as {department}")
LINE = Bilingual("负责人向{who}汇报", "The lead reports to: {who}")
NO_LEAD = Bilingual(
    "{unit}里没有在职者担任全域战略管理或用户运营，没有负责人",
    "In {unit} nobody at work holds omnichannel strategy or user operations, so it has no lead",
)
NO_LEADING = Bilingual("没有牵头单位，也就没有负责人", "Without a leading unit there is no lead")
NO_MANAGER = Bilingual("{unit}的负责人没有上级", "The lead of {unit} has no line manager")
REPORTS_IN = Bilingual(
    "{unit}的负责人的上级在{manager}（{level}）", "The manager of the lead of {unit} works in {manager} ({level})"
)
LINE_WRONG = Bilingual("应向{who}汇报", "the lead should report to {who}")
DEPARTMENT_FOUND = {
    "level": Bilingual("{count} 个：{units}", "{count}: {units}"),
    "name": Bilingual("按名称认出：{units}", "Recognised by its name: {units}"),
    "said": Bilingual("已指定：{units}", "As has been said: {units}"),
    "leading": Bilingual("牵头单位：{units}", "The leading unit: {units}"),
}
SHARED_AT = Bilingual("{found}（共用部门）", "{found} (shared department)")
DEPARTMENT_MISSING = Bilingual(
    "在{unit}及其共用部门里没有认出这样的单位",
    "No such unit was recognised in {unit} or among the departments it shares",
)
NO_RECEIVER = Bilingual("{reason}；关系 {numbers} 没有接收方", "{reason}; no receiver for relation no. {numbers}")
ONE_BUSINESS = Bilingual(
    "只有 {count} 个事业部：平台要服务多个事业部或品牌", "Only {count} business unit: a platform serves several"
)
HELD = Bilingual("{people}，{fte} 全职当量，专职 {dedicated}", "{people}, {fte} FTE, {dedicated} of them dedicated")
CORE_MISSING = Bilingual(
    "核心岗位没有人担任：该形态需要专职人员", "Nobody holds this core role, which needs a dedicated holder"
)
SHARED_MISSING = Bilingual(
    "没有人担任：可由有其他岗位的人兼任", "Nobody holds it; somebody with another role may take it on"
)
PART_TIME = Bilingual(
    "{held}：没有人投入八成以上，而该形态需要专职人员",
    "{held}: nobody gives four fifths of their time, and this form needs a dedicated holder",
)
NOT_NEEDED = Bilingual("该形态不要求", "This form does not ask for it")
DOUBLED = Bilingual(
    "{role}在 {count} 处各有负责人：{units}；应由一处统领",
    "{role} is led in {count} places: {units}; one place should lead it",
)
SINGLE = Bilingual("各核心岗位都只由一处统领", "Each core role is led in one place")
ONE_PLACE = Bilingual("核心岗位由一处统领", "Core roles are led in one place")
ENDS = Bilingual("{giver} → {receiver}", "{giver} → {receiver}")
NO_GIVER = Bilingual("没有牵头单位，没有给出方", "Without a leading unit nobody gives")
NOBODY_RECEIVES = Bilingual("没有认出接收方：{department}", "The receiver was not recognised: {department}")
LATER = Bilingual("项目跑通后才有接收方", "The receiver comes once the project has proved itself")
UNOWNED = Bilingual("{ends}：还没有指定负责人", "{ends}: nobody has been named to see to it")
OWNED = Bilingual("{ends}：已有负责人", "{ends}: somebody sees to it")
REGIONS = Bilingual("每个区域有人承接总部策略", "Every region has somebody who carries out what HQ plans")
LARGE_REGIONS = Bilingual(
    "大区（{most} 家门店起）有用户运营或培训赋能",
    "Large regions ({most} stores or more) have user operations or training",
)
REGION_FOUND = Bilingual("{count} 个区域都有用户运营或培训赋能", "All {count} regions have user operations or training")
REGION_MISSING = Bilingual(
    "{count} 个区域中 {gaps} 个没有用户运营或培训赋能：{units}",
    "{gaps} of {count} regions have neither user operations nor training: {units}",
)
NO_REGIONS = Bilingual("没有区域", "There are no regions")
NO_LARGE = Bilingual("没有达到 {most} 家门店的区域", "No region has {most} stores")
STORES = Bilingual("门店有数字导购", "Stores have digital guides")
NO_STORES = Bilingual("没有门店", "There are no stores")
STORE_FOUND = Bilingual("{count} 家门店都有数字导购", "All {count} stores have a digital guide")
PILOT_FOUND = Bilingual("{held} 家试点门店有数字导购", "{held} pilot stores have a digital guide")
STORE_MISSING = Bilingual("{count} 家门店中 {gaps} 家没有数字导购", "{gaps} of {count} stores have no digital guide")
AND_MORE = Bilingual("{names}等", "{names} and others")
