"""A diagnosis as the page shows it: sections of rows with fact, answer, weight, effect and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language

from kpis.queries.definitions import library_at
from omnichannel.core.errors import DomainError
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.clock import Clock
from omnichannel.workspaces.permissions import Access, may
from orgstages.answers import Answered, Given, GivenAnswer
from orgstages.catalogue import Question, Section, SectionKey, load_stages
from orgstages.forms.diagnosis import AnswerForm
from orgstages.forms.refusals import add_refusal
from orgstages.queries.diagnosis import Diagnosed
from orgstages.scoring import rounded
from orgstages.views.options import OptionLine, option_lines


@dataclass(frozen=True, slots=True)
class ResponseLine:
    """One respondent's answer in words, what the data `overruled` said; `kpi` given as evidence: its names and page."""

    given: GivenAnswer
    chosen: Bilingual
    is_own: bool
    is_confirmation: bool
    kpi: tuple[Bilingual, str] | None
    overruled: Bilingual | None


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
    is_wrong: bool
    responses: Sequence[ResponseLine]
    tied: Sequence[tuple[str, Bilingual]]
    spread: Sequence[tuple[Bilingual, int]]
    own: GivenAnswer | None
    may_answer: bool
    options: Sequence[OptionLine]


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
    sent: Mapping[str, str]
    error: DomainError


def section_rows(
    found: Diagnosed, *, access: Access, clock: Clock, rejected: Rejected | None = None
) -> list[SectionRows]:
    """Return all sections; forms only for those who may answer."""
    may_answer = clock.scenario is None and may(access, "orgstages:answer", "POST")
    sections = []
    for section in load_stages().sections.values():
        rows = [
            _row(found, found.answers[key], access=access, clock=clock, may_answer=may_answer, rejected=rejected)
            for key in section.questions
        ]
        asked = [row for row in rows if row.applies]
        sections.append(SectionRows(section, rows, sum(bool(row.answered.option) for row in asked), len(asked)))
    return sections


def question_row(
    found: Diagnosed, question: str, *, access: Access, clock: Clock, rejected: Rejected | None = None
) -> Row:
    """Return one question as the pages show it."""
    may_answer = clock.scenario is None and may(access, "orgstages:answer", "POST")
    answered = found.answers[question]
    return _row(found, answered, access=access, clock=clock, may_answer=may_answer, rejected=rejected)


def _row(
    found: Diagnosed, answered: Answered, *, access: Access, clock: Clock, may_answer: bool, rejected: Rejected | None
) -> Row:
    question, given = answered.question, answered.given
    sent = rejected if rejected is not None and rejected.question == question.id else None
    own = given.of(access.user_id) if given is not None else None
    return Row(
        question=question,
        answered=answered,
        chosen=option_words(question, answered.option) if answered.option else None,
        effect=_effect(found, answered) if answered.option else None,
        source_url=rows_url(found, answered, access=access, clock=clock),
        applies=applies(found, question),
        form=_form(answered, own, sent) if may_answer else None,
        is_wrong=sent is not None,
        responses=_responses(question, given, access) if given is not None else (),
        tied=[(key, option_words(question, key)) for key in given.tied] if given is not None else (),
        spread=[(option_words(question, key), count) for key, count in given.counts.items()]
        if given is not None and given.is_spread
        else (),
        own=own,
        may_answer=may_answer,
        options=option_lines(question),
    )


def rows_url(found: Diagnosed, answered: Answered, *, access: Access, clock: Clock) -> str:
    """Return the page with the rows behind a fact: a stored figure explains itself, the rest is listed.

    Empty for a question that data never answers.
    """
    fact = answered.fact
    if fact is None:
        return ""
    source = fact.source
    if fact.is_answer and source and source.scope and may(access, "kpis:explain"):
        query = urlencode({"period": source.period, "scope": source.scope})
        return f"{reverse('kpis:explain', args=[access.workspace.slug, source.id])}?{query}"
    return reverse("orgstages:fact", args=[access.workspace.slug, found.unit.external_id, answered.question.id]) + (
        clock.query
    )


def _responses(question: Question, given: Given, access: Access) -> list[ResponseLine]:
    counts = given.confirmed if given.tied and not given.is_open else None
    told = [*given.answers, *([counts] if counts is not None else [])]
    return [
        ResponseLine(
            each,
            option_words(question, each.option),
            each.author_id == access.user_id,
            each is counts,
            _kpi(each.evidence_kpi, access) if each.evidence_kpi else None,
            option_words(question, each.overruled_option) if each.overruled_option and each is not counts else None,
        )
        for each in told
    ]


def _kpi(key: str, access: Access) -> tuple[Bilingual, str]:
    """Return what a KPI is called, by its id where it is defined no more, and its page."""
    spec = library_at().kpis.get(key)
    names = spec.names if spec else Bilingual(key, key)
    return names, reverse("kpis:kpi", args=[access.workspace.slug, key])


def _form(answered: Answered, own: GivenAnswer | None, rejected: Rejected | None) -> AnswerForm:
    names = ("option", "reason", "evidence", "evidence_url", "evidence_kpi")
    kept = {name: str(getattr(own, name)) for name in names} if own is not None else {}
    form = AnswerForm(
        answered.question,
        rejected.sent if rejected is not None else None,
        needs_reason=answered.fact is not None and answered.fact.is_answer,
        kept=kept,
    )
    if rejected is not None:
        add_refusal(form, rejected.error)
    return form


def option_words(question: Question, option: str) -> Bilingual:
    """Return an answer in words: the option's name, or its place on the scale."""
    if question.scale:
        top = load_stages().scales[question.scale].maximum
        return _same(f"{rounded(Fraction(option), 2).normalize():f} / {top}")
    return next(each.names for each in question.options if each.key == option)


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


def applies(found: Diagnosed, question: Question) -> bool:
    """Section B asks about the current stage; strong-department questions also serve section C."""
    if question.applies is None:
        return True
    return question.applies in (found.verdict.stage.current, found.verdict.fit.stage)


def _same(text: str) -> Bilingual:
    return Bilingual(text, text)


def localised(text: Bilingual) -> str:
    """Return a text in the reader's language, where a template's filter does not reach."""
    return text.in_language(get_language())
