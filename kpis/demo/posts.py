"""The people of headquarters and of the two operating teams, and the roles they held over time: data only. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kpis.demo.scale import REORGANISED_ON, START


@dataclass(frozen=True, slots=True)
class Post:
    """One person outside the stores. `boss` is the key of the line manager; `cost` is CNY a month."""

    key: str
    unit: str
    boss: str | None
    cost: int
    hired: date = date(2021, 3, 1)
    left: date | None = None
    fill: str = "internal"
    fte: str = "1.0"


@dataclass(frozen=True, slots=True)
class Held:
    """One role held by one person; `share` is the part of full time."""

    key: str
    role: str
    unit: str
    share: str
    start: date
    end: date | None = None


def _on(year: int, month: int, day: int = 1) -> date:
    return date(year, month, day)


POSTS: tuple[Post, ...] = (
    Post("ceo", "G", None, 120_000, _on(2012, 5)),
    Post("hr", "D-HR", "ceo", 46_000, _on(2016, 8)),
    Post("marketing", "D-MKT", "ceo", 58_000, _on(2015, 4)),
    Post("sales", "D-SAL", "ceo", 60_000, _on(2013, 6)),
    Post("commerce", "D-EC", "ceo", 55_000, _on(2017, 2)),
    Post("goods", "D-MD", "ceo", 52_000, _on(2014, 9)),
    Post("tech", "D-IT", "ceo", 54_000, _on(2016, 1)),
    Post("data", "D-DA", "ceo", 48_000, _on(2018, 7)),
    Post("training", "D-TR", "hr", 36_000, _on(2017, 10)),
    Post("bu1", "BU1", "ceo", 78_000, _on(2014, 3)),
    Post("bu2", "BU2", "ceo", 62_000, _on(2020, 6)),
    Post("centre", "BU1-UC", "ceo", 45_000, _on(2019, 5)),
    Post("hr2", "D-HR", "hr", 18_000, _on(2020, 4)),
    Post("users1", "BU1-UC", "centre", 24_000, _on(2020, 9)),
    Post("users2", "BU1-UC", "centre", 21_000, _on(2021, 11)),
    Post("users3", "BU1-UC", "centre", 17_500, _on(2026, 2, 9)),
    Post("members1", "BU1-UC", "centre", 22_000, _on(2021, 4)),
    Post("members2", "BU1-UC", "members1", 15_500, _on(2026, 3, 16)),
    Post("mall1", "BU1-UC", "centre", 23_000, _on(2020, 12)),
    Post("mall2", "BU1-UC", "mall1", 16_000, _on(2025, 9, 8)),
    Post("content1", "BU1-UC", "centre", 22_500, _on(2020, 5)),
    Post("content2", "D-MKT", "marketing", 20_000, _on(2021, 7)),
    Post("content3", "D-MKT", "content2", 14_000, _on(2025, 3), fill="outsourced"),
    Post("content4", "D-MKT", "marketing", 17_000, _on(2022, 2), left=_on(2025, 8, 29)),
    Post("tmall", "D-EC", "commerce", 25_000, _on(2019, 8)),
    Post("jd", "D-EC", "commerce", 22_000, _on(2021, 5)),
    Post("live", "D-EC", "commerce", 18_000, _on(2024, 11), left=_on(2026, 3, 31), fill="outsourced"),
    Post("ads1", "D-MKT", "marketing", 24_000, _on(2020, 10)),
    Post("ads2", "D-MKT", "ads1", 19_000, _on(2025, 5, 6), fill="outsourced"),
    Post("ads3", "BU1-UC", "centre", 20_500, _on(2026, 1, 12)),
    Post("analyst1", "D-DA", "data", 27_000, _on(2020, 3)),
    Post("analyst2", "D-DA", "data", 21_000, _on(2025, 4, 7)),
    Post("analyst3", "BU1-UC", "centre", 23_000, _on(2026, 2, 23)),
    Post("coach1", "D-TR", "training", 19_000, _on(2020, 7)),
    Post("coach2", "BU1-UC", "centre", 18_500, _on(2021, 9)),
    Post("product1", "D-IT", "tech", 28_000, _on(2019, 11)),
    Post("product2", "BU1-UC", "centre", 24_500, _on(2022, 6), fill="seconded"),
    Post("goods1", "D-MD", "goods", 24_000, _on(2018, 4)),
    Post("goods2", "BU1-UC", "centre", 20_000, _on(2026, 4, 13)),
    Post("pilot1", "BU2-PRJ", "sales", 23_000, _on(2021, 1), fill="seconded", fte="0.5"),
    Post("pilot2", "BU2-PRJ", "pilot1", 15_000, _on(2025, 6, 2), fill="outsourced"),
    Post("pilot3", "BU2-PRJ", "pilot1", 14_500, _on(2025, 6, 2), fill="outsourced"),
)

_BEFORE = date.fromordinal(REORGANISED_ON.toordinal() - 1)
_NOW = REORGANISED_ON

HELD: tuple[Held, ...] = (
    # the reorganisation: the team inside marketing ends, the user centre of Lanxi starts
    Held("centre", "omni-strategy", "D-MKT", "0.4", START, _BEFORE),
    Held("centre", "user-ops", "D-MKT", "0.6", START, _BEFORE),
    Held("centre", "omni-strategy", "BU1-UC", "1.0", _NOW),
    Held("users1", "user-ops", "D-MKT", "0.6", START, _BEFORE),
    Held("users1", "member-ops", "D-MKT", "0.4", START, _BEFORE),
    Held("users1", "user-ops", "BU1-UC", "1.0", _NOW),
    Held("users2", "user-ops", "D-MKT", "0.5", START, _BEFORE),
    Held("users2", "content-marketing", "D-MKT", "0.5", START, _BEFORE),
    Held("users2", "user-ops", "BU1-UC", "0.6", _NOW),
    Held("users2", "content-marketing", "BU1-UC", "0.4", _NOW),
    Held("users3", "user-ops", "BU1-UC", "1.0", _on(2026, 2, 9)),
    Held("members1", "member-ops", "D-MKT", "0.5", START, _on(2025, 5, 31)),
    Held("members1", "data-analysis", "D-MKT", "0.5", START, _on(2025, 5, 31)),
    Held("members1", "member-ops", "D-MKT", "1.0", _on(2025, 6, 1), _BEFORE),
    Held("members1", "member-ops", "BU1-UC", "1.0", _NOW),
    Held("members2", "member-ops", "BU1-UC", "1.0", _on(2026, 3, 16)),
    Held("mall1", "private-mall-ops", "D-EC", "1.0", START, _BEFORE),
    Held("mall1", "private-mall-ops", "BU1-UC", "1.0", _NOW),
    Held("mall2", "private-mall-ops", "D-EC", "1.0", _on(2025, 9, 8), _BEFORE),
    Held("mall2", "private-mall-ops", "BU1-UC", "1.0", _NOW),
    Held("content1", "content-marketing", "D-MKT", "1.0", START, _BEFORE),
    Held("content1", "content-marketing", "BU1-UC", "1.0", _NOW),
    Held("content2", "content-marketing", "D-MKT", "1.0", START),
    Held("content3", "content-marketing", "D-MKT", "1.0", _on(2025, 3, 1)),
    Held("content4", "content-marketing", "D-MKT", "1.0", START, _on(2025, 8, 29)),
    Held("tmall", "public-platform-ops", "D-EC", "1.0", START),
    Held("jd", "public-platform-ops", "D-EC", "1.0", START),
    Held("live", "public-platform-ops", "D-EC", "1.0", START, _on(2026, 3, 31)),
    Held("ads1", "ad-delivery", "D-MKT", "1.0", START),
    Held("ads2", "ad-delivery", "D-MKT", "1.0", _on(2025, 5, 6)),
    Held("ads3", "ad-delivery", "BU1-UC", "1.0", _on(2026, 1, 12)),
    Held("analyst1", "data-analysis", "D-DA", "1.0", START),
    Held("analyst2", "data-analysis", "D-DA", "1.0", _on(2025, 4, 7)),
    Held("analyst3", "data-analysis", "BU1-UC", "1.0", _on(2026, 2, 23)),
    Held("coach1", "training-enablement", "D-TR", "1.0", START),
    Held("coach2", "training-enablement", "D-TR", "0.5", START, _BEFORE),
    Held("coach2", "training-enablement", "BU1-UC", "1.0", _NOW),
    Held("product1", "product-ops", "D-IT", "0.7", START),
    Held("product1", "data-analysis", "D-IT", "0.2", START),
    Held("product2", "product-ops", "D-IT", "0.5", START, _BEFORE),
    Held("product2", "product-ops", "BU1-UC", "1.0", _NOW),
    Held("goods1", "merchandise-ops", "D-MD", "1.0", START),
    Held("goods2", "merchandise-ops", "BU1-UC", "1.0", _on(2026, 4, 13)),
    # the virtual team of Xiaoya: borrowed part time or bought in; its lead is planned over full time
    Held("pilot1", "user-ops", "BU2-PRJ", "0.4", _on(2025, 6, 2)),
    Held("pilot1", "member-ops", "BU2-PRJ", "0.3", _on(2025, 6, 2)),
    Held("pilot1", "content-marketing", "BU2-PRJ", "0.3", _on(2025, 6, 2)),
    Held("pilot1", "private-mall-ops", "BU2-PRJ", "0.3", _on(2025, 6, 2)),
    Held("pilot2", "user-ops", "BU2-PRJ", "0.3", _on(2025, 6, 2)),
    Held("pilot2", "content-marketing", "BU2-PRJ", "0.4", _on(2025, 6, 2)),
    Held("pilot2", "private-mall-ops", "BU2-PRJ", "0.3", _on(2025, 6, 2)),
    Held("pilot3", "content-marketing", "BU2-PRJ", "0.4", _on(2025, 6, 2)),
    Held("pilot3", "private-mall-ops", "BU2-PRJ", "0.4", _on(2025, 6, 2)),
    Held("pilot3", "member-ops", "BU2-PRJ", "0.2", _on(2025, 6, 2)),
)
