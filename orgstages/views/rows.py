"""A diagnosis as the page shows it: sections of rows with fact, answer, weight, effect and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.urls import reverse
from django.utils.translation import get_language

from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock
from omnichannel.workspaces.permissions import Access, may
from orgstages.answers import Answered
from orgstages.catalogue import Question, Section, SectionKey, load_stages
from orgstages.facts import Source, SourceKind
from orgstages.forms import AnswerForm
from orgstages.queries.diagnosis import Diagnosed
from orgstages.scoring import rounded

ROUTES = {SourceKind.KPI: ("kpis:kpi", "period"), SourceKind.UNIT: ("roles:unit", "as_of")}


@dataclass(frozen=True, slots=True)
class Row:
    """One question. `effect` says what the answer does to the verdict; `applies` is False when it is not asked now."""

    question: Question
    answered: Answered
    chosen: Bilingual | None
    effect: Bilingual | None
    source_url: str
    applies: bool
    form: AnswerForm | None
    error: str


@dataclass(frozen=True, slots=True)
class SectionRows:
    """A section of the diagnostic with how much of it is answered."""

    section: Section
    rows: Sequence[Row]
    answered: int
    asked: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a person sent that was refused, so that the form keeps it."""

    question: str
    option: str
    reason: str
    message: str


def section_rows(
    found: Diagnosed, *, access: Access, clock: Clock, rejected: Rejected | None = None
) -> list[SectionRows]:
    """Return all sections; forms only for those who may answer."""
    may_answer = may(access, "orgstages:answer", "POST")
    sections = []
    for section in load_stages().sections.values():
        rows = [
            _row(found, found.answers[key], access=access, clock=clock, may_answer=may_answer, rejected=rejected)
            for key in section.questions
        ]
        asked = [row for row in rows if row.applies]
        sections.append(SectionRows(section, rows, sum(bool(row.answered.option) for row in asked), len(asked)))
    return sections


def source_url(source: Source | None, *, access: Access, clock: Clock) -> str:
    """Return the page behind a fact; empty when there is none or this person may not open it."""
    if source is None:
        return ""
    route, parameter = ROUTES[source.kind]
    if not may(access, route):
        return ""
    value = source.period if parameter == "period" else ("" if clock.is_now else str(clock.as_of))
    url = reverse(route, args=[access.workspace.slug, source.id])
    return f"{url}?{parameter}={value}" if value else url


def _row(
    found: Diagnosed, answered: Answered, *, access: Access, clock: Clock, may_answer: bool, rejected: Rejected | None
) -> Row:
    question = answered.question
    sent = rejected if rejected is not None and rejected.question == question.id else None
    return Row(
        question=question,
        answered=answered,
        chosen=_chosen(answered),
        effect=_effect(found, answered) if answered.option else None,
        source_url=source_url(answered.fact.source if answered.fact else None, access=access, clock=clock),
        applies=_applies(found, question),
        form=_form(answered, sent) if may_answer else None,
        error=sent.message if sent else "",
    )


def _form(answered: Answered, sent: Rejected | None) -> AnswerForm:
    given = answered.given
    return AnswerForm(
        answered.question,
        needs_reason=answered.fact is not None and answered.fact.is_answer,
        option=sent.option if sent else given.option if given else "",
        reason=sent.reason if sent else given.reason if given else "",
    )


def _chosen(answered: Answered) -> Bilingual | None:
    if not answered.option:
        return None
    if answered.question.scale:
        top = load_stages().scales[answered.question.scale].maximum
        return _same(f"{_rounded(answered.option)} / {top}")
    return next(option.names for option in answered.question.options if option.key == answered.option)


def _rounded(option: str) -> str:
    """An answer from data lies anywhere on its scale; two decimals are enough to read."""
    return f"{rounded(Fraction(option), 2):g}" if "." in option else option


def _effect(found: Diagnosed, answered: Answered) -> Bilingual | None:
    question, catalogue = answered.question, load_stages()
    option = next((each for each in question.options if each.key == answered.option), None)
    if question.section is SectionKey.STAGE and option is not None and option.stage is not None:
        names = catalogue.stages[option.stage].names
        part = rounded(Fraction(question.weight) / Fraction(found.verdict.stage.answered) * 100, 1)
        return Bilingual(f"{names.zh} +{part}%", f"{names.en} +{part}%")
    if question.section is SectionKey.SUBTYPE and option is not None:
        points = [(catalogue.subtypes[key].names, count) for key, count in option.points.items()]
        return Bilingual(
            "，".join(f"{name.zh} +{count}" for name, count in points),
            ", ".join(f"{name.en} +{count}" for name, count in points),
        )
    if question.section is SectionKey.CHALLENGES:
        return catalogue.challenges[question.challenge].names
    return None


def _applies(found: Diagnosed, question: Question) -> bool:
    """Section B asks about the current stage; strong-department questions also serve section C."""
    if question.applies is None:
        return True
    return question.applies in (found.verdict.stage.current, found.verdict.fit.stage)


def _same(text: str) -> Bilingual:
    return Bilingual(text, text)


def localised(text: Bilingual) -> str:
    """Return a text in the reader's language, where a template's filter does not reach."""
    return text.in_language(get_language())
