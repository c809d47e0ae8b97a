"""Disputes of lines of pay: raised, taken up, answered, withdrawn. What is granted is paid in the open month.

The line that was disputed never changes. Every step is kept, with who took it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.choices import AdjustmentReason, DisputeReason, DisputeState, PayRunState
from kpis.errors import DisputeInvalid, OwnDecision, PlanStep
from kpis.models import DisputeStep, DisputeTerm, PayAdjustment, PayDispute, PayLine, PayRun
from kpis.models.pay_disputes import PAID
from kpis.queries.pay.disputes import answerers, term_days
from kpis.services.pay.dispute_files import KeptFile
from kpis.services.pay.plans import lock_pay
from omnichannel.workspaces.queries.zones import current_day

LONGEST = 2000
NOTE = 400
RUNNING = (DisputeState.OPEN, DisputeState.IN_REVIEW)
CHANGEABLE = (PayRunState.OPEN, PayRunState.CALCULATED)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person says: why, in words, and by how much the line should be another where they know it."""

    reason: str
    text: str
    asked: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a dispute is answered; `amount` is what is granted, None for what is asked."""

    state: DisputeState
    answer: str
    amount: Decimal | None = None


@transaction.atomic
def raise_dispute(line: PayLine, claim: Claim, *, actor_id: int, file: KeptFile | None = None) -> PayDispute:
    """Dispute a line of a closed month. DisputeInvalid names every fault; PlanStep where one of the line is running."""
    lock_pay()
    text = _text(claim.text)
    faults = {} if text else {"text": _("Say what is wrong, so that somebody can look at it.")}
    if claim.reason not in DisputeReason.values:
        faults["reason"] = _("Choose a reason.")
    if claim.asked is not None and not claim.asked:
        faults["asked"] = _("Leave it empty where you do not know by how much.")
    if faults:
        raise DisputeInvalid(faults)
    if line.statement.run.locked_at is None:
        raise PlanStep(_("This month is not closed yet: its lines may still change by themselves."))
    if line.disputes.filter(state__in=RUNNING).exists():
        raise PlanStep(_("This line is being disputed already. Add to that, or withdraw it first."))
    dispute = PayDispute.objects.create(
        line=line,
        person_external_id=line.statement.person_external_id,
        reason=claim.reason,
        text=text,
        asked=claim.asked,
        raised_by_id=actor_id,
        due_on=current_day() + timedelta(days=term_days()),
        filename=file.filename if file else "",
        path=file.path if file else "",
        sha256=file.sha256 if file else "",
    )
    _keep(dispute, text, actor_id=actor_id, amount=claim.asked)
    return dispute


@transaction.atomic
def take_dispute(
    pk: int, *, actor_id: int, owner_id: int | None = None, due_on: date | None = None, note: str = ""
) -> PayDispute:
    """Begin to look into a dispute, or give it to another: `owner_id` None is the actor. DisputeInvalid, PlanStep."""
    dispute, owner = _running(pk), owner_id or actor_id
    faults = {}
    if owner not in answerers(dispute):
        faults["owner"] = _("An owner or HR lead answers, and nobody their own dispute.")
    if due_on is not None and not current_day() <= due_on <= current_day() + timedelta(days=365):
        faults["due_on"] = _("Choose a day from today on, within a year.")
    if faults:
        raise DisputeInvalid(faults)
    dispute.state, dispute.owner_id = DisputeState.IN_REVIEW, owner
    if due_on is not None and due_on != dispute.due_on:
        dispute.due_on, dispute.soon_told_at, dispute.late_told_at = due_on, None, None
    dispute.save()
    _keep(dispute, _text(note), actor_id=actor_id)
    return dispute


@transaction.atomic
def answer_dispute(pk: int, verdict: Verdict, *, actor_id: int) -> PayDispute:
    """Grant a dispute, wholly or in part, or refuse it. What is granted becomes an adjustment of the open month.

    OwnDecision for who raised it or whose pay it is; DisputeInvalid; PlanStep where no month is open for it.
    """
    dispute = _running(pk)
    if actor_id not in answerers(dispute):
        raise OwnDecision
    faults, answer = {}, _text(verdict.answer)
    if not answer:
        faults["answer"] = _("Write the answer: it stands on the statement.")
    if verdict.state not in (*PAID, DisputeState.REFUSED):
        faults["state"] = _("Choose how it is answered.")
    amount = _granted(dispute, verdict, faults) if verdict.state in PAID else None
    if faults:
        raise DisputeInvalid(faults)
    if amount is not None:
        dispute.adjustment = _adjust(dispute, amount, answer, actor_id=actor_id)
    dispute.state, dispute.answer, dispute.ended_at = verdict.state, answer, timezone.now()
    dispute.owner_id = dispute.owner_id or actor_id
    dispute.save()
    _keep(dispute, answer, actor_id=actor_id, amount=amount)
    return dispute


@transaction.atomic
def withdraw_dispute(pk: int, *, actor_id: int, person: str, note: str = "") -> PayDispute:
    """Take a dispute back before it is answered. Only who raised it and whose pay it is (`person`) may."""
    dispute = _running(pk)
    if actor_id != dispute.raised_by_id and person != dispute.person_external_id:
        raise PlanStep(_("Only who raised a dispute takes it back. Answer it instead."))
    dispute.state, dispute.ended_at = DisputeState.WITHDRAWN, timezone.now()
    dispute.save()
    _keep(dispute, _text(note), actor_id=actor_id)
    return dispute


def set_term(days: int, *, actor_id: int) -> DisputeTerm:
    """Set in how many days disputes raised from now on are answered. DisputeInvalid outside 1 to 90."""
    if not 1 <= days <= 90:
        raise DisputeInvalid({"days": _("From 1 to 90 days.")})
    return DisputeTerm.objects.create(days=days, created_by_id=actor_id)


def _granted(dispute: PayDispute, verdict: Verdict, faults: dict[str, str]) -> Decimal | None:
    amount = verdict.amount if verdict.amount is not None else dispute.asked
    if not amount:
        faults["amount"] = _("Enter how much is granted, below zero for what is taken.")
    elif dispute.asked is not None and verdict.state == DisputeState.ACCEPTED and amount != dispute.asked:
        faults["amount"] = _("Accepted grants what was asked; for another amount choose “Partly accepted”.")
    elif dispute.asked is not None and verdict.state == DisputeState.PARTLY and amount == dispute.asked:
        faults["amount"] = _("This is all that was asked; choose “Accepted”.")
    return amount


def _adjust(dispute: PayDispute, amount: Decimal, answer: str, *, actor_id: int) -> PayAdjustment:
    """Pay what is granted in the earliest month that can still change; one that was calculated has to be again."""
    period = dispute.line.statement.run.period
    later = PayRun.objects.filter(period__gt=period).exclude(state__in=[PayRunState.LOCKED, PayRunState.PAID])
    run = later.order_by("period").first()
    if run is None:
        raise PlanStep(_("No later month is open to pay this in. Open the next month first."))
    if run.state not in CHANGEABLE:
        raise PlanStep(
            _("%(month)s is approved already. Take the approval back, or lock it and open the next month, then answer.")
            % {"month": run.period}
        )
    made = PayAdjustment.objects.create(
        run=run,
        line=dispute.line,
        person_external_id=dispute.person_external_id,
        reason=AdjustmentReason.DISPUTE,
        amount=amount,
        note=answer[:NOTE],
        created_by_id=actor_id,
    )
    # what was calculated does not hold this: nobody can approve it by the digest they have seen
    run.state, run.digest, run.adjusted = PayRunState.OPEN, "", run.adjusted + amount
    run.save()
    return made


def _running(pk: int) -> PayDispute:
    lock_pay()
    dispute = PayDispute.objects.select_related("line__statement__run").get(pk=pk)
    if not dispute.is_running:
        raise PlanStep(_("This dispute has ended by now. Look at it again."))
    return dispute


def _keep(dispute: PayDispute, text: str, *, actor_id: int, amount: Decimal | None = None) -> None:
    DisputeStep.objects.create(
        dispute=dispute,
        state=dispute.state,
        text=text,
        amount=amount,
        owner_id=dispute.owner_id,
        due_on=dispute.due_on,
        by_id=actor_id,
    )


def _text(said: str) -> str:
    return said.replace("\x00", "").strip()[:LONGEST]
