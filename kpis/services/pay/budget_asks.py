"""Requests for ad budget: asked with a target on every rung, released by somebody else, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.budget_choices import AskMetricName, AskState, AskStepKind, RungName
from kpis.errors import BudgetStepRefused, FieldsRefused, OwnDecision
from kpis.incentives.budget_asks import MOST_INSTALMENTS, Instalment, instalment_faults, missing_rungs, unmet
from kpis.models import BudgetAsk, BudgetAskStep, BudgetInstalment, BudgetTarget
from kpis.queries.pay.budget_asks import actuals_of, conditions_of
from kpis.services.pay.plans import lock_pay

NOTE = 400
SAID = ("purpose", "campaign", "channel", "unit_external_id", "amount", "starts_on", "ends_on", "asked_by_id")
RUNNING = (AskState.WAITING, AskState.PART)


@dataclass(frozen=True, slots=True)
class AskInput:
    """A request as it is written. `targets` are by metric; the percent of a click rate is 0..100."""

    purpose: str
    amount: Decimal
    starts_on: date
    ends_on: date
    targets: Mapping[str, Decimal]
    instalments: Sequence[Instalment]
    campaign: str = ""
    channel: str = ""
    unit: str = ""


@transaction.atomic
def ask_budget(asked: AskInput, *, actor_id: int) -> BudgetAsk:
    """Keep a request. FieldsRefused names every rung without a target and every instalment that cannot be.

    The same request of the same person is refused while it waits: it was sent twice.
    """
    if faults := ask_faults(asked):
        raise FieldsRefused(faults)
    lock_pay()
    ask = BudgetAsk(
        purpose=asked.purpose,
        campaign=asked.campaign,
        channel=asked.channel,
        unit_external_id=asked.unit,
        amount=asked.amount,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        asked_by_id=actor_id,
    )
    same = {name: getattr(ask, name) for name in SAID}
    if BudgetAsk.objects.filter(**same, state=AskState.WAITING).exists():
        raise FieldsRefused({"purpose": _("You have asked for this already, and it waits.")})
    ask.save()
    for metric, value in asked.targets.items():
        BudgetTarget.objects.create(ask=ask, metric=metric, value=value)
    for number, part in enumerate(asked.instalments, start=1):
        BudgetInstalment.objects.create(
            ask=ask,
            number=number,
            planned_on=part.planned_on,
            amount=part.amount,
            conditions={metric: str(value) for metric, value in part.conditions.items()},
        )
    _note(ask, AskStepKind.ASKED, actor_id=actor_id)
    return ask


def ask_faults(asked: AskInput) -> dict[str, str]:
    """Return what is wrong with a request, by field; `instalments.2` is the second instalment."""
    faults: dict[str, str] = {}
    if not asked.purpose.strip():
        faults["purpose"] = _("Say what the money is for.")
    if asked.amount <= 0:
        faults["amount"] = _("An amount above zero is expected.")
    if asked.ends_on < asked.starts_on:
        faults["ends_on"] = _("The last day comes before the first.")
    for rung in missing_rungs(asked.targets):
        missing = _("“%(rung)s” has no target. A request needs one on every rung.")
        faults[f"targets.{rung.value}"] = missing % {"rung": RungName(rung.value).label}
    for metric, value in asked.targets.items():
        if value <= 0:
            faults[f"targets.{metric}"] = _("A target above zero is expected.")
    return faults | _instalment_words(asked)


def _instalment_words(asked: AskInput) -> dict[str, str]:
    if not 1 <= len(asked.instalments) <= MOST_INSTALMENTS:
        return {"instalments": _("Between 1 and %(most)s instalments are expected.") % {"most": MOST_INSTALMENTS}}
    parts = list(asked.instalments)
    found = instalment_faults(asked.amount, parts, starts_on=asked.starts_on, ends_on=asked.ends_on)
    words = {
        "outside": _("The day lies outside the days of the request."),
        "order": _("The day has to come after that of the instalment before."),
        "rung": _("Only targets of rung 2 release an instalment."),
        "condition": _("Name at least one target of rung 2 that has to be reached before this instalment."),
        "first": _("Nothing is spent before the first instalment: it has no condition."),
        "sum": _("The instalments do not add up to the amount."),
    }
    told = {("instalments" if place < 0 else f"instalments.{place + 1}"): words[code] for place, code in found.items()}
    for number, part in enumerate(parts, start=1):
        if part.amount <= 0 or any(value <= 0 for value in part.conditions.values()):
            told[f"instalments.{number}"] = _("Figures above zero are expected.")
    return told


@transaction.atomic
def release(ask_id: int, number: int, *, reason: str, actor_id: int) -> BudgetInstalment:
    """Release an instalment on the figures of now.

    OwnDecision for who asked; BudgetStepRefused out of turn, or where rung-2 targets are missed without a reason.
    """
    ask = _locked(ask_id)
    if actor_id == ask.asked_by_id:
        raise OwnDecision
    parts = list(ask.instalments.all())
    part = next((each for each in parts if each.released_at is None), None)
    if part is None or part.number != number:
        raise BudgetStepRefused(_("Instalments are released one after the other. Look at the request again."))
    conditions = conditions_of(part)
    actual = actuals_of(ask).figures
    missed = unmet(conditions, actual)
    if missed and not reason.strip():
        names = _(", ").join(str(AskMetricName(metric).label) for metric in missed)
        text = _("Not reached yet: %(metrics)s. To release it all the same, write why.")
        raise BudgetStepRefused(text % {"metrics": names})
    part.released_by_id, part.released_at = actor_id, timezone.now()
    part.seen = {metric: None if actual.get(metric) is None else str(actual[metric]) for metric in conditions}
    part.reason = reason.strip()[:NOTE] if missed else ""
    part.save()
    ask.state = AskState.RELEASED if part is parts[-1] else AskState.PART
    ask.save()
    kind = AskStepKind.OVERRULED if missed else AskStepKind.RELEASED
    _note(ask, kind, actor_id=actor_id, instalment=number, note=reason)
    return part


@transaction.atomic
def refuse(ask_id: int, *, reason: str, actor_id: int) -> BudgetAsk:
    """End a request: nothing more is released. OwnDecision for who asked; a reason is needed."""
    ask = _locked(ask_id)
    if actor_id == ask.asked_by_id:
        raise OwnDecision
    if not reason.strip():
        raise BudgetStepRefused(_("Write why the request is refused."))
    return _end(ask, AskState.REFUSED, AskStepKind.REFUSED, note=reason, actor_id=actor_id)


@transaction.atomic
def withdraw(ask_id: int, *, reason: str = "", actor_id: int) -> BudgetAsk:
    """Take one's own request back; what was released stays released."""
    ask = _locked(ask_id)
    if actor_id != ask.asked_by_id:
        raise BudgetStepRefused(_("Only who asked can take a request back."))
    return _end(ask, AskState.WITHDRAWN, AskStepKind.WITHDRAWN, note=reason, actor_id=actor_id)


def _end(ask: BudgetAsk, state: AskState, kind: AskStepKind, *, note: str, actor_id: int) -> BudgetAsk:
    ask.state = state
    ask.save()
    _note(ask, kind, actor_id=actor_id, note=note)
    return ask


def _locked(ask_id: int) -> BudgetAsk:
    ask = BudgetAsk.objects.select_for_update(of=("self",)).get(pk=ask_id)
    if ask.state not in RUNNING:
        raise BudgetStepRefused(_("This request is at another step by now. Look at it again."))
    return ask


def _note(ask: BudgetAsk, kind: AskStepKind, *, actor_id: int, instalment: int | None = None, note: str = "") -> None:
    text = note.replace("\x00", "").strip()[:NOTE]
    BudgetAskStep.objects.create(ask=ask, kind=kind, instalment=instalment, note=text, by_id=actor_id)
