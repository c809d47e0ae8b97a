"""The demo retailer's pay bands, two facts of its own about the labour market, and what it says about job titles."""

from __future__ import annotations

from decimal import Decimal

from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey
from roles.choices import TitleSay
from roles.services.titles import say_title
from talent.people.pay import Level
from talent.services.labour import FactInput, save_fact
from talent.services.pay_bands import write_bands

SINCE, SOURCE = "2025-01-01", "薪酬委员会 2024-12"
# The middle of a specialist's band by role; levels and cities follow from it.
MIDDLES = {
    RoleKey.OMNI_STRATEGY: 26_000,
    RoleKey.USER_OPS: 20_000,
    RoleKey.MEMBER_OPS: 19_000,
    RoleKey.PRIVATE_MALL_OPS: 20_000,
    RoleKey.CONTENT_MARKETING: 19_000,
    RoleKey.PUBLIC_PLATFORM_OPS: 21_000,
    RoleKey.AD_DELIVERY: 21_000,
    RoleKey.DATA_ANALYSIS: 23_000,
    RoleKey.DIGITAL_GUIDE: 7_500,
    RoleKey.TRAINING_ENABLEMENT: 19_000,
    RoleKey.PRODUCT_OPS: 23_000,
    RoleKey.MERCHANDISE_OPS: 21_000,
}
RAISES = {Level.SPECIALIST: Decimal(1), Level.MANAGER: Decimal("1.4"), Level.DIRECTOR: Decimal("2.2")}
DEAR_CITIES = {"上海": Decimal("1.15"), "北京": Decimal("1.15"), "杭州": Decimal("1.05")}
FACTS = (
    FactInput("同行用户运营经理平均月薪", Decimal(21_500), "元/月", 2025, "本公司对标调研，18 家零售企业"),
    FactInput("本公司招聘数字导购的平均到岗天数", Decimal(24), "天", 2025, "本公司招聘系统"),
)
TITLES = (
    ("直播运营", RoleKey.CONTENT_MARKETING, "直播间归内容团队"),
    ("大区经理", None, "销售管理岗，不在全域岗位图内"),
)


def seed_pay() -> None:
    """Fill pay bands, own facts and titles of the workspace in scope."""
    write_bands([*_bands("", Decimal(1)), *_city_bands()], actor_id=None)
    for fact in FACTS:
        if fact.year is not None and fact.year <= current_day().year:
            save_fact(fact, actor_id=None)
    for title, role, note in TITLES:
        says = TitleSay.ROLE if role else TitleSay.NONE
        say_title(title, says=says, role=role.value if role else "", note=note, actor_id=None)


def _city_bands() -> list[dict[str, str]]:
    guides = {RoleKey.DIGITAL_GUIDE: MIDDLES[RoleKey.DIGITAL_GUIDE]}
    return [row for city, dearer in DEAR_CITIES.items() for row in _bands(city, dearer, middles=guides)]


def _bands(city: str, dearer: Decimal, *, middles: dict[RoleKey, int] | None = None) -> list[dict[str, str]]:
    rows = []
    for role, base in (middles or MIDDLES).items():
        for level, raised in RAISES.items():
            middle = _round(base * raised * dearer)
            money = {
                "low": str(_round(middle * Decimal("0.8"))),
                "middle": str(middle),
                "high": str(_round(middle * Decimal("1.3"))),
            }
            about = {"role": role.value, "level": level.value, "city": city, "since": SINCE, "source": SOURCE}
            rows.append(about | money)
    return rows


def _round(amount: Decimal) -> Decimal:
    """Return the amount to the hundred, as bands are written."""
    return (amount / 100).quantize(Decimal(1)) * 100
