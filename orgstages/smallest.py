"""The fewest changed answers that flip a verdict, found exactly. Pure.

The verdict on the stage is the pair (current stage, its partner where it is a hybrid); without enough answers it is
nothing. The verdict on the sub-type is the set of leading sub-types. A change gives a question another option; an
open question may be answered, an answered one is never emptied. Smaller means fewer questions, then less weight.

Every combination of answers counts: those that give the stages the same weights are looked at once, by the cheapest
way that leads there, which is exact because the verdict knows the weights only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, islice, product

from orgstages.catalogue import Question, SectionKey, StageCatalogue, load_stages
from orgstages.scoring import ENOUGH, HYBRID, Answers, subtype_result
from roles.catalogue import StageKey, SubtypeKey

# More equally small ways than these are not listed: they would not be read.
MOST = 60


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """A verdict on the stage; `partner` is the runner-up of a hybrid."""

    current: StageKey
    partner: StageKey | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A question that gets another answer; `before` is empty for an open one."""

    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Way:
    """Changes that lead to one outcome together and by no part of them; `weight` is that of their questions."""

    changes: tuple[Change, ...]
    outcome: StageOutcome | tuple[SubtypeKey, ...]
    weight: Decimal


# The options that questions may change to; a question that is absent stays as it is.
Among = Mapping[str, Collection[str]]
# Weight of the stages in the order of StageKey, in a common unit; what changing has cost: questions, then weight.
Weights = tuple[int, ...]
Cost = tuple[int, int]
STAGES = tuple(StageKey)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of section A: its weight in the common unit, its present answer, and the stage of each option."""

    question: Question
    weight: int
    before: str
    stages: Mapping[str, int]
    open_to: tuple[str, ...]

    def choices(self) -> Iterator[tuple[str, Cost]]:
        """Yield each answer it may have, the present one first, and what that costs."""
        yield self.before, (0, 0)
        for option in self.open_to:
            yield option, (1, self.weight)

    def added(self, weights: Weights, option: str) -> Weights:
        """Return the weights with the question's own on the stage that the option names."""
        at = self.stages.get(option)
        return weights if at is None else (*weights[:at], weights[at] + self.weight, *weights[at + 1 :])

    def taken(self, weights: Weights, option: str) -> Weights:
        """Return the weights without the question's own."""
        at = self.stages.get(option)
        return weights if at is None else (*weights[:at], weights[at] - self.weight, *weights[at + 1 :])


def stage_outcome(answers: Answers, *, catalogue: StageCatalogue | None = None) -> StageOutcome | None:
    """Return the verdict on the stage by its weights: the rule of `scoring.stage_result` in integers."""
    asked = _asked(answers, catalogue or load_stages(), among={})
    weights: Weights = (0,) * len(STAGES)
    for each in asked:
        weights = each.added(weights, each.before)
    return _outcome(weights, total=sum(each.weight for each in asked))


def stage_flips(
    answers: Answers, *, among: Among | None = None, catalogue: StageCatalogue | None = None
) -> tuple[Way, ...]:
    """Return all smallest ways to another verdict on the stage; `among` limits what may change to what."""
    found = ways_to_each_stage(answers, among=among, catalogue=catalogue).values()
    least = min(((len(ways[0].changes), ways[0].weight) for ways in found), default=None)
    return tuple(way for ways in found for way in ways if (len(way.changes), way.weight) == least)


def ways_to_each_stage(
    answers: Answers, *, among: Among | None = None, catalogue: StageCatalogue | None = None
) -> Mapping[StageOutcome, tuple[Way, ...]]:
    """Return, for every other verdict on the stage that can be reached, all smallest ways to it, the nearest first."""
    rules = catalogue or load_stages()
    asked = _asked(answers, rules, among)
    total = sum(each.weight for each in asked)
    layers = _cheapest(asked)
    here = stage_outcome(answers, catalogue=rules)
    ends: dict[StageOutcome, list[tuple[Cost, Weights]]] = {}
    for weights, cost in layers[-1].items():
        outcome = _outcome(weights, total=total)
        if outcome is not None and outcome != here:
            ends.setdefault(outcome, []).append((cost, weights))
    found: dict[StageOutcome, tuple[Way, ...]] = {}
    for outcome, reached in sorted(ends.items(), key=lambda item: (min(item[1])[0], _rank(item[0]))):
        least = min(reached)[0]
        paths = (path for cost, weights in sorted(reached) if cost == least for path in _paths(asked, layers, weights))
        found[outcome] = tuple(_way(asked, path, outcome) for path in islice(paths, MOST))
    return found


