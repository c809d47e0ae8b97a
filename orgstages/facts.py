"""What was measured for an automatic question, and which option the measurement chooses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from omnichannel.core.numerals import show, to_text
from omnichannel.core.text import Bilingual
from orgstages.catalogue import AutoRule, Question, load_stages

LANGUAGES = ("zh", "en")
# A number with its unit, a text in both languages, or a plain name.
Part = tuple[Decimal, str] | Bilingual | str


class SourceKind(StrEnum):
    """What page shows where a fact comes from."""

    KPI = "kpi"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Source:
    """The page behind a fact: a KPI's or a unit's, and the period and the scope the figure is of."""

    kind: SourceKind
    id: str
    period: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """The answer of an automatic question with its numbers put into a sentence.

    `option` is what it chooses (for a scale question the number as text). Without one, `sentence` says why it cannot
    be answered. `unit` is the unit of `value`, `parts_unit` that of numerator and denominator; `observed` is what the
    cases of a rule without a number look at.
    """

    question: str
    sentence: Bilingual
    option: str = ""
    value: Decimal | None = None
    unit: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    parts_unit: str = ""
    source: Source | None = None
    observed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_answer(self) -> bool:
        """False when the question could not be answered from the data."""
        return bool(self.option)


def unanswered(question: str, reason: Bilingual, *, source: Source | None = None) -> Fact:
    """Return the fact that says why there is no automatic answer."""
    return Fact(question, reason, source=source)


def measured(
    question: str,
    value: Decimal,
    sentence: Bilingual,
    *,
    source: Source,
    parts: tuple[Decimal | None, Decimal | None] = (None, None),
    parts_unit: str = "",
) -> Fact:
    """Return the fact of a number: its cuts or its scale choose the option. `parts` are numerator and denominator."""
    spec = load_stages().questions[question]
    rule = _rule(spec)
    return Fact(
        question=question,
        sentence=sentence,
        option=choose(spec, value),
        value=value,
        unit=rule.unit or "percent",
        numerator=parts[0],
        denominator=parts[1],
        parts_unit=parts_unit,
        source=source,
    )


def choose(question: Question, value: Decimal) -> str:
    """Return the option of a number: by the question's two cuts, or divided and clipped to its scale."""
    rule = _rule(question)
    if rule.divisor is not None:
        scale = load_stages().scales[question.scale]
        part = min(max(value / rule.divisor, Decimal(scale.minimum)), Decimal(scale.maximum))
        return f"{part.normalize():f}"
    if rule.cuts is None:
        raise ValueError(f"{question.id} is not answered by a number")
    first, middle, last = (option.key for option in question.options)
    if rule.descending:
        high, low = rule.cuts
        return first if value >= high else last if value < low else middle
    low, high = rule.cuts
    return first if value < low else last if value > high else middle


def decide(question: str, observed: Mapping[str, str]) -> str:
    """Return the option of the first case that fits what was observed."""
    cases = _rule(load_stages().questions[question]).cases
    fitting = (case for case in cases if all(observed[name] in values for name, values in case.when.items()))
    return next(fitting).option


def say(template: Bilingual, **parts: Part) -> Bilingual:
    """Put numbers and names into a sentence, written as each language writes them."""
    filled = {language: {name: _spoken(part, language) for name, part in parts.items()} for language in LANGUAGES}
    return Bilingual(template.zh.format(**filled["zh"]), template.en.format(**filled["en"]))


def joined(*texts: Bilingual) -> Bilingual:
    """Put sentences one after the other; Chinese needs no space between them."""
    return Bilingual("".join(text.zh for text in texts), " ".join(text.en for text in texts if text.en))


def _spoken(part: Part, language: str) -> str:
    if isinstance(part, Bilingual):
        return part.in_language(language)
    if isinstance(part, tuple):
        return str(show(part[0], part[1], language=language))
    return part


def _rule(question: Question) -> AutoRule:
    if question.auto is None:
        raise ValueError(f"{question.id} has no automatic answer")
    return question.auto


def to_json(fact: Fact) -> Mapping[str, object]:
    """Return the fact as it is stored and as REST clients see it; decimals are texts."""
    return {
        "question": fact.question,
        "option": fact.option,
        "value": to_text(fact.value),
        "unit": fact.unit,
        "numerator": to_text(fact.numerator),
        "denominator": to_text(fact.denominator),
        "parts_unit": fact.parts_unit,
        "observed": dict(fact.observed),
        "sentence": fact.sentence.as_json(),
        "source": {
            "kind": fact.source.kind.value,
            "id": fact.source.id,
            "period": fact.source.period,
            "scope": fact.source.scope,
        }
        if fact.source
        else None,
    }
