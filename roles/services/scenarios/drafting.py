"""Reading and editing a draft: it is written into the organisation, read or changed there, and all of it taken back.

So pages and figures of a scenario come from the same code as those of the live organisation. What is written here is
in a transaction that never ends well, under the organisation's lock: nobody else sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from roles.choices import OrgSource, StepKind, Thing
from roles.errors import ScenarioDay
from roles.models import OrgChange, Scenario, showing
from roles.queries.feed import newest_revision
from roles.services.scenarios.entries import (
    Drift,
    Entry,
    Place,
    drift_of,
    entries_of,
    entry_or_none,
    live_states,
)
from roles.services.scenarios.keeping import OPEN, editable, note_step, scenario_of
from roles.services.sync.checks import PATIENCE, patiently
from roles.services.sync.restoring import restore_things
from roles.services.sync.revisions import Aside, Recorder, aside, revision, too_early_words
from roles.services.sync.state_checks import StateIssue
from roles.state_diff import State, differs_before
from roles.state_merge import Conflict, merge

# A preview of scores keeps the lock for seconds: who looks on waits for it, and who writes must not be refused by it.
WRITERS_PATIENCE = "15s"


@dataclass(slots=True)
class Draft:
    """A scenario as the organisation shows it inside the block.

    `changes` is what differs from the live organisation (revision and all are taken back afterwards). `left_out` are
    changes that cannot stand in the organisation as it is by now, and why. `closed` is filled by a page: the names of
    what is not there any more on the day it shows.
    """

    scenario: Scenario
    drift: Drift
    changes: tuple[OrgChange, ...] = ()
    left_out: tuple[tuple[Thing, StateIssue], ...] = ()
    shown: dict[Place, State | None] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    live_revision: int = 0

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Return where the live organisation has changed the same; the draft's side is shown."""
        return self.drift.conflicts

    @property
    def effective_on(self) -> date:
        """Return the first day of its changes."""
        return self.scenario.effective_on

    @property
    def size(self) -> int:
        """Return how many things it changes."""
        return len(self.drift.entries)

    @property
    def turns(self) -> tuple[bool, bool]:
        """Tell whether a step can be undone, and whether one can be redone."""
        found = set(self.scenario.steps.values_list("is_undone", flat=True).distinct())
        return False in found, True in found

    @property
    def is_editable(self) -> bool:
        """True while changes go into it."""
        return self.scenario.status in OPEN


_current: ContextVar[Draft | None] = ContextVar("scenario_draft", default=None)


def current_draft() -> Draft | None:
    """Return the draft that the organisation shows here; None for the live one."""
    return _current.get()


@contextmanager
def drafted(scenario_id: int) -> Iterator[Draft]:
    """Let the block read the organisation as the scenario has it; whatever the block writes there is taken back too.

    Raises UnknownScenario; OrganisationBusy where somebody writes the organisation for long.
    """
    scenario = scenario_of(scenario_id)
    with _drafted(scenario) as (draft, _written), showing((scenario.pk, scenario.changed_at, draft.live_revision)):
        yield draft


@contextmanager
def edited(scenario_id: int, *, actor_id: int | None) -> Iterator[Draft]:
    """Let the block change the organisation by the usual services, and keep what it wrote in the scenario instead.

    Raises UnknownScenario, ScenarioClosed, OrganisationBusy; ScenarioDay for a change before the scenario's first day.
    """
    with transaction.atomic():
        scenario = editable(scenario_of(scenario_id, lock=True))
        with _drafted(scenario, patience=WRITERS_PATIENCE) as (draft, written):
            yield draft
            steps = _outcome(draft, written.changes)
        note_step(scenario, steps, kind=StepKind.EDIT, actor_id=actor_id)


@contextmanager
def _drafted(scenario: Scenario, *, patience: str = PATIENCE) -> Iterator[tuple[Draft, Aside]]:
    if _current.get() is not None:
        raise RuntimeError("a draft is open already: scenarios are read one after the other")
    with patiently(patience), aside() as written:
        draft = _written(scenario)
        draft.changes, written.changes = tuple(written.changes), []
        written.first_day = scenario.effective_on
        token = _current.set(draft)
        try:
            yield draft, written
        finally:
            _current.reset(token)
        transaction.set_rollback(True)


def _written(scenario: Scenario) -> Draft:
    with revision(actor_id=None, source=OrgSource.SCENARIO) as recorder:
        live = newest_revision()
        drift = drift_of(entries_of(scenario.changes))
        left_out = write_states(drift, recorder=recorder)
    missing = {(thing, issue.key) for thing, issue in left_out}
    shown = {place: drift.live[place] if place in missing else each.state for place, each in drift.merged.items()}
    return Draft(scenario, drift, left_out=tuple(left_out), shown=shown, live_revision=live)


def write_states(drift: Drift, *, recorder: Recorder) -> list[tuple[Thing, StateIssue]]:
    """Write the merged states; what cannot stand is left out, again and again until the rest does, and returned."""
    wanted = drift.to_write()
    left_out: list[tuple[Thing, StateIssue]] = []
    while wanted:
        expected = {thing: {key: drift.live[thing, key] for key in some} for thing, some in wanted.items()}
        issues = restore_things(expected, wanted=wanted, recorder=recorder)
        if not issues:
            break
        faulty = [(thing, issue) for thing, issue in issues if issue.key in wanted.get(thing, {})]
        named = faulty or [
            (thing, StateIssue(key, issues[0][1].message)) for thing, some in wanted.items() for key in some
        ]
        left_out += named
        gone = {(thing, issue.key) for thing, issue in named}
        wanted = {
            thing: rest
            for thing, some in wanted.items()
            if (rest := {key: state for key, state in some.items() if (thing, key) not in gone})
        }
    return left_out


def _outcome(draft: Draft, changes: Sequence[OrgChange]) -> dict[Place, Entry | None]:
    """Return the entries of what the block has changed, as they are now; None for what is as in the live one again."""
    touched = dict.fromkeys((Thing(change.thing), change.external_id) for change in changes)
    now = live_states(touched)
    found: dict[Place, Entry | None] = {}
    for place in touched:
        merged = draft.drift.merged.get(place)
        before = draft.shown[place] if merged is not None else _first(changes, place)
        if now[place] == before:
            continue
        if differs_before(str(draft.effective_on), before, now[place]):
            raise ScenarioDay(too_early_words(draft.effective_on))
        wanted = now[place]
        if merged is not None and before != merged.state:
            # what could not stand was not seen: the edit was made of the live state, and both hold
            wanted = merge(*place, base=before, live=merged.state, wanted=wanted).state
        found[place] = entry_or_none(merged.base if merged is not None else before, wanted)
    return found


def _first(changes: Sequence[OrgChange], place: Place) -> State | None:
    """Return how a thing stood before the first of the changes."""
    return next(change.before for change in changes if (change.thing, change.external_id) == place)