def subtype_flips(
    answers: Answers,
    *,
    stage: StageKey,
    among: Among | None = None,
    catalogue: StageCatalogue | None = None,
) -> tuple[Way, ...]:
    """Return all smallest ways to another set of leading sub-types within the stage; none where it has but one."""
    rules = catalogue or load_stages()
    questions = [each for each in _of(rules, SectionKey.SUBTYPE) if each.applies is stage]
    here = subtype_result(answers, stage=stage, catalogue=rules).leading
    for size in range(1, len(questions) + 1):
        found = []
        for changes in _changes(answers, questions, size, among):
            told = {**answers, **{change.question: change.after for change in changes}}
            leading = subtype_result(told, stage=stage, catalogue=rules).leading
            if leading != here:
                weight = sum((rules.questions[change.question].weight for change in changes), Decimal(0))
                found.append(Way(changes, leading, weight))
        if found:
            least = min(way.weight for way in found)
            return tuple(way for way in found if way.weight == least)[:MOST]
    return ()


def _outcome(weights: Weights, *, total: int) -> StageOutcome | None:
    answered = sum(weights)
    if answered * ENOUGH.denominator < total * ENOUGH.numerator:
        return None
    first, second = sorted(range(len(STAGES)), key=lambda at: -weights[at])[:2]
    close = weights[second] * HYBRID.denominator >= answered * HYBRID.numerator
    is_hybrid = close or weights[first] == weights[second]
    return StageOutcome(STAGES[first], STAGES[second] if is_hybrid else None)


def _cheapest(asked: list[_Asked]) -> list[dict[Weights, Cost]]:
    """Return, after each question, the least cost of every combination of weights that answers can give."""
    layers: list[dict[Weights, Cost]] = [{(0,) * len(STAGES): (0, 0)}]
    for each in asked:
        reached: dict[Weights, Cost] = {}
        for weights, (number, spent) in layers[-1].items():
            for option, (more, weight) in each.choices():
                there, cost = each.added(weights, option), (number + more, spent + weight)
                if there not in reached or cost < reached[there]:
                    reached[there] = cost
        layers.append(reached)
    return layers


def _paths(asked: list[_Asked], layers: list[dict[Weights, Cost]], weights: Weights) -> Iterator[tuple[str, ...]]:
    """Yield the answers of every cheapest way to the weights, by walking back through the layers."""
    if not asked:
        yield ()
        return
    each, cost = asked[-1], layers[len(asked)][weights]
    for option, (number, spent) in each.choices():
        before = each.taken(weights, option)
        if layers[len(asked) - 1].get(before) == (cost[0] - number, cost[1] - spent):
            for path in _paths(asked[:-1], layers, before):
                yield (*path, option)


def _way(asked: list[_Asked], path: tuple[str, ...], outcome: StageOutcome) -> Way:
    changed = [(each, option) for each, option in zip(asked, path, strict=True) if option != each.before]
    weight = sum((each.question.weight for each, _option in changed), Decimal(0))
    return Way(tuple(Change(each.question.id, each.before, option) for each, option in changed), outcome, weight)


def _asked(answers: Answers, catalogue: StageCatalogue, among: Among | None) -> list[_Asked]:
    questions = _of(catalogue, SectionKey.STAGE)
    unit = max(Fraction(question.weight).denominator for question in questions)
    return [
        _Asked(
            question,
            int(Fraction(question.weight) * unit),
            answers.get(question.id, ""),
            {option.key: STAGES.index(option.stage) for option in question.options if option.stage is not None},
            _open_to(question, answers, among),
        )
        for question in questions
    ]


def _open_to(question: Question, answers: Answers, among: Among | None) -> tuple[str, ...]:
    others = (option.key for option in question.options if option.key != answers.get(question.id, ""))
    return tuple(key for key in others if among is None or key in among.get(question.id, ()))


def _changes(
    answers: Answers, questions: list[Question], size: int, among: Among | None
) -> Iterator[tuple[Change, ...]]:
    """Yield every way to give exactly `size` of the questions another answer."""
    for chosen in combinations(questions, size):
        for after in product(*(_open_to(question, answers, among) for question in chosen)):
            yield tuple(Change(each.id, answers.get(each.id, ""), key) for each, key in zip(chosen, after, strict=True))


def _of(catalogue: StageCatalogue, section: SectionKey) -> list[Question]:
    return [catalogue.questions[key] for key in catalogue.sections[section].questions]


def _rank(outcome: StageOutcome) -> tuple[int, int]:
    return STAGES.index(outcome.current), -1 if outcome.partner is None else STAGES.index(outcome.partner)
