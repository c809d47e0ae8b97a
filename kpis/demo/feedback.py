"""What people say and learn: surveys and ratings, training records, reviews by managers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from kpis.demo.orders import Ledger, World
from kpis.demo.people import NEVER, People
from kpis.demo.posts import HELD
from kpis.demo.scale import DAYS, MONTH_STARTS, MONTHS, date_of, day_of, rng_for
from kpis.demo.write import Cell, Sink
from omnichannel.core.periods import Period, quarter_of

QUALITATIVE: dict[str, tuple[str, ...]] = {
    "omni-strategy": ("team_collaboration", "objective_quality"),
    "content-marketing": ("brand_partnership",),
    "ad-delivery": ("ad_cost_optimisation", "creative_optimisation"),
    "data-analysis": ("metric_system_quality", "dashboard_usability", "research_quality"),
    "training-enablement": ("tool_familiarity",),
    "product-ops": ("ux_experimentation",),
    "merchandise-ops": ("channel_relationship", "assortment_planning"),
}
EVIDENCE: dict[str, str] = {
    "team_collaboration": "与电商、商品部共建{n}个联合项目,例会纪要齐全",
    "objective_quality": "季度目标拆解到{n}个里程碑,口径清楚可核对",
    "brand_partnership": "促成{n}次品牌联名,合作方复盘评价良好",
    "ad_cost_optimisation": "淘汰{n}个低效计划,单个私域用户成本下降",
    "creative_optimisation": "完成{n}轮素材测试,点击率高于上季",
    "metric_system_quality": "统一了{n}个指标口径并写入数据字典",
    "dashboard_usability": "看板按反馈修改{n}处,周活跃使用人数上升",
    "research_quality": "提交{n}份专题分析,结论被业务采用",
    "tool_familiarity": "抽查{n}家门店,导购能独立完成标准动作",
    "ux_experimentation": "上线{n}个体验实验,结论写入需求池",
    "channel_relationship": "协调{n}次渠道货品冲突,均在一周内解决",
    "assortment_planning": "按人群洞察调整{n}个品类的货盘",
    "manager_rating": "本季完成{n}项重点工作,沟通及时",
}
SURVEYS: tuple[tuple[str, str, float, float], ...] = (  # kind, subject, mean, scale
    ("nps", "brand", 8.3, 10),
    ("csat", "member_service", 4.4, 5),
    ("csat", "private_mall", 4.3, 5),
    ("training_feedback", "training", 4.4, 5),
)


def write_surveys(world: World, ledger: Ledger, *, sink: Sink) -> None:
    """Write surveys.csv: one row an answer, and the monthly shop ratings as means with their number of answers."""
    rng = rng_for(world.seed, "surveys")
    rows: list[list[Cell]] = []
    known = np.flatnonzero(ledger.customer >= 0)
    starts = np.searchsorted(ledger.day[known], MONTH_STARTS)
    each = {"tiny": 8, "small": 45}.get(world.scale.name, 400)
    for month, period in enumerate(MONTHS):
        for kind, subject, mean, scale in SURVEYS:
            for _ in range(each):
                day = period.start + timedelta(days=int(rng.integers(0, (period.end - period.start).days)))
                score = int(
                    np.clip(round(float(rng.normal(mean + 0.01 * month, scale * 0.16))), 1 if scale == 5 else 0, scale)
                )
                order = known[int(rng.integers(starts[month], max(starts[month] + 1, starts[month + 1])))]
                trainee = kind == "training_feedback"
                person = None if trainee else world.customers.ids[int(ledger.customer[order])].as_py()
                rows.append([f"RS-{len(rows) + 1:06d}", day, kind, subject, score, int(scale), 1, person, None])
        for mean in (4.78, 4.72):  # the two platform shops
            score_text = f"{mean + 0.004 * month + float(rng.normal(0, 0.03)):.2f}"
            answers = int(rng.integers(80, 200)) * max(1, world.scale.stores // 60)
            row: list[Cell] = [f"RS-{len(rows) + 1:06d}", period.last_day, "platform_rating", "public_platform"]
            rows.append([*row, min(score_text, "5.00"), 5, answers, None, None])
    columns = (
        "response_id",
        "date",
        "kind",
        "subject",
        "score",
        "scale_max",
        "responses",
        "customer_id",
        "employee_id",
    )
    sink.add_rows("surveys", columns, rows)


def write_training(world: World, posts: dict[str, str], *, sink: Sink) -> None:
    """Write training_records.csv: guides practise soon after taking up the role, headquarters in camps."""
    rng = rng_for(world.seed, "training")
    people = world.people
    rows: list[list[Cell]] = []
    for person in np.flatnonzero(people.digital):
        begin = max(int(people.digital_from[person]), 0) + int(rng.integers(3, 200))
        while begin < min(DAYS, int(people.left[person])):
            rows.append(_course(people, int(person), "frontline-practice", 24, begin, len(rows), rng))
            begin += int(rng.integers(240, 420))
    for employee in sorted({posts[held.key] for held in HELD}):
        position = people.index[employee]
        for programme, hours in (("awareness", 2), ("operator-training", 40)):
            begin = max(int(people.hired[position]), 0) + int(rng.integers(5, 400))
            if begin < min(DAYS, int(people.left[position])):
                rows.append(_course(people, position, programme, hours, begin, len(rows), rng))
    rows.sort(key=lambda row: (str(row[2]), str(row[0])))
    columns = (
        "employee_id", "programme_id", "started_on", "completed_on", "hours", "exam_score", "passed", "certificate_no",
        "expires_on",
    )  # fmt: skip
    sink.add_rows("training_records", columns, rows)


def _course(
    people: People, person: int, programme: str, hours: int, begin: int, number: int, rng: np.random.Generator
) -> list[Cell]:
    employee, left = people.text(person), int(people.left[person])
    start, done = date_of(begin), begin + int(rng.integers(2, 11))
    completed = date_of(done) if done < min(DAYS, left) and rng.random() < 0.95 else None
    if completed is None or programme == "awareness":
        return [employee, programme, start, completed, hours if completed else hours // 2, None, None, None, None]
    score = int(np.clip(rng.normal(82, 10), 35, 100))
    passed = score >= 70
    certificate = f"C-{completed.year}-{number + 1:05d}" if passed else None
    # a certificate ends with the job, else people who left would count as certified staff
    expires = date_of(min(done + 730, left)) if passed else None
    return [employee, programme, start, completed, hours, score, passed, certificate, expires]


def _quarters() -> list[Period]:
    """Return the quarters of the data; the last one has begun and carries interim reviews."""
    return sorted({quarter_of(month.start) for month in MONTHS})


def write_reviews(world: World, posts: dict[str, str], *, sink: Sink) -> None:
    """Write reviews.csv: every qualitative KPI each quarter, for the people and for the role."""
    rng = rng_for(world.seed, "reviews")
    rows: list[list[Cell]] = []
    for turn, quarter in enumerate(_quarters()):
        for kpi, kind, subject, reviewer, skill in _subjects(world, posts, quarter, recent=turn >= 5):
            score = int(np.clip(round(float(rng.normal(skill + 0.03 * turn, 0.55))), 1, 5))
            evidence = EVIDENCE[kpi].format(n=int(rng.integers(2, 7)))
            rows.append([str(quarter), kpi, kind, subject, reviewer, score, evidence])
    columns = ("period", "kpi_id", "subject_kind", "subject_id", "reviewer_id", "score", "evidence")
    sink.add_rows("reviews", columns, rows)


def _subjects(
    world: World, posts: dict[str, str], quarter: Period, *, recent: bool
) -> Iterator[tuple[str, str, str, str, float]]:
    """Yield (KPI, subject kind, subject, reviewer, usual score); the director has two reviewers."""
    people = world.people
    boss = {
        key: people.text(int(people.managers[people.index[employee]]))
        for key, employee in posts.items()
        if key != "ceo"
    }
    held = [h for h in HELD if h.start < quarter.end and (h.end is None or h.end >= quarter.start)]
    keys = sorted({(h.key, h.role) for h in held})
    for key, role in keys:
        for kpi in QUALITATIVE.get(role, ()):
            yield kpi, "employee", posts[key], boss[key], 3.7 + 0.25 * (len(key) % 3)
            if role == "omni-strategy":
                yield kpi, "employee", posts[key], posts["hr"], 4.1
    for role in sorted({role for _, role in keys}):
        for kpi in QUALITATIVE.get(role, ()):
            yield kpi, "role", role, posts["ceo"], 4.1
    for key in sorted({key for key, _ in keys}):
        yield "manager_rating", "employee", posts[key], boss[key], 4.0
    if recent:
        for person in np.flatnonzero(people.digital):
            at_work = max(people.hired[person], people.digital_from[person]) < day_of(quarter.end) - 30
            if at_work and (people.left[person] >= NEVER or people.left[person] > day_of(quarter.start)):
                yield (
                    "manager_rating",
                    "employee",
                    people.text(int(person)),
                    people.text(int(people.managers[person])),
                    3.8,
                )
