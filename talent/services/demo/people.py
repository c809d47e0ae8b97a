"""The demo retailer's ratings of some of its people, earlier and now, and whom HR has put into talent pools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey
from roles.catalogue.competence import HIGHEST
from roles.holdings import Holding
from roles.queries.people import holders
from talent.choices import Pool, RatedBy, Readiness
from talent.people.gaps import Ability
from talent.queries.competence import models_on
from talent.services.pools import Place, put_in
from talent.services.rating import Rater, Sheet, save_rating

PER_ROLE, GUIDES = 1, 7
RECENT, EARLIER = timedelta(days=30), timedelta(days=210)
# how far from what is needed the levels lie, in turn; the earlier round shows one less in places
STEPS = (0, -1, 0, 0, 1, 0, -1)
REMARKS = ("带教记录与月度复盘", "活动方案与结果", "", "数据看板与专题报告", "门店走访所见")
PLACES = (
    (Pool.RESERVE, Readiness.ONE_YEAR, "已独立承担两个项目，计划明年接任"),
    (Pool.CORE, Readiness.NOW, "连续两季目标达成，关键岗位骨干"),
    (Pool.RESERVE, Readiness.TWO_YEARS, "潜力突出，先补齐管理能力"),
    (Pool.INNOVATIVE, Readiness.NOW, "提出并验证了新的社群玩法"),
)
MOST_IN_POOLS = 8


def seed_people() -> None:
    """Rate some fifteen people and fill the pools of the workspace in scope."""
    today = current_day()
    chosen = _chosen(today)
    models = models_on(as_of=today)
    for number, one in enumerate(chosen):
        model = models[one.role_key.value]
        if number % 2 == 0:
            _rate(one, model, number + 3, on=today - EARLIER, today=today, lower=1)
        _rate(one, model, number, on=today - RECENT, today=today)
        if number % 3 != 2:
            _rate(one, model, number + 1, on=today - RECENT, today=today, side=RatedBy.SELF)
    _fill_pools(chosen, today)


def _chosen(today: date) -> list[Holding]:
    """Return the first holder of each role and several guides, each person once, of those long enough here."""
    left = {role: GUIDES if role is RoleKey.DIGITAL_GUIDE else PER_ROLE for role in RoleKey}
    seen: set[str] = set()
    found = []
    for one in holders(as_of=today):
        is_new = one.person_external_id not in seen and one.start <= today - EARLIER
        if is_new and left.get(one.role_key, 0) and (one.end is None or one.end > today):
            left[one.role_key] -= 1
            seen.add(one.person_external_id)
            found.append(one)
    return found


def _rate(
    one: Holding,
    model: Sequence[Ability],
    number: int,
    *,
    on: date,
    today: date,
    side: RatedBy = RatedBy.MANAGER,
    lower: int = 0,
) -> None:
    level = "director" if one.role_key is RoleKey.OMNI_STRATEGY else "manager" if number % 3 == 0 else "specialist"
    levels: dict[str, int | None] = {
        each.key: max(0, min(HIGHEST, each.needed[level] + STEPS[(number + place) % len(STEPS)] - lower * (place % 2)))
        for place, each in enumerate(model)
    }
    remarks = {each.key: REMARKS[(number + place) % len(REMARKS)] for place, each in enumerate(model)}
    own = one.person_external_id if side is RatedBy.SELF else ""
    save_rating(
        one.person_external_id,
        role=one.role_key.value,
        rated_by=side,
        sheet=Sheet(level, on, levels, remarks if side is RatedBy.MANAGER else {}),
        rater=Rater(user_id=None, today=today, person=own),
        finish=True,
    )


def _fill_pools(chosen: list[Holding], today: date) -> None:
    """Put every second of them into a pool: as a successor for the role after their own, or for none certain."""
    for number, one in enumerate(chosen[::2][:MOST_IN_POOLS]):
        pool, readiness, reason = PLACES[number % len(PLACES)]
        others = [each.role_key.value for each in chosen[2 * number + 1 :] + chosen if each.role_key != one.role_key]
        target = "" if pool is Pool.INNOVATIVE or not others else others[0]
        place = Place(pool.value, target, readiness.value, today - RECENT, reason)
        put_in(one.person_external_id, place=place, today=today, actor_id=None)
