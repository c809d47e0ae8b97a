"""Tasks of the demo's guides, done, late and open, and two requests for ad budget, one released in part."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from kpis.incentives.budget_asks import Instalment
from kpis.models import GuideTask
from kpis.queries.pay.budget_asks import ladder_months
from kpis.services.pay.budget_asks import AskInput, ask_budget, release
from kpis.services.pay.guide_tasks import TaskInput, give_task, mark_done
from omnichannel.core.periods import Period
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.org_chart import unit_tree
from roles.queries.people import holders

SCRIPT = "您好，秋冬新品到店了，我按您上次的尺码留了两件，这周方便来试试吗？"
# days from today, title, what, text to send, whether the guide of the demo has done it
TASKS = (
    (-9, "老客回访", "联系三十天没有下单的老客，记下顾客的需求。", "您好，上次的大衣还合适吗？", True),
    (-2, "朋友圈新品图", "发布一条新品上身图，附上门店地址。", SCRIPT, False),
    (3, "双旦会员邀约", "邀请名下高价值会员参加周末的会员日。", "本周六会员日，到店有礼。", False),
    (10, "更新标签", "给名下会员补上尺码和风格标签，每天不少于十位。", "", False),
)  # fmt: skip


def seed_tasks(*, actor_id: int) -> None:
    """Give the guides of the demo guide's store their tasks; every second colleague has done theirs, some late."""
    guide = Membership.objects.filter(workspace_id=current_workspace_id(), role=MemberRole.GUIDE).first()
    today = current_day()
    tree = unit_tree(as_of=today)
    held = holders(as_of=today, person=guide.person_external_id, tree=tree) if guide else ()
    if guide is None or not held or GuideTask.objects.exists():
        return
    unit = held[0].unit_external_id
    for days, title, what, script, is_done in TASKS:
        due_on = today + timedelta(days=days)
        asked = TaskInput(title, what, due_on, script=script, role=held[0].role_key.value, unit=unit)
        task = give_task(asked, actor_id=actor_id, today=min(today, due_on) - timedelta(days=7))
        for number, row in enumerate(task.people.all()):
            if row.person_external_id == guide.person_external_id:
                if is_done:
                    _done(task.pk, row.person_external_id, min(today, due_on), actor_id=guide.user_id)
            elif number % 2 and days < 0:
                _done(task.pk, row.person_external_id, due_on + timedelta(days=number % 4 - 1), actor_id=actor_id)


def _done(task: int, person: str, on: date, *, actor_id: int) -> None:
    mark_done(task, person, note="", today=on, actor_id=actor_id)


def seed_budget_asks(months: list[Period], *, asker_id: int, decider_id: int) -> None:
    """Ask for two budgets of the newest months; release the first instalment of one."""
    first, last = months[0], months[-1]
    ladder = [line for _month, found in ladder_months(first.start, last.last_day) for line in found.lines]
    asked = AskInput(
        purpose="秋冬新品拉新投放",
        amount=Decimal(300_000),
        starts_on=first.start,
        ends_on=last.last_day,
        campaign=max(ladder, key=lambda line: line.so_far.cost).campaign if ladder else "",
        channel="公众平台信息流",
        targets={
            "impressions": Decimal(500_000),
            "click_rate": Decimal("1.2"),
            "private_users": Decimal(300),
            "cost_per_user": Decimal(60),
            "roi": Decimal("1.5"),
        },
        instalments=[
            Instalment(first.start, Decimal(100_000), {}),
            Instalment(last.start, Decimal(200_000), {"private_users": Decimal(200), "cost_per_user": Decimal(60)}),
        ],
    )
    ask = ask_budget(asked, actor_id=asker_id)
    release(ask.pk, 1, reason="", actor_id=decider_id)
    waiting = AskInput(
        purpose="双旦会员日全渠道投放",
        amount=Decimal(180_000),
        starts_on=last.end,
        ends_on=last.previous(-2).last_day,
        targets={"impressions": Decimal(800_000), "platforms": Decimal(3), "ltv_cac": Decimal(3)},
        instalments=[Instalment(last.end, Decimal(180_000), {})],
    )
    ask_budget(waiting, actor_id=asker_id)
