"""Four writers at once, round after round, on connections of their own: whatever gets in, the organisation holds.

`ORG_ROUNDS=1000` runs the long way.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from django.db import connection

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.choices import Thing
from roles.models import OrgRevision
from roles.services.ending import end
from roles.services.moving import merge_units, move
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    SyncResult,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from roles.services.undoing import undo
from roles.services.written import Written
from tests.roles.org_model import DAYS
from tests.roles.world import stored

ROUNDS = int(os.environ.get("ORG_ROUNDS", "20"))
WRITERS = 4
UNITS = ["A", "B", "C", "D", "E"]
PEOPLE = ["P1", "P2", "P3", "P4"]
WAIT = 120


@dataclass(frozen=True)
class Act:
    """One writer's part of a round."""

    name: str
    call: Callable[[], Written | SyncResult]


def act(chance: random.Random) -> Act:
    """Draw a change that is likely to be at odds with somebody else's: few units, few people, few days."""
    unit, other, person, leader = (*chance.sample(UNITS, 2), *chance.sample(PEOPLE, 2))
    on = chance.choice(DAYS[1:])
    row = UnitInput(unit, unit, "department", chance.choice([other, "G"]))
    worker = PersonInput(person, unit, DAYS[0], "", chance.choice([None, leader]))
    held = AssignmentInput(person, "user-ops", unit, on)
    acts = [
        *[Act("move", lambda: move(Thing.UNITS, unit, to=other, on=on, actor_id=None))] * 4,
        Act("alone", lambda: move(Thing.UNITS, unit, to=other, on=on, actor_id=None, whole_branch=False)),
        *[Act("lead", lambda: move(Thing.PEOPLE, person, to=unit, on=on, actor_id=None, manager=leader))] * 2,
        Act("merge", lambda: merge_units(unit, into=other, on=on, actor_id=None)),
        Act("close", lambda: end(Thing.UNITS, unit, on=on, actor_id=None)),
        Act("leave", lambda: end(Thing.PEOPLE, person, on=on, actor_id=None, hand_over=True)),
        Act("units", lambda: upsert_units([row], effective_on=on, actor_id=None)),
        Act("people", lambda: upsert_people([worker], effective_on=on, actor_id=None)),
        Act("role", lambda: upsert_assignments([held], actor_id=None)),
        Act("undo", lambda: undo(OrgRevision.objects.count(), actor_id=None)),
    ]
    return chance.choice(acts)


@pytest.mark.django_db(transaction=True)
def test_whatever_four_writers_do_at_once_the_organisation_holds_together() -> None:
    workspace = Workspace.objects.create(slug="acme", name="Acme")
    with workspace_scope(workspace.pk):
        begin()
    gate = Barrier(WRITERS)
    done: dict[str, int] = {}

    def take_part(name: str, call: Callable[[], Written | SyncResult]) -> str | None:
        gate.wait(WAIT)
        with workspace_scope(workspace.pk):
            return name if call().is_ok else None

    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(ROUNDS):
            chance = random.Random(number)
            if number % 25 == 24:
                with workspace_scope(workspace.pk):
                    begin()
            acts = [act(chance) for _ in range(WRITERS)]
            for name in pool.map(lambda one: take_part(one.name, one.call), acts):
                done[name or "refused"] = done.get(name or "refused", 0) + 1
            with workspace_scope(workspace.pk):
                check()
        list(pool.map(lambda _: hang_up(gate), range(WRITERS)))
    assert sum(done.values()) == ROUNDS * WRITERS
    assert len(done) > 4, done


def hang_up(gate: Barrier) -> None:
    """Close the connection of each of the threads."""
    gate.wait(WAIT)
    connection.close()


def begin() -> None:
    """Set the stage, or bring back what has been closed."""
    rows = [UnitInput("G", "G", "group"), *(UnitInput(key, key, "department", "G") for key in UNITS)]
    upsert_units(rows, effective_on=DAYS[0], actor_id=None)
    people = [PersonInput(key, unit, DAYS[0]) for key, unit in zip(PEOPLE, UNITS, strict=False)]
    upsert_people(people, effective_on=DAYS[0], actor_id=None)


def check() -> None:
    """Look at every day, and at the numbers and moments of the revisions."""
    assert stored().faults() == []
    kept = list(OrgRevision.objects.order_by("number").values_list("number", "at"))
    assert [number for number, _at in kept] == list(range(1, len(kept) + 1))
    moments = [at for _number, at in kept]
    assert moments == sorted(set(moments))
