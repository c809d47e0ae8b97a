"""What the demo retailer has in the talent app: written through the same services as the browser's forms."""

from __future__ import annotations

from collections.abc import Callable

from talent.services.demo.headcount import seed_headcount
from talent.services.demo.job_descriptions import seed_job_descriptions
from talent.services.demo.pay import seed_pay
from talent.services.demo.people import seed_people
from talent.services.demo.role_texts import seed_role_texts
from talent.services.demo.training import seed_training

# In the order they are written; each reads the demo's organisation and takes nothing.
SEEDS: tuple[Callable[[], None], ...] = (
    seed_role_texts,
    seed_pay,
    seed_job_descriptions,
    seed_people,
    seed_headcount,
    seed_training,
)


def seed_talent() -> None:
    """Fill the workspace in scope."""
    for seed in SEEDS:
        seed()
