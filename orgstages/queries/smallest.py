"""The smallest changes of a unit's answers that flip its verdict, each with what it takes in the organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from omnichannel.core.text import Bilingual
from orgstages.answers import counting
from orgstages.catalogue import load_stages
from orgstages.queries.diagnosis import Diagnosed
from orgstages.queries.remedies import ORGANISED, remedy
from orgstages.remedies import Remedy
from orgstages.smallest import Change, StageOutcome, Way, stage_flips, subtype_flips, ways_to_each_stage
from orgstages.verdicts import either
from roles.catalogue import SubtypeKey


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One changed answer in words, and what it takes."""

    change: Change
    before: Bilingual | None
    after: Bilingual
    remedy: Remedy


@dataclass(frozen=True, slots=True)
class WayLine:
    """A smallest way; `key` names it in a form. `is_doable`: a scenario can do all of it."""

    way: Way
    key: str
    outcome: Bilingual
    lines: tuple[ChangeLine, ...]

    @property
    def is_doable(self) -> bool:
        """True when every change has its steps in the organisation."""
        return all(line.remedy.is_doable for line in self.lines)


@dataclass(frozen=True, slots=True)
class Smallest:
    """What would flip the verdict. `by_scenario` are the smallest ways that the organisation alone can go.

    `targets` holds, for every other verdict on the stage, one smallest way and how many there are.
    """

    stage: tuple[WayLine, ...]
    by_scenario: tuple[WayLine, ...]
    subtype: tuple[WayLine, ...]
    targets: tuple[tuple[WayLine, int], ...]


def smallest_changes(found: Diagnosed) -> Smallest:
    """Return the smallest ways to another verdict, worked out from the answers that count."""
    answers = counting(found.answers)
    lines = _Lines(found)
    stage = lines.of(stage_flips(answers))
    current = found.verdict.stage.current
    subtype = lines.of(subtype_flips(answers, stage=current)) if current else ()
    by_scenario: tuple[WayLine, ...] = ()
    if not any(line.is_doable for line in stage):
        by_scenario = lines.of(stage_flips(answers, among=lines.doable()))
    targets = [(lines.of(ways)[0], len(ways)) for ways in ways_to_each_stage(answers).values()]
    return Smallest(stage, by_scenario, subtype, tuple(targets))


def way_of(found: Diagnosed, key: str) -> WayLine | None:
    """Return an offered way by its key."""
    offered = smallest_changes(found)
    every = [*offered.stage, *offered.by_scenario, *offered.subtype]
    return next((line for line in every if line.key == key), None)


def outcome_words(outcome: StageOutcome | tuple[SubtypeKey, ...]) -> Bilingual:
    """Return a verdict in words."""
    if isinstance(outcome, tuple):
        return either(outcome)
    names = load_stages().stages
    first = names[outcome.current].names
    if outcome.partner is None:
        return first
    second = names[outcome.partner].names
    return Bilingual(f"{first.zh}与{second.zh}混合", f"hybrid of {first.en} and {second.en}")


class _Lines:
    """Puts ways into words; what one change takes is looked up once."""

    def __init__(self, found: Diagnosed) -> None:
        self._found = found
        self._remedies: dict[Change, Remedy] = {}

    def of(self, ways: Iterable[Way]) -> tuple[WayLine, ...]:
        """Return the ways in words, those that a scenario can do first."""
        lines = [self._line(way) for way in ways]
        return tuple(sorted(lines, key=lambda line: sum(not each.remedy.is_doable for each in line.lines)))

    def doable(self) -> Mapping[str, Collection[str]]:
        """Return the answers that a scenario can bring about, per question."""
        questions = load_stages().questions
        return {
            name: [
                option.key
                for option in questions[name].options
                if option.key != before and self._change(Change(name, before, option.key)).remedy.is_doable
            ]
            for name, before in ((name, self._found.answers[name].option) for name in sorted(ORGANISED))
        }

    def _line(self, way: Way) -> WayLine:
        key = ",".join(f"{change.question}={change.after}" for change in way.changes)
        return WayLine(way, key, outcome_words(way.outcome), tuple(self._change(change) for change in way.changes))

    def _change(self, change: Change) -> ChangeLine:
        if change not in self._remedies:
            self._remedies[change] = remedy(change, self._found, evidence=self._found.evidence)
        names: Mapping[str, Bilingual] = {
            option.key: option.names for option in load_stages().questions[change.question].options
        }
        return ChangeLine(change, names.get(change.before), names[change.after], self._remedies[change])
