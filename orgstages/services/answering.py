"""People answer the diagnostic: they fill in what data cannot say and overrule it with a reason."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from orgstages.answers import is_option
from orgstages.catalogue import load_stages
from orgstages.errors import NothingToWithdraw, ReasonRequired, UnknownOption, UnknownQuestion
from orgstages.models import DiagnosisAnswer
from orgstages.queries.diagnosis import diagnose


@transaction.atomic
def answer_question(
    unit: str,
    *,
    question: str,
    option: str,
    on: date,
    actor_id: int | None,
    reason: str = "",
    within: str | None = None,
) -> DiagnosisAnswer:
    """Keep a person's answer from `on`. Where data answers otherwise this overrules it and needs a reason."""
    spec = load_stages().questions.get(question)
    if spec is None:
        raise UnknownQuestion
    fact = diagnose(unit, as_of=on, within=within).answers[question].fact
    if not is_option(spec, option):
        raise UnknownOption
    overruled = fact.option if fact is not None and fact.option != option else ""
    if overruled and not reason.strip():
        raise ReasonRequired
    return DiagnosisAnswer.objects.create(
        unit_external_id=unit,
        question=question,
        option=option,
        overruled_option=overruled,
        reason=reason.strip(),
        answered_on=on,
        author_id=actor_id,
    )


@transaction.atomic
def withdraw_answer(
    unit: str, *, question: str, on: date, actor_id: int | None, within: str | None = None
) -> DiagnosisAnswer:
    """Take a person's answer back from `on`: what data says counts again."""
    if question not in load_stages().questions:
        raise UnknownQuestion
    if diagnose(unit, as_of=on, within=within).answers[question].given is None:
        raise NothingToWithdraw
    return DiagnosisAnswer.objects.create(
        unit_external_id=unit, question=question, option="", answered_on=on, author_id=actor_id
    )
