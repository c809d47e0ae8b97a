"""How long it takes to tell all that follows from moving a 200-person branch in a scenario, beside computing the month.

`python -m omnichannel.services.scenario_bench` does the work in a process of its own, on the demo retailer.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from omnichannel.services.bench_stack import figures_of, printed
from omnichannel.services.session import services

if TYPE_CHECKING:
    from datetime import date

    from roles.queries.org_chart import UnitTree

BRANCH = 200  # people
REGION = "region"
ROUNDS = 5
SLUG = "demo"


def scenario_figures(scale: str = "small", *, loaded: bool = False) -> dict[str, float]:
    """Return seconds to put the move into a scenario, for all its consequences, and the ratio to computing the month.

    The consequences are those of the price page: both sides of the whole organisation, verdicts, and every card that
    changes on the rows of the last closed month. `first_s` is the first call of a process. Beside them stand the
    figures of a region's move, which changes thousands of cards. With `loaded` the demo is the one of `./run demo`
    here, running or not, whatever its scale; the scenarios are taken back at the end.
    """
    measure = ["-m", "omnichannel.services.scenario_bench"]
    if loaded:
        with services():
            return printed(measure)
    return figures_of(["manage.py", "seed_demo", "--scale", scale], measure, durable=False)


def _measure() -> dict[str, float]:
    """Move the branch in a scenario of this process's database; return the figures."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    django.setup()
    from django.db import transaction

    from omnichannel.workspaces.clock import today_in
    from omnichannel.workspaces.models import Workspace
    from omnichannel.workspaces.scoping import workspace_scope

    workspace = Workspace.objects.get(slug=SLUG)
    with workspace_scope(workspace.pk), transaction.atomic():
        figures = _moved(today_in(workspace))
        transaction.set_rollback(True)
    return figures


def _moved(today: date) -> dict[str, float]:
    """Move the branch, then a region, each in a scenario of the open workspace."""
    from kpis.services.draft_effect import last_closed
    from roles.queries.consequences import snapshot
    from roles.queries.org_chart import unit_tree

    now, tree = snapshot(today), unit_tree(as_of=today)
    people = {unit: figures.people for unit, figures in now.figures(now.parents).items()}
    period = last_closed(today)
    if period is None:
        raise RuntimeError("no month has been computed")
    branch, region = _branch(tree, people), _region(tree, people)
    edit_s, first, again, cards = _priced(branch, tree, today=today)
    _edit, _first, of_region, cards_of_region = _priced(region, tree, today=today)
    whole = median(_seconds(lambda: _recompute(str(period))) for _ in range(ROUNDS // 2))
    return {
        "people": float(sum(people[root] for root in tree.root_ids)),
        "units": float(len(people)),
        "moved_people": float(sum(people[unit] for unit in branch)),
        "cards": float(cards),
        "edit_s": round(edit_s, 3),
        "first_s": round(first, 3),
        "consequences_s": round(again, 3),
        "recomputation_s": round(whole, 3),
        "ratio": round(again / whole, 3),
        "region_people": float(sum(people[unit] for unit in region)),
        "region_cards": float(cards_of_region),
        "region_consequences_s": round(of_region, 3),
        "region_ratio": round(of_region / whole, 3),
    }


def _priced(units: list[str], tree: UnitTree, *, today: date) -> tuple[float, float, float, int]:
    """Move units in a scenario of their own. Return seconds to write it, for its first price and the next ones' median.

    The last is the number of cards that change.
    """
    from orgstages.services.pricing import price
    from roles.choices import Thing
    from roles.services.moving import move
    from roles.services.scenarios import create, edited

    made, target = create(name="Bench", effective_on=today, actor_id=None), _target(tree, units)

    def edit() -> None:
        with edited(made.pk, actor_id=None):
            for unit in units:
                if not move(Thing.UNITS, unit, to=target, on=today, actor_id=None).is_ok:
                    raise RuntimeError(f"{unit} cannot move to {target}")

    edit_s = _seconds(edit)
    first, *again = [_seconds(lambda: price(made.pk, on=today, today=today)) for _ in range(ROUNDS + 1)]
    found = price(made.pk, on=today, today=today)
    if found.effect is None:
        raise RuntimeError("no month has been computed")
    return edit_s, first, median(again), len(found.effect.cards)


def _branch(tree: UnitTree, people: dict[str, int]) -> list[str]:
    """Return the units whose people come nearest to the number wanted: one, or where none is near it neighbours."""
    below: dict[str, list[str]] = defaultdict(list)
    for node in tree:
        if node.parent is not None:
            below[node.parent].append(node.external_id)
    choices = [[one] for some in below.values() for one in some]
    choices += [_neighbours(some, people) for some in below.values()]
    return min(choices, key=lambda some: (abs(sum(people[one] for one in some) - BRANCH), some))


def _region(tree: UnitTree, people: dict[str, int]) -> list[str]:
    """Return the region with the most people."""
    regions = [node.external_id for node in tree if node.level == REGION]
    return [max(regions, key=lambda one: (people[one], one))]


def _target(tree: UnitTree, moved: list[str]) -> str:
    """Return where units go that stand together: to another unit of their parent's kind, else below a neighbour."""
    parent = tree.nodes[tree.nodes[moved[0]].parent or ""]
    inside = {one for each in moved for one in tree.subtree(each)}
    outside = [node for node in tree if node.external_id not in inside]
    others = [node for node in outside if node.level is parent.level and node.external_id != parent.external_id]
    return next(iter(others or [node for node in outside if node.parent == parent.external_id])).external_id


def _neighbours(units: list[str], people: dict[str, int]) -> list[str]:
    """Return as many of the smaller units, in their order, as hold the number wanted at most; the first at least."""
    chosen, held = units[:1], people[units[0]]
    for one in units[1:]:
        if held + people[one] <= BRANCH:
            chosen.append(one)
            held += people[one]
    return chosen


def _recompute(period: str) -> None:
    """Measure and grade a month as its computation does, without storing it."""
    from kpis.services.computing import compute

    computed = compute({"periods": [period]}, report=lambda *args, **told: None)
    for figures in computed.figures:
        if len(figures.cards) == 0 or figures.values is None:
            raise RuntimeError("nothing was computed")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(_measure()))
