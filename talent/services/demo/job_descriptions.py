"""The demo retailer's job descriptions: four that are issued, one of them for a unit, and a draft of its own words."""

from __future__ import annotations

from omnichannel.workspaces.queries.zones import current_day
from roles.catalogue import RoleKey
from roles.choices import UnitLevel
from roles.queries.org_chart import unit_tree
from roles.queries.stages import DEFAULT, adopted_stages
from talent.people.pay import Level
from talent.queries.jd_materials import Subject
from talent.queries.job_descriptions_kept import kept_rows
from talent.services.job_descriptions import Author, issue_version, save_version

ISSUED = (
    (RoleKey.USER_OPS, Level.MANAGER, "zh"),
    (RoleKey.DATA_ANALYSIS, Level.MANAGER, "zh"),
    (RoleKey.DATA_ANALYSIS, Level.MANAGER, "en"),
    (RoleKey.DIGITAL_GUIDE, Level.SPECIALIST, "zh"),
)
PURPOSE = "让私域用户从加粉到复购都有人负责：**分层清楚、节奏稳定、结果可量**。"
REWORDED = "经营会员等级与权益，让高价值会员**留得住、买得多、愿意推荐**。"


def seed_job_descriptions() -> None:
    """Keep and issue them in the stage of the whole organisation; a second run changes nothing."""
    if kept_rows({}).exists():
        return
    today = current_day()
    tree = unit_tree(as_of=today)
    top = next(iter(tree.root_ids), "")
    stages = adopted_stages(today, tree=tree)
    stage = stages.get(top, DEFAULT).stage.value
    author = Author(None, today)
    for role, level, language in ISSUED:
        texts = {"purpose": PURPOSE} if (role, language) == (RoleKey.USER_OPS, "zh") else {}
        subject = Subject(role.value, stage, level.value, language)
        kept = save_version(subject, sections=texts, author=author)
        issue_version(kept.job_description_id, number=kept.number, author=author)
    member = Subject(RoleKey.MEMBER_OPS.value, stage, Level.MANAGER.value, "zh")
    save_version(member, sections={}, author=author)
    save_version(member, sections={"purpose": REWORDED}, author=author, note="目的改为本公司的说法")
    unit = next((node for node in tree if node.level is UnitLevel.BUSINESS_UNIT), None)
    if unit is None:
        return
    adopted = stages[unit.external_id]
    there = Subject(
        RoleKey.USER_OPS.value, adopted.stage.value, Level.DIRECTOR.value, "zh", adopted.subtype.value, unit.external_id
    )
    kept = save_version(there, sections={}, author=author)
    issue_version(kept.job_description_id, number=kept.number, author=author)
