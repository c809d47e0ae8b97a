"""The executive page: every unit's stage side by side, coverage, company figures, what could fail, and what comes next.

The number of queries does not depend on how many units there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kpis.engine.specs import COMPANY
from kpis.queries.alert_words import AlertWords, words_of
from kpis.queries.alerts import AlertFilter, alerts_within
from kpis.queries.overview import Freshness, KeyFigure, company_kpis, freshness, key_figures
from kpis.queries.subjects import answers_for
from omnichannel.core.periods import Period
from orgstages.catalogue import load_stages
from orgstages.queries.diagnosis import Diagnosed, diagnose_all
from orgstages.queries.failure_watch import FailureWatch, Signal, WatchedMode, failure_watches
from orgstages.queries.phases import TeamView, teams
from orgstages.queries.relations import relations_of_units
from orgstages.queries.roadmaps import MilestoneView, RoadmapView, next_milestones, roadmaps
from roles.catalogue import ExpectationLevel, RoleKey
from roles.coverage import CoverState
from roles.queries.coverage_map import MapRow, coverage_of
from roles.queries.org_chart import UnitTree, unit_tree

ALERTS_SHOWN, MILESTONES_SHOWN, MODES_SHOWN = 5, 6, 8
RISK_ORDER = {"missed": 0, "low": 1, "near": 3, "met": 5}
WORSE, NO_TARGET, NO_FIGURE = 2, 4, 6


@dataclass(frozen=True, slots=True)
class CoreCover:
    """How many of the core roles that a unit's sub-type expects are filled, and which are shared or missing.

    `asked_of` is the unit above that the expectation is asked of, where it is not this one; nothing is counted then.
    """

    filled: int
    expected: int
    shared: tuple[RoleKey, ...]
    missing: tuple[RoleKey, ...]
    asked_of: str = ""


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """A unit with its verdict, its core roles and how many of its `relations` nobody owns.

    A unit that works in the stage of a unit above has no expectation of its own: `cover.asked_of` names that unit.
    """

    found: Diagnosed
    cover: CoreCover
    unowned: int
    relations: int


@dataclass(frozen=True, slots=True)
class Watched:
    """A failure mode of a unit's sub-type with the signal that says most; `signal` is None where none is computed."""

    unit: Diagnosed
    watch: FailureWatch
    mode: WatchedMode
    signal: Signal | None


@dataclass(frozen=True, slots=True)
class Executive:
    """Everything the page and its PDF show. `watched` stands with the worst first."""

    as_of: date
    period: Period | None
    tree: UnitTree
    units: tuple[UnitStanding, ...]
    figures: tuple[KeyFigure, ...]
    watched: tuple[Watched, ...]
    alerts: tuple[AlertWords, ...]
    red: int
    milestones: tuple[tuple[RoadmapView, MilestoneView], ...]
    overdue: int
    teams: tuple[TeamView, ...]
    freshness: Freshness


def executive(*, as_of: date, period: Period | None) -> Executive:
    """Gather the page for a day and a month of figures. Alerts are those of now: they have no other day."""
    found = diagnose_all(as_of=as_of)
    tree = found[0].evidence.tree if found else unit_tree(as_of=as_of)
    units = _standings(found, tree)
    red = AlertFilter(state="open", level="red").apply(alerts_within(tree, unit=None), tree=tree)
    roads = roadmaps(today=as_of, tree=tree)
    waiting = next_milestones([road for road in roads if road.start_on <= as_of])
    return Executive(
        as_of=as_of,
        period=period,
        tree=tree,
        units=units,
        figures=key_figures(company_kpis(period), period=period, scope=COMPANY) if period else (),
        watched=_watched([each.found for each in units if not each.cover.asked_of], tree=tree, period=period),
        alerts=tuple(words_of(red[:ALERTS_SHOWN], tree=tree)),
        red=red.count(),
        milestones=tuple(waiting[:MILESTONES_SHOWN]),
        overdue=sum(one.days > 0 for _road, one in waiting),
        teams=teams(as_of=as_of, tree=tree),
        freshness=freshness(),
    )


def _standings(found: Sequence[Diagnosed], tree: UnitTree) -> tuple[UnitStanding, ...]:
    held = found[0].evidence.holdings if found else None
    covers = [core_cover(row) for row in coverage_of([each.unit.external_id for each in found], tree=tree, held=held)]
    deciding = {
        each.unit.external_id: each.adopted.subtype
        for each, cover in zip(found, covers, strict=True)
        if not cover.asked_of
    }
    owned = relations_of_units(deciding, as_of=tree.as_of, tree=tree)
    standings = []
    for each, cover in zip(found, covers, strict=True):
        relations = owned.get(each.unit.external_id, ())
        standings.append(UnitStanding(each, cover, sum(not one.is_owned for one in relations), len(relations)))
    return tuple(standings)


def core_cover(row: MapRow) -> CoreCover:
    """Count the core roles of a unit's row in the coverage map."""
    core = [cell for cell in row.cells if cell.expected is ExpectationLevel.CORE]
    return CoreCover(
        filled=sum(cell.state is CoverState.FILLED for cell in core),
        expected=len(core),
        shared=tuple(cell.role for cell in core if cell.state is CoverState.SHARED),
        missing=tuple(cell.role for cell in core if cell.state is CoverState.MISSING),
        asked_of="" if row.is_judged else row.judged.name,
    )


def _watched(found: Sequence[Diagnosed], *, tree: UnitTree, period: Period | None) -> tuple[Watched, ...]:
    """Return the failure modes of the sub-types that units decided for, the ones whose KPI stands worst first."""
    catalogue = load_stages()
    asked = [
        (catalogue.subtypes[each.adopted.subtype].failure_modes, answers_for(each.unit.external_id, tree))
        for each in found
    ]
    watches = failure_watches(asked, period=period)
    lines = [
        Watched(each, watch, mode, min(mode.signals, key=risk, default=None))
        for each, watch in zip(found, watches, strict=True)
        for mode in watch.modes
    ]
    return tuple(sorted(lines, key=lambda line: NO_FIGURE if line.signal is None else risk(line.signal)))


def risk(signal: Signal) -> int:
    """Rank a signal: missed and low first, then what got worse, then near, then what has no target, met, no figure."""
    if signal.value is None or signal.value.value is None:
        return NO_FIGURE
    if signal.status in ("missed", "low"):
        return RISK_ORDER[signal.status]
    if signal.worse:
        return WORSE
    return RISK_ORDER.get(signal.status, NO_TARGET)
