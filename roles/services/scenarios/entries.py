"""What a scenario holds: for each thing that it changes the state its editor saw, and the wanted one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roles.choices import PARTS, Thing
from roles.models import Scenario
from roles.queries.scenarios import DAY
from roles.services.sync.states import states
from roles.state_diff import State
from roles.state_merge import Conflict, Merged, Side, is_same, merge


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a scenario."""

    base: State | None
    wanted: State | None

    def kept(self) -> dict[str, State | None]:
        """Return it as the scenario's row keeps it."""
        return {"base": self.base, "wanted": self.wanted}


Place = tuple[Thing, str]
Entries = Mapping[Place, Entry]
Steps = Mapping[Place, Entry | None]
ORDER = (*PARTS, Thing.STAGES)


def entries_of(changes: Mapping[str, Mapping[str, Mapping[str, State | None]]]) -> dict[Place, Entry]:
    """Read the entries of a scenario."""
    return {
        (thing, key): Entry(kept["base"], kept["wanted"])
        for thing in ORDER
        for key, kept in changes.get(thing.value, {}).items()
    }


def kept(entries: Steps) -> dict[str, dict[str, dict[str, State | None] | None]]:
    """Write entries as a row keeps them; those that are not there as None."""
    found: dict[str, dict[str, dict[str, State | None] | None]] = {}
    for (thing, key), entry in entries.items():
        found.setdefault(thing.value, {})[key] = entry.kept() if entry is not None else None
    return found


def steps_of(changes: Mapping[str, Mapping[str, Mapping[str, State | None] | None]]) -> dict[Place, Entry | None]:
    """Read one side of a step."""
    return {
        (Thing(thing), key): Entry(entry["base"], entry["wanted"]) if entry is not None else None
        for thing, some in changes.items()
        if thing != DAY
        for key, entry in some.items()
    }


def live_states(places: Iterable[Place]) -> dict[Place, State | None]:
    """Return how things stand in the organisation as it is read here."""
    asked: dict[Thing, list[str]] = {}
    for thing, key in places:
        asked.setdefault(thing, []).append(key)
    return {
        (thing, key): now.get(key) for thing, keys in asked.items() for now in [states(thing, keys)] for key in keys
    }


@dataclass(frozen=True, slots=True)
class Drift:
    """A scenario beside the live organisation: what comes of both, and where they do not agree."""

    entries: Entries
    live: Mapping[Place, State | None]
    merged: Mapping[Place, Merged]

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Return where both sides have changed the same to different values."""
        return tuple(conflict for each in self.merged.values() for conflict in each.conflicts)

    def to_write(self) -> dict[Thing, dict[str, State | None]]:
        """Return the states that differ from the live ones."""
        found: dict[Thing, dict[str, State | None]] = {}
        for (thing, key), each in self.merged.items():
            if each.state != self.live[thing, key]:
                found.setdefault(thing, {})[key] = each.state
        return found


def drift_of(entries: Entries, *, choices: Mapping[str, Side] | None = None) -> Drift:
    """Bring each entry together with how the thing stands now."""
    live = live_states(entries)
    merged = {
        place: merge(*place, base=entry.base, live=live[place], wanted=entry.wanted, choices=choices)
        for place, entry in entries.items()
    }
    return Drift(entries, live, merged)


def entry_or_none(base: State | None, wanted: State | None) -> Entry | None:
    """Return an entry; None where it would change nothing."""
    return None if is_same(base, wanted) else Entry(base, wanted)


def set_entries(scenario: Scenario, steps: Steps) -> None:
    """Put entries into the scenario's row, or take them out of it; the caller saves it."""
    found = entries_of(scenario.changes)
    for place, entry in steps.items():
        if entry is None:
            found.pop(place, None)
        else:
            found[place] = entry
    scenario.changes = kept(found)
