"""A scenario and the live organisation that has moved on: conflicts, choices, what does not hold together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from roles.choices import ScenarioStatus, StepKind, Thing
from roles.errors import ScenarioConflicts, UnknownConflict
from roles.queries.feed import newest_revision
from roles.queries.scenarios import ScenarioChange, change_of
from roles.services.scenarios.drafting import drafted
from roles.services.scenarios.entries import Drift, Entry, Place, drift_of, entries_of, entry_or_none
from roles.services.scenarios.keeping import OPEN, in_status, note_step, scenario_of
from roles.services.sync.checks import lock_organisation, patiently
from roles.services.sync.state_checks import StateIssue
from roles.state_merge import Conflict, Side


def conflicts(scenario_id: int) -> tuple[Conflict, ...]:
    """Return where the scenario and the live organisation have changed the same field on the same day, not alike."""
    return drift_of(entries_of(scenario_of(scenario_id).changes)).conflicts


def outcome(scenario_id: int, *, choices: Mapping[str, Side] | None = None) -> tuple[ScenarioChange, ...]:
    """Return what applying the scenario would make of the organisation as it is now: each thing, from live to merged.

    Conflicts end as `choices` say, by their ids; the scenario's side stands in those without one.
    """
    drift = drift_of(entries_of(scenario_of(scenario_id).changes), choices=choices)
    return tuple(
        change_of(*place, drift.live[place], merged.state)
        for place, merged in drift.merged.items()
        if merged.state != drift.live[place]
    )


def problems(scenario_id: int) -> tuple[tuple[Thing, StateIssue], ...]:
    """Return what of the scenario cannot stand in the organisation as it is now (gone, loop, taken days), and why."""
    with drafted(scenario_id) as draft:
        return draft.left_out


@patiently()
def choose(scenario_id: int, chosen: Mapping[str, Side], *, actor_id: int | None) -> None:
    """Settle conflicts, by their ids. An approved scenario waits for approval again: what was approved has changed.

    UnknownConflict when one of them is no longer there as it was shown; nothing is settled then.
    """
    scenario = in_status(scenario_of(scenario_id, lock=True), *OPEN, ScenarioStatus.SUBMITTED, ScenarioStatus.APPROVED)
    lock_organisation()
    entries = entries_of(scenario.changes)
    found = drift_of(entries).conflicts
    if not chosen.keys() <= {conflict.id for conflict in found}:
        raise UnknownConflict
    settled = drift_of(entries, choices=chosen)
    touched = {(conflict.thing, conflict.key) for conflict in found if conflict.id in chosen}
    changed = note_step(scenario, _rebased(settled, touched), kind=StepKind.CHOICE, actor_id=actor_id)
    if changed and scenario.status == ScenarioStatus.APPROVED:
        scenario.status, scenario.decided_by, scenario.decided_at = ScenarioStatus.SUBMITTED, None, None
        scenario.save(update_fields=["status", "decided_by", "decided_at"])


@patiently()
def bring_up_to_date(scenario_id: int, *, actor_id: int | None) -> None:
    """Let the scenario rest on the organisation as it is now. ScenarioConflicts while choices are open."""
    scenario = in_status(scenario_of(scenario_id, lock=True), *OPEN)
    lock_organisation()
    drift = drift_of(entries_of(scenario.changes))
    if drift.conflicts:
        raise ScenarioConflicts(len(drift.conflicts))
    note_step(scenario, _rebased(drift, drift.entries), kind=StepKind.UPDATE, actor_id=actor_id)
    scenario.baseline = newest_revision()
    scenario.save(update_fields=["baseline"])


def _rebased(drift: Drift, places: Collection[Place]) -> dict[Place, Entry | None]:
    return {place: entry_or_none(drift.merged[place].base, drift.merged[place].state) for place in places}
