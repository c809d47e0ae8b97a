"""Team phases as pages show them: the phase of a day, its duties and positions, what is ticked, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from omnichannel.core.text import Bilingual
from orgstages.catalogue import load_stages
from orgstages.catalogue.specs import TeamPhase
from orgstages.models import CriterionTick, PhaseEntry
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import UnitTree
from roles.queries.people import role_covers


@dataclass(frozen=True, slots=True)
class Tick:
    """The evidence for a criterion: who gave it and when."""

    met_on: date
    evidence: str
    author: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of leaving the phase; `number` counts from 0 in the catalogue. `tick` is the evidence that counts."""

    number: int
    names: Bilingual
    source: str
    tick: Tick | None


@dataclass(frozen=True, slots=True)
class PhaseStay:
    """One stay of a team in a phase; `until` is the day it left, None while it is there. `ticks` has withdrawn ones."""

    pk: int
    phase: TeamPhase
    since: date
    until: date | None
    reason: str
    author: str
    ticks: tuple[tuple[int, Tick], ...]


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team with the stay of the day and all others, the newest first."""

    unit: str
    unit_name: str
    stay: PhaseStay
    criteria: tuple[Criterion, ...]
    history: tuple[PhaseStay, ...]

    @property
    def met(self) -> int:
        """How many criteria are met."""
        return sum(one.tick is not None for one in self.criteria)

    @property
    def is_ready(self) -> bool:
        """True when the team may move on."""
        return self.met == len(self.criteria)

    @property
    def following(self) -> TeamPhase | None:
        """The phase after this one."""
        return next((phase for phase in ordered_phases() if phase.order == self.stay.phase.order + 1), None)


@dataclass(frozen=True, slots=True)
class PositionFill:
    """A position of a phase, and for each role it covers whether somebody in the team holds it."""

    names: Bilingual
    roles: tuple[tuple[RoleKey, Bilingual, bool], ...]


def ordered_phases() -> list[TeamPhase]:
    """Return the phases in their order."""
    return sorted(load_stages().team_phases.values(), key=lambda phase: phase.order)


def teams(*, as_of: date, tree: UnitTree, within: str | None = None, only: str = "") -> tuple[TeamView, ...]:
    """Return the teams that are in a phase on the day, in the order of the tree; two queries however many there are."""
    units = [only] if only else list(tree.nodes if within is None else tree.subtree(within))
    rows = PhaseEntry.objects.filter(since__lte=as_of).select_related("author").order_by("-since", "-pk")
    if only or within is not None:
        rows = rows.filter(unit_external_id__in=units)
    entries: dict[str, list[PhaseEntry]] = {}
    for row in rows:
        entries.setdefault(row.unit_external_id, []).append(row)
    ticks = _ticks([row for found in entries.values() for row in found], as_of=as_of)
    order = {unit: place for place, unit in enumerate(tree.nodes)}
    shown = sorted((unit for unit in entries if unit in tree), key=order.__getitem__)
    return tuple(_team(unit, entries[unit], ticks, tree=tree) for unit in shown)


def team(unit: str, *, as_of: date, tree: UnitTree) -> TeamView | None:
    """Return one team, or None while it is in no phase."""
    return next(iter(teams(as_of=as_of, tree=tree, only=unit)), None)


def positions_of(phase: TeamPhase, *, unit: str, as_of: date, tree: UnitTree) -> tuple[PositionFill, ...]:
    """Return the positions of a phase and whether the team and what is below it holds their roles."""
    held = set(role_covers(as_of=as_of, within=unit, tree=tree))
    names = roles_here().roles
    return tuple(
        PositionFill(position.names, tuple((role, names[role].names, role in held) for role in position.roles))
        for position in phase.positions
    )


def _ticks(entries: Sequence[PhaseEntry], *, as_of: date) -> dict[int, list[CriterionTick]]:
    found: dict[int, list[CriterionTick]] = {}
    rows = CriterionTick.objects.filter(entry__in=entries, met_on__lte=as_of).select_related("author", "withdrawn_by")
    for row in rows.order_by("criterion", "pk"):
        found.setdefault(row.entry_id, []).append(row)
    return found


def _team(
    unit: str, rows: Sequence[PhaseEntry], ticks: Mapping[int, Iterable[CriterionTick]], *, tree: UnitTree
) -> TeamView:
    ends = [None, *(row.since for row in rows)]
    history = tuple(_stay(row, end, ticks.get(row.pk, ())) for row, end in zip(rows, ends, strict=False))
    now = history[0]
    valid = {number: tick for number, tick in now.ticks if tick.withdrawn_at is None}
    criteria = tuple(
        Criterion(number, spec.names, spec.source, valid.get(number))
        for number, spec in enumerate(now.phase.exit_criteria)
    )
    return TeamView(unit, tree.nodes[unit].name, now, criteria, history)


def _stay(row: PhaseEntry, until: date | None, ticks: Iterable[CriterionTick]) -> PhaseStay:
    phase = load_stages().team_phases[row.phase]
    given = tuple((tick.criterion, _tick(tick)) for tick in ticks)
    return PhaseStay(row.pk, phase, row.since, until, row.reason, str(row.author or ""), given)


def _tick(row: CriterionTick) -> Tick:
    return Tick(
        row.met_on, row.evidence, str(row.author or ""), row.created_at, row.withdrawn_at, str(row.withdrawn_by or "")
    )
