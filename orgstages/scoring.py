"""Answers of the diagnostic in, verdict out: the five sections' rules on exact fractions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from orgstages.catalogue import Question, SectionKey, StageCatalogue, load_stages
from roles.catalogue import StageKey, SubtypeKey

ENOUGH = Fraction(60, 100)
HYBRID = Fraction(30, 100)
EITHER = 1
SKIP = 2

# Question -> the key of its option, or the number of a scale question as text. Unanswered questions are absent.
Answers = Mapping[str, str]


class Severity(StrEnum):
    """How bad a challenge is."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"


# A mean that reaches the number has the severity.
SEVERITIES = ((4, Severity.RED), (3, Severity.ORANGE), (2, Severity.YELLOW))


class Certainty(StrEnum):
    """How clearly the current stage leads the runner-up."""

    CLEAR = "clear"
    FAIR = "fair"
    NARROW = "narrow"
    LEVEL = "level"


# A confidence that reaches the part has the word; a hybrid cannot reach the first, and none at all is level.
CERTAINTIES = ((Fraction(50, 100), Certainty.CLEAR), (Fraction(20, 100), Certainty.FAIR))


@dataclass(frozen=True, slots=True)
class StageResult:
    """Section A. `shares` are parts of the answered weight, stages in order; no `current`: too little was answered.

    `second` is the runner-up when it has any share; a hybrid is `current` with `second`.
    """

    shares: Mapping[StageKey, Fraction]
    answered: Decimal
    total: Decimal
    current: StageKey | None
    second: StageKey | None
    confidence: Fraction | None
    is_hybrid: bool

    @property
    def coverage(self) -> Fraction:
        """Return the answered part of the weight."""
        return Fraction(self.answered) / Fraction(self.total)

    @property
    def certainty(self) -> Certainty | None:
        """Return the confidence as a word; None while there is no verdict."""
        if self.confidence is None:
            return None
        if not self.confidence:
            return Certainty.LEVEL
        return next((word for least, word in CERTAINTIES if self.confidence >= least), Certainty.NARROW)


@dataclass(frozen=True, slots=True)
class SubtypeResult:
    """Section B for one stage. `leading` holds two sub-types when either would do, none before an answer counts."""

    stage: StageKey
    points: Mapping[SubtypeKey, int]
    answered: int
    asked: int
    leading: tuple[SubtypeKey, ...]

    @property
    def is_either(self) -> bool:
        """True when the points do not decide and people must."""
        return len(self.leading) > 1


@dataclass(frozen=True, slots=True)
class FitResult:
    """Section C: the form that would fit. Without one, `missing` are the questions that would decide.

    `gap` counts stages from the current one; `needs_confirmation` marks a skip over a stage.
    """

    stage: StageKey | None
    subtypes: tuple[SubtypeKey, ...]
    missing: tuple[str, ...]
    gap: int | None

    @property
    def needs_confirmation(self) -> bool:
        """True when the recommendation skips a stage."""
        return self.gap is not None and abs(self.gap) >= SKIP


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """Section D for one challenge; `mean` over its answered statements."""

    challenge: str
    mean: Fraction | None
    severity: Severity | None
    answered: int
    asked: int


@dataclass(frozen=True, slots=True)
class MaturityResult:
    """Section E. `index` is 0 to 100; `level` is the id of the maturity level."""

    index: Fraction | None
    level: str
    answered: int
    asked: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all five sections say. No sub-type result while the stage is not known."""

    stage: StageResult
    subtype: SubtypeResult | None
    fit: FitResult
    challenges: tuple[ChallengeResult, ...]
    maturity: MaturityResult


def judge(answers: Answers, *, catalogue: StageCatalogue | None = None) -> Verdict:
    """Apply every section's rule to the answers."""
    rules = catalogue or load_stages()
    stage = stage_result(answers, catalogue=rules)
    return Verdict(
        stage=stage,
        subtype=subtype_result(answers, stage=stage.current, catalogue=rules) if stage.current else None,
        fit=fit_result(answers, current=stage.current, catalogue=rules),
        challenges=challenge_results(answers, catalogue=rules),
        maturity=maturity_result(answers, catalogue=rules),
    )


def stage_result(answers: Answers, *, catalogue: StageCatalogue) -> StageResult:
    """Weigh the stages that the chosen options name; on a tie the earlier stage is named first."""
    weights = dict.fromkeys(StageKey, Decimal(0))
    total = Decimal(0)
    for question in _section(catalogue, SectionKey.STAGE):
        total += question.weight
        for option in question.options:
            if option.key == answers.get(question.id) and option.stage is not None:
                weights[option.stage] += question.weight
    answered = sum(weights.values(), Decimal(0))
    shares = {key: Fraction(weight) / Fraction(answered or 1) for key, weight in weights.items()}
    if Fraction(answered) < ENOUGH * Fraction(total):
        return StageResult(shares, answered, total, None, None, None, is_hybrid=False)
    first, second = sorted(shares, key=lambda key: -shares[key])[:2]
    is_hybrid = shares[second] >= HYBRID or shares[second] == shares[first]
    runner_up = second if shares[second] else None
    return StageResult(shares, answered, total, first, runner_up, shares[first] - shares[second], is_hybrid)


