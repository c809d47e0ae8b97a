"""People answer the diagnostic: they fill in what data cannot say and overrule it with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from kpis.queries.definitions import library_at
from omnichannel.core.errors import DomainError
from orgstages.answers import Answered, is_option
from orgstages.catalogue import load_stages
from orgstages.errors import (
    BadEvidence,
    NothingToConfirm,
    NothingToWithdraw,
    ReasonRequired,
    UnknownOption,
    UnknownQuestion,
    refuse,
)
from orgstages.models import DiagnosisAnswer
from orgstages.queries.diagnosis import diagnose

LONGEST_ADDRESS = 500
ADDRESS = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Proof:
    """What an answer rests on: a text, a link, a KPI of the library; any of them may be empty."""

    text: str = ""
    url: str = ""
    kpi: str = ""

    def stripped(self) -> Proof:
        """Return it without blanks around."""
        return Proof(self.text.strip(), self.url.strip(), self.kpi.strip())


@transaction.atomic
def answer_question(
    unit: str,
    *,
    question: str,
    option: str,
    on: date,
    actor_id: int | None,
    reason: str = "",
    proof: Proof | None = None,
    within: str | None = None,
) -> DiagnosisAnswer:
    """Keep the actor's own answer from `on`. Where data answers otherwise this overrules it and needs a reason."""
    answered = _answered(unit, question, on=on, within=within)
    fact = answered.fact
    overruled = fact.option if fact is not None and fact.option != option else ""
    kept = (proof or Proof()).stripped()
    faults: list[DomainError] = []
    if not is_option(answered.question, option):
        faults.append(UnknownOption())
    elif overruled and not reason.strip():
        faults.append(ReasonRequired())
    refuse([*faults, *_proof_faults(kept, on=on)])
    return DiagnosisAnswer.objects.create(
        unit_external_id=unit,
        question=question,
        option=option,
        overruled_option=overruled,
        reason=reason.strip(),
        evidence=kept.text,
        evidence_url=kept.url,
        evidence_kpi=kept.kpi,
        answered_on=on,
        author_id=actor_id,
    )


@transaction.atomic
def withdraw_answer(
    unit: str, *, question: str, on: date, actor_id: int | None, within: str | None = None
) -> DiagnosisAnswer:
    """Take the actor's own answer back from `on`: what others and the data say counts again."""
    given = _answered(unit, question, on=on, within=within).given
    if given is None or given.of(actor_id) is None:
        raise NothingToWithdraw
    return DiagnosisAnswer.objects.create(
        unit_external_id=unit, question=question, option="", answered_on=on, author_id=actor_id
    )


@transaction.atomic
def confirm_answer(
    unit: str, *, question: str, option: str, on: date, actor_id: int | None, within: str | None = None
) -> DiagnosisAnswer:
    """Choose among the options on which the respondents are tied; every respondent's answer stays as it is."""
    given = _answered(unit, question, on=on, within=within).given
    if given is None or option not in given.tied:
        raise NothingToConfirm
    return DiagnosisAnswer.objects.create(
        unit_external_id=unit,
        question=question,
        option=option,
        is_confirmation=True,
        answered_on=on,
        author_id=actor_id,
    )


def _answered(unit: str, question: str, *, on: date, within: str | None) -> Answered:
    if question not in load_stages().questions:
        raise UnknownQuestion
    return diagnose(unit, as_of=on, within=within).answers[question]


def _proof_faults(proof: Proof, *, on: date) -> list[BadEvidence]:
    faults = []
    if proof.url and not _is_address(proof.url):
        faults.append(BadEvidence("evidence_url"))
    if proof.kpi and proof.kpi not in library_at(on).kpis:
        faults.append(BadEvidence("evidence_kpi"))
    return faults


def _is_address(text: str) -> bool:
    try:
        ADDRESS(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_ADDRESS
