"""An answered question: what the data says, what a person says, and which of the two counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from orgstages.catalogue import Question, load_stages
from orgstages.facts import Fact
from orgstages.facts import to_json as fact_to_json


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A person's answer. `is_old` marks one that should be looked at again."""

    question: str
    option: str
    overruled_option: str
    reason: str
    author: str
    answered_on: date
    is_old: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its two possible answers; a person's answer outranks the data's."""

    question: Question
    fact: Fact | None = None
    given: GivenAnswer | None = None

    @property
    def option(self) -> str:
        """Return the answer that counts; empty when there is none."""
        if self.given is not None:
            return self.given.option
        return self.fact.option if self.fact is not None else ""

    @property
    def is_overruled(self) -> bool:
        """True when a person says otherwise than the data does now."""
        return self.given is not None and self.fact is not None and self.fact.option not in ("", self.given.option)


def pair(facts: Mapping[str, Fact], given: Mapping[str, GivenAnswer]) -> dict[str, Answered]:
    """Return every question of the diagnostic in order with what is known about it."""
    return {key: Answered(spec, facts.get(key), given.get(key)) for key, spec in load_stages().questions.items()}


def counting(answers: Mapping[str, Answered]) -> dict[str, str]:
    """Return the answers that count, for the scoring."""
    return {key: answered.option for key, answered in answers.items() if answered.option}


def is_option(question: Question, option: str) -> bool:
    """Tell whether a person may give this answer: an option's key, or a whole number of the scale."""
    if not question.scale:
        return option in {each.key for each in question.options}
    scale = load_stages().scales[question.scale]
    return option in {str(number) for number in range(scale.minimum, scale.maximum + 1)}


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
            "overruled_option": given.overruled_option,
            "reason": given.reason,
            "author": given.author,
            "answered_on": given.answered_on.isoformat(),
        }
        if given
        else None,
    }
