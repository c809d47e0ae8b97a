"""What the demo retailer words itself: a duty of its own in user operations, and a title its guides go by."""

from __future__ import annotations

from roles.queries.library import role_library
from roles.role_texts import content_of
from roles.services.library import save_role

DUTY = {
    "zh": "每周与门店复盘社群的活跃与转化",
    "en": "Reviews with the stores every week how active communities are and what they buy",
}
TITLES = {"zh": "云店顾问", "en": "Cloud store adviser"}


def seed_role_texts() -> None:
    """Add them; a second run changes nothing."""
    roles = {role.key.value: content_of(role) for role in role_library().roles.values()}
    duties = [*roles["user-ops"]["duties"], DUTY]
    save_role("user-ops", {"duties": duties}, actor_id=None, note="社群例会 2024")
    titles = {code: [*said, TITLES[code]] for code, said in roles["digital-guide"]["aliases"].items()}
    save_role("digital-guide", {"aliases": titles}, actor_id=None, note="门店叫法")
