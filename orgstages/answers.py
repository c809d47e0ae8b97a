"""An answered question: what the data says, what people say, and which of the two counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from orgstages.catalogue import Question, load_stages
from orgstages.facts import Fact
from orgstages.facts import to_json as fact_to_json


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One respondent's answer, or a confirmer's choice. `is_old` marks one that should be looked at again.

    Evidence is a text, a link or a KPI of the library, or none of them.
    """

    question: str
    option: str
    overruled_option: str
    reason: str
    author: str
    author_id: int | None
    answered_on: date
    is_old: bool
    evidence: str = ""
    evidence_url: str = ""
    evidence_kpi: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What people say to one question: each respondent's own answer, and the newest choice of a confirmer.

    Scale answers count with their mean, options with the plurality; on a tie the confirmer's choice among the tied
    options counts, and nothing while nobody has confirmed.
    """

    question: Question
    answers: tuple[GivenAnswer, ...]
    confirmed: GivenAnswer | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many respondents gave each answer, in the order of the options."""
        return dict(sorted(Counter(answer.option for answer in self.answers).items()))

    @property
    def tied(self) -> tuple[str, ...]:
        """Return the options that share the most answers; empty for scale questions and where one leads."""
        if self.question.scale:
            return ()
        most = max(self.counts.values())
        leading = tuple(option for option, count in self.counts.items() if count == most)
        return leading if len(leading) > 1 else ()

    @property
    def option(self) -> str:
        """Return what people's answers come to; empty while a tie waits for a confirmer."""
        if self.question.scale:
            return str(sum((Fraction(each.option) for each in self.answers), Fraction(0)) / len(self.answers))
        if not self.tied:
            return max(self.counts, key=lambda option: self.counts[option])
        return self.confirmed.option if self.confirmed is not None and self.confirmed.option in self.tied else ""

    @property
    def is_open(self) -> bool:
        """True while a tie waits for a confirmer."""
        return not self.option

    @property
    def is_spread(self) -> bool:
        """True when the respondents differ."""
        return len(self.counts) > 1

    @property
    def is_old(self) -> bool:
        """True when somebody should look at an answer again."""
        return any(answer.is_old for answer in self.answers)

    def of(self, author_id: int | None) -> GivenAnswer | None:
        """Return a respondent's own answer."""
        return next((answer for answer in self.answers if answer.author_id == author_id), None)


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its two possible answers; what people say outranks the data."""

    question: Question
    fact: Fact | None = None
    given: Given | None = None

    @property
    def option(self) -> str:
        """Return the answer that counts; empty when there is none."""
        if self.given is not None and self.given.option:
            return self.given.option
        return self.fact.option if self.fact is not None else ""

    @property
    def is_overruled(self) -> bool:
        """True when people say otherwise than the data does now."""
        told = self.given.option if self.given is not None else ""
        return bool(told) and self.fact is not None and self.fact.option not in ("", told)

    @property
    def is_asked(self) -> bool:
        """True for a question that data does not answer: people are asked."""
        return self.fact is None or not self.fact.is_answer


def pair(facts: Mapping[str, Fact], given: Mapping[str, Given]) -> dict[str, Answered]:
    """Return every question of the diagnostic in order with what is known about it."""
    return {key: Answered(spec, facts.get(key), given.get(key)) for key, spec in load_stages().questions.items()}


def counting(answers: Mapping[str, Answered]) -> dict[str, str]:
    """Return the answers that count, for the scoring."""
    return {key: answered.option for key, answered in answers.items() if answered.option}


def is_option(question: Question, option: str) -> bool:
    """Tell whether a person may give this answer: an option's key, or a whole number of the scale."""
    return option in options_for(question)


def options_for(question: Question) -> tuple[str, ...]:
    """Return what a person may answer: the keys of the options, or the whole numbers of the scale."""
    if not question.scale:
        return tuple(each.key for each in question.options)
    scale = load_stages().scales[question.scale]
    return tuple(str(number) for number in range(scale.minimum, scale.maximum + 1))


def to_json(answers: Mapping[str, Answered]) -> list[dict[str, object]]:
    """Return all questions as they are stored and as REST clients see them."""
    return [_one(answered) for answered in answers.values()]


def _one(answered: Answered) -> dict[str, object]:
    given = answered.given
    return {
        "question": answered.question.id,
        "section": answered.question.section.value,
        "option": answered.option,
        "weight": str(answered.question.weight),
        "fact": fact_to_json(answered.fact) if answered.fact else None,
        "given": {
            "option": given.option,
            "is_tied": bool(given.tied),
            "responses": [_response(each) for each in given.answers],
            "confirmation": _response(given.confirmed) if given.confirmed else None,
        }
        if given
        else None,
    }


def _response(given: GivenAnswer) -> dict[str, object]:
    return {
        "option": given.option,
        "overruled_option": given.overruled_option,
        "reason": given.reason,
        "author": given.author,
        "answered_on": given.answered_on.isoformat(),
        "evidence": given.evidence,
        "evidence_url": given.evidence_url,
        "evidence_kpi": given.evidence_kpi,
    }
