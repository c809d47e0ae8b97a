"""What follows from a written document: read after it is written and, by the clock of knowledge, before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from roles.models import Assignment, Employment, SeatVersion, as_known
from roles.queries.org_chart import UnitCount, UnitTree, unit_counts, unit_tree
from roles.services.documents.chart import ChartEffect, ChartEntry, RoleLoss, UnitEffect


@dataclass(frozen=True, slots=True)
class _Reading:
    tree: UnitTree
    counts: Mapping[str, UnitCount]
    holders: Mapping[tuple[str, str], frozenset[str]]
    seated: frozenset[str]
    seats: Mapping[str, str]


def effect_of(*, on: date, written_at: datetime) -> ChartEffect:
    """Compare the day as it is known now with the day as it was known before what was written at that moment."""
    after = _read(on)
    with as_known(written_at - timedelta(microseconds=1)):
        before = _read(on)
    return ChartEffect(
        units=tuple(_units(before, after)),
        coverage_lost=tuple(
            RoleLoss(role, unit, tuple(sorted(people)))
            for (role, unit), people in sorted(before.holders.items())
            if (role, unit) not in after.holders
        ),
        seats_opened=tuple(
            ChartEntry(seat, after.seats[seat]) for seat in sorted(before.seated - after.seated) if seat in after.seats
        ),
    )


def _read(on: date) -> _Reading:
    tree = unit_tree(as_of=on)
    holders: dict[tuple[str, str], set[str]] = {}
    rows = Assignment.objects.on(on).values_list("role_key", "unit__external_id", "person__external_id")
    for role, unit, person in rows:
        holders.setdefault((role, unit), set()).add(person)
    seated = Employment.objects.on(on).exclude(seat=None).values_list("seat__external_id", flat=True)
    seats = SeatVersion.objects.on(on).values_list("seat__external_id", "title")
    return _Reading(
        tree,
        unit_counts(tree),
        {cell: frozenset(people) for cell, people in holders.items()},
        frozenset(seated),
        dict(seats),
    )


def _units(before: _Reading, after: _Reading) -> list[UnitEffect]:
    found = []
    for unit in {**after.tree.nodes, **before.tree.nodes}:
        old, new = before.counts.get(unit, UnitCount()), after.counts.get(unit, UnitCount())
        if (old.people, old.fte) != (new.people, new.fte):
            node = after.tree.nodes.get(unit) or before.tree.nodes[unit]
            found.append(UnitEffect(unit, node.name, old.people, new.people, old.fte, new.fte))
    return found