def subtype_result(answers: Answers, *, stage: StageKey, catalogue: StageCatalogue) -> SubtypeResult:
    """Add up the points of the stage's own questions. A stage with one sub-type needs none."""
    asked = [question for question in _section(catalogue, SectionKey.SUBTYPE) if question.applies is stage]
    points = dict.fromkeys(catalogue.stages[stage].subtypes, 0)
    answered = 0
    for question in asked:
        chosen = [option for option in question.options if option.key == answers.get(question.id)]
        answered += len(chosen)
        for option in chosen:
            for subtype, count in option.points.items():
                points[subtype] += count
    ranked = sorted(points, key=lambda key: -points[key])
    if len(ranked) == 1:
        leading = tuple(ranked)
    elif not answered:
        leading = ()
    else:
        close = points[ranked[0]] - points[ranked[1]] <= EITHER
        leading = tuple(ranked[:2]) if close else (ranked[0],)
    return SubtypeResult(stage, points, answered, len(asked), leading)


def fit_result(answers: Answers, *, current: StageKey | None, catalogue: StageCatalogue) -> FitResult:
    """Walk the steps of section C; one that hangs on an unanswered question ends the walk and names it."""
    stage, subtypes, missing = _fit(answers, catalogue)
    order = catalogue.stages
    gap = order[stage].order - order[current].order if stage and current else None
    return FitResult(stage, subtypes, missing, gap)


def challenge_results(answers: Answers, *, catalogue: StageCatalogue) -> tuple[ChallengeResult, ...]:
    """Return the severity of each challenge from its answered statements."""
    questions = _section(catalogue, SectionKey.CHALLENGES)
    results = []
    for challenge in catalogue.challenges:
        asked = [question for question in questions if question.challenge == challenge]
        mean, answered = _mean(answers, asked)
        severity = None
        if mean is not None:
            severity = next((name for least, name in SEVERITIES if mean >= least), Severity.GREEN)
        results.append(ChallengeResult(challenge, mean, severity, answered, len(asked)))
    return tuple(results)


def maturity_result(answers: Answers, *, catalogue: StageCatalogue) -> MaturityResult:
    """Return the mean answer as a percentage of the scale's top; both edges of a middle level belong to it."""
    asked = _section(catalogue, SectionKey.MATURITY)
    mean, answered = _mean(answers, asked)
    if mean is None:
        return MaturityResult(None, "", answered, len(asked))
    index = mean / catalogue.scales[asked[0].scale].maximum * 100
    levels = list(catalogue.maturity.values())
    level = levels[-1].id
    if index < Fraction(levels[0].index[1]):
        level = levels[0].id
    else:
        level = next((spec.id for spec in levels[1:-1] if index <= Fraction(spec.index[1])), level)
    return MaturityResult(index, level, answered, len(asked))


def rounded(value: Fraction, places: int = 3) -> Decimal:
    """Return a fraction as a decimal, half up: shares are shown with 3 places."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _section(catalogue: StageCatalogue, key: SectionKey) -> list[Question]:
    return [catalogue.questions[question] for question in catalogue.sections[key].questions]


def _mean(answers: Answers, asked: Iterable[Question]) -> tuple[Fraction | None, int]:
    given = [Fraction(answers[question.id]) for question in asked if question.id in answers]
    return (sum(given, Fraction(0)) / len(given) if given else None), len(given)


def _fit(
    answers: Answers, catalogue: StageCatalogue
) -> tuple[StageKey | None, tuple[SubtypeKey, ...], tuple[str, ...]]:
    for step in catalogue.fit.steps:
        told = {name: answers[name] in keys if name in answers else None for name, keys in step.options.items()}
        holds = _holds(tuple(told.values()), is_any=step.is_any)
        if holds is None:
            return None, (), tuple(name for name, value in told.items() if value is None)
        if holds:
            return step.stage, (step.subtype,), ()
    subtype = subtype_result(answers, stage=catalogue.fit.otherwise, catalogue=catalogue)
    return catalogue.fit.otherwise, subtype.leading, ()


def _holds(told: tuple[bool | None, ...], *, is_any: bool) -> bool | None:
    """Return whether one (or each) of the conditions holds; None while open ones could still decide it."""
    if is_any in told:
        return is_any
    return None if None in told else not is_any
