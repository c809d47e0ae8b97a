"""How fast a whole org chart is taken: first, again unchanged, with 1 % changes, against a bare COPY of the same rows.

`python -m omnichannel.services.org_bench` does the work in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import os
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from omnichannel.services.bench_stack import copy_seconds, figures_of
from omnichannel.services.memory import peak_mb

if TYPE_CHECKING:
    from rest_framework.test import APIClient

UNITS, SEATS, PEOPLE = 3_000, 3_000, 12_000
ROUNDS = 3
EVERY = 100  # one in so many differs in the changed document
# what the first document becomes: identities, dated facts, and the log of what was written
TABLES = (
    "roles_unit",
    "roles_unitversion",
    "roles_seat",
    "roles_seatversion",
    "roles_person",
    "roles_employment",
    "roles_assignment",
    "roles_orgchange",
)
OWN = "omnichannel"
URL = f"/api/v1/workspaces/{OWN}/org-chart/"


def orgsync_figures() -> dict[str, float]:
    """Return seconds of each kind of document, their ratio to COPY of the rows it becomes, and peak megabytes.

    A document goes the whole way of a client's: JSON, token, checks, lock, revision, commit on durable disk.
    """
    return figures_of(["-m", "omnichannel.services.org_bench"], durable=True)


def chart(*, changed: bool = False) -> dict[str, list[dict[str, Any]]]:
    """Return a retailer of 12 regions: stores below them, four people in each, a leader's seat in each."""
    units = [_unit(number, changed=changed and number % EVERY == 50) for number in range(UNITS)]
    people = [_person(number, changed=changed and number % EVERY == 50) for number in range(PEOPLE)]
    seats = [
        {"external_id": f"P{number:05}", "unit_external_id": f"U{number:05}", "title": "店长", "is_head": True}
        for number in range(SEATS)
    ]
    roles = ("digital-guide", "user-ops", "member-ops", "content-marketing")
    held = [
        {
            "person_external_id": f"E{number:05}",
            "role": roles[number // UNITS % len(roles)],
            "unit_external_id": people[number]["unit_external_id"],
            "share": "0.5" if changed and number % EVERY == 50 else "0.8",
            "start_on": "2024-03-01",
        }
        for number in range(PEOPLE)
    ]
    return {"units": units, "seats": seats, "people": people, "assignments": held}


def _unit(number: int, *, changed: bool) -> dict[str, Any]:
    level, parent = "store", f"U{1 + (number + changed) % 12:05}"
    if number <= 12:
        level, parent = ("region", "U00000") if number else ("group", "")
    return {
        "external_id": f"U{number:05}",
        "name": f"单位 {number}",
        "level": level,
        "parent_external_id": parent or None,
    }


def _person(number: int, *, changed: bool) -> dict[str, Any]:
    unit = (number + (1 if changed else 0)) % UNITS
    seated = number < SEATS and not changed
    return {
        "external_id": f"E{number:05}",
        "display_name": f"员工 {number}",
        "unit_external_id": f"U{unit:05}",
        "manager_external_id": f"E{number % UNITS:05}" if number >= UNITS else ("E00000" if number else None),
        "seat_external_id": f"P{number:05}" if seated else "",
        "hired_on": "2024-03-01",
        "monthly_cost": "8600",
    }


def _measure() -> dict[str, float]:
    """Put the documents in this process; return the figures."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    django.setup()
    client = _client()
    first, changed = json.dumps(chart()).encode(), json.dumps(chart(changed=True)).encode()
    client.get(URL.replace("org-chart", "units"))  # a server has loaded its code before
    taken = {"first_s": _put(client, first)}
    copied = median(copy_seconds(TABLES) for _ in range(ROUNDS))
    again, differing = [], []
    for _ in range(ROUNDS):
        again.append(_put(client, first))
        differing.append(_put(client, changed))
        _put(client, first)
    taken |= {"unchanged_s": median(again), "one_percent_s": median(differing)}
    figures = {name: round(seconds, 2) for name, seconds in taken.items()}
    return {
        **figures,
        "copy_s": round(copied, 3),
        "first_to_copy": round(taken["first_s"] / copied, 1),
        "document_mb": round(len(first) / 2**20, 1),
        "peak_mb": round(peak_mb()),
    }


def _client() -> APIClient:
    from rest_framework.test import APIClient

    from omnichannel.accounts.models import User
    from omnichannel.workspaces.choices import MemberRole, TokenScope
    from omnichannel.workspaces.models import Membership, Workspace
    from omnichannel.workspaces.services.tokens import create_token

    workspace = Workspace.objects.create(slug=OWN, name="Bench")
    user = User.objects.create_user("bench@example.org")
    Membership.objects.create(workspace=workspace, user=user, role=MemberRole.HR_LEAD)
    _token, secret = create_token(workspace, name="bench", scope=TokenScope.WRITE, actor=user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}", HTTP_HOST="localhost")
    return client


def _put(client: APIClient, body: bytes) -> float:
    started = time.perf_counter()
    answer = client.put(f"{URL}?effective_on=2026-11-01", body, content_type="application/json")
    seconds = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(answer.content[:2000].decode())
    return seconds


if __name__ == "__main__":
    print(json.dumps(_measure()))
