"""What the org chart knows beyond who works where: planned seats, secondary lines, and how units changed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from kpis.demo.org import BUSINESS_UNITS, UNIT_COLUMNS, USER_CENTRE, Org
from kpis.demo.posts import HELD, POSTS
from kpis.demo.scale import END, REORGANISED_ON
from kpis.demo.write import Cell, Sink

CAMPAIGN_TEAM = "PRJ-1111"
TEAM_FROM, TEAM_UNTIL = date(2026, 9, 1), date(2027, 3, 1)
MOVED_STORE, MOVES_ON = "S0202", date(2027, 1, 1)
UNITS_FILE = "org_units_2027-01"
SEATS_FROM = date(2010, 1, 1)
GIVEN_UP_AFTER = timedelta(days=180)  # a place that nobody has taken for half a year is planned no longer
SEAT_COLUMNS = (
    "seat_id", "unit_id", "title", "role_id", "grade", "planned_fte", "monthly_budget", "is_head", "starts_on",
    "ends_on",
)  # fmt: skip
LINE_COLUMNS = ("line_id", "between", "kind", "from_id", "to_id", "start_on", "end_on", "note")
HEADS = {
    "ceo": "总经理", "hr": "人力资源总监", "marketing": "市场总监", "sales": "销售总监", "commerce": "电商总监",
    "goods": "商品总监", "tech": "信息总监", "data": "数据总监", "training": "培训总监", "bu1": "兰溪事业部总经理",
    "bu2": "小芽事业部总经理", "centre": "用户运营中心负责人", "pilot1": "全域项目负责人",
}  # fmt: skip
TITLES = {
    "hr": "人力资源专员", "users": "用户运营经理", "members": "会员运营经理", "mall": "私域商城运营",
    "content": "内容策划", "tmall": "天猫运营", "jd": "京东运营", "live": "直播运营", "ads": "投放优化师",
    "analyst": "数据分析师", "coach": "培训师", "product": "产品经理", "goods": "商品运营", "pilot": "全域项目成员",
}  # fmt: skip
# Planned in the user centre and not filled yet.
OPEN_SEATS = (
    ("数据分析师", "data-analysis", "P6", date(2026, 8, 24)),
    ("会员运营专员", "member-ops", "P4", date(2026, 10, 12)),
)
LENT = ("content2", "ads1", "analyst1", "product1", "tmall", "users1")


def post_seats() -> dict[str, str]:
    """Return the seat of each post outside the stores by its key: numbered within the unit."""
    counts: Counter[str] = Counter()
    found = {}
    for post in POSTS:
        counts[post.unit] += 1
        found[post.key] = f"P-{post.unit}-{counts[post.unit]:02d}"
    return found


def head_seat(unit: str) -> str:
    """Return the seat of who leads a region or a store."""
    return f"P-{unit}-00"


def guide_seat(unit: str, place: int) -> str:
    """Return the seat of a guide's place in a store, counted from 0."""
    return f"P-{unit}-{place + 1:02d}"


def given_up(left: date | None) -> date | None:
    """Return the day from which a place that nobody took after its holder is planned no longer; None while it is."""
    day = None if left is None else left + GIVEN_UP_AFTER
    return None if day is None or day >= END else day


def write_seats(
    org: Org, *, regions: Sequence[str], slots_of: Sequence[int], ends: Mapping[str, date | None], sink: Sink
) -> None:
    """Write seats.csv: one for each post, manager and guide's place, whether anybody sits in it or not.

    `ends` says which guides' places were given up, and from which day.
    """
    rows = [*_posts(), *_open_seats()]
    rows += [
        _seat(head_seat(region), region, "大区经理", grade="M3", budget=30_000, is_head=True) for region in regions
    ]
    for store, (unit, count) in enumerate(zip(org.store_ids, slots_of, strict=True)):
        rows.append(_seat(head_seat(unit), unit, "店长", grade="M1", budget=12_000, is_head=True))
        role = "digital-guide" if org.store_bu[store] == 0 else None
        rows += [
            _seat(seat, unit, "导购", grade="S1", budget=8_500, role=role, ends=ends.get(seat))
            for seat in (guide_seat(unit, place) for place in range(count))
        ]
    sink.add_rows("seats", SEAT_COLUMNS, rows)


def _posts() -> Iterator[list[Cell]]:
    seats, held = post_seats(), {one.key: one.role for one in HELD if one.end is None}
    for post in POSTS:
        title = HEADS.get(post.key) or TITLES[post.key.rstrip("0123456789")]
        is_head = post.key in HEADS
        yield _seat(
            seats[post.key],
            post.unit,
            title,
            grade="M4" if is_head else "P5",
            budget=post.cost + 2_000,
            role=held.get(post.key),
            fte=post.fte,
            is_head=is_head,
            ends=given_up(post.left),
        )


def _open_seats() -> Iterator[list[Cell]]:
    for number, (title, role, grade, since) in enumerate(OPEN_SEATS, start=91):
        seat = f"P-{USER_CENTRE}-{number}"
        yield _seat(seat, USER_CENTRE, title, grade=grade, budget=22_000, role=role, starts=since)


def _seat(
    seat: str,
    unit: str,
    title: str,
    *,
    grade: str,
    budget: int,
    role: str | None = None,
    fte: str = "1.0",
    is_head: bool = False,
    starts: date = SEATS_FROM,
    ends: date | None = None,
) -> list[Cell]:
    return [seat, unit, title, role, grade, fte, f"{budget}.00", is_head, starts, ends]


def write_lines(org: Org, *, posts: Mapping[str, str], sink: Sink) -> None:
    """Write reporting_lines.csv: stores to the digital side of headquarters, people lent to the campaign team."""
    note = "数字化运营"
    rows: list[Sequence[Cell]] = [
        [f"L-{unit}-EC", "units", "functional", unit, "D-EC", REORGANISED_ON, None, note]
        for unit, owner in zip(org.store_ids, org.store_bu, strict=True)
        if BUSINESS_UNITS[owner] == "BU1"
    ]
    lead = posts["commerce"]
    rows += [
        [f"L-1111-{posts[key]}", "people", "project", posts[key], lead, TEAM_FROM, TEAM_UNTIL, "双十一全域作战"]
        for key in LENT
    ]
    rows.append(["L-UC-MKT", "units", "functional", USER_CENTRE, "D-MKT", REORGANISED_ON, None, "品牌与内容口径"])
    sink.add_rows("reporting_lines", LINE_COLUMNS, rows)


def write_changes(org: Org, *, sink: Sink) -> None:
    """Write the file of what units were and will be: the reorganisation, a team that ends, a store that moves.

    It is no table of its own but a second file of `org_units`, to be loaded after the first.
    """
    centre = (USER_CENTRE, "用户运营组", "department", "D-MKT", "na", "上海", False, None, None, REORGANISED_ON)
    now = (USER_CENTRE, "兰溪用户运营中心", "department", "BU1", "na", "上海", True, None, REORGANISED_ON, None)
    team = (CAMPAIGN_TEAM, "双十一全域作战组", "project_team", "G", "na", "上海", False, None, TEAM_FROM, TEAM_UNTIL)
    store = org.rows[MOVED_STORE]
    stays = [*store[:6], False, None, None, MOVES_ON]
    moves = [*store[:3], "R01", *store[4:6], False, None, MOVES_ON, None]
    rows: list[Sequence[Cell]] = [centre, now, team, stays, moves]
    sink.add_rows(UNITS_FILE, UNIT_COLUMNS, rows)
