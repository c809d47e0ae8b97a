"""Which role a title means, by which rule, and how roles are found by any title: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roles.catalogue import load_roles
from roles.titles import Fit, Mapped, NamedRole, TitleRule, find_roles, map_title, plain_title

ROLES = tuple(
    NamedRole(key.value, (role.names.zh, role.names.en, *role.aliases.zh, *role.aliases.en))
    for key, role in load_roles().roles.items()
)


@pytest.mark.parametrize(
    ("title", "role", "rule"),
    [
        ("社群运营", "user-ops", TitleRule.EXACT),
        ("crm  Manager", "user-ops", TitleRule.EXACT),
        ("CRM", "member-ops", TitleRule.EXACT),
        ("CRM 经理（华东）", "user-ops", TitleRule.CONTAINS),
        ("资深天猫运营", "public-platform-ops", TitleRule.CONTAINS),
        ("保安", "", TitleRule.NONE),
        ("", "", TitleRule.NONE),
    ],
)
def test_a_title_is_mapped_by_the_strongest_rule_that_fits(title: str, role: str, rule: TitleRule) -> None:
    found = map_title(title, ROLES, {})
    assert (found.role, found.rule) == (role, rule)


def test_the_workspace_says_more_than_any_rule_and_may_say_that_a_title_means_no_role() -> None:
    own = {plain_title("社群运营"): "member-ops", plain_title("CRM"): ""}
    assert map_title("社群 运营", ROLES, own) == Mapped("member-ops", TitleRule.OWN, "社群 运营")
    assert map_title("crm", ROLES, own).role == ""
    assert map_title("crm", ROLES, own).rule is TitleRule.OWN


def test_the_longest_title_inside_decides() -> None:
    roles = (NamedRole("a", ("运营",)), NamedRole("b", ("社群运营",)), NamedRole("c", ("长",)))
    assert map_title("高级社群运营", roles, {}).role == "b"
    assert map_title("店长", roles, {}).rule is TitleRule.NONE


@pytest.mark.parametrize(
    ("words", "role", "fit"),
    [
        ("社群运营", "user-ops", Fit.EXACT),
        ("社群", "user-ops", Fit.BEGINS),
        ("shequn", "user-ops", Fit.TYPED),
        ("sqyy", "user-ops", Fit.TYPED),
        ("crmjl", "user-ops", Fit.TYPED),
        ("growth operations", "user-ops", Fit.EXACT),
        ("growthoperations", "user-ops", Fit.EXACT),
        ("某公司抖音店铺运营", "public-platform-ops", Fit.AROUND),
        ("digital-guide", "digital-guide", Fit.EXACT),
    ],
)
def test_a_role_is_found_by_names_parts_pinyin_and_initials(words: str, role: str, fit: Fit) -> None:
    found = find_roles(words, ROLES)[0]
    assert (found.role, found.fit) == (role, fit)


def test_nothing_is_found_by_nothing() -> None:
    assert find_roles(" -（）", ROLES) == ()
    assert find_roles("宇航员", ROLES) == ()


@given(st.sampled_from([(role.key, title) for role in ROLES for title in role.titles]), st.sampled_from(" -　/"))
def test_every_title_of_a_role_finds_it_however_it_is_spaced_or_written(named: tuple[str, str], gap: str) -> None:
    key, title = named
    written = gap.join(title.swapcase())
    assert key in {one.role for one in find_roles(written, ROLES) if one.fit is Fit.EXACT}


MARKET_TITLES = {
    "ad-delivery": ("投放优化师", "信息流投放", "信息流优化师", "广告优化师", "Media buyer", "Performance marketer"),
    "content-marketing": ("短视频运营", "小红书运营", "内容策划", "Social media manager", "Content marketer"),
    "data-analysis": ("数据分析师", "商业分析师", "Data analyst"),
    "digital-guide": ("店员", "美容顾问", "Sales associate", "Beauty advisor"),
    "member-ops": ("会员经理", "会员运营经理", "Loyalty manager"),
    "merchandise-ops": ("买手", "商品经理", "Merchandiser"),
    "private-mall-ops": ("小程序运营", "商城运营", "Mini-program operations"),
    "public-platform-ops": (
        "京东运营",
        "抖音运营",
        "淘宝运营",
        "拼多多运营",
        "直播运营",
        "E-commerce manager",
        "Live commerce",
    ),
    "training-enablement": ("培训师", "培训专员", "Training manager"),
    "user-ops": ("增长黑客", "社群经理", "用户增长", "Growth hacker", "Community manager", "CRM manager"),
}


@pytest.mark.parametrize(("role", "title"), [(role, each) for role, some in MARKET_TITLES.items() for each in some])
def test_a_title_of_the_labour_market_finds_its_role_first(role: str, title: str) -> None:
    assert map_title(title, ROLES, {}).role == role
    assert find_roles(title, ROLES)[0].role == role
