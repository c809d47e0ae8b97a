"""What can be done with a run next, and what guards it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kpis.choices import PayRunState
from kpis.models import PayRun

ORDER = list(PayRunState)


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step one may take now: its button, what guards it; `refused` says why it is not the reader's to take."""

    step: str
    label: str
    guard: str
    icon: str
    variant: str = "primary"
    refused: str = ""


def stepper_of(run: PayRun) -> list[dict[str, str]]:
    """Return the steps from open to paid with how far the run is."""
    at = ORDER.index(PayRunState(run.state))
    final = run.state == PayRunState.PAID
    return [
        {
            "label": str(pgettext("pay run", "Open") if each is PayRunState.OPEN else each.label),
            "state": "done" if place < at or (place == at and final) else "current" if place == at else "todo",
        }
        for place, each in enumerate(ORDER)
    ]


def next_steps(run: PayRun, *, user_id: int) -> list[NextStep]:
    """Return the steps that the run's state allows, the main one first."""
    match PayRunState(run.state):
        case PayRunState.OPEN:
            return [_calculate(run)]
        case PayRunState.CALCULATED:
            return [_approve(run, user_id), _calculate(run, again=True)]
        case PayRunState.APPROVED:
            return [_lock(), _reopen()]
        case PayRunState.LOCKED:
            return [_pay()]
    return []


def _calculate(run: PayRun, *, again: bool = False) -> NextStep:
    return NextStep(
        "calculate",
        _("Work it out again") if again else _("Work the month out"),
        _("Reads the rows, targets, scores and plans that count now, and replaces what was worked out before."),
        "arrow-path",
        "secondary" if again else "primary",
    )


def _approve(run: PayRun, user_id: int) -> NextStep:
    own = run.opened_by_id == user_id
    return NextStep(
        "approve",
        _("Approve"),
        _("Another person than who opened the month approves, and exactly the statements shown here."),
        "check",
        refused=_("You have opened this month yourself: another owner or HR lead approves it.") if own else "",
    )


def _lock() -> NextStep:
    return NextStep(
        "lock",
        _("Lock"),
        _("Closes the month for ever; later refunds become corrections of the open month. People can read then."),
        "lock-closed",
    )


def _reopen() -> NextStep:
    return NextStep(
        "reopen",
        _("Take the approval back"),
        _("The month can be worked out again; it needs a new approval."),
        "arrow-uturn-left",
        "secondary",
    )


def _pay() -> NextStep:
    return NextStep(
        "pay",
        _("Record the payment"),
        _("Says that the payout file of this month has been paid."),
        "banknotes",
    )


def who_did(run: PayRun) -> list[dict[str, Any]]:
    """Return who took which step when, the newest first."""
    taken = (
        (_("Paid"), run.paid_at, run.paid_by),
        (pgettext("pay", "Locked"), run.locked_at, run.locked_by),
        (_("Approved"), run.approved_at, run.approved_by),
        (_("Month worked out"), run.calculated_at, None),
        (_("Opened"), run.opened_at, run.opened_by),
    )
    return [{"title": title, "at": at, "who": who} for title, at, who in taken if at]
